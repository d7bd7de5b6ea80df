"""A stage's turn in a build: decide whether it is due, run it, say what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coldframe.errors import ColdframeError
from coldframe.pipeline.receipts import Begun, Inputs, Receipt, find_reasons
from coldframe.pipeline.report import StageReport
from coldframe.pipeline.running import execute_run, tell_ledger
from coldframe.pipeline.runs import StageRun, keep_without_receipt, latest, new_run
from coldframe.pipeline.stages import Stage, collect_inputs, may_resume, prepare
from coldframe.workbench import Workbench

# A file beside the receipt that is there while the stage runs, and stays if it is killed or fails.
BEGUN = ".begun"
UNFINISHED = "its last run did not come to its end"
Progress = Callable[[str], None]


def _latest(stage: Stage, bench: Workbench, suffix: str) -> Path:
    """Return where the newest successful run of `stage` keeps its file with that suffix."""
    return latest(bench.settings, bench.dataset.name, stage.name, suffix)


def _skipped(stage: Stage, bench: Workbench, *reasons: str) -> StageReport:
    """Return the report of a stage that had nothing to do; its last result still stands."""
    notebook, page = (_latest(stage, bench, s) for s in (".ipynb", ".html"))
    receipt = Receipt.read(_latest(stage, bench, ".json"))
    return StageReport(
        stage=stage.name, outcome="skipped", reasons=reasons,
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


def _settle(stage: Stage, bench: Workbench, receipt: Receipt) -> None:
    """Tell the ledger of the run that `receipt` vouches for; only then its mark goes."""
    tell_ledger(bench.ledger, receipt)
    _latest(stage, bench, BEGUN).unlink(missing_ok=True)


def _unfinished(stage: Stage, bench: Workbench, receipt: Receipt | None) -> Inputs | None:
    """Return what a run was begun with that was killed or failed; None if there is none."""
    begun = Begun.read(_latest(stage, bench, BEGUN))
    if begun is None:
        return None
    if receipt is not None and receipt.run == begun.run:
        _settle(stage, bench, receipt)
        return None
    keep_without_receipt(bench.settings, stage.name, begun.run)
    return begun.inputs


def _decide(stage: Stage, bench: Workbench, *, forced: bool) -> tuple[Inputs | None, list[str]]:
    """Return what `stage` would be made from now and why it is due; no reasons if it is not."""
    receipt = Receipt.read(_latest(stage, bench, ".json"))
    begun, now = _unfinished(stage, bench, receipt), collect_inputs(stage, bench)
    if now is None and begun is not None and not may_resume(stage, bench, begun):
        begun = None
        _latest(stage, bench, BEGUN).unlink()
    if now is None:
        return begun, [UNFINISHED] if begun else []
    reasons = find_reasons(receipt, now, notebook=_latest(stage, bench, ".ipynb"))
    if not reasons and begun is not None:
        reasons = [UNFINISHED]
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
    try:
        execution, receipt = execute_run(
            bench.ledger, run, notebook=stage.notebook, parameters=_filled(stage, now),
            upstream=upstream, mark=_latest(stage, bench, BEGUN),
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001  # isolation: the stages behind it go on
        return _failed(stage, run, error)
    told = list(reasons)
    try:
        _settle(stage, bench, receipt)
    except Exception as error:  # noqa: BLE001  # it has its receipt; the next build settles it
        told.append(f"the next build tells the ledger of it, which failed now: {error}")
    return StageReport(
        stage=stage.name, outcome="ran", reasons=tuple(told), seconds=execution.seconds,
        result=execution.result, notebook=run.notebook(run.published),
        page=run.page(run.published),
    )  # fmt: skip


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
        said = prepare(stage, bench, progress)
        now, reasons = _decide(stage, bench, forced=forced)
    except Exception as error:  # noqa: BLE001  # isolation: the stages behind it go on
        report = _failed(stage, None, error)
    else:
        if now is None:
            report = _skipped(stage, bench, "nothing for it to do", *said)
        elif not reasons:
            report = _skipped(stage, bench, "nothing new", *said)
        else:
            due = [*reasons, *said]
            report = _run(stage, bench, now, due, upstream=upstream, progress=progress)
    progress(str(report))
    return report
