"""What a batch looks like beside the last good ones: nulls, new categories, means, distributions.

A profile sees a batch piece after piece and keeps counts only, so that its memory is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import log

import numpy as np
import pandas as pd

from coldframe.contracts.casting import Typed
from coldframe.contracts.faults import Fault, shorten
from coldframe.datasets import Column, Source

BINS = 10
FLOOR = 1e-4  # a share of nothing has no logarithm
SEVERAL = 30
"""Fewer values than this, here or before, say nothing of a mean or a distribution."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What a column was like in the last good batches.

    Parameters
    ----------
    count : int
        Values that are not null.
    mean, deviation : float
        Of numbers; else nan.
    edges : ndarray of shape (n_edges,)
        Inner bounds of bins with about as many numbers each; empty for others.
    shares : dict
        Share of each bin (by its number), or of each category (by its text).
    """

    count: int
    mean: float
    deviation: float
    edges: np.ndarray
    shares: Mapping[object, float]

    @classmethod
    def of(cls, values: pd.Series, column: Column) -> Reference:
        """Return what `values` of earlier batches are like."""
        held = values.dropna()
        if column.type not in ("integer", "number"):
            shares = held.astype(str).value_counts(normalize=True).to_dict()
            return cls(len(held), np.nan, np.nan, np.array([]), shares)
        numbers = held.to_numpy(dtype="float64")
        if not len(numbers):
            return cls(0, np.nan, np.nan, np.array([]), {})
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, BINS + 1)[1:-1]))
        counts = np.bincount(np.searchsorted(edges, numbers, "right"), minlength=len(edges) + 1)
        return cls(
            len(numbers), float(numbers.mean()), float(numbers.std()), edges,
            dict(enumerate(counts / counts.sum())),
        )  # fmt: skip


def stability_index(found: Mapping[object, int], expected: Mapping[object, float]) -> float:
    """Return the population stability index of counts against expected shares.

    The sum of (p - q) ln(p / q) over all bins, p the share found and q the one expected (Siddiqi,
    *Credit Risk Scorecards*, 2006, where below 0.1 is little change and above 0.25 a great one);
    shares below 0.0001 count as that.

    Examples
    --------
    >>> round(stability_index({"a": 50, "b": 50}, {"a": 0.5, "b": 0.5}), 6)
    0.0
    >>> round(stability_index({"a": 90, "b": 10}, {"a": 0.5, "b": 0.5}), 4)
    0.8789
    """
    total = sum(found.values())
    index = 0.0
    for name in found.keys() | expected.keys():
        p = max(found.get(name, 0) / total, FLOOR)
        q = max(expected.get(name, 0.0), FLOOR)
        index += (p - q) * log(p / q)
    return index


class BatchProfile:
    """Counts of one batch, for the rules on its columns as a whole.

    Parameters
    ----------
    source : Source
        The contract.
    references : mapping of str to Reference
        What columns were like in the last good batches; those without one are not compared.

    Examples
    --------
    >>> source = Source(files="*.csv", key=(), columns={
    ...     "wind": {"type": "number", "nullable": True, "null_share": 0.25}})
    >>> profile = BatchProfile(source, {})
    >>> profile.add(Typed.of(pd.DataFrame({"wind": [1.0, None, 3.0, None]})))
    >>> profile.faults(None)[0].example
    '2 of 4 rows (50.0 %) are blank, at most 25.0 % are allowed'
    """

    def __init__(self, source: Source, references: Mapping[str, Reference]) -> None:
        self._columns = {n: c for n, c in source.columns.items() if c.is_profiled}
        self._references = references
        self._rows = 0
        self._nulls = dict.fromkeys(self._columns, 0)
        self._sums = dict.fromkeys(self._columns, 0.0)
        self._counts: dict[str, dict[object, int]] = {name: {} for name in self._columns}
        self._unseen = dict.fromkeys(self._columns, 0)
        self._example: dict[str, str] = {}
        self._newest: dict[str, datetime] = {}

    def add(self, typed: Typed) -> None:
        """Count rows of the batch: those that keep every row rule."""
        self._rows += len(typed.index)
        piece = typed.select(list(self._columns))
        for name, column in self._columns.items():
            values = piece[name].dropna()
            self._nulls[name] += len(piece) - len(values)
            if values.empty:
                continue
            if column.type == "timestamp":
                newest = values.max().to_pydatetime()
                self._newest[name] = max(self._newest.get(name, newest), newest)
            elif (reference := self._references.get(name)) is not None:
                self._compare(name, column, values, reference)

    def _compare(self, name: str, column: Column, values: pd.Series, reference: Reference) -> None:
        counts = self._counts[name]
        if column.type in ("integer", "number"):
            numbers = values.to_numpy(dtype="float64")
            self._sums[name] += float(numbers.sum())
            bins = np.bincount(np.searchsorted(reference.edges, numbers, "right"))
            for place, found in enumerate(bins.tolist()):
                counts[place] = counts.get(place, 0) + found
            return
        for text, found in values.astype(str).value_counts().items():
            if text in reference.shares:
                counts[text] = counts.get(text, 0) + int(found)
            else:
                self._unseen[name] += int(found)
                self._example.setdefault(name, str(text))

    def faults(self, clock: datetime | None) -> tuple[Fault, ...]:
        """Return the rules on columns as a whole that the batch breaks.

        Parameters
        ----------
        clock : datetime or None
            When the batch was delivered; without it nothing is said of its age.
        """
        found: list[Fault] = []
        for name, column in self._columns.items():
            found += self._of_nulls(name, column)
            found += self._of_age(name, column, clock)
            reference = self._references.get(name)
            held = self._rows - self._nulls[name]
            if reference is not None and reference.count and held:
                found += self._of_categories(name, column, held)
                if min(held, reference.count) >= SEVERAL:
                    found += self._of_mean(name, column, held, reference)
                    found += self._of_distribution(name, column, reference)
        return tuple(found)

    def _of_nulls(self, name: str, column: Column) -> list[Fault]:
        nulls, limit = self._nulls[name], column.null_share
        if limit is None or nulls <= limit * self._rows:
            return []
        told = f"{_share(nulls, self._rows)} are blank, at most {100 * limit:.1f} % are allowed"
        return [Fault(rule="null_share", column=name, rows=nulls, example=told)]

    def _of_categories(self, name: str, column: Column, held: int) -> list[Fault]:
        unseen, limit = self._unseen[name], column.unseen_share
        if limit is None or unseen <= limit * held:
            return []
        told = (
            f"{_share(unseen, held)} have a category of which the last batches have none, such as "
            f"{shorten(self._example[name])}, at most {100 * limit:.1f} % are allowed"
        )
        return [Fault(rule="unseen_share", column=name, rows=unseen, example=told)]

    def _of_mean(self, name: str, column: Column, held: int, reference: Reference) -> list[Fault]:
        limit = column.mean_shift
        if limit is None or not np.isfinite(reference.mean):
            return []
        mean = self._sums[name] / held
        if abs(mean - reference.mean) <= limit * reference.deviation:
            return []
        told = (
            f"mean {mean:.6g}, in the last batches {reference.mean:.6g} with standard deviation "
            f"{reference.deviation:.6g}; at most {limit:g} of these apart is allowed"
        )
        return [Fault(rule="mean_shift", column=name, rows=held, example=told)]

    def _of_distribution(self, name: str, column: Column, reference: Reference) -> list[Fault]:
        limit = column.stability_index
        counts = dict(self._counts[name])
        if self._unseen[name]:
            counts["\0unseen"] = self._unseen[name]
        if limit is None or not counts:
            return []
        index = stability_index(counts, reference.shares)
        if index <= limit:
            return []
        told = f"stability index {index:.3f} against the last batches, at most {limit:g} is allowed"
        return [Fault(rule="stability_index", column=name, rows=self._rows, example=told)]

    def _of_age(self, name: str, column: Column, clock: datetime | None) -> list[Fault]:
        limit, newest = column.fresh_hours, self._newest.get(name)
        if limit is None or clock is None or newest is None:
            return []
        hours = (clock - newest).total_seconds() / 3600
        if hours <= limit:
            return []
        told = (
            f"newest {newest.isoformat()}, {hours:.1f} hours before it was delivered; at most "
            f"{limit:g} are allowed"
        )
        return [Fault(rule="stale", column=name, rows=self._rows, example=told)]


def _share(rows: int, total: int) -> str:
    return f"{rows:,} of {total:,} rows ({100 * rows / total:.1f} %)"
