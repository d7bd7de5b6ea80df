"""Judging: figures of a model on the holdout, and whether a challenger is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coldframe.train.report import CalibrationBin, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 1000
CONFIDENCE = 0.95
BINS = 10
ROC_POINTS = 200


def area_under_curve(target: Floats, score: Floats) -> float | None:
    """Return the area under the ROC curve, or None if `target` holds one class only.

    It is the share of pairs of a positive and a negative row in which the positive one has the
    higher score, ties counting half (Hanley and McNeil 1982, Radiology 143).

    Examples
    --------
    >>> import numpy as np
    >>> area_under_curve(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    import numpy as np

    ranked = _Ranked(target, score)
    if not ranked.positive.size or not ranked.negative.size:
        return None
    ones = np.ones(ranked.positive.size), np.ones(ranked.negative.size)
    return ranked.area(*ones)


class _Ranked:
    """Scores of one model as ranks, so that a weighted area costs one pass over the rows."""

    def __init__(self, target: Floats, score: Floats) -> None:
        import numpy as np

        levels, rank = np.unique(score, return_inverse=True)
        self.levels = levels.size
        self.positive, self.negative = rank[target == 1], rank[target == 0]

    def area(self, positive: Floats, negative: Floats) -> float:
        """Return the area with these weights of the positive and the negative rows."""
        import numpy as np

        up = np.bincount(self.positive, weights=positive, minlength=self.levels)
        down = np.bincount(self.negative, weights=negative, minlength=self.levels)
        # whole and half numbers below 2**53: exact, in whatever order they are added
        pairs = float(np.dot(up, np.cumsum(down) - down / 2))
        return pairs / float(positive.sum() * negative.sum())


def bootstrap_gain(
    target: Floats, challenger: Floats, champion: Floats, *, seed: int, rounds: int = ROUNDS
) -> tuple[float, float] | None:
    """Return the 95 % interval of the challenger's gain in area under the ROC curve.

    Positive and negative rows are drawn with replacement, each kind as many as there are, and
    both models are scored on the same draw: paired and stratified bootstrap, percentiles (Efron
    and Tibshirani 1993, chapter 13).

    Parameters
    ----------
    target : array of shape (n_rows,)
        0 or 1.
    challenger, champion : array of shape (n_rows,)
        Probabilities of both on the same rows.
    seed : int
        Of the draws.
    rounds : int, default=1000
        How many draws.

    Returns
    -------
    tuple of (float, float) or None
        None if `target` holds one class only.

    Examples
    --------
    >>> import numpy as np
    >>> target = np.array([0.0, 1.0] * 50)
    >>> bootstrap_gain(target, target, target, seed=0)
    (0.0, 0.0)
    """
    import numpy as np

    better, worse = _Ranked(target, challenger), _Ranked(target, champion)
    counts = better.positive.size, better.negative.size
    if not all(counts):
        return None
    draw = np.random.default_rng(seed)
    gains = np.empty(rounds)
    for index in range(rounds):
        weights = [
            np.bincount(draw.integers(0, n, n), minlength=n).astype("float64") for n in counts
        ]
        gains[index] = better.area(weights[0], weights[1]) - worse.area(weights[0], weights[1])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    return float(low), float(high)


def score_model(name: str, target: Floats, probability: Floats) -> Scores:
    """Return figures and curves of one model on the holdout."""
    return Scores(
        name=name,
        metrics=measure_metrics(target, probability),
        roc=_roc_points(target, probability),
        calibration=_calibration(target, probability),
    )


def measure_metrics(target: Floats, probability: Floats) -> dict[str, float | None]:
    """Return ROC AUC, average precision, Brier score and log loss; None where undefined."""
    import numpy as np
    from sklearn.metrics import average_precision_score, log_loss

    both = bool((target == 0).any() and (target == 1).any())
    return {
        "roc_auc": area_under_curve(target, probability),
        "average_precision": float(average_precision_score(target, probability)) if both else None,
        "brier": float(np.mean((probability - target) ** 2)) if target.size else None,
        "log_loss": float(log_loss(target, probability, labels=[0, 1])) if target.size else None,
    }


def _roc_points(target: Floats, probability: Floats) -> tuple[tuple[float, float], ...]:
    """Return the ROC curve, thinned to as many points as an eye can tell apart."""
    import numpy as np
    from sklearn.metrics import roc_curve

    if not ((target == 0).any() and (target == 1).any()):
        return ()
    false, true, _ = roc_curve(target, probability)
    chosen = np.unique(np.linspace(0, false.size - 1, ROC_POINTS).round().astype(int))
    return tuple((float(false[i]), float(true[i])) for i in chosen)


def _calibration(target: Floats, probability: Floats) -> tuple[CalibrationBin, ...]:
    """Return bins of about equally many rows, by rising probability."""
    import numpy as np

    order: Any = np.argsort(probability, kind="stable")
    return tuple(
        CalibrationBin(
            predicted=float(probability[rows].mean()),
            observed=float(target[rows].mean()),
            rows=int(rows.size),
        )
        for rows in np.array_split(order, BINS)
        if rows.size
    )
