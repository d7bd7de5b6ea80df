"""Sweeps: resumable, on one snapshot only, blind to the holdout, beside production."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from counts import count
from samples import open_bench
from train.projects import Nursery

from coldframe.errors import ConfigurationError, ConflictError, DataError, NotFoundError
from coldframe.ledger import Proposal, decide, pending, proposals
from coldframe.train import StudyReport, challenge, studies, sweep_snapshot, train_challenger
from coldframe.train.fitting import fit_estimator, split_by_time
from coldframe.train.studies import only_sweeper
from coldframe.workbench import Workbench

Approve = Callable[..., Proposal]


def outcome(study: StudyReport) -> list[object]:
    """Return what must be the same whether or not the sweep was killed in between."""
    kept = [trial for trial in study.trials if trial.state != "killed"]
    return [study.snapshot_id, study.validation, study.baseline] + [
        (trial.state, trial.value, trial.suggested, trial.parameters, trial.error) for trial in kept
    ]


def test_a_sweep_finds_the_best_of_its_trials(bench: Workbench) -> None:
    told: list[str] = []
    report = sweep_snapshot(bench, snapshot="flights@4", trials=5, progress=told.append)
    assert report.ran == 5
    assert report.study.name == "flights@4"
    assert report.best is not None
    assert report.best.value == max(trial.value or 0 for trial in report.study.trials)
    assert sum(report.importance.values()) == pytest.approx(1)
    assert told[-1].startswith("trial 5 of 5: ROC AUC")
    assert studies(bench) == (report.study,)
    assert bench.store.resolve("flights@4").id in sum(bench.store.pins().values(), ())


def test_a_sweep_writes_nothing_to_the_ledger(bench: Workbench, approve: Approve) -> None:
    approve("flights@2", max_iter=10)
    before = bench.ledger.head(), bench.store.head("flights.reference"), bench.models.digests()
    sweep_snapshot(bench, snapshot="flights@4", trials=2)
    after = bench.ledger.head(), bench.store.head("flights.reference"), bench.models.digests()
    assert after == before


def test_trials_are_the_total_aimed_at(bench: Workbench) -> None:
    first = sweep_snapshot(bench, snapshot="flights@3", trials=2)
    more = sweep_snapshot(bench, snapshot="flights@3", trials=3)
    none = sweep_snapshot(bench, snapshot="flights@3", trials=3)
    assert (first.ran, more.ran, none.ran) == (2, 1, 0)
    assert outcome(more.study)[:5] == outcome(first.study)
    assert none.study == more.study


def test_in_parts_or_at_once_the_trials_are_the_same(
    bench: Workbench, ingested: Path, tmp_path: Path
) -> None:
    other = open_bench(Path(shutil.copytree(ingested, tmp_path / "other", symlinks=True)))
    at_once = sweep_snapshot(other, snapshot="flights@3", trials=4)
    for trials in (1, 3, 4):
        in_parts = sweep_snapshot(bench, snapshot="flights@3", trials=trials)
    assert outcome(in_parts.study) == outcome(at_once.study)


def test_time_that_is_up_begins_no_trial(bench: Workbench) -> None:
    sweep_snapshot(bench, snapshot="flights@3", trials=9, timeout=0, study="a study")
    with pytest.raises(DataError, match="no complete trial") as caught:
        challenge(bench, study="a study")
    remedy = "coldframe sweep --snapshot flights@3 --study 'a study' --trials 20"
    assert str(caught.value.remedy).endswith(remedy)


SPOILED = """
import flights.features

def build_features(tables):
    frame = flights.features.build_features(tables)
    held = frame["time_hour"] >= {start!r}
    frame.loc[held, "late"] = 1 - frame.loc[held, "late"]
    frame.loc[held, ["distance", "departure_minute"]] = -1
    return frame
