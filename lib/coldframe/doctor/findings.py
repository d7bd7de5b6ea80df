"""What a check finds: how grave it is, and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from coldframe.errors import ColdframeError

Level = Literal["fine", "note", "warning", "problem"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The outcome of one check.

    Parameters
    ----------
    check : str
        What was looked at.
    level : {"fine", "note", "warning", "problem"}
        A problem keeps something from working; a warning makes it slow or unsafe; a note says
        that something optional is not there.
    what : str
        What was found, in one sentence.
    remedy : str
        What to do; empty if all is fine.
    """

    check: str
    level: Level
    what: str
    remedy: str = ""


def fine(check: str, what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check=check, level="fine", what=what)


def judged(check: str, level: Level, what: str, remedy: str) -> Finding:
    """Return a finding that asks for something to be done."""
    return Finding(check=check, level=level, what=what, remedy=remedy)


def of_error(check: str, error: ColdframeError) -> Finding:
    """Return an error as a finding: a problem."""
    details = "; ".join(f"{k}: {v}" for k, v in error.details().items() if k != "remedy")
    return judged(check, "problem", f"{error.what} {details}".strip(), error.remedy or "see above")
