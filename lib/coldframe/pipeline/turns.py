"""A stage's turn in a build: decide whether it is due, run it, say what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coldframe.errors import ColdframeError
from coldframe.files import write_atomically
from coldframe.pipeline.receipts import Inputs, Receipt, find_reasons, read_begun
from coldframe.pipeline.report import StageReport
from coldframe.pipeline.running import StageRun, execute_run, latest, new_run
from coldframe.pipeline.stages import Stage, collect_inputs
from coldframe.provenance import canonical_json
from coldframe.workbench import Workbench

# A file beside the receipt that is there while the stage runs, and stays if it is killed.
BEGUN = ".begun"
Progress = Callable[[str], None]


def _latest(stage: Stage, bench: Workbench, suffix: str) -> Path:
    """Return where the newest successful run of `stage` keeps its file with that suffix."""
    return latest(bench.settings, bench.dataset.name, stage.name, suffix)


def _skipped(stage: Stage, bench: Workbench, reason: str) -> StageReport:
    """Return the report of a stage that had nothing to do; its last result still stands."""
    notebook, page = (_latest(stage, bench, s) for s in (".ipynb", ".html"))
    receipt = Receipt.read(_latest(stage, bench, ".json"))
    return StageReport(
        stage=stage.name, outcome="skipped", reasons=(reason,),
        result=receipt.result if receipt else {},
        notebook=notebook if notebook.is_file() else None, page=page if page.is_file() else None,
    )  # fmt: skip


def _failed(stage: Stage, run: StageRun | None, error: BaseException) -> StageReport:
    """Return the report of a stage that failed."""
    partial = run.notebook(run.failed) if run else None
    told = str(error) if isinstance(error, ColdframeError) else f"{type(error).__name__}: {error}"
    return StageReport(
        stage=stage.name, outcome="failed",
        error=told,
        notebook=partial if partial and partial.is_file() else None,
    )  # fmt: skip


def _decide(stage: Stage, bench: Workbench, *, forced: bool) -> tuple[Inputs | None, list[str]]:
    """Return what `stage` would be made from now and why it is due; no reasons if it is not."""
    files = {s: _latest(stage, bench, s) for s in (".json", ".ipynb", BEGUN)}
    now, begun = collect_inputs(stage, bench), read_begun(files[BEGUN])
    receipt = Receipt.read(files[".json"])
    killed = begun is not None and begun.dataset == bench.dataset.name
    if killed and receipt is not None and receipt.inputs == begun:
        killed = False  # only the removal of the mark was missed
    if now is None:
        return (begun, ["its last run was killed"]) if killed else (None, [])
    reasons = find_reasons(receipt, now, notebook=files[".ipynb"])
    if not reasons and killed:
        reasons = ["its last run was killed"]
    return now, reasons or (["it was forced"] if forced else [])


def _filled(stage: Stage, now: Inputs) -> dict[str, Any]:
    """Return the parameters, those left open taken from the inputs of the same name.

    So the notebook works on exactly the snapshot and proposal that made it due, whatever has
    been frozen or approved since, and says in its parameters which they were.
    """
    return {n: now.data.get(n) if v is None else v for n, v in stage.parameters.items()}


def _run(
    stage: Stage, bench: Workbench, now: Inputs, reasons: list[str], *,
    upstream: Mapping[str, Any] | None, progress: Progress,
) -> StageReport:  # fmt: skip
    """Run the notebook of `stage`; whatever goes wrong ends in the report."""
    run = new_run(bench.settings, stage=stage.name, dataset=bench.dataset.name, inputs=now)
    progress(f"{stage.name} runs: {'; '.join(reasons)}")
    begun = _latest(stage, bench, BEGUN)
    try:
        write_atomically(begun, canonical_json(asdict(now)))
        execution = execute_run(
            bench.ledger, run, notebook=stage.notebook, parameters=_filled(stage, now),
            upstream=upstream,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001  # isolation: the stages behind it go on
        report = _failed(stage, run, error)
    else:
        report = StageReport(
            stage=stage.name, outcome="ran", reasons=tuple(reasons), seconds=execution.seconds,
            result=execution.result, notebook=run.notebook(run.published),
            page=run.page(run.published),
        )  # fmt: skip
    begun.unlink(missing_ok=True)
    return report


def take_turn(
    stage: Stage, bench: Workbench, *, forced: bool, upstream: Mapping[str, Any] | None,
    progress: Progress,
) -> StageReport:  # fmt: skip
    """Run `stage` if it is due.

    Called when all stages before it had their turn: a stage whose predecessor ran and froze
    nothing new finds its inputs unchanged and is not run.

    Parameters
    ----------
    stage : Stage
        Whose turn it is.
    bench : Workbench
        What it works on.
    forced : bool
        Run it even if its receipt still holds; not if there is nothing for it to do.
    upstream : mapping or None
        Products of the stages before it.
    progress : callable
        Told what begins and how it ended.
    """
    try:
        now, reasons = _decide(stage, bench, forced=forced)
    except Exception as error:  # noqa: BLE001  # isolation: the stages behind it go on
        report = _failed(stage, None, error)
    else:
        if now is None:
            report = _skipped(stage, bench, "nothing for it to do")
        elif not reasons:
            report = _skipped(stage, bench, "nothing new")
        else:
            report = _run(stage, bench, now, reasons, upstream=upstream, progress=progress)
    progress(str(report))
    return report
