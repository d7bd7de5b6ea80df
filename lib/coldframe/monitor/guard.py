"""The only door to NannyML: what goes in is cast and checked, what comes out is complete.

NannyML leaves out columns of types it does not know, turns its own errors into NaN and takes NaN
for "no alert". Every check here has a test that shows the hazard it is for.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coldframe.errors import DataError, EnvironmentFaultError
from coldframe.kernels.preloaded import without_unwanted
from coldframe.models import one_thread
from coldframe.variables import IGNORE_ZONES, variables_kept

FEWEST_OF_A_CLASS = 10
"""NannyML splits the reference ten times by class to see whether calibration helps."""
METHOD = "jensen_shannon"


def load_nannyml() -> Any:
    """Import NannyML without its telemetry, and without the .env file that it would load."""
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    with (
        variables_kept("PYTHON_DOTENV_DISABLED", IGNORE_ZONES),
        warnings.catch_warnings(),
        without_unwanted(),
    ):
        os.environ["PYTHON_DOTENV_DISABLED"] = "1"  # a stray .env must not change our own settings
        warnings.simplefilter("ignore")
        return importlib.import_module("nannyml")


@contextlib.contextmanager
def nannyml_at_home() -> Iterator[Any]:
    """Give NannyML the pandas it was written for, one thread, and no way to warn of the known."""
    nannyml = load_nannyml()
    with (
        pd.option_context("mode.string_storage", "python"),
        warnings.catch_warnings(),
        one_thread(),
    ):
        warnings.simplefilter("ignore")
        yield nannyml


def estimate_binary(
    reference: pd.DataFrame, rows: pd.DataFrame, *, time: str, target: str, probability: str,
    period: str, metric: str = "roc_auc",
) -> pd.DataFrame:  # fmt: skip
    """Estimate a figure for each chunk of `rows` from the probabilities alone (CBPE).

    Parameters
    ----------
    reference : DataFrame of shape (n_reference, n_columns)
        Rows the model did not learn from, with `time`, `probability` and `target`; rows without a
        label are left out.
    rows : DataFrame of shape (n_rows, n_columns)
        Rows with `time` and `probability`.
    time, target, probability : str
        Names of the columns.
    period : {"D", "W", "M"}
        The pandas period of a chunk.
    metric : str, default="roc_auc"
        NannyML's name of the figure.

    Returns
    -------
    DataFrame of shape (n_chunks, 3)
        Index `chunk`; columns `value`, `low`, `high` (three sampling errors to each side). NaN
        means that no estimate could be made.

    Raises
    ------
    DataError
        A probability is none, or the reference does not hold both classes.
    EnvironmentFaultError
        NannyML failed or left out a chunk.
    """
    labelled = reference[reference[target].notna()]
    known = pd.DataFrame(
        {
            time: naive_time(labelled[time]),
            probability: probabilities(labelled[probability], "reference"),
            target: _labels(labelled[target]),
        }
    )
    scored = pd.DataFrame(
        {time: naive_time(rows[time]), probability: probabilities(rows[probability], "rows")}
    )
    with nannyml_at_home() as nannyml, reported("CBPE"):
        estimator = nannyml.CBPE(
            metrics=[metric], y_pred_proba=probability, y_true=target, chunk_period=period,
            timestamp_column_name=time, problem_type="classification_binary",
        )  # fmt: skip
        result = estimator.fit(known).estimate(scored).filter(period="analysis").to_df()
    return read_estimates(result, metric, scored[time], period)


def read_estimates(
    result: pd.DataFrame, metric: str, times: pd.Series, period: str
) -> pd.DataFrame:
    """Return what NannyML's estimate says of each chunk, once it speaks of all of them."""
    chunks = list(result[("chunk", "key")])
    expect_chunks(chunks, times, period)
    columns = {
        "value": "value", "low": "lower_confidence_boundary", "high": "upper_confidence_boundary",
    }  # fmt: skip
    return pd.DataFrame(
        {
            name: result[(metric, theirs)].to_numpy(dtype="float64")
            for name, theirs in columns.items()
        },
        index=pd.Index(chunks, name="chunk"),
    )


