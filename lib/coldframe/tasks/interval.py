"""The interval of a challenger's gain: both models on the same draws of the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldframe.tasks._base import Metric

if TYPE_CHECKING:
    from coldframe.tasks._base import Floats

ROUNDS = 1000
CONFIDENCE = 0.95


def bootstrap_gain(
    metric: Metric, target: Floats, challenger: Floats, champion: Floats, *, seed: int,
    rounds: int = ROUNDS,
) -> tuple[float, float] | None:  # fmt: skip
    """Return the 95 % interval of the challenger's gain in a metric.

    Rows are drawn with replacement, as many as there are, and both models are scored on the same
    draw: paired bootstrap, percentiles (Efron and Tibshirani 1993, chapter 13). Where the metric
    asks for it, the rows of each class are drawn by themselves (stratified).

    Parameters
    ----------
    metric : Metric
        What is gained.
    target : array of shape (n_rows,)
        What was; see :class:`coldframe.tasks.Task`.
    challenger, champion : array of shape (n_rows,) or (n_rows, n_classes)
        What both said of the same rows.
    seed : int
        Of the draws.
    rounds : int, default=1000
        How many draws.

    Returns
    -------
    tuple of (float, float) or None
        None if the metric is undefined on these rows.

    Examples
    --------
    >>> import numpy as np
    >>> from coldframe.tasks import TASKS
    >>> target = np.array([0.0, 1.0] * 50)
    >>> bootstrap_gain(TASKS["binary"].metric("roc_auc"), target, target, target, seed=0)
    (0.0, 0.0)
    """
    import numpy as np

    if not target.size or not metric.defined(target):
        return None
    better, worse = metric.weigh(target, challenger), metric.weigh(target, champion)
    strata = metric.strata(target)
    draw = np.random.default_rng(seed)
    gains = np.empty(rounds)
    weights = np.empty(target.size)
    for index in range(rounds):
        for rows in strata:
            drawn = draw.integers(0, rows.size, rows.size)
            weights[rows] = np.bincount(drawn, minlength=rows.size)
        gains[index] = metric.gain(better(weights), worse(weights))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    return float(low), float(high)
