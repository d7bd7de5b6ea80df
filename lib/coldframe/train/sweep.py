"""Sweeps: an Optuna study on one snapshot, beside production and without touching it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from coldframe.datasets import load_object
from coldframe.errors import ColdframeError, ConfigurationError, DataError
from coldframe.models import predict
from coldframe.provenance import record_digest
from coldframe.snapshots import Snapshot
from coldframe.tasks import Metric, spell_figure
from coldframe.train.fitting import Split, fit_estimator, measured, split_by_time
from coldframe.train.order import take_order
from coldframe.train.recipe import digest_code
from coldframe.train.report import Progress, StudyReport, SweepReport
from coldframe.train.studies import (
    check_ground,
    describe_study,
    only_sweeper,
    open_storage,
)
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import optuna

ENOUGH_FOR_IMPORTANCE = 4


def sweep_snapshot(
    bench: Workbench,
    *,
    snapshot: str,
    trials: int,
    study: str | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> SweepReport:
    """Search the user's space for parameters that do best on a snapshot.

    Each trial is fitted on the oldest rows and scored on the `model.holdout_days` before the
    holdout; the holdout itself is never seen, so that the verdict on the winner is fair. Killed
    and called again it repeats the trial it was at and goes on; with the same study name,
    snapshot and code it suggests the same parameters on any machine.

    Parameters
    ----------
    bench : Workbench
        Where everything is; of the ledger nothing is written.
    snapshot : str
        Name or id of the snapshot; it is pinned for the study.
    trials : int
        How many trials the study is to have in the end, failed ones counted, killed ones not.
    study : str, optional
        Its name; by default the snapshot's (``flights@3``).
    timeout : float, optional
        Begin no trial after so many seconds.
    progress : callable, optional
        Is told what is being done, after each trial its value.

    Raises
    ------
    ConfigurationError
        The dataset file names no space.
    ConflictError
        The study stands on another snapshot, code or dataset file, or is being swept just now.
    DataError
        There are too few rows before the holdout, or no trial could be fitted.
    """
    tell = progress or (lambda _: None)
    order = take_order(bench, snapshot=snapshot)
    name = study or order.snapshot.name
    ground = study_ground(bench, order.snapshot)
    end = time.monotonic() + timeout if timeout is not None else None
    metric = bench.dataset.model.judged_by
    with only_sweeper(bench.settings, name), open_storage(bench.settings) as storage:
        found = _begin(storage, name, order.snapshot, ground, metric)
        check_ground(name, found.user_attrs["ground"], ground)
        pin = f"study-{record_digest(name)[:32]}"
        bench.store.pin(pin, [order.snapshot.id])
        try:
            _bury(found)
            ran = 0
            if _done(found) < trials:
                rows = _validation_rows(bench, order.snapshot, tell)
                sweep = _Sweep(bench=bench, study=found, rows=rows, tell=tell)
                ran = sweep.run(trials, end)
        except ColdframeError:
            if not found.get_trials(deepcopy=False):  # it never began
                _forget(storage, name)
                bench.store.pin(pin, [])
            raise
        report = describe_study(found, metric)
        importance = _importance(found, report, bench.dataset.model.seed)
    if report.trials and not report.complete:
        raise DataError(
            "No trial of the study could be fitted.", where=f"study {name}",
            found=report.trials[-1].error or "all were stopped",
            remedy="look at model.space in the dataset file",
        )  # fmt: skip
    return SweepReport(study=report, ran=ran, importance=importance)


def study_ground(bench: Workbench, snapshot: Snapshot) -> dict[str, Any]:
    """Return what a study rests on; if any of it changes, its trials are not comparable.

    Raises
    ------
    ConfigurationError
        The dataset file names no space.
    """
    dataset = bench.dataset
    if dataset.model.space is None:
        raise ConfigurationError(
            "The dataset file names no space to search.",
            where=f"{dataset.name}: model.space",
            expected="a function of an Optuna trial that returns parameters",
        )
    code = digest_code(bench, dataset.model.builder, dataset.features.function, dataset.model.space)
    return {
        "dataset": dataset.name,
        "snapshot_id": snapshot.id,
        "code": code,
        "metric": dataset.model.metric,
        "model": record_digest(dataset.model.ground()),
        "features": record_digest(dataset.features.model_dump(mode="json")),
    }


def _begin(
    storage: optuna.storages.RDBStorage, name: str, snapshot: Snapshot, ground: Mapping[str, Any],
    metric: Metric,
) -> optuna.Study:  # fmt: skip
    """Return the study, made if need be; one that a kill left without its ground is given it."""
    import optuna

    study = optuna.create_study(
        study_name=name, storage=storage, load_if_exists=True,
        direction="maximize" if metric.greater_is_better else "minimize",
    )  # fmt: skip
    if "ground" not in study.user_attrs:
        study.set_user_attr("snapshot", snapshot.name)
        study.set_user_attr("ground", dict(ground))
    return study


def _forget(storage: optuna.storages.RDBStorage, name: str) -> None:
    import optuna

    optuna.delete_study(study_name=name, storage=storage)


def _bury(study: optuna.Study) -> None:
    """Fail the trials that a killed sweep left; no other is running, we hold the study's lock."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False):
        if not trial.state.is_finished():
            study.tell(trial.number, state=TrialState.FAIL)


