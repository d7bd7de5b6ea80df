"""How the values of a column differ between two sets of rows, and by how much.

Needs pyarrow; imported only where rows are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Kind: TypeAlias = Literal["numeric", "moment", "categorical", "other"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 10
MOST_CATEGORIES = 256
"""With more distinct values, a column is no set of categories: names and keys always differ."""
SHOWN_CATEGORIES = 10


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What is known of one column in one set of rows.

    Parameters
    ----------
    rows : int
        Rows, blanks too.
    nulls : float or None
        Share of blanks, 0 to 1; None without rows. NaN counts as a blank.
    mean : float or None
        Of numbers, and of durations in their unit.
    quantiles : dict of str to (float or str)
        Of numbers, durations and moments (as text) at 5, 25, 50, 75 and 95 per cent.
    """

    rows: int
    nulls: float | None
    mean: float | None = None
    quantiles: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Share:
    """How often a value stands in a column, as a share of the rows that have one."""

    value: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How one column differs between two sets of rows.

    Parameters
    ----------
    column : str
        Its name.
    kind : {"numeric", "moment", "categorical", "other"}
        How it was compared; of ``other`` only blanks are: nested values, bytes, and texts with
        more than 256 distinct values.
    before, after : Summary
        Each side by itself.
    distance : float or None
        Jensen-Shannon distance, 0 (the same) to 1 (nothing in common); None if it cannot be told.
    shares : tuple of Share
        Of categories, those that changed most, at most ten.
    """

    column: str
    kind: Kind
    before: Summary
    after: Summary
    distance: float | None = None
    shares: tuple[Share, ...] = ()


def jensen_shannon(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return the Jensen-Shannon distance of two histograms over the same bins.

    The square root of the Jensen-Shannon divergence in bits (Lin, Divergence measures based on the
    Shannon entropy, IEEE Transactions on Information Theory 37, 1991), which is a metric (Endres
    and Schindelin, IEEE Transactions on Information Theory 49, 2003).

    Parameters
    ----------
    before, after : sequence of float
        Counts or shares, one a bin.

    Returns
    -------
    float or None
        From 0 to 1; None if one side is empty.

    Examples
    --------
    >>> jensen_shannon([1, 1], [5, 5]), jensen_shannon([1, 0], [0, 1])
    (0.0, 1.0)
    """
    totals = sum(before), sum(after)
    if not all(totals):
        return None
    divergence = 0.0
    for counts in zip(before, after, strict=True):
        p, q = (count / total for count, total in zip(counts, totals, strict=True))
        middle = (p + q) / 2
        divergence += sum(x / 2 * math.log2(x / middle) for x in (p, q) if x)
    return math.sqrt(min(max(divergence, 0.0), 1.0))


def compare_columns(name: str, before: pa.ChunkedArray, after: pa.ChunkedArray) -> Shift:
    """Return how the column `name` differs; both sides have the same type.

    Numbers and moments are put into ten bins that hold equally many values of both sides together,
    blanks into one more; categories are bins of their own.

    Examples
    --------
    >>> old, new = pa.chunked_array([[1, 2, 3, 4]]), pa.chunked_array([[1, 2, 3, None]])
    >>> shift = compare_columns("delay", old, new)
    >>> shift.after.nulls, shift.before.mean, round(shift.distance, 2)
    (0.25, 2.5, 0.5)
    """
    t, kind = pa.types, before.type
    plain = t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind)
    if plain or t.is_duration(kind):
        return _numbers(name, "numeric", before, after)
    if t.is_timestamp(kind) or t.is_date(kind) or t.is_time(kind):
        return _numbers(name, "moment", before, after)
    if t.is_boolean(kind) or t.is_string(kind):
        return _categories(name, before, after)
    return Shift(column=name, kind="other", before=_blanks(before), after=_blanks(after))


def _blanks(column: pa.ChunkedArray) -> Summary:
    rows = len(column)
    return Summary(rows=rows, nulls=column.null_count / rows if rows else None)


def _numbers(name: str, kind: Kind, before: pa.ChunkedArray, after: pa.ChunkedArray) -> Shift:
    original = before.type
    sides = [_as_doubles(column) for column in (before, after)]
    edges: list[float] = []
    pooled = pa.chunked_array([chunk for side in sides for chunk in side.chunks], pa.float64())
    if len(valid := pooled.drop_null()):
        inner = [number / BINS for number in range(1, BINS)]
        edges = sorted(set(pc.quantile(valid, q=inner).to_pylist()))
    counts = [_histogram(side, edges) for side in sides]
    summaries = [_summary(side, original, kind) for side in sides]
    return Shift(
        column=name,
        kind=kind,
        before=summaries[0],
        after=summaries[1],
        distance=jensen_shannon(*counts),
    )


def _as_doubles(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as doubles, NaN as null; moments and durations as counts of their unit.

    Doubles round nanoseconds of our days to 256 of them, which no figure here shows.
    """
    if pa.types.is_temporal(column.type):
        column = column.cast(_counting(column.type)).cast(pa.int64())
    found = column.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_nan(found), None, found)


def _counting(kind: pa.DataType) -> pa.DataType:
    """Return the integer type that a temporal one is stored in."""
    small = pa.types.is_date32(kind) or pa.types.is_time32(kind)
    return pa.int32() if small else pa.int64()


def _histogram(column: pa.ChunkedArray, edges: Sequence[float]) -> list[int]:
    """Return how many values lie up to each edge and above the last, and how many are blank."""
    below = [pc.sum(pc.less_equal(column, edge)).as_py() or 0 for edge in edges]
    total = len(column) - column.null_count
    steps = [high - low for low, high in zip([0, *below], [*below, total], strict=True)]
    return [*steps, column.null_count]


def _summary(column: pa.ChunkedArray, original: pa.DataType, kind: Kind) -> Summary:
    plain = _blanks(column)
    if column.null_count == len(column):
        return plain
    found = pc.quantile(column, q=list(QUANTILES), interpolation="nearest")
    spelled: list[Any] = found.to_pylist()
    if kind == "moment":
        counts = found.cast(pa.int64(), safe=False).cast(_counting(original))
        spelled = counts.cast(original).cast(pa.string()).to_pylist()
    return Summary(
        rows=plain.rows,
        nulls=plain.nulls,
        mean=pc.mean(column).as_py() if kind == "numeric" else None,
        quantiles={f"{q:.0%}": value for q, value in zip(QUANTILES, spelled, strict=True)},
    )


def _categories(name: str, before: pa.ChunkedArray, after: pa.ChunkedArray) -> Shift:
    counts = [
        {one["values"]: one["counts"] for one in column.value_counts().to_pylist()}
        for column in (before.cast(pa.string()), after.cast(pa.string()))
    ]
    blanks = [_blanks(column) for column in (before, after)]
    values = sorted({value for side in counts for value in side if value is not None})
    if len(values) > MOST_CATEGORIES:
        return Shift(column=name, kind="other", before=blanks[0], after=blanks[1])
    known = [max(s.rows - c.get(None, 0), 1) for s, c in zip(blanks, counts, strict=True)]
    shares = [
        Share(value=value, before=counts[0].get(value, 0) / known[0],
              after=counts[1].get(value, 0) / known[1])
        for value in values
    ]  # fmt: skip
    shares.sort(key=lambda share: -abs(share.after - share.before))
    bins = [[side.get(value, 0) for value in [*values, None]] for side in counts]
    return Shift(
        column=name,
        kind="categorical",
        before=blanks[0],
        after=blanks[1],
        distance=jensen_shannon(*bins),
        shares=tuple(shares[:SHOWN_CATEGORIES]),
    )
