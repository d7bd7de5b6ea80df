"""The stage on a sample of the real flights with a champion that was really trained."""

import pandas as pd
import pytest
import samples
from monitor.months import ingest
from sklearn.metrics import roc_auc_score

from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.features import feature_matrix
from coldframe.ledger import approved, champion_model, decide, proposals, propose
from coldframe.monitor import monitor_inputs, monitor_snapshot
from coldframe.monitor.scored import CHUNK_TYPES
from coldframe.train import train_challenger

KEY = ["time_hour", "carrier", "flight"]


def standings(bench):
    return [standing.standing for standing in proposals(bench.ledger, "flights")]


def test_without_a_champion_the_first_model_is_proposed_and_approved_by_the_policy(seeded, opened):
    bench = opened(seeded)
    report = monitor_snapshot(bench)
    assert report.champion is None
    assert report.scored is None
    assert report.decision.how == "policy"
    assert approved(bench.ledger, "flights").number == report.proposal.number == 1
    assert report.proposal.snapshot == "flights@3"
    again = monitor_snapshot(bench)
    assert standings(bench) == ["approved"]
    assert not again.judgement.propose
    assert "waits for training" in again.judgement.reasons[0]


def test_bootstrap_ask_leaves_the_first_model_to_a_person(seeded, opened):
    bench = opened(seeded, bootstrap="ask")
    report = monitor_snapshot(bench)
    assert report.decision is None
    assert standings(bench) == ["pending"]


def test_too_few_labels_propose_nothing(seeded, opened):
    bench = opened(seeded, minimum_labelled_rows=10**6)
    report = monitor_snapshot(bench)
    assert not report.judgement.propose
    assert report.proposal is None


def test_nothing_is_proposed_that_nobody_could_build(seeded, opened):
    bench = opened(seeded)
    model = bench.dataset.model.model_copy(update={"parameters": {"learning_rte": 0.15}})
    misspelt = type(bench)(
        settings=bench.settings, dataset=bench.dataset.model_copy(update={"model": model})
    )
    with pytest.raises(ConfigurationError, match="learning_rte"):
        monitor_snapshot(misspelt)
    assert standings(bench) == []
    assert monitor_snapshot(misspelt, propose=False).judgement.propose  # looking is still possible
    monitor_snapshot(bench)
    assert standings(bench) == ["approved"]


def test_nothing_is_proposed_that_could_not_be_trained(seeded, opened):
    bench = opened(seeded, minimum_labelled_rows=1000)

    def with_holdout(days):
        model = bench.dataset.model.model_copy(update={"holdout_days": days})
        dataset = bench.dataset.model_copy(update={"model": model})
        return type(bench)(settings=bench.settings, dataset=dataset)

    frame = bench.frame(bench.store.head("flights"))
    labelled = frame[frame["late"].notna()]
    assert len(labelled) > 1000
    for days in (365, 45):
        report = monitor_snapshot(with_holdout(days))
        assert not report.judgement.propose
        assert approved(bench.ledger, "flights") is None
    assert report.history.trainable_rows < 1000 < report.history.labelled_rows
    first = with_holdout(14)
    trainable = monitor_snapshot(first).history.trainable_rows
    assert trainable == len(labelled) - train_challenger(first).verdict.holdout.rows


def test_scores_are_those_of_the_champion_on_the_rows_after_its_holdout(overdue, opened):
    bench = opened(overdue)
    report = monitor_snapshot(bench)
    champion = champion_model(bench.ledger, "flights")
    frame = bench.frame(report.snapshot)
    after = frame[frame["time_hour"] > pd.Timestamp(champion.holdout.end)]
    scores = bench.store.read(report.scored, "scores")
    assert len(scores) == report.scored_rows == len(after)
    assert not scores.duplicated(KEY).any()
    expected = bench.models.load(champion.estimator).predict_proba(
        feature_matrix(bench.dataset, after)
    )  # fmt: skip
    both = after.assign(expected=expected[:, 1]).merge(scores.astype({"carrier": object}), on=KEY)
    assert len(both) == len(after)
    assert (both["expected"] == both["probability"]).all()
    assert (both["prediction"] == (both["probability"] >= 0.5)).all()


