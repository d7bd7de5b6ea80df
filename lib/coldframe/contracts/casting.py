"""Lossless casts: a text becomes a value that spells it again, or it fails.

The parsers say what each text means. Columns are cast by Arrow where a check shows that it means
the same (an integer written out is the text again; fifteen digits fit into a float whatever they
are); whatever is not so plain goes to the parsers, each spelling once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coldframe.contracts.faults import failures_frame
from coldframe.contracts.moments import parse_local
from coldframe.datasets import Column, Source

INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
NUMBER = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})",
    re.ASCII,
)
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# what Arrow reads as the parser does: no hour alone, no offset without minutes, no first year
PLAIN_MOMENT = (
    r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])$"
)
PLAIN_NUMBER = r"^-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)$"
EXACT_DIGITS = 15  # so many decimal digits survive in a float (DBL_DIG in C's float.h)
LONGEST = 400  # no number of a table is longer; Decimal would take for ever on a million digits


def parse_integer(text: str) -> int | None:
    """Return the 64-bit integer that `text` spells, or None; no leading zeros, no plus.

    Examples
    --------
    >>> parse_integer("517"), parse_integer("0517"), parse_integer("517.0")
    (517, None, None)
    """
    if len(text) > 20 or text == "-0" or not INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def parse_number(text: str) -> float | None:
    """Return the float whose shortest spelling has the same value as `text`, or None.

    Examples
    --------
    >>> parse_number("10.50"), parse_number("1,5"), parse_number("9007199254740993")
    (10.5, None, None)
    """
    if len(text) > LONGEST or not NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not np.isfinite(value):
        return None
    return value if Decimal(repr(value)) == Decimal(text) else None


def parse_boolean(text: str) -> bool | None:
    """Return the truth value that `text` spells, or None; 0 and 1 are integers.

    Examples
    --------
    >>> parse_boolean("TRUE"), parse_boolean("1")
    (True, None)
    """
    return TRUTH.get(text)


def parse_timestamp(text: str) -> datetime | None:
    """Return the moment that `text` spells (ISO 8601 with offset, at most microseconds), or None.

    Examples
    --------
    >>> parse_timestamp("2013-01-01T05:00:00-05:00").isoformat()
    '2013-01-01T10:00:00+00:00'
    >>> parse_timestamp("2013-01-01T05:00:00") is None  # of which time zone?
    True
    """
    if not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


PARSERS: dict[str, Callable[[str], Any]] = {
    "string": lambda text: text,
    "integer": parse_integer,
    "number": parse_number,
    "boolean": parse_boolean,
    "timestamp": parse_timestamp,
}


def parser_of(column: Column) -> Callable[[str], Any]:
    """Return the parser of a column; with `timezone` its moments need no offset.

    Examples
    --------
    >>> parse = parser_of(Column(type="timestamp", timezone="Europe/Berlin"))
    >>> parse("2024-07-01").isoformat(), parse("2024-07-01T00:00Z").isoformat()
    ('2024-06-30T22:00:00+00:00', '2024-07-01T00:00:00+00:00')
    """
    parse, zone = PARSERS[column.type], column.timezone
    if zone is None:
        return parse
    return lambda text: parse(text) or parse_local(text, zone)


# without nulls, with nulls
DTYPES: dict[str, tuple[Any, Any]] = {
    "string": ("str", "str"),
    "integer": ("int64", "Int64"),
    "number": ("float64", "float64"),
    "boolean": ("bool", "boolean"),
    "timestamp": ("datetime64[us, UTC]", "datetime64[us, UTC]"),
}
MOMENTS = pa.timestamp("us", "UTC")
Mask = npt.NDArray[np.bool_]


def blank_column(column: Column, index: pd.Index) -> pd.Series:
    """Return nulls of the type of a column, for rows that do not have it."""
    return pd.Series(None, index=index, dtype=object).astype(DTYPES[column.type][1])


def cast(text: pd.DataFrame, source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the declared columns with their declared types, and what could not be cast.

    Parameters
    ----------
    text : DataFrame of shape (n_rows, n_columns)
        As `coldframe.readers.read_batch` yields it.
    source : Source
        Its columns, and its spellings of null and of numbers.

    Returns
    -------
    typed : DataFrame of shape (n_rows, n_declared_columns)
        Same index. A value that failed is null in it, as is a column that was not delivered.
    failures : DataFrame of shape (n_failures, 4)
        Line, rule (``type_integer`` …), column and value of each.
    """
    typed = {}
    failures: list[tuple[int, str, str, str]] = []
    for name, column in source.columns.items():
        if name not in text:
            typed[name] = blank_column(column, text.index)
            continue
        values, failed = _cast_column(_as_arrow(text[name]), column, source)
        typed[name] = values.set_axis(text.index)
        if failed is not None:
            rule = f"type_{column.type}"
            failures += [
                (int(line), rule, name, str(value))
                for line, value in zip(text.index[failed], text.loc[failed, name], strict=True)
            ]
    return pd.DataFrame(typed, index=text.index), failures_frame(failures)


