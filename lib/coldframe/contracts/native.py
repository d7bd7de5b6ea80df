"""Columns that come with a type of their own: taken as they are, if their text would be just that.

A Parquet file has numbers, not texts. Spelling each and reading it again is the definition of what
is accepted (`coldframe.readers.columns.spell_column`, `coldframe.contracts.parsing`); here is told
for which columns that changes nothing.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from coldframe.contracts.parsing import INTEGER, MOMENT, NUMBER, TRUTH
from coldframe.contracts.vectorised import MOMENTS
from coldframe.datasets import Column, Source

EXACT = 2**53  # all whole numbers up to it are floats
SPELLED = {"integer": INTEGER, "number": NUMBER, "timestamp": MOMENT,
           "boolean": re.compile("|".join(TRUTH))}  # fmt: skip
"""Texts that may be those of a value of a type."""


def take_native(values: pa.Array, column: Column, source: Source) -> pa.Array | None:
    """Return a column in its declared type; None if its values must be spelled to be judged.

    Parameters
    ----------
    values : pyarrow.Array
        As a `coldframe.readers.Piece` has it.
    column : Column
        What it must be.
    source : Source
        Its spellings of null and of numbers.

    Examples
    --------
    >>> weight = Column(type="number")
    >>> source = Source(files="*.parquet", kind="parquet", key=(), columns={"weight": weight})
    >>> take_native(pa.array([1, None]), weight, source).to_pylist()
    [1.0, None]
    >>> take_native(pa.array([2**53 + 1]), weight, source) is None
    True
    >>> take_native(pa.array([float("nan")]), weight, source) is None
    True
    """
    spelled = SPELLED.get(column.type)
    if spelled is None or any(spelled.fullmatch(text) for text in source.nulls):
        return None  # a value may stand for none
    if column.type in ("integer", "number") and (source.decimal, source.thousands) != (".", None):
        return None
    t, kind = pa.types, values.type
    if column.type == "boolean":
        return values if t.is_boolean(kind) else None
    if column.type == "timestamp":
        return _moments(values) if t.is_timestamp(kind) and kind.tz is not None else None
    if t.is_integer(kind):
        return _integers(values, column)
    if t.is_floating(kind) and column.type == "number":
        numbers = values.cast(pa.float64())
        return numbers if pc.all(pc.is_finite(numbers)).as_py() is not False else None
    return None


def _integers(values: pa.Array, column: Column) -> pa.Array | None:
    try:
        whole = values.cast(pa.int64())
    except pa.ArrowInvalid:  # beyond 64 bits with a sign
        return None
    if column.type == "integer":
        return whole
    found = pc.min_max(whole).as_py()
    if found["min"] is not None and not -EXACT <= found["min"] <= found["max"] <= EXACT:
        return None
    return whole.cast(pa.float64())


def _moments(values: pa.Array) -> pa.Array | None:
    try:
        return values.cast(MOMENTS)
    except pa.ArrowInvalid:  # nanoseconds that would be lost
        return None
