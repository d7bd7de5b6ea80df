"""Execute one notebook in one kernel, and believe only what can be checked afterwards."""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldframe.errors import NotebookError
from coldframe.kernels.preloaded import without_unwanted
from coldframe.pipeline.cells import find_interruption, read_cells
from coldframe.settings import Settings

START_SECONDS = 120
# What the kernel's process said beside its cells; kept with failed runs.
LOG = "kernel.log"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Execution:
    """What came of an executed notebook.

    Parameters
    ----------
    result : dict
        What its last cell handed over with `coldframe.notebook.finish`.
    seconds : float
        Wall time.
    cpu_seconds : float
        Processor time of the kernel and its children.
    """

    result: dict[str, Any]
    seconds: float
    cpu_seconds: float


def _children_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _without_braces(path: Path) -> str:
    """Return `path` for papermill, which takes braces in it for a format."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _papermill(
    settings: Settings, notebook: Path, output: Path, parameters: Mapping[str, Any], dataset: str
) -> float:
    """Run `notebook`; return the processor time of its kernel, if that was forked, else 0.

    Raises
    ------
    NotebookError
        It failed, with what a person needs to know.
    """
    with without_unwanted():
        import papermill  # a second to import; a build with nothing to do needs none of it
        from papermill.exceptions import PapermillExecutionError

    from coldframe.pipeline.engine import ENGINE
    from coldframe.pipeline.kernel import event_loop, kernel_environment, kernel_manager
    from coldframe.pipeline.watch import KernelWatch

    watch, log = KernelWatch(settings.notebook_seconds), output.with_name(LOG)
    environment = kernel_environment(settings, dataset)
    try:
        with (
            log.open("wb") as stream, event_loop(), watch.watching(), warnings.catch_warnings(),
        ):  # fmt: skip
            # papermill warns of parameters it cannot infer; ours were checked before
            warnings.simplefilter("ignore")
            papermill.execute_notebook(
                _without_braces(notebook), _without_braces(output), parameters=dict(parameters),
                cwd=str(notebook.parent), progress_bar=False, start_timeout=START_SECONDS,
                kernel_name="python3", language="python", engine_name=ENGINE,
                kernel_manager_class=kernel_manager(settings, watch, environment, stream),
            )  # fmt: skip
    except PapermillExecutionError as error:
        # its text ends with the traceback as IPython coloured it
        raise NotebookError(
            f"A cell of the notebook failed: {error.ename}: {error.evalue}",
            where=f"{notebook.name}, execution {error.exec_count}",
            found=_COLOURS.sub("", "\n".join(error.traceback)),
        ) from error
    except Exception as error:  # a lost kernel surfaces as any of a dozen types
        if watch.expired:
            raise NotebookError(
                f"The notebook took longer than {settings.notebook_seconds:g} s and was stopped.",
                where=str(notebook), remedy="raise notebook_seconds in env.yaml",
            ) from error  # fmt: skip
        if watch.stopped:
            raise NotebookError(
                "The build was ended while the notebook ran.", where=str(notebook),
                remedy="build again",
            ) from error  # fmt: skip
        raise NotebookError(
            "The notebook's kernel was lost.", where=str(notebook),
            found=f"{type(error).__name__}: {error}",
            remedy="look at the last cell of the partial notebook; is memory short?",
        ) from error  # fmt: skip
    return watch.cpu_seconds


def read_result(path: Path, notebook: Path) -> dict[str, Any]:
    """Return what the notebook's last cell handed over.

    Raises
    ------
    NotebookError
        It handed over nothing: it cannot have come to its end.
    """
    try:
        result = json.loads(path.read_text("utf-8"))["result"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotebookError(
            "The notebook ended without a result.", where=str(notebook),
            expected="finish(product, ...) in its last cell", found=str(error),
        ) from error  # fmt: skip
    return dict(result)


def execute_notebook(
    settings: Settings, *, notebook: Path, output: Path, result: Path,
    parameters: Mapping[str, Any], dataset: str,
) -> Execution:  # fmt: skip
    """Execute `notebook` into `output`; returns only if it truly came to its end.

    Parameters
    ----------
    settings : Settings
        Passed on to the kernel; `notebook_seconds` is its deadline.
    notebook, output, result : Path
        What to run, where to keep it executed, and where its last cell writes its result.
    parameters : mapping
        Checked already.
    dataset : str
        What it works on when its parameters do not say.

    Raises
    ------
    NotebookError
        A cell failed, the kernel was lost, time ran out, or it left early. `output` then holds
        what was executed until then.
    """
    started, before = time.monotonic(), _children_seconds()
    forked = _papermill(settings, notebook, output, parameters, dataset)
    if fault := find_interruption(read_cells(output)):
        raise NotebookError(
            "The notebook did not come to its end.", where=str(notebook), found=fault
        )
    return Execution(
        result=read_result(result, notebook),
        seconds=round(time.monotonic() - started, 3),
        # a forked kernel is the server's child, a cold one ours
        cpu_seconds=round(forked or _children_seconds() - before, 3),
    )
