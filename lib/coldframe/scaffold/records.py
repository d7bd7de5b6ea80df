"""What a person says about their data, and what was guessed of it. Needs no pandas."""

from __future__ import annotations

from dataclasses import dataclass

from coldframe.errors import ConfigurationError
from coldframe.sources import is_timezone
from coldframe.tasks import TASKS


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
    sheet : str or None
        Which sheet of a workbook holds the rows.
    """

    target: str
    time: str | None = None
    key: tuple[str, ...] = ()
    task: str | None = None
    timezone: str = "UTC"
    timeless: bool = False
    sheet: str | None = None

    def check(self) -> None:
        """Raise if the task or the time zone is none.

        Raises
        ------
        ConfigurationError
            There is no such task or time zone.
        """
        if self.task is not None and self.task not in TASKS:
            raise ConfigurationError(
                "There is no such task.", where="--task", found=self.task,
                expected=", ".join(TASKS), remedy="leave it out, and it is guessed",
            )  # fmt: skip
        if not is_timezone(self.timezone):
            raise ConfigurationError(
                "There is no such time zone.", where="--timezone", found=self.timezone,
                expected="a name of the IANA database, such as Europe/Berlin or UTC",
            )  # fmt: skip


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
