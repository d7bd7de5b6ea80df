"""What a build did: each stage's fate and the reason for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from coldframe.errors import NotebookError

Outcome = Literal["ran", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """One stage in one build.

    Parameters
    ----------
    stage : str
        Its name.
    outcome : {"ran", "skipped", "failed"}
        What became of it.
    reasons : tuple of str
        Why it ran, or why it did not have to.
    seconds : float
        Wall time of its notebook.
    result : dict
        What its notebook returned: snapshot ids and figures; its ``summary`` is told with the
        stage.
    notebook, page : Path or None
        Its executed notebook, and the same for a browser. After a failure the partial notebook.
    error : str or None
        What went wrong.
    """

    stage: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    notebook: Path | None = None
    page: Path | None = None
    error: str | None = None

    @property
    def summary(self) -> str | None:
        """What it came to, in a line, if it ran and its notebook says so."""
        said = self.result.get("summary") if self.outcome == "ran" else None
        return str(said) if said else None

    def __str__(self) -> str:
        if self.outcome == "failed":
            where = f"\n  see {self.notebook}" if self.notebook else ""
            return f"{self.stage} failed: {self.error}{where}"
        took = f" in {self.seconds:.1f} s" if self.outcome == "ran" else ""
        told = f"\n  {self.summary}" if self.summary else ""
        return f"{self.stage} {self.outcome}{took}: {'; '.join(self.reasons)}{told}"


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """One build of the graph.

    Parameters
    ----------
    dataset : str
        What it worked on.
    stages : tuple of StageReport
        In the order of the graph.
    seconds : float
        Wall time.

    Examples
    --------
    >>> report = BuildReport(dataset="flights", seconds=0.2, stages=(
    ...     StageReport(stage="ingest", outcome="skipped", reasons=("nothing new",)),))
    >>> report.ran, report.failed
    ((), ())
    >>> print(report)
    ingest skipped: nothing new
    """

    dataset: str
    stages: tuple[StageReport, ...]
    seconds: float

    def __str__(self) -> str:
        return "\n".join(str(stage) for stage in self.stages)

    def _those(self, outcome: Outcome) -> tuple[StageReport, ...]:
        return tuple(stage for stage in self.stages if stage.outcome == outcome)

    @property
    def ran(self) -> tuple[StageReport, ...]:
        """The stages whose notebooks were executed to their end."""
        return self._those("ran")

    @property
    def skipped(self) -> tuple[StageReport, ...]:
        """The stages that had nothing to do."""
        return self._those("skipped")

    @property
    def failed(self) -> tuple[StageReport, ...]:
        """The stages that failed."""
        return self._those("failed")

    def raise_for_failure(self) -> None:
        """Raise if a stage failed.

        Raises
        ------
        NotebookError
            Names every stage that failed, and where its partial notebook is.
        """
        if self.failed:
            raise NotebookError(
                "These stages failed: " + ", ".join(stage.stage for stage in self.failed) + ".",
                found="\n".join(str(stage) for stage in self.failed),
                remedy="mend it and build again; the other stages went on as far as they could",
            )
