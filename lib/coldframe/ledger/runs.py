"""Runs: each execution of a stage's notebook, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep


@dataclass(frozen=True, kw_only=True)
class Run(Record):
    """One execution of a stage.

    Parameters
    ----------
    stage : str
        The notebook's stage: ingest, monitor, train or a name of your own.
    run : str
        Name of this execution; unique within the stage.
    dataset : str
        What it worked on.
    outcome : {"succeeded", "failed"}
        Succeeded only with a receipt.
    started, ended : str
        UTC, ISO 8601.
    seconds, cpu_seconds : float
        Wall time and processor time.
    inputs : str
        Digest of everything the run depends on.
    result : dict
        What the stage returned: snapshot ids and figures.
    notebook : str or None
        Its executed notebook, relative to the home folder.
    error : str or None
        What went wrong.
    """

    entry_kind: ClassVar[str] = "run"

    stage: str
    run: str
    dataset: str
    outcome: Literal["succeeded", "failed"]
    started: str
    ended: str
    seconds: float
    cpu_seconds: float | None = None
    inputs: str
    result: dict[str, Any] = field(default_factory=dict)
    notebook: str | None = None
    error: str | None = None


def record_run(ledger: Ledger, run: Run, *, who: str | None = None) -> Run:
    """Write down how a run ended; once for each `run`."""
    with ledger.writing() as transaction:
        return keep(transaction, run, key=f"{run.stage}/{run.run}", who=who)


def runs(
    ledger: Ledger, dataset: str, *, stage: str | None = None, outcome: str | None = None
) -> list[Run]:
    """Return the runs on `dataset`, oldest first; only those of `stage` or `outcome` if given."""
    found = (Run.from_entry(entry) for entry in ledger.entries(dataset, "run"))
    return [
        run for run in found
        if stage in (None, run.stage) and outcome in (None, run.outcome)
    ]  # fmt: skip