def _done(study: optuna.Study) -> int:
    """Return how many trials are complete or failed for good."""
    trials = study.get_trials(deepcopy=False)
    return sum(trial.state.name == "COMPLETE" or "error" in trial.user_attrs for trial in trials)


def _validation_rows(bench: Workbench, snapshot: Snapshot, tell: Progress) -> Split:
    """Return the rows before the holdout, split by time once more."""
    tell(f"verifying {snapshot.name}")
    bench.store.check(snapshot)
    tell("building features")
    outer = split_by_time(bench.dataset, bench.frame(snapshot), where=snapshot.name)
    where = f"{snapshot.name}, rows before the holdout"
    inner = split_by_time(bench.dataset, outer.training, where=where)
    if inner.holdout[bench.dataset.features.target].nunique() < 2:
        raise DataError(
            f"The validation rows hold {bench.dataset.model.kind.too_alike}.", where=where,
            found=f"{len(inner.holdout)} rows",
            remedy="choose a later snapshot, or set a larger model.holdout_days",
        )  # fmt: skip
    return inner


@dataclass(frozen=True, kw_only=True)
class _Sweep:
    """A study, its rows, and who is told."""

    bench: Workbench
    study: optuna.Study
    rows: Split
    tell: Progress

    def run(self, trials: int, end: float | None) -> int:
        """Run trials until there are as many as wanted or time is up; returns how many ran."""
        self._measure_baseline()
        space = load_object(
            str(self.bench.dataset.model.space),
            where=f"{self.bench.dataset.name}: model.space",
        )
        ran = 0
        while (done := _done(self.study)) < trials and (end is None or time.monotonic() < end):
            self._run_trial(space, done, trials)
            ran += 1
        return ran

    def _measure_baseline(self) -> None:
        """Score the dataset file's own parameters, once a study, to compare trials with."""
        told = self.study.user_attrs
        if "validation" not in told:
            self.study.set_user_attr("validation", asdict(self.rows.describe()))
        if "baseline" not in told:
            self.tell("scoring the present parameters")
            self.study.set_user_attr("baseline", self._value(self.bench.dataset.model.parameters))

    def _value(self, parameters: Mapping[str, Any]) -> float:
        from coldframe.features import feature_matrix  # pandas

        dataset = self.bench.dataset
        estimator = fit_estimator(dataset, parameters, self.rows.training)
        model, target = dataset.model, dataset.features.target
        classes = model.kind.classes(self.rows.training[target])
        matrix = feature_matrix(dataset, self.rows.holdout)
        said = predict(model.kind, estimator, matrix, classes)
        value = model.kind.measure(self.rows.holdout[target], said, classes)[model.metric]
        assert value is not None  # noqa: S101 - _validation_rows saw labels that differ
        return value

    def _run_trial(self, space: Callable[..., Any], done: int, trials: int) -> None:
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        # A seed for each place and not one for the study: so a trial that is repeated after a
        # kill, or run by a later sweep, gets the suggestions it would have got anyway.
        about = [self.study.study_name, self.study.user_attrs["ground"], done]
        seed = int(record_digest(about)[:8], 16)
        self.study.sampler = TPESampler(seed=seed)
        trial = self.study.ask()
        try:
            with measured() as cost:
                suggested = space(trial)
                parameters = {**self.bench.dataset.model.parameters, **suggested}
                trial.set_user_attr("parameters", parameters)
                value = self._value(parameters)
        except (ColdframeError, ArithmeticError, TypeError, ValueError) as error:
            # these parameters cannot be fitted: a result, too, and not to be repeated for ever
            trial.set_user_attr("error", f"{type(error).__name__}: {error}")
            self.study.tell(trial, state=TrialState.FAIL)
            why = error.found if isinstance(error, ColdframeError) else str(error)
            self.tell(f"trial {done + 1} of {trials}: failed, {why}")
            return
        trial.set_user_attr("cpu_seconds", cost.seconds["cpu_seconds"])
        self.study.tell(trial, value)
        best, label = self.study.best_value, self.bench.dataset.model.judged_by.label
        told = f"{label} {spell_figure(value)}, best {spell_figure(best)}"
        self.tell(f"trial {done + 1} of {trials}: {told}")


def _importance(study: optuna.Study, report: StudyReport, seed: int) -> dict[str, float]:
    """Return how much each parameter matters; see :class:`SweepReport`."""
    import optuna

    values = {trial.value for trial in report.complete}
    names = {name for trial in report.complete for name in trial.suggested}
    if len(report.complete) < ENOUGH_FOR_IMPORTANCE or len(values) < 2 or not names:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}
