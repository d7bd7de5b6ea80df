"""Columns that are of a type but for a few values, which the gate sets aside with their rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coldframe.contracts.casting import cast
from coldframe.sources import Column, Source
from coldframe.wording import count

FEW = 0.01
"""Share of the rows that may be slips, of all columns together; the gate sets aside twice as
many."""
LOOK = 100
SHOWN = 30
NAMES = {"timestamp": "moment", "integer": "whole number", "number": "number"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Almost:
    """A column of whose type all but a few values are.

    Parameters
    ----------
    column : Column
        Of that type.
    values : Series of shape (n_rows,)
        Null where there is none, or an odd one.
    odd : Index
        The rows of the odd ones.
    doubt : str
        Says how many there are, and shows one.
    """

    column: Column
    values: pd.Series
    odd: pd.Index
    doubt: str


def find_almost(
    frame: pd.DataFrame, names: Sequence[str], *, nulls: Sequence[str],
    options: Mapping[str, Any], timezone: str, at: str, codes: Collection[str] = (),
) -> dict[str, Almost]:  # fmt: skip
    """Return which of the columns of text are moments or numbers but for a few values.

    Their rows are at most `FEW` of all, of all columns together. If they were more, moments come
    first, then the columns with the fewest, then their names. A column is none of numbers if an odd
    value could be one to somebody, such as 007 or 1e400.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Texts, by line.
    names : sequence of str
        The columns to look at.
    nulls : sequence of str
        Texts that mean *no value*.
    options : mapping
        How the file is spelled.
    timezone : str
        On whose clock moments without an offset were read.
    at : str
        What the index counts: line or row.
    codes : collection of str
        Columns that are never numbers.

    Examples
    --------
    >>> sizes = pd.DataFrame({"size": ["1.5"] * 199 + ["unknown"]}, dtype="str")
    >>> found = find_almost(
    ...     sizes.rename_axis("line"), ["size"], nulls=("",), options={}, timezone="UTC", at="line"
    ... )
    >>> found["size"].column.type, found["size"].doubt
    ('number', "no number in 1 of 200 values: 'unknown' on line 199; such rows are set aside")
    """
    budget = int(FEW * len(frame))
    if not budget:
        return {}
    tried: dict[str, Almost] = {}
    for column in (
        *(Column(type="timestamp"), Column(type="timestamp", timezone=timezone)),
        *(Column(type="integer"), Column(type="number")),
    ):
        for name in names:
            if name in tried or (column.type != "timestamp" and name in codes):
                continue
            one = _try(frame[[name]], column, nulls=nulls, options=options, at=at)
            if one is not None:
                tried[name] = one
    found: dict[str, Almost] = {}
    lost: set[Any] = set()
    for name in sorted(tried, key=lambda name: (*_rank(tried[name]), name)):
        rows = lost.union(tried[name].odd)
        if len(rows) <= budget:
            found[name], lost = tried[name], rows
    return found


def _rank(one: Almost) -> tuple[bool, int]:
    return one.column.type != "timestamp", len(one.odd)


def show_odd(
    texts: pd.Series, column: Column, *, at: str,
    nulls: Sequence[str] = (), options: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Say how many of the texts are not of the column's type, and show the first.

    Examples
    --------
    >>> days = pd.Series(["2025-02-28", "2025-02-30"], index=[2, 3], name="day", dtype="str")
    >>> show_odd(days.rename_axis("line"), Column(type="timestamp", timezone="UTC"), at="line")
    "1 of 2 values: '2025-02-30' on line 3"
    """
    _, failures = _cast(texts.to_frame(), column, nulls=nulls, options=options or {})
    known = texts[~(texts.isna() | texts.isin(list(nulls)))]
    return _told(failures, len(known), at) if len(failures) else ""


def read_moments(texts: pd.Series, timezone: str | None) -> pd.Series:
    """Return the moments that texts without blanks are, odd ones left out.

    Parameters
    ----------
    texts : Series of shape (n_rows,)
        Without blanks.
    timezone : str or None
        On whose clock moments without an offset were read; None if those are odd.

    Examples
    --------
    >>> days = pd.Series(["2025-02-28", "2025-02-30"], index=[2, 3], name="day", dtype="str")
    >>> read_moments(days.rename_axis("line"), "UTC").astype("str").to_dict()
    {2: '2025-02-28 00:00:00+00:00'}
    """
    column = Column(type="timestamp", timezone=timezone)
    return _cast(texts.to_frame(), column, nulls=(), options={})[0].dropna()


def _cast(
    frame: pd.DataFrame, column: Column, *, nulls: Sequence[str], options: Mapping[str, Any]
) -> tuple[pd.Series, pd.DataFrame]:
    spelled = {name: options[name] for name in ("decimal", "thousands") if name in options}
    name = str(frame.columns[0])
    source = Source(files="*", key=(), columns={name: column}, nulls=tuple(nulls), **spelled)
    typed, failures = cast(frame, source)
    return typed[name], failures


def _told(failures: pd.DataFrame, known: int, at: str) -> str:
    first = failures.iloc[0]
    value = str(first["value"])
    shown = repr(value[:SHOWN]) + ("…" if value[SHOWN:] else "")
    return f"{len(failures):,} of {count(known, 'value')}: {shown} on {at} {first['line']}"


def _try(
    frame: pd.DataFrame, column: Column, *, nulls: Sequence[str], options: Mapping[str, Any],
    at: str,
) -> Almost | None:  # fmt: skip
    texts = frame.iloc[:, 0]
    known = texts[~(texts.isna() | texts.isin(list(nulls)))]
    # most columns of text are told by a few rows; odd ones may stand together or be each hundredth
    some = known.sample(min(LOOK, len(known)), random_state=0).sort_index()
    if len(_cast(some.to_frame(), column, nulls=nulls, options=options)[1]) > LOOK / 2:
        return None
    values, failures = _cast(frame, column, nulls=nulls, options=options)
    if not 0 < len(failures) <= FEW * len(known):
        return None
    odd = pd.Index(failures["line"])
    if column.type != "timestamp" and any(_may_be_number(text) for text in failures["value"]):
        return None
    doubt = f"no {NAMES[column.type]} in {_told(failures, len(known), at)}; such rows are set aside"
    return Almost(column=column, values=values, odd=odd, doubt=doubt)


def _may_be_number(text: object) -> bool:
    """Tell whether somebody could read a text as a number.

    Examples
    --------
    >>> [_may_be_number(text) for text in ("007", "1e400", "1,5", "three")]
    [True, True, True, False]
    """
    return any(character.isdigit() for character in str(text))
