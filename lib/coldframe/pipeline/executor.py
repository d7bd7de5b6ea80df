"""Ploomber's view of the graph: our rule for what is due, and our way to run it.

Ploomber reads pipeline.yaml, checks the notebooks' parameters and orders the stages. Whether a
stage is due, it would decide by timestamps and by the text of the notebook; we ask for the digest
of everything that goes in. It would stop behind a failure; snapshots are our only handoff, so
whatever stands behind a failed stage goes on with the last good one.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coldframe.datasets import load_dataset
from coldframe.errors import ConfigurationError
from coldframe.pipeline.locking import build_lock
from coldframe.pipeline.report import BuildReport, StageReport
from coldframe.pipeline.runs import keep_interrupted
from coldframe.pipeline.schedule import take_turns
from coldframe.pipeline.stages import Stage
from coldframe.pipeline.turns import take_turn
from coldframe.pipeline.watch import kernels_allowed, stop_kernels
from coldframe.settings import VARIABLE, Settings, load_settings
from coldframe.workbench import Workbench

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # ploomber is kept no longer; its deprecations will not go
    from ploomber.constants import TaskStatus
    from ploomber.exceptions import DAGBuildError
    from ploomber.executors.abc import Executor
    from ploomber.products import File
    from ploomber.table import TaskReport
    from ploomber.validators import string as product_names


class StageFile(File):  # type: ignore[misc]  # ploomber ships no types
    """A stage's product. Ploomber asks whether it is outdated; its turn will tell."""

    asked = False

    def _init_identifier(self, identifier: str | Path) -> Any:
        # ploomber makes paths absolute for its own File class only
        return super()._init_identifier(Path(identifier).resolve())

    def _is_outdated(self, outdated_by_code: bool = True) -> bool:
        del outdated_by_code  # decided by content, and only when upstream has run
        self.asked = True  # a forced build does not ask
        return True


# `product_class` in pipeline.yaml knows ploomber's own names only; this module is imported first
product_names._KEY2CLASS_PRODUCTS[StageFile.__name__] = StageFile


def _silent(line: str) -> None:
    del line


def _settings_of(given: Mapping[str, Any]) -> Settings:
    """Return the settings that ploomber read from env.yaml and its command line.

    A COLDFRAME_ variable overrules both, as everywhere; but not for home folder and dataset,
    which pipeline.yaml has already put into products and parameters.
    """
    told = load_settings()
    settings = load_settings(home=given["home"])
    if os.environ.get(VARIABLE + "HOME") and told.home != settings.home:
        raise ConfigurationError(
            "Ploomber was told of another home folder than Coldframe.",
            where=VARIABLE + "HOME", expected=str(settings.home), found=str(told.home),
            remedy=f"ploomber build --env--home {told.home}",
        )  # fmt: skip
    if os.environ.get(VARIABLE + "DATASET") and told.dataset != given["dataset"]:
        raise ConfigurationError(
            "Ploomber was told of another dataset than Coldframe.",
            where=VARIABLE + "DATASET", expected=given["dataset"], found=told.dataset,
            remedy=f"ploomber build --env--dataset {told.dataset}",
        )  # fmt: skip
    overruled = {
        name: value for name, value in given.items()
        if name != "home" and value not in (None, "") and VARIABLE + name.upper() not in os.environ
    }  # fmt: skip
    return Settings(**{**settings.model_dump(), **overruled})


class ContentExecutor(Executor):  # type: ignore[misc]  # ploomber ships no types
    """Runs the stages that are due by content, those at once that do not wait for each other.

    It goes on behind a failed one.

    Parameters
    ----------
    stages : mapping
        For each task its ``inputs`` (dotted path) and what it ``uses`` of the dataset's code.
    settings : str
        The placeholders of env.yaml, so that each of them is used.
    """

    def __init__(self, stages: Mapping[str, Mapping[str, Any]], **settings: Any) -> None:
        self.stages = stages
        self.given = settings
        self.settings: Settings | None = None
        self.progress: Callable[[str], None] = lambda line: print(line, file=sys.stderr)  # noqa: T201
        self.report: BuildReport | None = None

    def _stage(self, task: Any) -> Stage:
        """Return what pipeline.yaml says of `task`."""
        if task.name not in self.stages:
            raise ConfigurationError(
                f"pipeline.yaml does not say what decides whether {task.name} is due.",
                where="pipeline.yaml, executor, stages", remedy="add its inputs function there",
            )  # fmt: skip
        spec = self.stages[task.name]
        own = {k: v for k, v in task.params.items() if k not in ("product", "upstream")}
        return Stage(
            name=task.name, notebook=Path(task.source.loc).resolve(), inputs=spec["inputs"],
            uses=tuple(spec.get("uses", ())), parameters=own, resumes=spec.get("resumes"),
            prepares=spec.get("prepares"),
        )  # fmt: skip

    def _build(self, dag: Any, settings: Settings) -> BuildReport:
        """Give every task its turn."""
        started = time.monotonic()
        bench = Workbench(settings=settings, dataset=load_dataset(settings))
        # of two threads that each restore the warnings' filters, the second restores wrong ones
        with (
            build_lock(settings.home, self.progress),
            warnings.catch_warnings(),
            kernels_allowed(),
        ):
            keep_interrupted(settings)
            reports = take_turns(
                {name: list(dag[name].upstream) for name in dag},
                lambda name: self._turn(dag[name], bench), workers=settings.kernels_at_once,
                stop=stop_kernels,
            )  # fmt: skip
        seconds = round(time.monotonic() - started, 3)
        stages = tuple(reports.values())
        return BuildReport(dataset=bench.dataset.name, stages=stages, seconds=seconds)

    def _turn(self, task: Any, bench: Workbench) -> StageReport:
        """Give one task its turn."""
        forced = not any(product.asked for product in task.product.products)
        upstream = {n: t.product.to_json_serializable() for n, t in task.upstream.items()}
        report = take_turn(
            self._stage(task), bench, forced=forced, upstream=upstream or None,
            progress=self.progress,
        )  # fmt: skip
        # its private name: the setter would abort whatever stands behind a failed task
        task._exec_status = {
            "ran": TaskStatus.Executed,
            "skipped": TaskStatus.Skipped,
            "failed": TaskStatus.Errored,
        }[report.outcome]
        return report

    def __call__(self, dag: Any, show_progress: bool = True) -> list[Any]:
        """Build `dag`; ploomber calls this.

        Raises
        ------
        DAGBuildError
            A stage failed; all others had their turn.
        """
        super().__call__(dag)
        if not show_progress:
            self.progress = _silent
        self.report = self._build(dag, self.settings or _settings_of(self.given))
        if self.report.failed:
            raise DAGBuildError("\n".join(str(stage) for stage in self.report.failed))
        return [
            TaskReport.with_data(name=stage.stage, ran=True, elapsed=stage.seconds)
            for stage in self.report.ran
        ]
