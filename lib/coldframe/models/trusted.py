"""Which types an estimator file may hold: what skops trusts, and these."""

from __future__ import annotations

TRUSTED_TYPES: tuple[str, ...] = (
    # gradient boosting with categories validates its input through partial(check_array, …)
    "functools.partial",
    "sklearn.utils.validation.check_array",
    "numpy.dtype",
    # parts of calibrated classifiers, column transformers and target encoders
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.compose._column_transformer._RemainderColsList",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.TimeSeriesSplit",
    # skops leaves these two out because a crafted file can make them index out of bounds. Here
    # the file's digest is compared with the one in the ledger before a byte of it is parsed, so
    # that only what our own training wrote is ever opened.
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
"""Types trusted beyond scikit-learn's estimators, numpy and plain values (skops' own list).

Nothing in it runs code that a file brings along. A dataset's own transformer class is refused
on purpose: compose scikit-learn's, or compute the column in the feature function.
"""
