"""Optuna studies: where they are kept, on what ground each stands, and what they hold."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from coldframe.datasets import Model
from coldframe.errors import ConflictError, EnvironmentFaultError, NotFoundError
from coldframe.files import locked
from coldframe.ledger import Holdout
from coldframe.provenance import record_digest
from coldframe.settings import Settings
from coldframe.tasks import TASKS, Metric
from coldframe.train.report import StudyReport, Trial
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import optuna

BUSY_SECONDS = 60
"""So long a writer waits for another on SQLite; Optuna's default of 5 loses trials."""


@contextlib.contextmanager
def open_storage(settings: Settings) -> Iterator[optuna.storages.RDBStorage]:
    """Open the studies' database; a fresh one is made once, however many start together."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    url = make_url(settings.studies_url)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    options = {"connect_args": {"timeout": BUSY_SECONDS}} if sqlite else {"pool_pre_ping": True}
    with _quiet():
        try:
            with locked(settings.home / "locks" / "studies"):
                storage = optuna.storages.RDBStorage(settings.studies_url, engine_kwargs=options)
        except (SQLAlchemyError, ImportError, RuntimeError) as error:
            raise EnvironmentFaultError(
                "The studies' database cannot be opened.",
                where=url.render_as_string(hide_password=True),
                found=str(error).splitlines()[0],
                remedy="see studies_url in env.yaml, or COLDFRAME_STUDIES_URL",
            ) from error
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from telling of every trial: our own progress does."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


@contextlib.contextmanager
def only_sweeper(settings: Settings, study: str) -> Iterator[None]:
    """Be the only one on this machine that sweeps `study`; the lock goes with the process.

    Raises
    ------
    ConflictError
        Another process sweeps it just now.
    """
    path = settings.home / "locks" / f"study-{record_digest(study)[:32]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                "This study is being swept just now.", where=f"study {study}",
                remedy="wait for it, or sweep under another study name",
            ) from error  # fmt: skip
        yield


def exists(settings: Settings) -> bool:
    """Tell whether there can be any study; looking does not make a database."""
    url = make_url(settings.studies_url)
    if url.get_backend_name() != "sqlite":
        return True
    return bool(url.database) and Path(str(url.database)).is_file()


def check_ground(name: str, stood: Mapping[str, Any], ground: Mapping[str, Any]) -> None:
    """Raise ConflictError if the study `name` stood on other ground: snapshot, code, settings."""
    differing = [key for key in ground if stood.get(key) != ground[key]]
    if differing:
        raise ConflictError(
            "The study was begun on other ground; its trials could not be compared.",
            where=f"study {name}",
            expected="; ".join(f"{key} {stood.get(key)}" for key in differing),
            found="; ".join(f"{key} {ground[key]}" for key in differing),
            remedy="sweep anew under another study name",
        )


def describe_study(study: optuna.Study, metric: Metric) -> StudyReport:
    """Return what `study`, whose trials are judged by `metric`, holds."""
    attributes = study.user_attrs
    ground = attributes.get("ground", {})
    validation = attributes.get("validation")
    return StudyReport(
        name=study.study_name,
        dataset=ground.get("dataset", ""),
        snapshot=attributes.get("snapshot", ""),
        snapshot_id=ground.get("snapshot_id", ""),
        metric=metric,
        ground=ground,
        validation=Holdout(**validation) if validation else None,
        baseline=attributes.get("baseline"),
        trials=tuple(_describe_trial(trial) for trial in study.get_trials(deepcopy=False)),
    )


def _describe_trial(trial: optuna.trial.FrozenTrial) -> Trial:
    told = trial.user_attrs
    states: dict[str, Any] = {"COMPLETE": "complete", "FAIL": "killed"}
    state = states.get(trial.state.name, "running")
    return Trial(
        number=trial.number,
        state="failed" if "error" in told else state,
        value=trial.value if trial.state.name == "COMPLETE" else None,
        parameters=told.get("parameters", {}),
        suggested=dict(trial.params),
        cpu_seconds=told.get("cpu_seconds"),
        error=told.get("error"),
    )


def studies(bench: Workbench) -> tuple[StudyReport, ...]:
    """Return all studies of the bench's dataset, by name."""
    if not exists(bench.settings):
        return ()
    import optuna

    with open_storage(bench.settings) as storage:
        names = sorted(optuna.get_all_study_names(storage))
        loaded = (optuna.load_study(study_name=n, storage=storage) for n in names)
        ours = [one for one in loaded if _ground(one).get("dataset") == bench.dataset.name]
        return tuple(describe_study(one, _metric(bench.dataset.model, one)) for one in ours)


def _ground(study: optuna.Study) -> Mapping[str, Any]:
    found: Mapping[str, Any] = study.user_attrs.get("ground", {})
    return found


def _metric(model: Model, study: optuna.Study) -> Metric:
    """Return the metric of a study, which need not be the one in the dataset file any more."""
    name = _ground(study).get("metric")
    everything = [*model.kind.metrics, *(m for task in TASKS.values() for m in task.metrics)]
    return next(one for one in everything if one.name == name)


def read_study(bench: Workbench, name: str) -> StudyReport:
    """Return the study `name` of the bench's dataset.

    Raises
    ------
    NotFoundError
        There is none; the message lists which there are.
    """
    known = studies(bench)
    for report in known:
        if report.name == name:
            return report
    raise NotFoundError(
        "There is no such study.",
        where=bench.dataset.name,
        found=name,
        expected=", ".join(report.name for report in known) or "none has been begun",
        remedy="coldframe sweep --help",
    )
