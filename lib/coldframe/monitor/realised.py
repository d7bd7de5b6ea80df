"""ROC AUC of rows whose labels have come, by scikit-learn, with a band for its sampling error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEAST_ROWS = 50
"""Fewer rows than this say nothing about ROC AUC."""
LEAST_OF_A_CLASS = 10
"""With fewer rows of a class, one of them moves ROC AUC by more than a tenth of its range."""
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class RealisedFigure:
    """Realised ROC AUC of one chunk; NaN and a reason where there is no verdict.

    Parameters
    ----------
    value, low, high : float
        ROC AUC and its 95 % band.
    rows : int
        How many rows have a label.
    why : str
        Why there is no verdict, or empty.
    """

    value: float
    low: float
    high: float
    rows: int
    why: str = ""


def realise_roc_auc(labels: pd.Series, probability: pd.Series) -> RealisedFigure:
    """Return ROC AUC over the rows that have a label.

    Parameters
    ----------
    labels : Series of shape (n_rows,)
        1.0, 0.0 or NaN where the label is not known yet.
    probability : Series of shape (n_rows,)
        Of class 1.

    Returns
    -------
    RealisedFigure
        Its band is 1.96 standard errors to each side (Hanley and McNeil, Radiology 143, 1982).

    Examples
    --------
    >>> labels = pd.Series([0.0, 1.0] * 50)
    >>> realise_roc_auc(labels, pd.Series([0.2, 0.9] * 50)).value
    1.0
    >>> realise_roc_auc(labels * 0, pd.Series([0.2, 0.9] * 50)).why
    'only 0 labelled rows of class 1'
    """
    from sklearn.metrics import roc_auc_score

    known = labels.notna().to_numpy()
    truth, score = labels.to_numpy()[known], probability.to_numpy()[known]
    rows, positives = len(truth), int((truth == 1).sum())
    negatives = rows - positives
    why = ""
    if rows < LEAST_ROWS:
        why = f"only {rows} labelled rows, {LEAST_ROWS} needed"
    elif min(positives, negatives) < LEAST_OF_A_CLASS:
        few, label = min((positives, 1), (negatives, 0))
        why = f"only {few} labelled rows of class {label}"
    if why:
        return RealisedFigure(math.nan, math.nan, math.nan, rows, why)
    value = float(roc_auc_score(truth, score))
    margin = NORMAL_95 * _standard_error(value, positives, negatives)
    return RealisedFigure(value, max(0.0, value - margin), min(1.0, value + margin), rows)


def _standard_error(value: float, positives: int, negatives: int) -> float:
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    variance = (
        value * (1 - value)
        + (positives - 1) * (first - value**2)
        + (negatives - 1) * (second - value**2)
    ) / (positives * negatives)
    return float(np.sqrt(max(variance, 0.0)))
