"""Estimators as files: named by digest, written once, loaded only if every type is trusted.

Importing this package imports neither scikit-learn nor skops.
"""

from coldframe.models.files import ModelFiles
from coldframe.models.scoring import one_thread, predict, predict_probability

__all__ = ["ModelFiles", "one_thread", "predict", "predict_probability"]
