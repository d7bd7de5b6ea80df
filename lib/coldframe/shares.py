"""How values are spread: shares of ranges of numbers or times, or of categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BINS = 12
OTHERS = "all others"


@dataclass(frozen=True, kw_only=True)
class Bin:
    """A range of numbers or a category, with its share in the new batches and in those before."""

    label: str
    now: float
    before: float | None


def share_bins(now: pd.Series, before: pd.Series | None) -> tuple[Bin, ...]:
    """Return shares of ranges of numbers and times, or of the most frequent categories."""
    import pandas as pd  # kept out of the command line's start

    if now.empty:
        return ()
    kinds = pd.api.types
    if kinds.is_numeric_dtype(now) and not kinds.is_bool_dtype(now):
        return _ranges(now.astype("float64"), None if before is None else before.astype("float64"))
    if kinds.is_datetime64_any_dtype(now):
        return _moments(now)
    texts = now.astype(str).value_counts(normalize=True)
    old = None if before is None else before.astype(str).value_counts(normalize=True)
    shown = texts.index[: BINS - 1] if len(texts) > BINS else texts.index
    found = [_category(str(n)[:40], texts.get(n, 0.0), old, [n]) for n in shown]
    if len(texts) > BINS or (old is not None and not set(old.index) <= set(shown)):
        rest = 1.0 - sum(one.now for one in found)
        known = None if old is None else 1.0 - sum(one.before or 0.0 for one in found)
        found.append(Bin(label=OTHERS, now=max(rest, 0.0), before=known and max(known, 0.0)))
    return tuple(found)


def _category(label: str, now: float, old: pd.Series | None, names: Sequence[object]) -> Bin:
    before = None if old is None else float(sum(old.get(name, 0.0) for name in names))
    return Bin(label=label, now=float(now), before=before)


def _ranges(now: pd.Series, before: pd.Series | None) -> tuple[Bin, ...]:
    """Return shares of equally wide ranges that hold all values, now and before."""
    import numpy as np

    both = [now.to_numpy(), *([] if before is None or before.empty else [before.to_numpy()])]
    edges = _edges(min(map(np.min, both)), max(map(np.max, both)))
    counts = [np.histogram(one, bins=edges)[0] / len(one) for one in both]
    return tuple(
        Bin(
            label=f"{edges[place]:.4g} to {edges[place + 1]:.4g}",
            now=float(counts[0][place]),
            before=float(counts[1][place]) if len(counts) > 1 else None,
        )
        for place in range(len(edges) - 1)
    )


def _edges(low: float, high: float) -> np.ndarray:
    """Return the bounds of `BINS` ranges; of one, if no numbers lie between them to part these.

    Examples
    --------
    >>> _edges(0.0, 6.0)[:3].tolist(), _edges(1e300, 1e300).tolist() == [1e300, 1e300]
    ([0.0, 0.5, 1.0], True)
    """
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(low, high, BINS + 1)
    rising = bool(np.isfinite(edges).all() and (np.diff(edges) > 0).all())
    return edges if rising else np.array([low, high])


def _moments(now: pd.Series) -> tuple[Bin, ...]:
    """Return shares of equally long stretches of time; those before are others by nature."""
    import numpy as np
    import pandas as pd

    ticks = now.dt.as_unit("us").astype("int64").to_numpy()
    edges = _edges(float(ticks.min()), float(ticks.max()))
    counts, _ = np.histogram(ticks, bins=edges)
    days = pd.to_datetime(edges, unit="us").strftime("%Y-%m-%d %H:%M")
    return tuple(
        Bin(label=f"{days[n]} to {days[n + 1]}", now=float(share), before=None)
        for n, share in enumerate(counts / len(ticks))
    )
