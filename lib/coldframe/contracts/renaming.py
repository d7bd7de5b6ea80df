"""A lost column and a new one that may be the same: evidence for a person, never applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pandas as pd

from coldframe.contracts.casting import cast
from coldframe.datasets import Column, Source

LIKE = 0.6
"""From this mean of likenesses on, a column is put forward."""
MOST = 10
"""So many new columns are looked at for each lost one: those whose names are most alike."""
LENGTH = 100
"""Characters of a name that are compared."""

Former = Callable[[str], "pd.Series | None"]


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How much a new column is like a lost one; every likeness is between 0 and 1.

    Parameters
    ----------
    column, delivered : str
        The lost one, and the new one.
    name : float
        Of the names.
    values : float
        Share of the new values that the type of the lost column spells.
    content : float or None
        Share of texts that were there before; of numbers and times, how much their quartiles'
        range lies within that of before. None if nothing is known of before.
    """

    column: str
    delivered: str
    name: float
    values: float
    content: float | None

    @property
    def whole(self) -> float:
        """The mean of name and content, nothing if values are not of the type."""
        if self.values < 1.0:
            return 0.0
        return self.name if self.content is None else (self.name + self.content) / 2


def find_renamed(text: pd.DataFrame, source: Source, former: Former) -> tuple[Likeness, ...]:
    """Return for each column that was lost which new one looks like it, if one does.

    Parameters
    ----------
    text : DataFrame of shape (n_rows, n_columns)
        Rows of the batch as they came; a piece of it will do.
    source : Source
        The contract.
    former : callable
        Returns the values that a column had in the last good batches, or None.
    """
    new = [name for name in text.columns if name not in source.columns]
    lost = [name for name in source.columns if name not in text.columns]
    found = []
    for name in lost:
        names = {one: _name_likeness(name, one) for one in new}
        # a mean of two shares that reaches LIKE has none below this
        near = [one for one in new if names[one] >= 2 * LIKE - 1]
        near = sorted(near, key=lambda one: -names[one])[:MOST]
        before = former(name) if near else None
        alike = [compare(text[one], name, source, before) for one in near]
        best = max(alike, key=lambda one: one.whole, default=None)
        if best is not None and best.whole >= LIKE:
            found.append(best)
    return tuple(found)


def compare(text: pd.Series, name: str, source: Source, former: pd.Series | None) -> Likeness:
    """Return how much the delivered column `text` is like the declared column `name`."""
    column = source.columns[name]
    one = source.model_copy(
        update={"columns": {name: column.model_copy(update={"nullable": True})}, "key": ()}
    )
    typed, failed = cast(text.rename(name).to_frame(), one)
    return Likeness(
        column=name,
        delivered=str(text.name),
        name=_name_likeness(name, str(text.name)),
        values=1.0 - len(failed) / max(len(text), 1),
        content=None if former is None else _content_likeness(typed[name], former, column),
    )


def _name_likeness(one: str, other: str) -> float:
    """Return how much two names are alike, letters and digits alone.

    Examples
    --------
    >>> _name_likeness("dep_delay", "DepDelay"), _name_likeness("temp", "origin") < 0.5
    (1.0, True)
    """
    names = (name[:LENGTH].casefold() for name in (one, other))
    first, second = ("".join(filter(str.isalnum, name)) for name in names)
    return SequenceMatcher(None, first, second).ratio()


def _content_likeness(new: pd.Series, former: pd.Series, column: Column) -> float:
    now, before = new.dropna(), former.dropna()
    if now.empty or before.empty:
        return 0.0
    if column.type in ("string", "boolean"):
        return float(now.astype(str).isin(set(before.astype(str))).mean())
    if column.type == "timestamp":
        return 0.5  # times move on: neither for nor against it
    low, high = np.quantile(before.to_numpy("float64"), [0.05, 0.95])
    return float(now.astype("float64").between(low, high).mean())
