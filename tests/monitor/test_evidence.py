"""What a proposal says of itself: figures named for what they are, and a cost that scales."""

import json
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from coldframe.ledger import champion_model
from coldframe.monitor import monitor_snapshot
from coldframe.monitor.evidence import expect_cost
from coldframe.monitor.history import parse_moment
from coldframe.proposing import ask_for_retrain


def test_proposal_carries_its_evidence_as_small_json(overdue, opened):
    bench = opened(overdue)
    report = monitor_snapshot(bench)
    proposal, evidence = report.proposal, report.proposal.evidence
    assert proposal.origin == "policy"
    assert proposal.champion == champion_model(bench.ledger, "flights").digest
    assert proposal.reasons == report.judgement.reasons
    assert proposal.expected_cost_seconds == evidence["expected_cost_seconds"]
    assert len(json.dumps(evidence)) < 4000
    for kind in ("estimated", "realised"):
        assert 0.5 < evidence[kind]["value"] < 0.9
    assert evidence["rows_newly_labelled"] > 3000
    assert evidence["drift"]["top"][0]["alert"]
    assert evidence["data_time"] == report.history.now.isoformat()


def test_the_expected_cost_grows_with_the_rows_and_comes_true_for_the_rows_of_the_champion(
    overdue, opened
):
    bench = opened(overdue)
    report = monitor_snapshot(bench)
    champion = report.champion
    frame = bench.frame(report.snapshot)
    known = frame.loc[frame["late"].notna(), "time_hour"]
    learn = (known <= known.max() - pd.Timedelta(days=bench.dataset.model.holdout_days)).sum()
    learned = (known <= pd.Timestamp(champion.trained_until)).sum()
    assert learn > 2 * learned > 0
    expected = champion.cost["cpu_seconds"] * learn / learned
    assert report.proposal.expected_cost_seconds == pytest.approx(expected, rel=0.05)  # two digits
    again = replace(report.history, trainable_rows=int(learned))
    assert expect_cost(again, champion) == pytest.approx(champion.cost["cpu_seconds"], rel=0.05)


def test_what_a_person_asks_for_is_expected_to_cost_what_the_policy_says(overdue, opened):
    bench = opened(overdue)
    expected = monitor_snapshot(bench).proposal.expected_cost_seconds
    asked = ask_for_retrain(bench, reason="the holidays", who="ada").standing.proposal
    assert asked.origin == "person"
    assert asked.expected_cost_seconds == expected
    assert expected > 1.5 * champion_model(bench.ledger, "flights").cost["cpu_seconds"]


def test_the_evidence_counts_days_as_the_reason_does_and_names_the_other_count(overdue, opened):
    bench = opened(overdue, every_days=60)
    report = monitor_snapshot(bench)
    evidence, now = report.proposal.evidence, report.history.now
    assert (
        f"{evidence['days_since_last_training']:.3g} days of data since the last training"
        in (report.proposal.reasons[0])
    )
    learned = (now - parse_moment(report.champion.trained_until)) / timedelta(days=1)
    assert evidence["days_since_newest_row_learned_from"] == pytest.approx(learned, abs=0.05)
    # labels came a month late, and 14 days were the holdout
    assert learned - evidence["days_since_last_training"] > 14


def test_what_a_training_would_cost_is_not_guessed_where_the_champions_is_not_known(
    overdue, opened
):
    report = monitor_snapshot(opened(overdue))
    assert expect_cost(report.history, replace(report.champion, cost={})) is None
    assert expect_cost(replace(report.history, learned_rows=0), report.champion) is None
    assert expect_cost(report.history, None) is None
