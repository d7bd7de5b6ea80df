"""What a pull has done so far, so that a fault in its middle does not hide what was done."""

from __future__ import annotations

from dataclasses import dataclass, field

from coldframe.pulling.report import PulledFile


@dataclass
class Tally:
    """Counts while a source is pulled; of its fields the report is made."""

    files: list[PulledFile] = field(default_factory=list)
    known: int = 0
    left: list[str] = field(default_factory=list)
