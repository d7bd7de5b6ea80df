"""Tasks: what kind of answer a model gives, and by which figures it is judged.

One module a task and one list that names them. Importing this package imports no numpy, so that a
dataset file is checked at once.
"""

from __future__ import annotations

from coldframe.tasks._base import PREDICTION, Metric, Task, spell_figure
from coldframe.tasks._pictures import (
    CalibrationBin,
    ConfusionPicture,
    CurvePicture,
    Picture,
    ResidualPicture,
)
from coldframe.tasks.binary import PROBABILITY, Binary
from coldframe.tasks.interval import bootstrap_gain
from coldframe.tasks.multiclass import Multiclass
from coldframe.tasks.regression import Regression

__all__ = [
    "PREDICTION",
    "PROBABILITY",
    "TASKS",
    "CalibrationBin",
    "ConfusionPicture",
    "CurvePicture",
    "Metric",
    "Picture",
    "ResidualPicture",
    "Task",
    "bootstrap_gain",
    "spell_figure",
]

TASKS: dict[str, Task] = {one.name: one for one in (Binary(), Multiclass(), Regression())}
"""Every task by its name in the dataset file (`model.task`)."""
