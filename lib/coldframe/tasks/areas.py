"""Areas under curves, as functions of row weights: one pass over the rows for each weighting."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coldframe.tasks._base import Floats, Weighed


def has_both(target: Floats) -> bool:
    """Tell whether `target` holds 0 and 1."""
    return bool((target == 0).any() and (target == 1).any())


def weigh_area(target: Floats, score: Floats) -> Weighed:
    """Return the area under the ROC curve as a function of row weights.

    It is the share of pairs of a positive and a negative row in which the positive one has the
    higher score, ties counting half (Hanley and McNeil 1982, Radiology 143).

    Examples
    --------
    >>> import numpy as np
    >>> area = weigh_area(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    >>> area(np.ones(4))
    0.75
    """
    import numpy as np

    levels, rank = np.unique(score, return_inverse=True)
    positives, negatives = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
    ups, downs = rank[positives], rank[negatives]

    def area(weights: Floats) -> float:
        above, below = weights[positives], weights[negatives]
        up = np.bincount(ups, weights=above, minlength=levels.size)
        down = np.bincount(downs, weights=below, minlength=levels.size)
        # whole and half numbers below 2**53: exact, in whatever order they are added
        pairs = float(np.dot(up, np.cumsum(down) - down / 2))
        return pairs / float(above.sum() * below.sum())

    return area


def area_error(target: Floats, score: Floats) -> float:
    """Return the standard error of the area (Hanley and McNeil, Radiology 143, 1982)."""
    import numpy as np

    value = weigh_area(target, score)(np.ones(target.size))
    positives, negatives = int((target == 1).sum()), int((target == 0).sum())
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    variance = (
        value * (1 - value)
        + (positives - 1) * (first - value**2)
        + (negatives - 1) * (second - value**2)
    ) / (positives * negatives)
    return float(np.sqrt(max(variance, 0.0)))


def weigh_precision(target: Floats, score: Floats) -> Weighed:
    """Return average precision as a function of row weights.

    Precision at each distinct score, weighted by the recall that is gained there; nothing is
    interpolated (scikit-learn's definition).

    Examples
    --------
    >>> import numpy as np
    >>> found = weigh_precision(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    >>> round(found(np.ones(4)), 4)
    0.8333
    """
    import numpy as np

    levels, rank = np.unique(-score, return_inverse=True)

    def precision(weights: Floats) -> float:
        everything = np.bincount(rank, weights=weights, minlength=levels.size)
        hits = np.bincount(rank, weights=weights * (target == 1), minlength=levels.size)
        seen = np.cumsum(everything)
        share = np.divide(np.cumsum(hits), seen, out=np.zeros(levels.size), where=seen > 0)
        return float(np.dot(share, hits) / hits.sum())

    return precision


def bootstrap_error(weigh: Weighed, strata: list[Floats], size: int, *, rounds: int = 200) -> float:
    """Return a figure's standard error where no formula is at hand: the spread of 200 draws."""
    import numpy as np

    draw, weights = np.random.default_rng(0), np.empty(size)
    values = np.empty(rounds)
    for index in range(rounds):
        for rows in strata:
            drawn = draw.integers(0, rows.size, rows.size)
            weights[rows] = np.bincount(drawn, minlength=rows.size)
        values[index] = weigh(weights)
    return float(values.std(ddof=1))
