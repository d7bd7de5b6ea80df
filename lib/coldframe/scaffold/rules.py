"""Rules that a sample suggests: bounds with slack, and patterns where they are sure."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

ENOUGH_ROWS = 100
"""From so many rows on a bound or a missing blank says something."""
FEW_VALUES, OFTEN_ENOUGH = 12, 5
"""A list of values is closed if it has so few, each seen so often."""
LARGEST_BOUND = 1e15
"""Above it a bound in YAML would not be the number that it seems."""
SHAPES = {
    r"[0-9]{%d}": re.compile("[0-9]+"),
    r"[A-Z]{%d}": re.compile("[A-Z]+"),
    r"[0-9a-f]{%d}": re.compile("[0-9a-f]+"),
}


def shape_of(counts: pd.Series) -> dict[str, str]:
    """Return a pattern if many values all have the same length and one kind of characters."""
    lengths = {len(value) for value in counts.index}
    if len(lengths) != 1 or counts.sum() < ENOUGH_ROWS or len(counts) <= FEW_VALUES:
        return {}
    for shape, characters in SHAPES.items():
        if all(characters.fullmatch(value) for value in counts.index):
            return {"pattern": shape % lengths.pop()}
    return {}


def bounds_of(values: pd.Series, *, rows: int) -> dict[str, Any]:
    """Return bounds with as much slack again as the values span, outward to two digits."""
    low, high = float(values.min()), float(values.max())
    largest = max(abs(low), abs(high))
    if rows < ENOUGH_ROWS or largest > LARGEST_BOUND or 0 < largest < 1 / LARGEST_BOUND:
        return {}
    if {low, high} <= {0, 1}:
        return {"minimum": 0, "maximum": 1}
    slack = max(high - low, abs(low), abs(high))
    found = {"minimum": 0.0 if low >= 0 else _outward(low - slack)}
    found["maximum"] = 0.0 if high <= 0 else _outward(high + slack)
    return found


def _outward(value: float) -> float:
    """Return `value` with two digits, away from zero.

    Examples
    --------
    >>> _outward(1234.5), _outward(-0.0123)
    (1300.0, -0.013)
    """
    if value == 0:
        return 0.0
    digits = math.floor(math.log10(abs(value))) - 1
    steps = math.ceil(abs(value) / 10.0**digits - 1e-9)
    return math.copysign(float(f"{steps}e{digits}"), value)
