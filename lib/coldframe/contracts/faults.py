"""What can be wrong with a batch: failures of single values, and faults of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

FAILURE_COLUMNS = ("line", "rule", "column", "value")
EXAMPLE_LENGTH = 80  # values may be long or personal; an example only has to be recognised


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One broken rule, summed up.

    Parameters
    ----------
    rule : str
        Its name.
    column : str or None
        The column it is about; None for the batch as a whole.
    rows : int
        How many rows break it.
    example : str or None
        One offending value, or what was found, as text.
    """

    rule: str
    column: str | None = None
    rows: int = 0
    example: str | None = None


class UnfitBatchError(DataError):
    """A batch that cannot be judged row by row; carries the faults for which it is held."""

    def __init__(self, what: str, faults: tuple[Fault, ...], *, remedy: str | None = None) -> None:
        told = "; ".join(
            f"{fault.rule}{f' ({fault.column})' if fault.column else ''}: {fault.example}"
            for fault in faults
        )
        super().__init__(what, found=told, remedy=remedy)
        self.faults = faults


def unfit(rule: str, what: str, *, example: str | None = None, rows: int = 0) -> UnfitBatchError:
    """Return the error for a batch with one fault.

    Examples
    --------
    >>> unfit("not_csv", "The file is no plain CSV.", example="gzip").faults[0].rule
    'not_csv'
    """
    return UnfitBatchError(what, (Fault(rule=rule, rows=rows, example=(example or what)[:300]),))


def shorten(value: object) -> str:
    """Return `value` as text that fits on a line.

    Examples
    --------
    >>> len(shorten("x" * 1000))
    80
    """
    text = str(value)
    return text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1] + "…"


def sum_up(failures: pd.DataFrame) -> tuple[Fault, ...]:
    """Return one fault for each rule and column, in alphabetical order.

    Parameters
    ----------
    failures : DataFrame of shape (n_failures, 4)
        With the columns line, rule, column and value.
    """
    found = []
    for (rule, column), group in failures.groupby(["rule", "column"], sort=True):
        found.append(
            Fault(
                rule=str(rule),
                column=str(column) or None,
                rows=int(group["line"].nunique()),
                example=shorten(group["value"].iloc[0]),
            )
        )
    return tuple(found)


def failures_frame(rows: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    """Return failures as a frame; an empty list gives an empty frame of the same types."""
    import pandas as pd  # this module is also imported where no data is read

    frame = pd.DataFrame(rows, columns=list(FAILURE_COLUMNS))
    return frame.astype({"line": "int64", "rule": "str", "column": "str", "value": "str"})
