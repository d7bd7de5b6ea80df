"""Where an alert begins: bounds that know how little a short reference says.

NannyML's default, three standard deviations of the reference's chunks, is measured on chunks that
the reference itself consists of, and from as few as two of them. docs/decisions/monitoring.md
shows what that does on a year of flights, and how these bounds do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LEAST_CHUNKS = 3
"""With fewer reference chunks there is no spread to speak of, hence no threshold."""
LEAST_DAYS = 7
"""With fewer days in the reference, days cannot be drawn to stand for a chunk."""
DRAWS = 1000


def lower_bound(values: Sequence[float], *, false_alarm: float) -> float:
    """Return the value that one more chunk of the same kind undercuts with chance `false_alarm`.

    The one-sided prediction bound for a further observation from a normal population of unknown
    mean and spread: mean - t(n-1) * s * sqrt(1 + 1/n) (Hahn and Meeker, Statistical Intervals,
    1991, section 4.8).

    Parameters
    ----------
    values : sequence of float
        The figure for each chunk of the reference; NaN is left out.
    false_alarm : float
        Between 0 and 1.

    Returns
    -------
    float
        NaN if fewer than `LEAST_CHUNKS` values are known.

    Examples
    --------
    >>> round(lower_bound([0.70, 0.72, 0.74], false_alarm=0.05), 3)
    0.653
    >>> lower_bound([0.70, 0.72], false_alarm=0.05)
    nan
    """
    from scipy import stats

    known = [value for value in values if not math.isnan(value)]
    n = len(known)
    if n < LEAST_CHUNKS:
        return math.nan
    mean = math.fsum(known) / n
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in known) / (n - 1))
    factor = float(stats.t.ppf(1 - false_alarm, n - 1))
    return mean - factor * spread * math.sqrt(1 + 1 / n)


def worst_bound(values: Sequence[float], *, false_alarm: float, greater_is_better: bool) -> float:
    """Return the value beyond which one more chunk of the same kind lies, to the worse side.

    Examples
    --------
    >>> round(worst_bound([0.70, 0.72, 0.74], false_alarm=0.05, greater_is_better=True), 3)
    0.653
    >>> round(worst_bound([0.70, 0.72, 0.74], false_alarm=0.05, greater_is_better=False), 3)
    0.787
    """
    if greater_is_better:
        return lower_bound(values, false_alarm=false_alarm)
    return -lower_bound([-value for value in values], false_alarm=false_alarm)


def drift_bounds(
    reference: pd.DataFrame, *, time: str, numeric: Sequence[str], categorical: Sequence[str],
    days: int, false_alarm: float, seed: int,
) -> dict[str, float]:  # fmt: skip
    """Return for each column the distance that a chunk without drift exceeds by chance.

    Rows of one day are alike (one weather, one weekday), so rows cannot be shuffled; days can. Both
    a reference and a chunk of `days` days are drawn from the reference's days with replacement,
    `DRAWS` times, and the Jensen-Shannon distance between them is taken in the bins that NannyML
    uses. The bound is the quantile ``1 - false_alarm / n_columns`` (Bonferroni), so that a chunk
    in which nothing drifts shows any drifted column with a chance of about `false_alarm`. Since a
    few days show less than the whole spread, it is widened as a t interval is against a normal
    one: by t(n-1) / z * sqrt(n / (n - 1)) for n days.

    Parameters
    ----------
    reference : DataFrame of shape (n_rows, n_columns)
        Holds `time` and the columns.
    time : str
        Column of naive timestamps.
    numeric, categorical : sequence of str
        The columns.
    days : int
        How many days the chunk covers.
    false_alarm : float
        For all columns together.
    seed : int
        Of the draws.

    Returns
    -------
    dict of str to float
        NaN where no distance could exceed the bound, and for every column if the reference has
        fewer than `LEAST_DAYS` days.
    """
    import numpy as np
    from scipy import stats

    columns = [*numeric, *categorical]
    day = reference[time].dt.floor("D")
    codes, known = day.factorize(sort=True)
    if len(known) < LEAST_DAYS:
        return dict.fromkeys(columns, math.nan)
    generator = np.random.default_rng(seed)
    drawn = _multiplicities(generator, len(known), len(known))
    chunk = _multiplicities(generator, len(known), days)
    level = 1 - false_alarm / len(columns)
    n = len(known)
    wider = float(stats.t.ppf(level, n - 1) / stats.norm.ppf(level)) * math.sqrt(n / (n - 1))
    bounds = {}
    for name in columns:
        counts = _daily_counts(reference[name], codes, len(known), number=name in set(numeric))
        distances = jensen_shannon(drawn @ counts, chunk @ counts)
        enough = np.isfinite(distances).mean() > level
        quantile = float(np.nanquantile(distances, level)) if enough else math.nan
        bound = quantile * wider
        # two distributions without a common value are 1 apart: nothing could exceed such a bound
        bounds[name] = bound if bound < 1 else math.nan
    return bounds


def jensen_shannon(p: np.ndarray[Any, Any], q: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the Jensen-Shannon distance (base 2) between rows of counts; NaN for an empty row.

    Square root of the divergence of Lin, IEEE Trans. Inf. Theory 37 (1991), equation 2.20.

    Examples
    --------
    >>> import numpy as np
    >>> jensen_shannon(np.array([[1.0, 1.0]]), np.array([[0.0, 5.0]])).round(4).tolist()
    [0.5579]
    """
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        p = p / p.sum(axis=1, keepdims=True)
        q = q / q.sum(axis=1, keepdims=True)
        middle = (p + q) / 2
        left = np.where(p > 0, p * np.log2(p / middle), 0.0).sum(axis=1)
        right = np.where(q > 0, q * np.log2(q / middle), 0.0).sum(axis=1)
        distance = np.sqrt(np.clip((left + right) / 2, 0.0, 1.0))
    return np.where(np.isnan(p[:, 0]) | np.isnan(q[:, 0]), np.nan, distance)


def _multiplicities(generator: Any, n_days: int, size: int) -> np.ndarray[Any, Any]:
    """Return how often each day was drawn, float64 of shape (DRAWS, n_days)."""
    weights = [1 / n_days] * n_days
    counts: np.ndarray[Any, Any] = generator.multinomial(size, weights, DRAWS).astype("float64")
    return counts


def _daily_counts(
    column: pd.Series, codes: np.ndarray[Any, Any], n_days: int, *, number: bool
) -> np.ndarray[Any, Any]:
    """Return how many rows of each day fall into each bin, shape (n_days, n_bins); no nulls."""
    import numpy as np

    held = column.notna().to_numpy()
    values, days = column[held], codes[held]
    if not len(values):
        return np.zeros((n_days, 1))
    if number:
        edges = np.histogram_bin_edges(values.to_numpy(), bins="doane")
        places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        n_bins = len(edges) - 1
    else:
        places, found = values.factorize(sort=True)
        n_bins = len(found)
    flat = np.bincount(days * n_bins + places, minlength=n_days * n_bins)
    return flat.reshape(n_days, n_bins).astype("float64")
