"""The key: the columns whose values name a row, so that it is never counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coldframe.errors import DataError
from coldframe.scaffold.columns import ColumnGuess
from coldframe.wording import count

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 4
"""A key of more columns is hardly what somebody means by one."""
CANDIDATES = 30
"""So many columns are tried together; the others are never looked at."""


def guess_key(
    frame: pd.DataFrame, guesses: Sequence[ColumnGuess], *, time: str | None,
    without: Sequence[str], origin: str = "", at: str = "line",
) -> tuple[tuple[str, ...], str]:  # fmt: skip
    """Return columns that together name each row of the sample, and the doubt.

    One column alone is preferred, then one with the time; else columns are added, each time the
    one that tells most rows apart.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The sample as text.
    guesses : sequence of ColumnGuess
        What its columns seem to be.
    time : str or None
        The column of the time.
    without : sequence of str
        Columns that cannot be part of it: the target.
    origin : str
        Where the sample is from.
    at : str
        What its index counts: line or row.

    Raises
    ------
    DataError
        No columns name each row, or there are none that could.
    """
    if all(name in without for name in frame.columns):
        raise DataError(
            "There is no column beside the target.", where=origin,
            expected="columns that name each row, and some to predict from",
            found=f"{', '.join(without)} alone",
            remedy="take a file that has them, or name another target with --target",
        )  # fmt: skip
    fit = [one for one in guesses if _may_name(one) and one.name not in without]
    ranked = sorted(fit, key=_rank)
    alone = [one for one in ranked if one.distinct == len(frame)]
    if alone:
        first = alone[0]
        others = [one.name for one in alone[1:4]]
        doubt = "each value once in the sample"
        if first.role != "identifier":
            doubt += "; by chance perhaps, it is not called like a key"
        if others:
            doubt += f"; so are those of {', '.join(others)}"
        return (first.name,), doubt
    key = _together(frame, [one.name for one in ranked[:CANDIDATES]], time)
    if key:
        return key, "no column alone names a row; these do together, in the sample"
    found, remedy = _why_none(frame, guesses, without, at)
    raise DataError(
        "No columns name each row, so that one delivered twice could be told.", where=origin,
        expected="a column, or a few, whose values no two rows share", found=found, remedy=remedy,
    )  # fmt: skip


def _why_none(
    frame: pd.DataFrame, guesses: Sequence[ColumnGuess], without: Sequence[str], at: str
) -> tuple[str, str]:
    """Return why no columns name each row, and what to do: no key parts rows that are alike."""
    number = "add a column that numbers the rows, on from file to file, and name it with --key"
    names = [str(name) for name in frame.columns]
    for columns, told in (
        (names, "are equal in every column"),
        ([name for name in names if name not in without], f"differ in {', '.join(without)} only"),
    ):
        again = frame.duplicated(columns)
        if again.any():
            some = frame[columns].fillna("")  # line numbers may be of several files
            later = some[again].iloc[0]
            first = some.index[(some == later).all(axis=1)][0]
            many = count(int(again.sum()), "row")
            found = f"{many} too many, such as those on {at} {first} and {later.name}: they {told}"
            return found, f"take such rows out of the file, or {number}"
    blank = [one.name for one in guesses if one.blanks and one.name not in without]
    found = f"no {MOST_COLUMNS} columns or fewer that do" + (
        f"; those with blanks cannot be part of a key, such as {', '.join(blank[:3])}"
        if blank
        else ""
    )
    return found, f"name them, each by itself: --key FIRST --key SECOND; or {number}"


def _may_name(one: ColumnGuess) -> bool:
    return not one.blanks and one.role not in ("blank", "constant")


def _rank(one: ColumnGuess) -> tuple[int, int]:
    """Return how little a column looks like part of a key, more distinct values first."""
    kinds = {"identifier": 0, "category": 2, "moment": 3, "text": 1, "number": 2}
    told = kinds.get(one.role, 4) + (one.column.type == "number") * 3
    return told, -one.distinct


def _together(frame: pd.DataFrame, names: list[str], time: str | None) -> tuple[str, ...]:
    """Return the fewest columns, found greedily, of which no two rows have the same values."""
    key = [time] if time in names else []
    rest = [name for name in names if name not in key]
    while rest and len(key) < MOST_COLUMNS:
        apart = {name: len(frame.drop_duplicates([*key, name])) for name in rest}
        best = max(rest, key=lambda name: apart[name])  # of equals the first, the likeliest
        key.append(best)
        rest.remove(best)
        if apart[best] == len(frame):
            return tuple(_needed(frame, key))
    return ()


def _needed(frame: pd.DataFrame, key: list[str]) -> list[str]:
    """Return `key` without the columns that it does not need."""
    for name in list(key):
        others = [one for one in key if one != name]
        if others and len(frame.drop_duplicates(others)) == len(frame):
            key = others
    return key
