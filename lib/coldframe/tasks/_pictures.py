"""What is drawn of a model on its holdout: plain records, one kind for each task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Rows of similar probability: their mean probability, the share of class 1, how many."""

    predicted: float
    observed: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class CurvePicture:
    """Of a yes-or-no question.

    Parameters
    ----------
    roc : tuple of (float, float)
        False and true positive rate, from (0, 0) to (1, 1); empty with one class only.
    calibration : tuple of CalibrationBin
        By rising probability.
    """

    roc: tuple[tuple[float, float], ...]
    calibration: tuple[CalibrationBin, ...]


@dataclass(frozen=True, kw_only=True)
class ConfusionPicture:
    """Of a question with several classes.

    Parameters
    ----------
    classes : tuple of str
        Those that the model knows, then those that the rows hold beside them.
    counts : tuple of tuple of int
        Rows by true class (outer) and predicted class (inner).
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class ResidualPicture:
    """Of a question for a number.

    Parameters
    ----------
    pairs : tuple of (float, float)
        True and predicted value of rows spread evenly over the holdout, at most 2,000.
    edges : tuple of float
        Of the bins of the residuals, true less predicted.
    counts : tuple of int
        Rows in each bin, all rows of the holdout.
    """

    pairs: tuple[tuple[float, float], ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]


Picture: TypeAlias = CurvePicture | ConfusionPicture | ResidualPicture