def test_realised_figures_are_scikit_learns_and_wait_for_labels(overdue, opened):
    bench = opened(overdue)
    report = monitor_snapshot(bench)
    scores = bench.store.read(report.scored, "scores").astype({"carrier": object})
    rows = bench.frame(report.snapshot).merge(scores[[*KEY, "probability"]], on=KEY)
    periods = rows["time_hour"].dt.tz_localize(None).dt.to_period("W").astype(str)
    for chunk, part in rows[rows["late"].notna()].groupby(periods):
        found = report.realised.loc[chunk]
        assert found["rows"] == len(part)
        if len(part) >= 50:
            area = roc_auc_score(part["late"], part["probability"])
            assert found["value"] == pytest.approx(area, abs=1e-14)
    june = report.realised[report.realised["start"] >= pd.Timestamp("2013-06-10", tz="UTC")]
    assert len(june)
    assert june["value"].isna().all()
    assert june["alert"].isna().all()
    assert not june["complete"].any()
    assert june["why"].str.contains("labelled rows").all()
    estimated = report.estimated.loc[june.index]
    assert (estimated["value"].notna() == (estimated["rows"] >= 50)).all()
    assert (estimated["rows"] >= 50).sum() >= 3


def test_a_month_more_scores_and_figures_only_what_is_new(grown, opened):
    bench = opened(grown)
    first = monitor_snapshot(bench)
    ingest(bench, ["2013-04"])
    second = monitor_snapshot(bench)
    scores = bench.store.read(second.scored, "scores")
    assert second.scored_rows == len(scores) - first.scored_rows
    # finished weeks of March got labels, so they are realised anew; nothing else of them is
    done = first.estimated.index[first.estimated["complete"]]
    pd.testing.assert_frame_equal(second.estimated.loc[done], first.estimated.loc[done])
    assert first.realised.loc[done, "value"].isna().all()
    assert second.realised.loc[done, "value"].notna().any()
    kinds = bench.store.read(second.scored, "chunks")
    again = kinds[kinds.duplicated(["kind", "column", "chunk"])]
    assert set(again[again["chunk"].isin(done)]["kind"]) == {"realised"}


