"""What a person says about their data, and what was guessed of it. Needs no pandas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person said about the data; all but the target may be guessed.

    Parameters
    ----------
    target : str
        The column to be predicted.
    time : str or None
        The column that says when a row is from.
    key : tuple of str
        The columns that name a row.
    task : str or None
        binary, multiclass or regression.
    timezone : str
        On whose clock moments without an offset were read.
    timeless : bool
        Whether rows are to have no time, whatever columns there are.
    """

    target: str
    time: str | None = None
    key: tuple[str, ...] = ()
    task: str | None = None
    timezone: str = "UTC"
    timeless: bool = False


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One thing that was guessed.

    Parameters
    ----------
    about : str
        What it is about.
    what : str
        What was taken for true.
    doubt : str
        Why it may be otherwise; empty if nothing speaks against it.
    """

    about: str
    what: str
    doubt: str = ""
