"""Judging: figures of a model on the holdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coldframe.tasks import Task
from coldframe.train.report import Scores

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def score_model(
    name: str, task: Task, target: pd.Series, said: Floats, classes: Sequence[str] = ()
) -> Scores:
    """Return figures and picture of one model on the holdout.

    Parameters
    ----------
    name : str
        The model's short name.
    task : Task
        What kind of answer it gives.
    target : Series of shape (n_rows,)
        What was.
    said : array of shape (n_rows,) or (n_rows, n_classes)
        What the model said.
    classes : sequence of str
        Those it knows, where there are several.
    """
    return Scores(
        name=name,
        metrics=task.measure(target, said, classes),
        picture=task.picture(target, said, classes),
    )
