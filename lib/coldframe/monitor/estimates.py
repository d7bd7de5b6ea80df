"""Performance estimated without labels, by the method that NannyML has for the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldframe.datasets import Dataset
from coldframe.errors import DataError
from coldframe.monitor.guard import (
    FEWEST_OF_A_CLASS,
    estimate_binary,
    naive_time,
    nannyml_at_home,
    numbers,
    plain_frame,
    probabilities,
    read_estimates,
    reported,
)
from coldframe.monitor.periods import Periods
from coldframe.tasks import PREDICTION, PROBABILITY

FEWEST_ROWS = 50
"""With fewer labelled rows in the reference nothing can be learned about errors."""
TREES = {"n_jobs": 1, "deterministic": True, "force_row_wise": True, "seed": 0, "verbose": -1}
"""For LightGBM, which NannyML fits to the errors: one thread and one seed, the same each time."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What the rows and their reference are called.

    Parameters
    ----------
    time, target : str
        Names of the columns.
    period : {"D", "W", "M"}
        The pandas period of a chunk.
    metric : str
        NannyML's name of the figure.
    """

    time: str
    target: str
    period: str
    metric: str


def estimate(
    dataset: Dataset, reference: pd.DataFrame, rows: pd.DataFrame, *, classes: Sequence[str] = ()
) -> pd.DataFrame:
    """Estimate the dataset's metric for each chunk of `rows`.

    Parameters
    ----------
    dataset : Dataset
        Says task, metric, columns and period.
    reference : DataFrame of shape (n_reference, n_columns)
        Labelled rows the model did not learn from, with what it said of them.
    rows : DataFrame of shape (n_rows, n_columns)
        Rows with what it said of them.
    classes : sequence of str
        Those the model knows, where there are several.

    Returns
    -------
    DataFrame of shape (n_chunks, 3)
        Index `chunk`; columns `value`, `low`, `high`. NaN means that no estimate could be made.

    Raises
    ------
    DataError
        The metric cannot be estimated, or the reference says too little.
    EnvironmentFaultError
        NannyML failed or left out a chunk.
    """
    features, metric = dataset.features, dataset.model.judged_by
    if metric.estimated_as is None:
        able = [one.label for one in dataset.model.kind.metrics if one.estimated_as]
        raise DataError(
            f"{metric.label} cannot be estimated without labels", where=dataset.name,
            expected=f"one of {', '.join(able)}", remedy="choose another model.metric",
        )  # fmt: skip
    periods = Periods.of(dataset)
    named = Scored(
        time=features.order, target=features.target, period=periods.period,
        metric=metric.estimated_as,
    )  # fmt: skip
    known, asked = periods.dated(reference), periods.dated(rows)
    if dataset.model.task == "multiclass":
        columns = dataset.model.kind.columns(classes)
        found = estimate_classes(known, asked, named, classes=classes, columns=columns)
    elif dataset.model.task == "regression":
        numeric, categorical = features.numeric, features.categorical
        found = estimate_losses(known, asked, named, numeric=numeric, categorical=categorical)
    else:
        found = estimate_binary(
            known, asked, time=named.time, target=named.target, period=named.period,
            probability=PROBABILITY, metric=named.metric,
        )  # fmt: skip
    return found.rename(index=periods.name)


def estimate_classes(
    reference: pd.DataFrame, rows: pd.DataFrame, named: Scored, *, classes: Sequence[str],
    columns: Sequence[str],
) -> pd.DataFrame:  # fmt: skip
    """Estimate a figure from the probabilities of several classes (CBPE).

    Labels of classes that the model does not know are left out of the reference: nothing was said
    of them that could be calibrated.
    """
    known = reference[reference[named.target].isin(classes)]
    counts = known[named.target].value_counts().reindex(list(classes), fill_value=0)
    if counts.min() < FEWEST_OF_A_CLASS:
        raise DataError(
            "A reference must hold all classes, else nothing can be calibrated on it.",
            where=f"reference, column {named.target}",
            expected=f"at least {FEWEST_OF_A_CLASS} rows of each",
            found=", ".join(f"{n} of {label}" for label, n in counts.items()),
        )  # fmt: skip
    places = {name: place for place, name in enumerate(classes)}
    frames = [
        pd.DataFrame(
            {
                named.time: naive_time(frame[named.time]),
                PREDICTION: frame[PREDICTION].map(places).to_numpy(dtype="int64"),
                **{name: probabilities(frame[name], where) for name in columns},
            }
        )
        for frame, where in ((known, "reference"), (rows, "rows"))
    ]
    truth = known[named.target].map(places).to_numpy(dtype="int64")
    with nannyml_at_home() as nannyml, reported("CBPE"):
        estimator = nannyml.CBPE(
            metrics=[named.metric], y_pred_proba=dict(enumerate(columns)), y_pred=PREDICTION,
            y_true=named.target, timestamp_column_name=named.time, chunk_period=named.period,
            problem_type="classification_multiclass",
        )  # fmt: skip
        fitted = estimator.fit(frames[0].assign(**{named.target: truth}))
        result = fitted.estimate(frames[1]).filter(period="analysis").to_df()
    return read_estimates(result, named.metric, frames[1][named.time], named.period)


def estimate_losses(
    reference: pd.DataFrame, rows: pd.DataFrame, named: Scored, *, numeric: Sequence[str],
    categorical: Sequence[str],
) -> pd.DataFrame:  # fmt: skip
    """Estimate a figure of errors from features and predictions (DLE).

    On the reference trees learn how far predictions are off, given the features; what they say of
    other rows is the estimate.
    """
    known = reference[reference[named.target].notna()]
    here = [name for name in (*numeric, *categorical) if name in known and name in rows]
    if len(known) < FEWEST_ROWS or not here:
        raise DataError(
            "The reference says too little of how far predictions are off",
            where="reference", expected=f"{FEWEST_ROWS} labelled rows with features",
            found=f"{len(known)} rows, {len(here)} features",
        )  # fmt: skip
    wanted = [[name for name in names if name in here] for names in (numeric, categorical)]
    frames = [
        plain_frame(frame, named.time, wanted[0], wanted[1], where).assign(
            **{PREDICTION: numbers(frame[PREDICTION], where)}
        )
        for frame, where in ((known, "reference"), (rows, "rows"))
    ]
    truth = np.ascontiguousarray(numbers(known[named.target], "reference"))
    with nannyml_at_home() as nannyml, reported("DLE"):
        estimator = nannyml.DLE(
            feature_column_names=here, y_pred=PREDICTION, y_true=named.target,
            timestamp_column_name=named.time, chunk_period=named.period, metrics=[named.metric],
            hyperparameters=TREES,
        )  # fmt: skip
        fitted = estimator.fit(frames[0].assign(**{named.target: truth}))
        result = fitted.estimate(frames[1]).filter(period="analysis").to_df()
    return read_estimates(result, named.metric, frames[1][named.time], named.period)
