"""What the pages say of a real monitoring run: final figures, what waits and why not, costs."""

import re
from dataclasses import replace

import pytest

from coldframe.ledger import decide, propose, withdraw
from coldframe.monitor import monitor_snapshot
from coldframe.notebook.approval import table_cost
from coldframe.notebook.monitored import (
    table_drift,
    table_performance,
    table_scored,
    tell_performance,
    tell_waiting,
)
from coldframe.train import train_challenger


@pytest.fixture
def monitored(overdue, opened):
    bench = opened(overdue)
    return bench, monitor_snapshot(bench)


def test_what_is_said_of_performance_is_said_of_final_chunks_only(monitored):
    _, report = monitored
    known = report.realised[report.realised["value"].notna()]
    last = known.iloc[-1]
    assert not last["complete"]  # or this test would show nothing
    final = known[known["complete"]]
    said = repr(tell_performance(report))
    assert said.startswith(
        f"Labels have come for {len(final)} finished chunks; in the newest of them, "
        f"{final.index[-1]}, the champion's ROC AUC is {final['value'].iloc[-1]:.3f}, and "
    )
    assert f"; the {last['value']:.3f} of {known.index[-1]} is not final, for not all" in said
    rows = {row[0]: row[1:] for row in table_performance(report, last=99).rows}
    assert rows[known.index[-1]][2:] == (f"{last['value']:.4g}, not final", None)
    assert rows[final.index[-1]][2:] == (f"{final['value'].iloc[-1]:.4g}", final["alert"].iloc[-1])
    early = replace(report, estimated=report.estimated.assign(complete=False))
    assert {row[2] for row in table_performance(early).rows} == {None}
    assert "estimated" not in repr(tell_performance(early))


def test_a_table_of_the_newest_chunks_says_how_many_are_older_and_how_many_of_them_alert(monitored):
    _, report = monitored
    table = table_performance(report, last=3)
    chunks = list(dict.fromkeys([*report.estimated.index, *report.realised.index]))
    alerts = [
        chunk for chunk in chunks[:-3]
        if any(
            chunk in frame.index and frame.at[chunk, "complete"] and frame.at[chunk, "alert"]
            for frame in (report.estimated.fillna({"alert": False}),
                          report.realised.fillna({"alert": False}))
        )
    ]  # fmt: skip
    assert [row[0] for row in table.rows] == chunks[-3:]
    many = f"{len(alerts) or 'none'} alert{'' if len(alerts) > 1 else 's'}"
    said = f"The newest 3 of {len(chunks)} chunks; of the older ones {many}."
    assert table.caption == said
    loud = replace(report, realised=report.realised.assign(alert=True, complete=True))
    older = sum(chunk in report.realised.index for chunk in chunks[:-3])
    assert f"of the older ones {older} alert." in table_performance(loud, last=3).caption
    assert repr(table).startswith(f"{said}\nchunk ")
    assert f"<caption>{said}</caption>" in table._repr_html_()
    assert table_performance(report, last=len(chunks)).caption == ""


def test_a_champion_without_a_figure_on_its_holdout_has_a_reason(monitored):
    _, report = monitored
    assert table_scored(report).rows[0][-1] == report.reference_value
    without = table_scored(replace(report, reference_value=None))
    assert without.columns[-1] == "ROC AUC on its holdout"
    assert without.rows[0][-1].startswith("none: too few rows")
    assert table_scored(replace(report, reference_value=None, champion=None)).rows[0][-1] is None


def test_one_chunk_is_one_chunk(monitored):
    _, report = monitored
    final = report.realised[report.realised["complete"]]
    one = replace(report, realised=final.iloc[-1:].assign(alert=True))
    assert "Labels have come for 1 finished chunk; " in repr(tell_performance(one))
    assert ", and 1 chunk alerts; " in repr(tell_performance(one))
    none = replace(report, realised=final.iloc[-1:].assign(alert=False))
    assert ", and none alerts; " in repr(tell_performance(none))
    unknown = replace(report, realised=final[:0], estimated=report.estimated[:0])
    assert repr(tell_performance(unknown)) == "No finished chunk has a figure yet."


def test_what_is_not_known_of_any_chunk_has_no_column_and_no_table(monitored):
    _, report = monitored
    assert "realised" in repr(table_performance(report))
    unlabelled = replace(report, realised=report.realised.assign(value=float("nan"), alert=None))
    assert "realised" not in repr(table_performance(unlabelled))
    assert "estimated" in repr(table_performance(unlabelled))
    nothing = replace(report, realised=report.realised[:0], estimated=report.estimated[:0],
                      drift=report.drift[:0])  # fmt: skip
    assert repr(table_performance(nothing)) == repr(table_drift(nothing)) == ""


def test_the_page_says_why_no_proposal_waits(monitored):
    bench, report = monitored
    number = report.proposal.number
    assert f"coldframe approve {number}" in repr(tell_waiting(report))
    decide(
        bench.ledger, "flights", number, approved=False, reason="too early", who="ada", how="cli"
    )
    assert repr(tell_waiting(monitor_snapshot(bench))) == (
        f"No proposal waits for a decision: proposal {number}, for {report.snapshot.name}, was "
        "rejected by ada: too early."
    )
    again = propose(
        bench.ledger, dataset="flights", snapshot=report.snapshot.name,
        snapshot_id=report.snapshot.id, champion=report.champion.digest, origin="person",
    )  # fmt: skip
    decide(
        bench.ledger, "flights", again.number, approved=True, reason="by May", who="ada", how="cli"
    )
    assert f"proposal {again.number}, for {report.snapshot.name}, was approved by ada: by May" in (
        repr(tell_waiting(monitor_snapshot(bench)))
    )
    train_challenger(bench)
    assert re.search(
        rf"proposal {again.number}, for {report.snapshot.name}, was trained, and the ch\w+ was ",
        repr(tell_waiting(monitor_snapshot(bench))),
    )


def test_a_run_that_was_to_propose_nothing_says_so(overdue, opened):
    report = monitor_snapshot(opened(overdue), propose=False)
    assert report.judgement.propose
    assert repr(tell_waiting(report)) == (
        "No proposal waits for a decision: this run was told to make none."
    )


def test_before_the_first_proposal_there_is_none_to_tell_of(seeded, opened):
    report = monitor_snapshot(opened(seeded, minimum_labelled_rows=10**6))
    assert repr(tell_waiting(report)) == (
        "No proposal waits for a decision; there has been none yet."
    )


def test_a_withdrawn_approval_is_told(monitored):
    bench, report = monitored
    number = report.proposal.number
    told = {"reason": "a test", "who": "ada", "how": "cli"}
    decide(bench.ledger, "flights", number, approved=True, **told)
    withdraw(bench.ledger, "flights", number, **told)
    assert f"proposal {number}, for {report.snapshot.name}, is void: withdrawn by ada: a test" in (
        repr(tell_waiting(monitor_snapshot(bench)))
    )


def test_of_earlier_retrains_the_cost_is_told_that_was_measured(monitored):
    bench, report = monitored
    table = table_cost(bench, report.proposal)
    assert table.columns == (
        "proposal", "on", "expected seconds, about", "actual seconds", "gain", "what came of it",
    )  # fmt: skip
    first, now = table.rows
    assert first[2:] == (
        None, report.champion.cost["cpu_seconds"], None, "trained: the challenger was promoted",
    )  # fmt: skip
    assert now[2:] == (
        report.proposal.expected_cost_seconds,
        None,
        None,
        "pending: waits for a decision",
    )
    assert None not in (first[3], now[2])
