"""One run of a stage: executed under a temporary name, published whole, or kept as failed."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Mapping
from dataclasses import asdict
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
from coldframe.pipeline.receipts import Begun, Inputs, Receipt
from coldframe.pipeline.report import StageReport
from coldframe.pipeline.runs import ERROR, StageRun, latest, live_folder, new_run
from coldframe.provenance import file_digest
from coldframe.settings import Settings

RESULT = "result.json"


def _entry(
    run: StageRun, *, folder: Path, execution: Execution | None = None, error: str | None = None
) -> Run:
    """Return what the ledger is to hold of how `run` ended."""
    now = datetime.now(UTC)
    seconds = (now - datetime.fromisoformat(run.started)).total_seconds()
    notebook = run.notebook(folder)
    return Run(
        stage=run.stage, run=run.run, dataset=run.dataset,
        outcome="failed" if error else "succeeded",
        started=run.started, ended=now.isoformat(), seconds=round(seconds, 3),
        cpu_seconds=execution.cpu_seconds if execution else None, inputs=run.inputs.digest,
        result=execution.result if execution else {},
        notebook=str(notebook.relative_to(run.settings.home)) if notebook.is_file() else None,
        error=error,
    )  # fmt: skip


def _receipt_path(run: StageRun) -> Path:
    return latest(run.settings, run.dataset, run.stage, ".json")


def _publish(run: StageRun, execution: Execution) -> Receipt:
    """Make a run that succeeded visible; whatever ends in between leaves no receipt of it."""
    for name in (RESULT, LOG):
        (run.partial / name).unlink()
    run.partial.rename(run.published)
    sync_folder(run.published.parent)
    notebook = run.notebook(run.published)
    for source, suffix in ((run.page(run.published), ".html"), (notebook, ".ipynb")):
        write_atomically(latest(run.settings, run.dataset, run.stage, suffix), source.read_bytes())
    entry = _entry(run, folder=run.published, execution=execution)
    receipt = Receipt(
        stage=run.stage, run=run.run, inputs=run.inputs, notebook=file_digest(notebook),
        result=execution.result, entry=asdict(entry),
    )  # fmt: skip
    receipt.write(_receipt_path(run))
    return receipt


def tell_ledger(ledger: Ledger, receipt: Receipt) -> None:
    """Record the run that `receipt` vouches for; once, however often it is called."""
    record_run(ledger, Run(**receipt.entry), who=receipt.stage)


def _keep_failed(ledger: Ledger, run: StageRun, error: BaseException) -> None:
    """Keep what is left of a failed run where a person finds it; never hides the first error."""
    with contextlib.suppress(OSError):  # its receipt may stand, and only its sync have failed
        receipt = Receipt.read(_receipt_path(run))
        if receipt is not None and receipt.run == run.run:
            _receipt_path(run).unlink()
    with contextlib.suppress(OSError):
        run.failed.parent.mkdir(parents=True, exist_ok=True)
        (run.published if run.published.exists() else run.partial).rename(run.failed)
    text = "".join(traceback.format_exception(error))
    with contextlib.suppress(OSError):
        write_atomically(run.failed / ERROR, text.encode(errors="replace"))
    what = error.what if isinstance(error, ColdframeError) else f"{type(error).__name__}: {error}"
    with contextlib.suppress(ColdframeError, OSError):
        record_run(ledger, _entry(run, folder=run.failed, error=what), who=run.stage)


def execute_run(
    ledger: Ledger, run: StageRun, *, notebook: Path, parameters: Mapping[str, Any],
    upstream: Mapping[str, Any] | None = None, mark: Path | None = None,
) -> tuple[Execution, Receipt]:  # fmt: skip
    """Execute `notebook` as `run` and publish it, receipt last.

    The ledger is told of a failure at once, of a success by `tell_ledger`: only a receipt makes a
    success, and what the ledger holds cannot be taken back.

    Parameters
    ----------
    ledger : Ledger
        Where a failure is recorded.
    run : StageRun
        From `new_run`.
    notebook : Path
        What to execute.
    parameters : mapping of str to JSON scalar
        Passed to the notebook.
    upstream : mapping, optional
        Products of the stages before it, as Ploomber would inject them.
    mark : Path, optional
        File that says from now on what was begun; the caller removes it.

    Raises
    ------
    NotebookError
        It failed; what is left of it stands in ``failed/<stage>/<run>/``.
    ConfigurationError
        The parameters cannot be passed.
    OSError
        It could not be published, which is a failure too.
    """
    declared = declared_parameters(read_cells(notebook))
    values: dict[str, Any] = dict(
        check_parameters(parameters, declared=declared, where=str(notebook))
    )
    output, result = run.notebook(run.partial), run.partial / RESULT
    injected = {"product": {"nb": str(output), "receipt": str(result)}, "upstream": upstream}
    values |= {name: value for name, value in injected.items() if name in declared}
    try:
        with live_folder(run):
            if mark is not None:
                Begun(run=run.run, inputs=run.inputs).write(mark)
            execution = execute_notebook(
                run.settings, notebook=notebook, output=output, result=result, parameters=values,
                dataset=run.dataset,
            )  # fmt: skip
            write_page(output, run.page(run.partial))
            return execution, _publish(run, execution)
    except BaseException as error:
        _keep_failed(ledger, run, error)
        if isinstance(error, NotebookError):
            error.remedy = f"look at {run.failed}" + (f"; {error.remedy}" if error.remedy else "")
        raise


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
    ColdframeError
        It ended well and has its receipt, but the ledger could not be told.
    """
    chosen = dataset or settings.dataset
    given = dict(parameters or {})
    inputs = Inputs(dataset=chosen, data={}, parameters=given)
    run = new_run(settings, stage=stage, dataset=chosen, inputs=inputs)
    ledger = Ledger.open(settings.ledger_url)
    execution, receipt = execute_run(ledger, run, notebook=notebook, parameters=given)
    tell_ledger(ledger, receipt)
    return StageReport(
        stage=stage, outcome="ran", seconds=execution.seconds, result=execution.result,
        notebook=run.notebook(run.published), page=run.page(run.published),
    )  # fmt: skip
