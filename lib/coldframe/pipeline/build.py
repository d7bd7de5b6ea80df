"""Build the graph from within Python, as often as needed, with ploomber imported once."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from coldframe.errors import ColdframeError, ConfigurationError
from coldframe.kernels.preloaded import without_unwanted
from coldframe.pipeline.report import BuildReport
from coldframe.settings import MARKER, Settings

_ERROR = re.compile(r"\w+(Error|Exception): ")


def _silent(line: str) -> None:
    del line


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep ploomber's logging and warnings to itself; its errors are raised."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _render(settings: Settings) -> Any:
    """Return ploomber's graph of pipeline.yaml, read anew: notebooks may have been edited."""
    with without_unwanted():
        from ploomber.spec import DAGSpec

    fields = set(Settings.model_fields) - {"root"}
    values = settings.model_dump(mode="json", include=fields)
    # they may hold a password, and ploomber prints its environment when it fails
    values |= {"ledger_url": "", "studies_url": ""}
    return DAGSpec(str(settings.root / MARKER), env=values).to_dag()


def build(
    settings: Settings, *, dataset: str | None = None,
    progress: Callable[[str], None] | None = None, force: bool = False,
) -> BuildReport:  # fmt: skip
    """Run the stages of pipeline.yaml that are due.

    Parameters
    ----------
    settings : Settings
        Of the project.
    dataset : str, optional
        What to work on; by default that of the settings.
    progress : callable, optional
        Told, in a line each, which stage begins and how it ended.
    force : bool, default=False
        Run every stage that has something to do, even if nothing is new.

    Returns
    -------
    BuildReport
        A failed stage is told there and not raised; see `BuildReport.raise_for_failure`.

    Raises
    ------
    ConfigurationError
        pipeline.yaml or a notebook of it is not what ploomber accepts.
    """
    chosen = settings.model_copy(update={"dataset": dataset or settings.dataset})
    with _quiet():
        os.environ.setdefault("PLOOMBER_STATS_ENABLED", "false")  # it would phone home
        with without_unwanted():  # several seconds to import all the same
            from ploomber.exceptions import DAGBuildError, DAGRenderError

        try:
            dag = _render(chosen)
        except ColdframeError:
            raise
        except Exception as error:  # ploomber raises whatever it stumbles over
            raise _refused(chosen, error) from error
        executor = dag.executor
        executor.settings, executor.progress = chosen, progress or _silent
        try:
            dag.build(force=force)
        except DAGRenderError as error:
            raise _refused(chosen, error) from error
        except DAGBuildError as error:
            if executor.report is None:
                raise _refused(chosen, error) from error
    report: BuildReport = executor.report
    return report


def _refused(settings: Settings, error: Exception) -> ConfigurationError:
    """Return ploomber's refusal to read or render the graph as an error of ours."""
    causes = [error]
    while (cause := causes[-1].__cause__) is not None and isinstance(cause, Exception):
        causes.append(cause)
    lines = [line for cause in causes for line in str(cause).splitlines()]
    # of a traceback in the text only what it ends with
    told = [line for line in lines if _ERROR.match(line)] or [line for line in lines if line]
    return ConfigurationError(
        "Ploomber does not accept the pipeline.", where=str(settings.root / MARKER),
        found=" | ".join(dict.fromkeys(told)),
    )  # fmt: skip