def test_monitoring_again_computes_and_freezes_nothing(overdue, opened):
    bench = opened(overdue)
    first, second = monitor_snapshot(bench), monitor_snapshot(bench)
    assert (second.scored_rows, second.figured_chunks) == (0, 0)
    assert second.scored.id == first.scored.id
    assert second.proposal == first.proposal
    for name in ("estimated", "realised", "drift"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    assert list(bench.store.read(first.scored, "chunks").columns) == list(CHUNK_TYPES)


def test_the_same_data_gives_the_same_scored_snapshot_anywhere(overdue, opened):
    one, other = (monitor_snapshot(opened(overdue)) for _ in range(2))
    assert one.scored.id == other.scored.id
    assert one.proposal.to_body() == other.proposal.to_body()


def test_a_newer_snapshot_supersedes_a_pending_proposal(overdue, opened):
    bench = opened(overdue)
    monitor_snapshot(bench)
    ingest(bench, ["2013-07"])
    report = monitor_snapshot(bench)
    assert standings(bench) == ["trained", "superseded", "pending"]
    assert report.proposal.snapshot == "flights@7"


@pytest.mark.parametrize("verdict", [True, False])
def test_nothing_is_proposed_while_an_approval_waits_or_a_rejection_is_fresh(
    overdue, opened, verdict
):
    bench = opened(overdue)
    number = monitor_snapshot(bench).proposal.number
    decide(
        bench.ledger, "flights", number, approved=verdict, reason="a test", who="ada", how="cli"
    )  # fmt: skip
    ingest(bench, ["2013-07"])
    bench = type(bench)(
        settings=bench.settings,
        dataset=bench.dataset.model_copy(
            update={"policy": bench.dataset.policy.model_copy(update={"cooldown_days": 40})}
        ),
    )
    report = monitor_snapshot(bench)
    assert not report.judgement.propose
    assert len(standings(bench)) == number
    if not verdict:
        ingest(bench, ["2013-08"])
        assert monitor_snapshot(bench).judgement.propose


@pytest.mark.parametrize("start", ["overdue", "seeded"])
def test_a_superseded_proposal_is_not_shown_for_decision(start, opened, request):
    bench = opened(request.getfixturevalue(start), bootstrap="ask")
    first = monitor_snapshot(bench).proposal
    sweep = propose(
        bench.ledger, dataset="flights", snapshot=first.snapshot, snapshot_id=first.snapshot_id,
        champion=first.champion, origin="sweep", parameters={"max_iter": 20},
    )  # fmt: skip
    assert standings(bench)[first.number - 1] == "superseded"
    for policy in (bench.dataset.policy, bench.dataset.policy.model_copy(
        update={"bootstrap": "auto"}
    )):  # fmt: skip
        dataset = bench.dataset.model_copy(update={"policy": policy})
        report = monitor_snapshot(type(bench)(settings=bench.settings, dataset=dataset))
        assert report.judgement.propose
        assert report.proposal == sweep
        assert report.decision is None
    decide(bench.ledger, "flights", sweep.number, approved=False, reason="a test", who="a",
           how="cli")  # fmt: skip
    again = monitor_snapshot(bench).proposal  # the sweep's was refused, the policy's was not
    assert (again.number, again.origin) == (sweep.number + 1, "policy")


def test_an_older_snapshot_is_only_looked_at(overdue, opened):
    bench = opened(overdue)
    report = monitor_snapshot(bench, snapshot="flights@5")
    assert report.scored_rows
    assert report.scored is None
    assert standings(bench) == ["trained"]
    assert not report.judgement.propose
    assert "only looked at" in report.judgement.reasons[0]
    assert bench.store.head("flights.scored") is None


def test_without_propose_nothing_is_proposed(overdue, opened):
    bench = opened(overdue)
    report = monitor_snapshot(bench, propose=False)
    assert report.judgement.propose
    assert report.proposal is None


def test_another_chunk_length_starts_figures_of_its_own(grown, opened):
    bench = opened(grown)
    weekly = monitor_snapshot(bench)
    monthly = bench.dataset.monitoring.model_copy(update={"chunk": "M"})
    dataset = bench.dataset.model_copy(update={"monitoring": monthly})
    other = type(bench)(settings=bench.settings, dataset=dataset)
    report = monitor_snapshot(other)
    assert set(report.estimated.index) == {"2013-03", "2013-04"}  # in UTC, March ends in April
    assert report.scored_rows == 0
    assert monitor_inputs(other)["config"] != monitor_inputs(bench)["config"]
    back = monitor_snapshot(bench)
    pd.testing.assert_frame_equal(back.estimated, weekly.estimated)
    assert back.figured_chunks == 0


def test_inputs_change_with_snapshot_champion_and_settings(seeded, grown, overdue, opened):
    found = [monitor_inputs(opened(root)) for root in (seeded, grown, overdue)]
    assert [bool(one["champion"]) for one in found] == [False, True, True]
    assert found[0]["snapshot"] == found[1]["snapshot"] != found[2]["snapshot"]
    assert monitor_inputs(opened(grown, every_days=7))["policy"] != found[1]["policy"]
    assert monitor_inputs(opened(grown)) == found[1]


def test_without_any_snapshot_it_says_what_to_do(tmp_path):

    bench = samples.open_bench(samples.write_project(tmp_path / "empty"))
    with pytest.raises(NotFoundError, match="no snapshot of flights yet"):
        monitor_snapshot(bench)
