"""Texts become values by Arrow where a check shows that it means what the parsers mean.

An integer written out is the text again; fifteen digits fit into a float whatever they are.
Whatever is not so plain goes to the parsers, each spelling once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from coldframe.contracts.parsing import TRUTH, parse_number, parser_of
from coldframe.datasets import Column, Source

_CLOCK = r"-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_OFFSET = r"(0[0-9]|1[0-4]):?[0-5][0-9]"
_NOT_LAST_YEAR = r"([1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
# what Arrow reads as the parser does: no hour alone, no offset without minutes, no first year, and
# nothing that an offset could carry into the year 10000
PLAIN_MOMENT = rf"^([1-9][0-9]{{3}}{_CLOCK}(Z|\+{_OFFSET})|{_NOT_LAST_YEAR}{_CLOCK}-{_OFFSET})$"
PLAIN_NUMBER = r"^-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)$"
EXACT_DIGITS = 15  # so many decimal digits survive in a float (DBL_DIG in C's float.h)
MOMENTS = pa.timestamp("us", "UTC")


def cast_text(text: pa.Array, column: Column, source: Source) -> pa.Array:
    """Return texts as values of the type of `column`; null where one means nothing.

    Parameters
    ----------
    text : pyarrow.Array
        Of type ``large_string``; those that stand for no value are null.
    column : Column
        Its type is not ``string``.
    source : Source
        Its spelling of numbers.

    Examples
    --------
    >>> size = Column(type="integer")
    >>> source = Source(files="*.csv", key=(), columns={"size": size})
    >>> cast_text(pa.array(["1", "01"], pa.large_string()), size, source).to_pylist()
    [1, None]
    """
    if column.type in ("integer", "number"):
        text = _respell(text, source)
    values = FAST[column.type](text)
    return _by_spelling(text, column) if values is None else values


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