def _as_arrow(values: pd.Series) -> pa.Array:
    array = pa.array(values.array)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.cast(pa.large_string())


def _cast_column(text: pa.Array, column: Column, source: Source) -> tuple[pd.Series, Mask | None]:
    """Return the typed column, and where it failed, if anywhere."""
    blank = pc.or_kleene(pc.is_null(text), pc.is_in(text, pa.array(source.nulls, text.type)))
    given = pc.if_else(blank, pa.scalar(None, text.type), text) if pc.any(blank).as_py() else text
    kind = column.type
    if kind == "string":
        return _to_pandas(given, kind), None
    if kind in ("integer", "number"):
        given = _respell(given, source)
    values = FAST[kind](given)
    if values is None:
        values = _by_spelling(given, column)
    lacking = pc.and_(pc.is_null(values), pc.is_valid(given))
    if not pc.any(lacking).as_py():
        return _to_pandas(values, kind), None
    return _to_pandas(values, kind), np.asarray(lacking.to_numpy(zero_copy_only=False))


def _respell(text: pa.Array, source: Source) -> pa.Array:
    """Return numbers as Python spells them; what is not spelled as declared becomes unreadable."""
    decimal, thousands = source.decimal, source.thousands
    if decimal == "." and thousands is None:
        return text
    grouped = f"|[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+" if thousands else ""
    point = re.escape(decimal)
    whole = f"[0-9]+{grouped}"
    form = rf"^-?(({whole})({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?$"
    plain = pc.match_substring_regex(text, form)
    if thousands:
        text = pc.replace_substring(text, thousands, "")
    return pc.if_else(plain, pc.replace_substring(text, decimal, "."), "?")


def _integers(text: pa.Array) -> pa.Array | None:
    """Return the integers if every text is just what its integer is written as, else None."""
    try:
        values = text.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    same = pc.equal(values.cast(text.type), text)
    return values if pc.all(same).as_py() is not False else None


def _numbers(text: pa.Array) -> pa.Array | None:
    """Return the numbers, null where one would lose a digit; None if Arrow cannot read them."""
    try:
        values = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if pc.all(pc.is_finite(values)).as_py() is False:
        return None
    doubtful = pc.invert(pc.fill_null(pc.equal(values.cast(text.type), text), True))
    if not pc.any(doubtful).as_py():
        return values
    short = pc.less_equal(pc.binary_length(text), EXACT_DIGITS)
    exact = pc.fill_null(pc.and_(short, pc.match_substring_regex(text, PLAIN_NUMBER)), True)
    doubtful = pc.and_(doubtful, pc.invert(exact))
    if not pc.any(doubtful).as_py():
        return values
    coded = pc.dictionary_encode(text.filter(doubtful))
    kept = [parse_number(one) is not None for one in coded.dictionary.to_pylist()]
    lossless = pc.take(pa.array(kept, pa.bool_()), coded.indices)
    keep = pc.replace_with_mask(pa.array(np.ones(len(text), dtype=bool)), doubtful, lossless)
    return pc.if_else(keep, values, pa.scalar(None, values.type))


def _truths(text: pa.Array) -> pa.Array | None:
    """Return truth values, null where a text is none."""
    place = pc.index_in(text, pa.array(list(TRUTH), text.type))
    return pc.take(pa.array(list(TRUTH.values())), place)


def _moments(text: pa.Array) -> pa.Array | None:
    """Return moments if every text is of a form that Arrow reads as the parser does, else None."""
    if pc.all(pc.match_substring_regex(text, PLAIN_MOMENT)).as_py() is False:
        return None
    try:
        return text.cast(MOMENTS)
    except pa.ArrowInvalid:
        return None


FAST: dict[str, Callable[[pa.Array], pa.Array | None]] = {
    "integer": _integers,
    "number": _numbers,
    "boolean": _truths,
    "timestamp": _moments,
}
ARROW = {"integer": pa.int64(), "number": pa.float64(), "timestamp": MOMENTS}


def _by_spelling(text: pa.Array, column: Column) -> pa.Array:
    """Return what the parser makes of each text; null where it makes nothing."""
    coded = pc.dictionary_encode(text)
    parse = parser_of(column)
    values = [parse(one) for one in coded.dictionary.to_pylist()]
    return pc.take(pa.array(values, ARROW[column.type]), coded.indices)


def _to_pandas(values: pa.Array, kind: str) -> pd.Series:
    """Return a column with the dtype of `DTYPES`."""
    if kind == "string":
        # said in full: somebody may have set pandas' mode.string_storage
        dtype = pd.StringDtype("pyarrow", na_value=np.nan)
        return pd.Series(pd.array(values, dtype=dtype))
    if kind in ("integer", "boolean") and values.null_count:
        mask = pc.is_null(values).to_numpy(zero_copy_only=False)
        filled = pc.fill_null(values, False if kind == "boolean" else 0)
        array = pd.arrays.BooleanArray if kind == "boolean" else pd.arrays.IntegerArray
        return pd.Series(array(filled.to_numpy(zero_copy_only=False).copy(), mask.copy()))
    return pd.Series(values.to_pandas())
