"""What a pull came to: for each source what was fetched, what was left, and what went wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PulledFile:
    """A file that a pull put into the landing folder.

    Parameters
    ----------
    file : str
        Its name below the folder of its source.
    digest : str
        SHA-256 of its bytes; the batch's true name.
    bytes : int
        How many they are.
    origin : str
        Name of the object below the URL, or ``query``.
    rows : int or None
        How many rows a query brought.
    """

    file: str
    digest: str
    bytes: int
    origin: str
    rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class SourcePull:
    """What became of one source.

    Parameters
    ----------
    source : str
        Its name.
    url : str
        As the dataset file spells it: variables are not filled in.
    files : tuple of PulledFile
        What is new in the landing folder.
    known : int
        Objects that were pulled before and have not changed, or rows that were taken before.
    left : tuple of str
        Objects that were not taken, each with the reason.
    fault : str or None
        Why the source could not be pulled (to its end); another pull tries again.
    since : str or None
        Since when it has not been, in ISO 8601.
    """

    source: str
    url: str
    files: tuple[PulledFile, ...] = ()
    known: int = 0
    left: tuple[str, ...] = ()
    fault: str | None = None
    since: str | None = None

    def __str__(self) -> str:
        told = [f"{len(self.files):,} new in the landing folder"] if self.files else []
        if not self.files and not self.fault:
            told.append("nothing new")
        if self.left:
            told.append(f"{len(self.left):,} left, {self.left[0]}")
        if self.fault:
            since = f" since {self.since}" if self.since else ""
            told.append(f"not pulled to its end{since}. {self.fault}")
        return f"{self.source}: {'; '.join(told)}"


@dataclass(frozen=True, kw_only=True)
class PullReport:
    """What one pull came to, source by source; only those that have a ``pull`` in the YAML."""

    dataset: str
    sources: tuple[SourcePull, ...] = ()

    @property
    def files(self) -> tuple[PulledFile, ...]:
        """All files that were put into the landing folder."""
        return tuple(file for source in self.sources for file in source.files)

    @property
    def faults(self) -> tuple[SourcePull, ...]:
        """The sources that could not be pulled to their end."""
        return tuple(source for source in self.sources if source.fault)

    def to_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return asdict(self)
