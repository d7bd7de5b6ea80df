"""Watermarks of a query: kept as text with their type, compared, and reached back behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from coldframe.errors import ConfigurationError, DataError

READ: dict[str, Callable[[str], Any]] = {
    "int": int, "float": float, "str": str, "Decimal": Decimal,
    "datetime": datetime.fromisoformat, "date": date.fromisoformat,
}  # fmt: skip
"""Types that a watermark may have, each with what reads its text."""


def encode(value: Any) -> dict[str, str]:
    """Return a watermark as the state keeps it.

    Raises
    ------
    DataError
        It is null, or of a type that has no order to go by.

    Examples
    --------
    >>> encode(Decimal("1.50")), decode(encode(Decimal("1.50")))
    ({'type': 'Decimal', 'text': '1.50'}, Decimal('1.50'))
    """
    kind = type(value).__name__
    if kind not in READ or value != value:  # NaN is no value either
        raise DataError(
            "A row has no watermark to go by.", found="null" if value is None else f"{value!r}",
            expected="a number, a text, a date or a moment in each row",
            remedy="leave such rows out in the query, or take another column",
        )  # fmt: skip
    text = value.isoformat() if isinstance(value, date) else str(value)
    return {"type": kind, "text": text}


def decode(said: dict[str, str]) -> Any:
    """Return the watermark that `encode` spelled."""
    return READ[said["type"]](said["text"])


def reach_back(value: Any, lookback: float) -> Any:
    """Return the watermark that is `lookback` before `value`.

    Raises
    ------
    ConfigurationError
        Nothing can be taken off a text.

    Examples
    --------
    >>> reach_back(date(2013, 3, 1), 1), reach_back(10, 3), reach_back("b", 0)
    (datetime.date(2013, 2, 28), 7, 'b')
    """
    if not lookback:
        return value
    if isinstance(value, datetime):
        return value - timedelta(seconds=lookback)
    if isinstance(value, date):
        return value - timedelta(days=lookback)
    if isinstance(value, Decimal):
        return value - Decimal(repr(lookback))
    if isinstance(value, int):
        return value - int(lookback) if lookback == int(lookback) else float(value) - lookback
    if isinstance(value, float):
        return value - lookback
    raise ConfigurationError(
        "A watermark that is text cannot be reached back behind.", where="pull.lookback",
        found=repr(value), expected="no lookback, or a watermark that is a number or a moment",
        remedy="cast it in the query",
    )  # fmt: skip
