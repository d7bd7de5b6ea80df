"""Training on real flights: what is fitted, on which rows, and who becomes champion."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from promoting import promote
from samples import land_sample, open_bench
from sklearn.metrics import roc_auc_score

from coldframe.errors import (
    ConfigurationError,
    ConflictError,
    CorruptionError,
    DataError,
    NotFoundError,
)
from coldframe.estimators import build_estimator
from coldframe.features import feature_matrix
from coldframe.ingest import ingest_batches
from coldframe.ledger import (
    Proposal,
    champion_model,
    models,
    proposals,
    rollback,
    withdraw,
)
from coldframe.models import predict_probability
from coldframe.monitor.history import gather_history
from coldframe.train import train_challenger, train_inputs
from coldframe.train.fitting import split_by_time
from coldframe.workbench import Workbench

Approve = Callable[..., Proposal]
SMALL = {"max_iter": 10}


def test_nothing_approved_is_nothing_to_do(bench: Workbench) -> None:
    assert train_inputs(bench) is None
    with pytest.raises(NotFoundError, match="approve"):
        train_challenger(bench)
    assert models(bench.ledger, "flights") == []


def test_an_approval_is_trained_on_its_snapshot_and_promoted(
    bench: Workbench, approve: Approve
) -> None:
    proposal = approve("flights@2", **SMALL)
    inputs = train_inputs(bench)
    assert inputs is not None
    assert inputs["snapshot"] == proposal.snapshot_id
    told: list[str] = []
    report = train_challenger(bench, progress=told.append)
    assert report.snapshot.name == "flights@2"  # the head is flights@4
    assert report.challenger.parameters == {**bench.dataset.model.parameters, **SMALL}
    assert report.promotion is not None
    assert bench.ledger.champion("flights") == report.challenger.digest
    assert train_inputs(bench) is None
    assert report.challenger.cost["cpu_seconds"] > 0
    assert told[0] == "verifying flights@2"
    pinned = bench.store.pins()[f"model-{report.challenger.digest}"]
    assert set(pinned) == {proposal.snapshot_id, report.challenger.reference_id}


def test_a_month_that_lands_after_the_approval_is_not_trained_on(
    bench: Workbench, approve: Approve
) -> None:
    proposal = approve("flights@4", **SMALL)
    land_sample(bench, ["2013-05"])
    newer = ingest_batches(bench).snapshot
    assert newer is not None
    assert newer.name == "flights@5"
    inputs = train_inputs(bench)
    assert inputs is not None
    assert inputs["snapshot"] == proposal.snapshot_id
    report = train_challenger(bench)
    assert report.snapshot.id == proposal.snapshot_id != newer.id
    assert report.challenger.snapshot_id == proposal.snapshot_id
    assert report.challenger.proposal == proposal.number
    frame = bench.frame(bench.store.resolve(proposal.snapshot_id))
    rows = split_by_time(bench.dataset, frame, where="")
    assert report.challenger.holdout == rows.describe()
    assert report.challenger.trained_until == rows.trained_until
    assert bench.ledger.champion("flights") == report.challenger.digest


def test_the_holdout_is_the_newest_and_never_learned_from(bench: Workbench) -> None:
    report = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    frame = bench.frame(report.snapshot)
    rows = split_by_time(bench.dataset, frame, where="")
    assert rows.training["late"].notna().all()
    assert rows.training["time_hour"].max() < rows.holdout["time_hour"].min()
    days = rows.holdout["time_hour"].max() - rows.holdout["time_hour"].min()
    assert days.total_seconds() <= bench.dataset.model.holdout_days * 86400
    assert len(rows.training) + len(rows.holdout) == frame["late"].notna().sum()
    assert report.challenger.holdout == rows.describe()
    assert report.challenger.trained_until == rows.trained_until


def test_rows_of_the_holdout_do_not_change_the_estimator(bench: Workbench) -> None:
    # flip every label in the holdout: what was fitted must not notice
    from coldframe.train.fitting import fit_estimator

    frame = bench.frame(bench.store.resolve("flights@3"))
    rows = split_by_time(bench.dataset, frame, where="")
    flipped = frame.assign(
        late=np.where(frame.index.isin(rows.holdout.index), 1 - frame["late"], frame["late"])
    )
    again = split_by_time(bench.dataset, flipped, where="")
    digests = {
        bench.models.save(fit_estimator(bench.dataset, SMALL, one.training))
        for one in (rows, again)
    }
    assert len(digests) == 1


def test_the_metric_is_that_of_the_saved_estimator_on_the_reference(bench: Workbench) -> None:
    report = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    version = report.challenger
    assert version.reference_id is not None
    reference = bench.store.read(version.reference_id, "reference")
    estimator = bench.models.load(version.estimator)
    again = predict_probability(estimator, feature_matrix(bench.dataset, reference))
    assert again.tobytes() == reference["probability"].to_numpy().tobytes()
    value = roc_auc_score(reference["late"], reference["probability"])
    assert report.verdict.challenger_value == pytest.approx(value, abs=1e-14)
    assert list(reference["prediction"]) == list((reference["probability"] >= 0.5).astype(int))
    assert version.holdout is not None
    assert len(reference) == version.holdout.rows
    assert set(bench.dataset.features.columns) <= set(reference.columns)


def test_an_experiment_is_recorded_and_never_promoted(bench: Workbench, approve: Approve) -> None:
    approve("flights@2")
    report = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    assert report.promotion is None
    assert report.verdict.outcome == "keep"
    assert bench.ledger.champion("flights") is None
    assert [p.standing for p in proposals(bench.ledger, "flights")] == ["approved"]
    assert [m.digest for m in models(bench.ledger, "flights")] == [report.challenger.digest]


def test_the_same_recipe_is_fitted_once(bench: Workbench, approve: Approve) -> None:
    first = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    again = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    assert (first.fitted, again.fitted) == (True, False)
    assert again.challenger == first.challenger
    assert again.challenger_scores == first.challenger_scores
    approve("flights@3", **SMALL)
    approved = train_challenger(bench)
    assert not approved.fitted
    assert approved.promotion is not None
    assert len(models(bench.ledger, "flights")) == 1


@pytest.mark.parametrize("damage", [None, b"no estimator"])
def test_a_lost_estimator_is_fitted_again_to_the_same_bytes(
    bench: Workbench, damage: bytes | None
) -> None:
    first = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    path = bench.models.path(first.challenger.estimator)
    before = path.read_bytes()
    path.unlink()
    if damage:
        path.write_bytes(damage)
    again = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    assert path.read_bytes() == before
    assert again.challenger == first.challenger
    assert again.challenger_scores == first.challenger_scores
    assert len(models(bench.ledger, "flights")) == 1


def test_another_folder_gives_the_same_digests_and_figures(
    bench: Workbench, ingested: Path, tmp_path: Path
) -> None:
    other = open_bench(Path(shutil.copytree(ingested, tmp_path / "other", symlinks=True)))
    one, two = (train_challenger(b, snapshot="flights@3", parameters=SMALL) for b in (bench, other))
    assert one.challenger == two.challenger
    assert one.challenger.reference_id == two.challenger.reference_id
    assert one.verdict == two.verdict
    assert one.challenger_scores == two.challenger_scores


def test_parameters_snapshots_and_code_make_other_recipes(bench: Workbench, project: Path) -> None:
    recipes = {
        train_challenger(bench, snapshot="flights@2", parameters=SMALL).challenger.recipe,
        train_challenger(bench, snapshot="flights@3", parameters=SMALL).challenger.recipe,
        train_challenger(
            bench, snapshot="flights@3", parameters={"max_iter": 11}
        ).challenger.recipe,
    }
    lib = project / "lib"
    target = lib.resolve()
    lib.unlink()
    shutil.copytree(target, lib, ignore=shutil.ignore_patterns("__pycache__"))
    with (lib / "flights" / "model.py").open("a") as stream:
        stream.write("\nEDITED = True\n")
    changed = train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    assert changed.fitted
    assert len(recipes | {changed.challenger.recipe}) == 4


def test_a_challenger_is_judged_against_the_champion(bench: Workbench, approve: Approve) -> None:
    approve("flights@2", **SMALL)
    first = train_challenger(bench)
    approve("flights@4")
    second = train_challenger(bench)
    assert second.champion == first.challenger
    verdict = second.verdict
    assert verdict.champion == first.challenger.digest
    rows = split_by_time(bench.dataset, bench.frame(second.snapshot), where="").holdout
    matrix = feature_matrix(bench.dataset, rows)
    values = [
        roc_auc_score(rows["late"], predict_probability(bench.models.load(v.estimator), matrix))
        for v in (second.challenger, first.challenger)
    ]
    assert [verdict.challenger_value, verdict.champion_value] == pytest.approx(values, abs=1e-14)
    assert verdict.gain == pytest.approx(values[0] - values[1], abs=1e-14)
    assert (verdict.outcome == "promote") == (values[0] >= values[1])
    assert (second.promotion is not None) == (verdict.outcome == "promote")


def test_a_champion_trained_on_newer_rows_is_kept(bench: Workbench, approve: Approve) -> None:
    approve("flights@4", **SMALL)
    train_challenger(bench)
    approve("flights@2", **SMALL)
    report = train_challenger(bench)
    assert report.verdict.outcome == "keep"
    assert "not new to it" in report.verdict.reasons[0]
    assert proposals(bench.ledger, "flights")[-1].standing == "trained"


def test_after_a_rollback_predictions_are_the_same_bytes(
    bench: Workbench, approve: Approve
) -> None:
    frame = bench.frame(bench.store.resolve("flights@4"))
    matrix = feature_matrix(bench.dataset, frame)

    def in_force() -> tuple[bytes, str | None, str | None]:
        version = champion_model(bench.ledger, "flights")
        assert version is not None
        estimator = bench.models.load(version.estimator)
        said = predict_probability(estimator, matrix).tobytes()
        return said, version.snapshot_id, version.reference_id

    approve("flights@2", **SMALL)
    train_challenger(bench)
    before = in_force()
    approve("flights@4")
    assert train_challenger(bench).promotion is not None
    assert in_force() != before
    rollback(bench.ledger, "flights", reason="a test", who="tester")
    assert in_force() == before
    history = gather_history(bench, frame, champion=champion_model(bench.ledger, "flights"))
    assert (len(history.retrains), len(history.undone)) == (1, 1)


def test_a_trained_proposal_is_reported_again(bench: Workbench, approve: Approve) -> None:
    number = approve("flights@3", **SMALL).number
    first = train_challenger(bench)
    before = bench.ledger.head(), bench.models.digests(), bench.store.pins()
    again = train_challenger(bench, proposal=number)
    assert (again.verdict, again.promotion) == (first.verdict, first.promotion)
    assert again.challenger_scores == first.challenger_scores
    assert (bench.ledger.head(), bench.models.digests(), bench.store.pins()) == before


def test_an_approval_is_void_once_the_champion_changed(bench: Workbench, approve: Approve) -> None:
    number = approve("flights@2", **SMALL).number
    other = train_challenger(bench, snapshot="flights@3", parameters=SMALL).challenger
    promote(
        bench.ledger,
        "flights",
        model=other.digest,
        expected=None,
        reason="a test",
        who="tester",
        key="test",
    )
    assert train_inputs(bench) is None
    with pytest.raises(ConflictError, match="void"):
        train_challenger(bench, proposal=number)
    assert bench.ledger.champion("flights") == other.digest


def test_a_champion_that_moves_during_training_is_not_overrun(
    bench: Workbench, approve: Approve
) -> None:
    approve("flights@2", **SMALL)
    other = train_challenger(bench, snapshot="flights@3", parameters=SMALL).challenger

    def interfere(text: str) -> None:
        if text.startswith("fitting"):
            promote(
                bench.ledger,
                "flights",
                model=other.digest,
                expected=None,
                reason="a test",
                who="t",
                key="test",
            )

    with pytest.raises(ConflictError):
        train_challenger(bench, progress=interfere)
    assert bench.ledger.champion("flights") == other.digest


def test_an_approval_withdrawn_during_training_is_not_promoted(
    bench: Workbench, approve: Approve
) -> None:
    number = approve("flights@2", **SMALL).number

    def interfere(text: str) -> None:
        if text.startswith("fitting"):
            withdraw(bench.ledger, "flights", number, reason="a test", who="t", how="cli")

    with pytest.raises(ConflictError):
        train_challenger(bench, progress=interfere)
    assert bench.ledger.champion("flights") is None


def test_an_approval_cannot_be_bent(bench: Workbench, approve: Approve) -> None:
    number = approve("flights@2").number
    with pytest.raises(ConfigurationError, match="parameters that were approved"):
        train_challenger(bench, parameters=SMALL)
    with pytest.raises(ConfigurationError, match="another snapshot"):
        train_challenger(bench, snapshot="flights@3", proposal=number)
    with pytest.raises(NotFoundError):
        train_challenger(bench, proposal=99)


def test_only_snapshots_of_the_dataset_are_trained_on(bench: Workbench) -> None:
    train_challenger(bench, snapshot="flights@3", parameters=SMALL)
    with pytest.raises(ConfigurationError, match="something else"):
        train_challenger(bench, snapshot="flights.reference@1")


def test_a_damaged_snapshot_is_not_trained_on(bench: Workbench, approve: Approve) -> None:
    approve("flights@4", **SMALL)
    part = max((bench.settings.home / "store").rglob("*.parquet"), key=lambda p: p.stat().st_size)
    part.chmod(0o644)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(CorruptionError):
        train_challenger(bench)
    assert models(bench.ledger, "flights") == []
    assert train_inputs(bench) is not None  # the approval waits for the store to be mended


def test_too_few_rows_are_an_error_that_says_so(bench: Workbench) -> None:
    with pytest.raises(DataError, match="learn from"):
        train_challenger(bench, snapshot="flights@1")  # no arrivals have come yet


def test_a_parameter_that_the_builder_does_not_know_is_told(bench: Workbench) -> None:
    with pytest.raises(ConfigurationError, match="max_itre"):
        train_challenger(bench, snapshot="flights@3", parameters={"max_itre": 3})


def test_whatever_draws_is_seeded_and_runs_alone(bench: Workbench) -> None:
    dataset = bench.dataset.model_copy(
        update={
            "model": bench.dataset.model.model_copy(
                update={"builder": "sklearn.ensemble.RandomForestClassifier", "seed": 5}
            )
        }
    )
    estimator = build_estimator(dataset, {"n_jobs": -1})
    assert (estimator.random_state, estimator.n_jobs) == (5, 1)
    assert build_estimator(dataset, {"random_state": 8}).random_state == 8
