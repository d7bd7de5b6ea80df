"""Training: an approved snapshot, a challenger, a verdict, a promotion; and sweeps beside it.

Importing this package imports neither pandas, scikit-learn nor Optuna.
"""

from coldframe.train.challenge import challenge
from coldframe.train.order import may_resume, train_inputs
from coldframe.train.report import (
    Scores,
    StudyReport,
    SweepReport,
    TrainReport,
    Trial,
)
from coldframe.train.studies import studies
from coldframe.train.sweep import sweep_snapshot
from coldframe.train.training import train_challenger

__all__ = [
    "Scores",
    "StudyReport",
    "SweepReport",
    "TrainReport",
    "Trial",
    "challenge",
    "may_resume",
    "studies",
    "sweep_snapshot",
    "train_challenger",
    "train_inputs",
]
