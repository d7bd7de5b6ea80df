"""What is wrong with single values of a batch, as a frame, and summed up."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from coldframe.faults import EXAMPLE_LENGTH, Fault, UnfitBatchError, shorten, unfit

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EXAMPLE_LENGTH", "FAILURE_COLUMNS", "Fault", "UnfitBatchError", "failures_frame", "shorten",
    "sum_up", "unfit",
]  # fmt: skip

FAILURE_COLUMNS = ("line", "rule", "column", "value")


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
    return _frame(rows) if rows else _no_failures()


@cache
def _no_failures() -> pd.DataFrame:
    """Return the frame of no failures; it is the same one, since nobody changes frames in place."""
    return _frame([])


def _frame(rows: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    import pandas as pd  # this module is also imported where no data is read

    frame = pd.DataFrame(rows, columns=list(FAILURE_COLUMNS))
    return frame.astype({"line": "int64", "rule": "str", "column": "str", "value": "str"})
