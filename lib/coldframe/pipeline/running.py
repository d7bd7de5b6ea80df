"""One run of a stage: executed under a temporary name, published whole, or kept as failed."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from coldframe.errors import ColdframeError, NotebookError
from coldframe.files import sync_folder, write_atomically
from coldframe.ledger import Ledger, Run, record_run
from coldframe.pipeline.cells import declared_parameters, read_cells
from coldframe.pipeline.execution import LOG, Execution, execute_notebook
from coldframe.pipeline.pages import write_page
from coldframe.pipeline.parameters import check_parameters
from coldframe.pipeline.receipts import Inputs, Receipt
from coldframe.pipeline.report import StageReport
from coldframe.provenance import file_digest
from coldframe.settings import Settings

RESULT = "result.json"
ERROR = "error.txt"
PARTIAL = ".partial"


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """One run of a stage on its way from a temporary folder to a published or failed one.

    Parameters
    ----------
    settings : Settings
        Of the project.
    stage : str
        Name of the stage, and of its files.
    dataset : str
        What it works on.
    inputs : Inputs
        What it is made from.
    run : str
        Its name.
    started : str
        UTC, ISO 8601.
    """

    settings: Settings
    stage: str
    dataset: str
    inputs: Inputs
    run: str
    started: str

    @property
    def partial(self) -> Path:
        """Where it is executed; hidden, beside where it will be published."""
        return self.settings.home / "runs" / self.stage / f".{self.run}{PARTIAL}"

    @property
    def published(self) -> Path:
        """Where it stands once it succeeded."""
        return self.settings.home / "runs" / self.stage / self.run

    @property
    def failed(self) -> Path:
        """Where a person finds what is left of it if it failed."""
        return self.settings.home / "failed" / self.stage / self.run

    def notebook(self, folder: Path) -> Path:
        """Return its executed notebook in `folder`."""
        return folder / f"{self.stage}.ipynb"

    def page(self, folder: Path) -> Path:
        """Return its page in `folder`."""
        return folder / f"{self.stage}.html"


def new_run(settings: Settings, *, stage: str, dataset: str, inputs: Inputs) -> StageRun:
    """Return a run with a name that sorts by time and is nobody else's."""
    now = datetime.now(UTC)
    return StageRun(
        settings=settings, stage=stage, dataset=dataset, inputs=inputs,
        run=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}", started=now.isoformat(),
    )  # fmt: skip


def latest(settings: Settings, dataset: str, stage: str, suffix: str) -> Path:
    """Return where the newest successful run of `stage` keeps its file with that suffix."""
    return settings.home / "latest" / dataset / f"{stage}{suffix}"


def _record(
    ledger: Ledger, run: StageRun, *, folder: Path, execution: Execution | None, error: str | None
) -> None:
    """Write down in the ledger how `run` ended."""
    now = datetime.now(UTC)
    seconds = (now - datetime.fromisoformat(run.started)).total_seconds()
    notebook = run.notebook(folder)
    record_run(
        ledger,
        Run(
            stage=run.stage, run=run.run, dataset=run.dataset,
            outcome="failed" if error else "succeeded",
            started=run.started, ended=now.isoformat(), seconds=round(seconds, 3),
            cpu_seconds=execution.cpu_seconds if execution else None, inputs=run.inputs.digest,
            result=execution.result if execution else {},
            notebook=str(notebook.relative_to(run.settings.home)) if notebook.is_file() else None,
            error=error,
        ),
        who=run.stage,
    )  # fmt: skip


def _publish(ledger: Ledger, run: StageRun, execution: Execution) -> None:
    """Make a run that succeeded visible; whoever is killed in between leaves no receipt."""
    for name in (RESULT, LOG):
        (run.partial / name).unlink()
    run.partial.rename(run.published)
    sync_folder(run.published.parent)
    _record(ledger, run, folder=run.published, execution=execution, error=None)
    notebook = run.notebook(run.published)
    for source, suffix in ((run.page(run.published), ".html"), (notebook, ".ipynb")):
        write_atomically(latest(run.settings, run.dataset, run.stage, suffix), source.read_bytes())
    receipt = Receipt(
        stage=run.stage, run=run.run, inputs=run.inputs, notebook=file_digest(notebook),
        result=execution.result,
    )  # fmt: skip
    receipt.write(latest(run.settings, run.dataset, run.stage, ".json"))