"""


def test_the_holdout_is_never_seen(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a feature function that spoils every row of the holdout: the sweep comes to the same values
    report = sweep_snapshot(bench, snapshot="flights@4", trials=1)
    rows = split_by_time(bench.dataset, bench.frame(bench.store.resolve("flights@4")), where="")
    start = rows.holdout["time_hour"].min().isoformat()
    (tmp_path / "spoiled_features.py").write_text(SPOILED.format(start=start))
    monkeypatch.syspath_prepend(tmp_path)
    features = bench.dataset.features.model_copy(
        update={"function": "spoiled_features.build_features"}
    )
    dataset = bench.dataset.model_copy(update={"features": features})
    other = Workbench(settings=bench.settings, dataset=dataset)
    again = sweep_snapshot(other, snapshot="flights@4", trials=1, study="spoiled")
    assert again.study.baseline == report.study.baseline
    assert again.study.validation == report.study.validation
    assert report.study.validation is not None
    assert report.study.validation.end < start


def test_validation_rows_come_after_those_that_are_fitted(bench: Workbench) -> None:
    report = sweep_snapshot(bench, snapshot="flights@4", trials=1)
    outer = split_by_time(bench.dataset, bench.frame(bench.store.resolve("flights@4")), where="")
    inner = split_by_time(bench.dataset, outer.training, where="")
    assert report.study.validation == inner.describe()
    assert inner.training["time_hour"].max() < inner.holdout["time_hour"].min()
    estimator = fit_estimator(bench.dataset, bench.dataset.model.parameters, inner.training)
    assert hasattr(estimator, "classes_")


def test_a_study_stays_on_its_snapshot(bench: Workbench) -> None:
    sweep_snapshot(bench, snapshot="flights@3", trials=1, study="mine")
    with pytest.raises(ConflictError, match="other ground") as caught:
        sweep_snapshot(bench, snapshot="flights@4", trials=2, study="mine")
    assert "snapshot_id" in str(caught.value)


def test_a_study_stays_on_its_code(bench: Workbench, project: Path) -> None:
    sweep_snapshot(bench, snapshot="flights@3", trials=1, study="mine")
    lib = project / "lib"
    target = lib.resolve()
    lib.unlink()
    shutil.copytree(target, lib, ignore=shutil.ignore_patterns("__pycache__"))
    with (lib / "flights" / "features.py").open("a") as stream:
        stream.write("\nEDITED = True\n")
    with pytest.raises(ConflictError, match="other ground"):
        sweep_snapshot(bench, snapshot="flights@3", trials=2, study="mine")
    with pytest.raises(ConflictError, match="other ground"):
        challenge(bench, study="mine")


def test_one_sweeps_a_study_at_a_time(bench: Workbench) -> None:
    with (
        only_sweeper(bench.settings, "mine"),
        pytest.raises(ConflictError, match="being swept just now"),
    ):
        sweep_snapshot(bench, snapshot="flights@3", trials=1, study="mine")


def with_space(bench: Workbench, space: str | None) -> Workbench:
    model = bench.dataset.model.model_copy(update={"space": space})
    dataset = bench.dataset.model_copy(update={"model": model})
    return Workbench(settings=bench.settings, dataset=dataset)


def test_trials_that_cannot_be_fitted_end_and_say_why(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def search(trial):\n    return {'max_iter': trial.suggest_int('n', -1, 0)}\n"
    (tmp_path / "broken_space.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    broken = with_space(bench, "broken_space.search")
    with pytest.raises(DataError, match="could be fitted"):
        sweep_snapshot(broken, snapshot="flights@3", trials=2)
    (study,) = studies(bench)
    assert [trial.state for trial in study.trials] == ["failed", "failed"]
    assert "max_iter" in (study.trials[0].error or "")


def test_a_sweep_that_never_began_leaves_no_study_and_no_pin(bench: Workbench) -> None:
    before = bench.store.pins()
    with pytest.raises(DataError, match="No label has come yet"):
        sweep_snapshot(bench, snapshot="flights@1", trials=2)
    assert studies(bench) == ()
    assert bench.store.pins() == before
    # present parameters that nobody can fit: the study's yardstick is missing
    broken = {**bench.dataset.model.parameters, "learning_rate": -1.0}
    model = bench.dataset.model.model_copy(update={"parameters": broken})
    dataset = bench.dataset.model_copy(update={"model": model})
    spoiled = Workbench(settings=bench.settings, dataset=dataset)
    with pytest.raises(ConfigurationError, match="cannot be fitted"):
        sweep_snapshot(spoiled, snapshot="flights@3", trials=2)
    assert studies(bench) == ()
    assert bench.store.pins() == before
    assert sweep_snapshot(bench, snapshot="flights@3", trials=1).ran == 1


def test_a_best_trial_that_would_not_take_over_is_told_and_not_proposed(
    bench: Workbench, approve: Approve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def search(trial):\n    return {'learning_rate': 1e-9, 'max_iter': 1}\n"
    (tmp_path / "poor_space.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    poor = with_space(bench, "poor_space.search")
    study = sweep_snapshot(poor, snapshot="flights@4", trials=1).study
    assert study.best is not None
    assert study.baseline is not None
    assert (study.best.value or 0) < study.baseline
    waiting = approve("flights@3")
    train_challenger(bench)
    # more than any model could gain on this sample, so that luck decides nothing
    model = poor.dataset.model.model_copy(update={"minimum_gain": 0.3})
    dataset = poor.dataset.model_copy(update={"model": model})
    found = challenge(Workbench(settings=poor.settings, dataset=dataset), study=study.name)
    assert "WORSE than the present parameters" in found.reasons[0]
    assert found.proposal is None  # it would only displace what waits
    assert [s.proposal for s in proposals(bench.ledger, "flights")] == [waiting]


def test_without_a_space_there_is_no_sweep(bench: Workbench) -> None:
    with pytest.raises(ConfigurationError, match="space"):
        sweep_snapshot(with_space(bench, None), snapshot="flights@3", trials=1)


def test_looking_for_studies_makes_no_database(bench: Workbench) -> None:
    assert studies(bench) == ()
    assert not (bench.settings.home / "studies.db").exists()
    with pytest.raises(NotFoundError):
        challenge(bench, study="none")


def test_the_winner_becomes_a_proposal_that_a_person_approves(
    bench: Workbench, approve: Approve
) -> None:
    approve("flights@2", max_iter=10)
    champion = train_challenger(bench).challenger
    study = sweep_snapshot(bench, snapshot="flights@4", trials=3).study
    found = challenge(bench, study=study.name)
    report, proposal = found.report, found.proposal
    assert proposal is not None
    assert study.best is not None
    assert report.challenger.parameters == study.best.parameters
    assert report.promotion is None
    assert bench.ledger.champion("flights") == champion.digest
    assert pending(bench.ledger, "flights") == proposal
    assert (proposal.origin, proposal.champion) == ("sweep", champion.digest)
    assert proposal.evidence["gain"] == report.verdict.gain
    assert challenge(bench, study=study.name).proposal == proposal  # once
    decide(
        bench.ledger, "flights", proposal.number, approved=True, reason="good", who="tester",
        how="cli",
    )  # fmt: skip
    trained = train_challenger(bench)
    assert not trained.fitted
    assert trained.challenger == report.challenger
    assert trained.verdict.gain == report.verdict.gain
    assert proposals(bench.ledger, "flights")[-1].standing == "trained"


TRIALS = 5


@pytest.fixture(scope="session")
def swept(
    ingested: Path, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[object], float]:
    """What an undisturbed sweep leaves, and how many seconds it takes."""
    root = tmp_path_factory.mktemp("swept") / "project"
    shutil.copytree(ingested, root, symlinks=True)
    begin = time.monotonic()
    child = nursery.start(root, "sweep", snapshot="flights@4", trials=TRIALS)
    assert nursery.wait(child) == 0
    seconds = time.monotonic() - begin
    (study,) = studies(open_bench(root))
    return outcome(study), seconds


@pytest.mark.parametrize("seed", range(count(3, 60)))
def test_a_killed_sweep_goes_on(
    seed: int, bench: Workbench, project: Path, nursery: Nursery, swept: tuple[list[object], float]
) -> None:
    expected, seconds = swept
    draw = random.Random(seed)
    for _ in range(2):
        nursery.run_until(
            seconds * draw.random(), project, "sweep", snapshot="flights@4", trials=TRIALS
        )
    report = sweep_snapshot(bench, snapshot="flights@4", trials=TRIALS)
    assert outcome(report.study) == expected
    assert sum(trial.state == "running" for trial in report.study.trials) == 0


def test_a_sweep_and_a_build_beside_each_other(
    bench: Workbench, project: Path, nursery: Nursery, approve: Approve,
    swept: tuple[list[object], float],
) -> None:  # fmt: skip
    approve("flights@3", max_iter=10)
    children = [
        nursery.start(project, "sweep", snapshot="flights@4", trials=TRIALS),
        nursery.start(project, "ingest", months=["2013-05"]),
        nursery.start(project, "train"),
    ]
    assert [nursery.wait(child) for child in children] == [0, 0, 0]
    (study,) = studies(bench)
    assert outcome(study) == swept[0]
    head = bench.store.head("flights")
    assert head is not None
    assert head.name == "flights@5"
    assert bench.ledger.champion("flights") is not None


def test_many_cold_starts_of_the_studies_database(
    bench: Workbench, project: Path, nursery: Nursery
) -> None:
    children = [
        nursery.start(project, "sweep", snapshot="flights@3", trials=1, study=f"s{n}")
        for n in range(count(4, 16))
    ]
    assert {nursery.wait(child) for child in children} == {0}
    assert len(studies(bench)) == len(children)
