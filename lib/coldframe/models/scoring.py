"""Scoring, the same to the last bit wherever it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from coldframe.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let numerical libraries use one thread: sums then always run in the same order.

    Examples
    --------
    >>> with one_thread():
    ...     pass
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def predict_probability(estimator: Any, matrix: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the probability of class 1 for each row, float64 of shape (n_rows,).

    Parameters
    ----------
    estimator : scikit-learn classifier
        Fitted on the classes 0 and 1.
    matrix : DataFrame of shape (n_rows, n_columns)
        As `coldframe.features.feature_matrix` returns it.

    Raises
    ------
    ConfigurationError
        The estimator gives no probabilities, or knows other classes.
    DataError
        A probability is not a number between 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.dummy import DummyClassifier
    >>> rows = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    >>> estimator = DummyClassifier(strategy="prior").fit(rows, [0, 1, 1, 1])
    >>> predict_probability(estimator, rows).tolist()
    [0.75, 0.75, 0.75, 0.75]
    """
    import numpy as np

    classes = [] if not hasattr(estimator, "predict_proba") else list(estimator.classes_)
    if classes != [0, 1]:
        raise ConfigurationError(
            "The estimator must give probabilities of the classes 0 and 1.",
            where=type(estimator).__name__,
            found=f"classes {classes}" if classes else "no predict_proba",
            remedy="take a classifier, or wrap it in CalibratedClassifierCV",
        )
    if not len(matrix):
        return np.empty(0)
    with one_thread():
        probability = np.ascontiguousarray(estimator.predict_proba(matrix)[:, 1], dtype="float64")
    if wrong := int((~((probability >= 0) & (probability <= 1))).sum()):  # NaN is wrong, too
        raise DataError(
            "The estimator returned something that is no probability.",
            where=type(estimator).__name__,
            found=f"{wrong} of {len(matrix)} rows",
            expected="numbers from 0 to 1",
        )
    return probability
