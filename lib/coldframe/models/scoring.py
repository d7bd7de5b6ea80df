"""Scoring, the same to the last bit wherever it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from coldframe.errors import ConfigurationError, DataError
from coldframe.tasks import Task

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


def predict(
    task: Task, estimator: Any, matrix: pd.DataFrame, classes: Sequence[str] = ()
) -> np.ndarray[Any, Any]:
    """Return what a model of `task` says of each row; see :class:`coldframe.tasks.Task`.

    Parameters
    ----------
    task : Task
        What kind of answer is wanted.
    estimator : scikit-learn estimator
        Fitted on what `task.to_fit` returned.
    matrix : DataFrame of shape (n_rows, n_columns)
        As `coldframe.features.feature_matrix` returns it.
    classes : sequence of str
        Those that the model learned, where there are several.

    Raises
    ------
    ConfigurationError
        The estimator is none for this task.
    DataError
        It said something that is no probability, or no number.
    """
    if task.name == "regression":
        return predict_number(estimator, matrix)
    if task.name == "multiclass":
        return predict_classes(estimator, matrix, len(classes))
    return predict_probability(estimator, matrix)


def predict_number(estimator: Any, matrix: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the predicted number of each row, float64 of shape (n_rows,).

    Raises
    ------
    ConfigurationError
        The estimator is a classifier, or cannot predict.
    DataError
        A prediction is not finite.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.dummy import DummyRegressor
    >>> rows = pd.DataFrame({"x": [1.0, 2.0]})
    >>> predict_number(DummyRegressor().fit(rows, [1.0, 2.0]), rows).tolist()
    [1.5, 1.5]
    """
    import numpy as np

    if hasattr(estimator, "classes_") or not hasattr(estimator, "predict"):
        raise ConfigurationError(
            "The estimator must predict numbers: the task is regression.",
            where=type(estimator).__name__,
            found="a classifier" if hasattr(estimator, "classes_") else "no predict",
            remedy="take a regressor in model.builder, or correct model.task in the dataset file",
        )
    if not len(matrix):
        return np.empty(0)
    with one_thread():
        said = np.asarray(estimator.predict(matrix))
    number = np.ascontiguousarray(said.reshape(len(matrix)), dtype="float64")
    if wrong := int((~np.isfinite(number)).sum()):
        raise DataError(
            "The estimator returned something that is no finite number.",
            where=type(estimator).__name__, found=f"{wrong} of {len(matrix)} rows",
        )  # fmt: skip
    return number


def predict_classes(estimator: Any, matrix: pd.DataFrame, n_classes: int) -> np.ndarray[Any, Any]:
    """Return the probability of each class for each row, float64 of shape (n_rows, n_classes).

    Raises
    ------
    ConfigurationError
        The estimator gives no probabilities, or of other classes.
    DataError
        A probability is not a number between 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.dummy import DummyClassifier
    >>> rows = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    >>> predict_classes(DummyClassifier().fit(rows, [0, 1, 2, 2]), rows, 3)[0].tolist()
    [0.25, 0.25, 0.5]
    """
    import numpy as np

    known = [] if not hasattr(estimator, "predict_proba") else list(estimator.classes_)
    if known != list(range(n_classes)):
        raise ConfigurationError(
            "The estimator must give a probability of each class that it was fitted on.",
            where=type(estimator).__name__,
            found=f"{len(known)} of {n_classes} classes" if known else "no predict_proba",
            remedy="take a classifier, or wrap it in CalibratedClassifierCV",
        )
    if not len(matrix):
        return np.empty((0, n_classes))
    with one_thread():
        found = np.ascontiguousarray(estimator.predict_proba(matrix), dtype="float64")
    _check_probabilities(found.reshape(len(matrix), -1), estimator)
    return found


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
    _check_probabilities(probability.reshape(-1, 1), estimator)
    return probability


def _check_probabilities(found: np.ndarray[Any, Any], estimator: Any) -> None:
    """Raise DataError if a row holds something that is no probability; NaN is none, too."""
    if wrong := int((~((found >= 0) & (found <= 1))).any(axis=1).sum()):
        raise DataError(
            "The estimator returned something that is no probability.",
            where=type(estimator).__name__,
            found=f"{wrong} of {len(found)} rows",
            expected="numbers from 0 to 1",
        )
