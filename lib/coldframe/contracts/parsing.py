"""What a text means: the value that spells it again, or nothing. These say it for all casts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from coldframe.contracts.moments import parse_local
from coldframe.datasets import Column

INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
NUMBER = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})",
    re.ASCII,
)
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
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
