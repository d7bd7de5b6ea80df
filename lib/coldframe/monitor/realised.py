"""Figures of rows whose labels have come, with a band for their sampling error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldframe.tasks import Metric, Task

LEAST_ROWS = 50
"""Fewer rows than this say nothing about a model."""


@dataclass(frozen=True)
class RealisedFigure:
    """What a metric came to in one chunk; NaN and a reason where there is no verdict.

    Parameters
    ----------
    value, low, high : float
        The figure and its 95 % band.
    rows : int
        How many rows have a label.
    why : str
        Why there is no verdict, or what is to be known of it, or empty.
    """

    value: float
    low: float
    high: float
    rows: int
    why: str = ""


def realise(
    task: Task, metric: Metric, labels: pd.Series, said: np.ndarray[Any, Any],
    classes: Sequence[str] = (),
) -> RealisedFigure:  # fmt: skip
    """Return a metric over the rows that have a label.

    Parameters
    ----------
    task, metric : Task, Metric
        What is asked, and by which figure answers are judged.
    labels : Series of shape (n_rows,)
        NaN where the label is not known yet.
    said : array of shape (n_rows,) or (n_rows, n_classes)
        What the model said.
    classes : sequence of str
        Those it knows, where there are several.

    Returns
    -------
    RealisedFigure
        Its band is 1.96 standard errors to each side: of an area by Hanley and McNeil (Radiology
        143, 1982), of a mean by its rows' spread; see the metric.

    Examples
    --------
    >>> from coldframe.tasks import TASKS
    >>> binary, labels = TASKS["binary"], pd.Series([0.0, 1.0] * 50)
    >>> said, area = np.array([0.2, 0.9] * 50), binary.metric("roc_auc")
    >>> realise(binary, area, labels, said).value
    1.0
    >>> realise(binary, area, labels * 0, said).why
    'only 0 labelled rows of class 1'
    """
    known = labels.notna().to_numpy()
    truth, aligned = task.align(labels[known], {"model": (said[known], classes)})
    rows = len(truth)
    why = f"only {rows} labelled rows, {LEAST_ROWS} needed" if rows < LEAST_ROWS else (
        metric.lacking(truth, len(classes))
    )  # fmt: skip
    value = None if why else metric.figure(truth, aligned["model"])
    if value is None:
        why = why or f"its labelled rows hold {task.too_alike}"
        return RealisedFigure(math.nan, math.nan, math.nan, rows, why)
    low, high = metric.band(truth, aligned["model"], value)
    return RealisedFigure(value, low, high, rows, _tell_unseen(labels[known], classes))


def _tell_unseen(labels: pd.Series, classes: Sequence[str]) -> str:
    """Say how many labels are of classes that the model never saw; they count against it."""
    if not classes:
        return ""
    counts = labels[~labels.isin(classes)].value_counts()
    told = ", ".join(f"{name} ({rows})" for name, rows in sorted(counts.items()))
    return f"labels of classes that the model never saw: {told}" if told else ""