def _keep_failed(ledger: Ledger, run: StageRun, error: BaseException) -> None:
    """Keep what is left of a failed run where a person finds it; never hides the first error."""
    text = "".join(traceback.format_exception(error))
    with contextlib.suppress(OSError):
        run.failed.parent.mkdir(parents=True, exist_ok=True)
        run.partial.rename(run.failed)
        write_atomically(run.failed / ERROR, text.encode(errors="replace"))
    what = error.what if isinstance(error, ColdframeError) else f"{type(error).__name__}: {error}"
    with contextlib.suppress(ColdframeError, OSError):
        _record(ledger, run, folder=run.failed, execution=None, error=what)


def execute_run(
    ledger: Ledger, run: StageRun, *, notebook: Path, parameters: Mapping[str, Any],
    upstream: Mapping[str, Any] | None = None,
) -> Execution:  # fmt: skip
    """Execute `notebook` as `run` and publish it.

    Parameters
    ----------
    ledger : Ledger
        Where its end is recorded.
    run : StageRun
        From `new_run`.
    notebook : Path
        What to execute.
    parameters : mapping of str to JSON scalar
        Passed to the notebook.
    upstream : mapping, optional
        Products of the stages before it, as Ploomber would inject them.

    Raises
    ------
    NotebookError
        It failed; what is left of it stands in ``failed/<stage>/<run>/``.
    ConfigurationError
        The parameters cannot be passed.
    """
    declared = declared_parameters(read_cells(notebook))
    values: dict[str, Any] = dict(
        check_parameters(parameters, declared=declared, where=str(notebook))
    )
    run.partial.mkdir(parents=True)
    output, result = run.notebook(run.partial), run.partial / RESULT
    injected = {"product": {"nb": str(output), "receipt": str(result)}, "upstream": upstream}
    values |= {name: value for name, value in injected.items() if name in declared}
    try:
        execution = execute_notebook(
            run.settings, notebook=notebook, output=output, result=result, parameters=values,
            dataset=run.dataset,
        )  # fmt: skip
        write_page(output, run.page(run.partial))
    except BaseException as error:
        _keep_failed(ledger, run, error)
        if isinstance(error, NotebookError):
            error.remedy = f"look at {run.failed}" + (f"; {error.remedy}" if error.remedy else "")
        raise
    _publish(ledger, run, execution)
    return execution


def run_notebook(
    settings: Settings, *, notebook: Path, stage: str, dataset: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> StageReport:  # fmt: skip
    """Run a notebook by itself, outside the graph, with the same care and the same records.

    It becomes no input of a later build: its receipt is that of `stage`, which should be a name
    that no stage of the graph has.

    Parameters
    ----------
    settings : Settings
        Of the project.
    notebook : Path
        What to execute.
    stage : str
        Names its folder and files.
    dataset : str, optional
        What it works on; by default that of the settings.
    parameters : mapping of str to JSON scalar, optional
        Passed to the notebook.

    Raises
    ------
    NotebookError
        It failed.
    """
    chosen = dataset or settings.dataset
    given = dict(parameters or {})
    inputs = Inputs(dataset=chosen, data={}, parameters=given)
    run = new_run(settings, stage=stage, dataset=chosen, inputs=inputs)
    ledger = Ledger.open(settings.ledger_url)
    execution = execute_run(ledger, run, notebook=notebook, parameters=given)
    return StageReport(
        stage=stage, outcome="ran", seconds=execution.seconds, result=execution.result,
        notebook=run.notebook(run.published), page=run.page(run.published),
    )  # fmt: skip


def interrupted_runs(home: Path) -> Iterator[Path]:
    """Yield the folders of runs that were killed: still under their temporary names."""
    yield from sorted(home.glob(f"runs/*/.*{PARTIAL}"))


def keep_interrupted(settings: Settings) -> list[Path]:
    """Move what killed runs left to ``failed/``; only while no build is running."""
    moved = []
    for folder in interrupted_runs(settings.home):
        name = folder.name.removeprefix(".").removesuffix(PARTIAL)
        target = settings.home / "failed" / folder.parent.name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
        write_atomically(target / ERROR, b"The build was killed while this notebook ran.\n")
        moved.append(target)
    return moved