def measure_drift(
    reference: pd.DataFrame, rows: pd.DataFrame, *, time: str, numeric: Sequence[str],
    categorical: Sequence[str], period: str,
) -> pd.DataFrame:  # fmt: skip
    """Return how far each column of each chunk lies from the reference (Jensen-Shannon, base 2).

    Parameters
    ----------
    reference, rows : DataFrame of shape (n_rows, n_columns)
        Hold `time` and all columns.
    time : str
        Name of the time column.
    numeric, categorical : sequence of str
        The columns; what is listed as numeric must be numbers, whatever NannyML would think.
    period : {"D", "W", "M"}
        The pandas period of a chunk.

    Returns
    -------
    DataFrame of shape (n_chunks, n_columns)
        Index `chunk`, one column for each of `numeric` and `categorical`. NaN where a chunk holds
        no value of the column.

    Raises
    ------
    DataError
        A numeric column holds text or infinities, or the reference holds no value of a column.
    EnvironmentFaultError
        NannyML failed or left out a column or a chunk.
    """
    columns = [*numeric, *categorical]
    if not columns:
        raise DataError("There is no column whose drift could be measured.")
    frames = [
        plain_frame(frame, time, numeric, categorical, where)
        for frame, where in ((reference, "reference"), (rows, "rows"))
    ]
    empty = [name for name in columns if frames[0][name].isna().all()]
    if empty:
        raise DataError(
            "The reference holds no value of a column, so nothing can drift from it.",
            where=", ".join(empty), remedy="leave the column out of `monitoring.drift`",
        )  # fmt: skip
    with nannyml_at_home() as nannyml, reported("univariate drift"):
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=columns, treat_as_numerical=list(numeric) or None,
            treat_as_categorical=list(categorical) or None, timestamp_column_name=time,
            continuous_methods=[METHOD], categorical_methods=[METHOD], chunk_period=period,
        )  # fmt: skip
        result = calculator.fit(frames[0]).calculate(frames[1])
        found = result.filter(period="analysis").to_df()
    lacking = [name for name in columns if (name, METHOD, "value") not in found.columns]
    if lacking:
        raise EnvironmentFaultError(
            "NannyML left out columns whose drift was asked for.", found=", ".join(lacking),
            remedy="look at their types; this is a fault of ours, please report it",
        )  # fmt: skip
    chunks = list(found[("chunk", "chunk", "key")])
    expect_chunks(chunks, frames[1][time], period)
    return pd.DataFrame(
        {name: found[(name, METHOD, "value")].to_numpy(dtype="float64") for name in columns},
        index=pd.Index(chunks, name="chunk"),
    )


def naive_time(column: pd.Series) -> pd.Series:
    """Return moments as naive UTC: periods have no zone, and pandas would drop it with a warning.

    Examples
    --------
    >>> naive_time(pd.Series(pd.to_datetime(["2013-01-01T05:00Z"]))).dt.tz is None
    True
    """
    if column.dt.tz is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column.astype("datetime64[us]")


def chunk_of(column: pd.Series, period: str) -> pd.Series:
    """Return the chunk of each moment, spelled as NannyML spells it.

    Examples
    --------
    >>> chunk_of(pd.Series(pd.to_datetime(["2013-03-06T05:00Z"])), "W").tolist()
    ['2013-03-04/2013-03-10']
    """
    periods = naive_time(column).dt.to_period(period)
    codes, known = periods.factorize()
    names = np.array([str(one) for one in known], dtype=object)
    return pd.Series(names[codes], index=column.index, dtype=object)


def probabilities(column: pd.Series, where: str) -> pd.Series:
    """Return a column as float64; raise DataError unless all are numbers from 0 to 1."""
    values = numbers(column, where)
    wrong = int((~((values >= 0) & (values <= 1))).sum())
    if wrong:
        raise DataError(
            "A probability must be a number from 0 to 1.", where=f"{where}, column {column.name}",
            found=f"{wrong} of {len(values)} rows have none",
        )  # fmt: skip
    return values


def _labels(column: pd.Series) -> pd.Series:
    values = numbers(column, "reference")
    counts = {label: int((values == label).sum()) for label in (0.0, 1.0)}
    if sum(counts.values()) != len(values) or min(counts.values()) < FEWEST_OF_A_CLASS:
        raise DataError(
            "A reference must hold both classes, else nothing can be calibrated on it.",
            where=f"reference, column {column.name}",
            expected=f"at least {FEWEST_OF_A_CLASS} rows each of 0 and 1, and nothing else",
            found=", ".join(f"{n} of {label:g}" for label, n in counts.items()),
        )  # fmt: skip
    return values.astype("int64")


def numbers(column: pd.Series, where: str) -> pd.Series:
    """Return a column as float64; raise DataError if it holds texts or infinities."""
    try:
        values = column.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            "A numeric column holds something else.", where=f"{where}, column {column.name}",
            found=str(error),
        ) from error  # fmt: skip
    if np.isinf(values).any():
        raise DataError(
            "A numeric column holds infinities.", where=f"{where}, column {column.name}",
            found=f"{int(np.isinf(values).sum())} rows",
        )  # fmt: skip
    return pd.Series(values, index=column.index, name=column.name)


def plain_frame(
    frame: pd.DataFrame, time: str, numeric: Sequence[str], categorical: Sequence[str], where: str
) -> pd.DataFrame:
    """Return a frame of numpy types only: NannyML knows no others."""
    columns = {time: naive_time(frame[time])}
    columns |= {name: numbers(frame[name], where) for name in numeric}
    for name in categorical:
        held = frame[name].notna().to_numpy()
        texts = np.full(len(frame), np.nan, dtype=object)
        texts[held] = [str(value) for value in frame[name][held]]
        columns[name] = pd.Series(texts, index=frame.index, dtype=object)
    return pd.DataFrame(columns)


def expect_chunks(found: Sequence[str], times: pd.Series, period: str) -> None:
    """Raise EnvironmentFaultError unless `found` are the chunks of all `times`."""
    expected = sorted(set(chunk_of(times, period)))
    if sorted(found) != expected:
        raise EnvironmentFaultError(
            "NannyML returned other chunks than the rows have.",
            expected=", ".join(expected[:5]), found=", ".join(found[:5]),
        )  # fmt: skip


@contextlib.contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn NannyML's own exceptions into ours."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "nannyml":
            raise
        raise EnvironmentFaultError(
            f"NannyML could not compute {what}.", found=f"{type(error).__name__}: {error}"
        ) from error
