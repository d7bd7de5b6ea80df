"""Feature frames: from a snapshot's tables, through the user's function, to what a model reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coldframe.datasets import Column, Dataset, Source, load_object
from coldframe.errors import DataError
from coldframe.sections import DELIVERED

EMPTY = {
    "string": "str",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
    "timestamp": "datetime64[us, UTC]",
}
TIME = pd.DatetimeTZDtype("us", "UTC")


def build_frame(dataset: Dataset, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return key, time, feature columns and target, one row for each row of `features.rows`.

    The user's function sees every source of the dataset: of each key the row that was delivered
    last, with every declared column; a source that has not come yet is an empty table.

    Parameters
    ----------
    dataset : Dataset
        Names the function and its columns.
    tables : mapping of str to DataFrame
        Rows of each source in the order of delivery.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        Sorted by time, then key; without a time by `delivered` (see `coldframe.order`). Numbers
        are ``float64``, texts ``object``, times ``datetime64[us, UTC]``: the types on which every
        library agrees. The target is ``float64``, of a multiclass task ``object``; NaN where the
        label is not known.

    Raises
    ------
    DataError
        The function lost, doubled or invented rows, left out a column, or returned values that
        no model can use.
    """
    features = dataset.features
    latest = {name: _latest(tables.get(name), one) for name, one in dataset.sources.items()}
    function = load_object(features.function, where=f"{dataset.name}: features.function")
    found = function(latest)
    where = f"{features.function}, dataset {dataset.name}"
    own = [*features.key, *([features.time] if features.time else ())]
    own += [*features.columns, features.target]
    _check_shape(found, list(dict.fromkeys(own)), where)
    columns = {name: _plain(found[name], f"{where}, column {name}") for name in features.key}
    if features.time:
        columns[features.time] = _time(found[features.time], f"{where}, column {features.time}")
    for name in features.numeric:
        columns[name] = _number(found[name], f"{where}, column {name}")
    task, told = dataset.model.kind, f"{where}, column {features.target}"
    target = found[features.target]
    columns[features.target] = _class(target) if task.target_is_text else _number(target, told)
    for name in features.categorical:
        columns.setdefault(name, _text(found[name]))
    frame = pd.DataFrame({name: columns[name] for name in dict.fromkeys(own)})
    key = list(features.key)
    _check_rows(frame[key], latest[features.rows], key, where)
    task.check_target(list(frame[features.target].dropna().unique()), told)
    if not features.time:
        delivered = _deliveries(tables.get(features.rows), key, where)
        frame = frame.merge(delivered, on=key, how="left", validate="one_to_one")
    order = list(dict.fromkeys([features.order, *key]))
    return frame.sort_values(order, kind="stable", ignore_index=True)


def feature_matrix(
    dataset: Dataset, frame: pd.DataFrame, *, numeric: Sequence[str] | None = None,
    categorical: Sequence[str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return what the estimator is given: the feature columns alone, in the declared order.

    Works on a frame of `build_frame` and on one that was frozen and read back. Without `numeric`
    and `categorical` the columns are those of the dataset file.

    Raises
    ------
    DataError
        A feature column is not there or is no number.
    """
    numeric = dataset.features.numeric if numeric is None else numeric
    categorical = dataset.features.categorical if categorical is None else categorical
    _check_columns(frame, [*numeric, *categorical], f"dataset {dataset.name}")
    return pd.DataFrame(
        {name: _number(frame[name], f"column {name}") for name in numeric}
        | {name: _text(frame[name]) for name in categorical},
        index=frame.index,
    )


def before_holdout(dataset: Dataset, labelled: pd.DataFrame) -> pd.Series:
    """Return which of the `labelled` rows are older than the holdout.

    The holdout is the newest `model.holdout_days`, or, where rows have no time, the newest
    `model.holdout_share` of the labelled rows in the order of delivery.
    """
    when = labelled[dataset.features.order]
    if not dataset.features.time:
        kept = len(labelled) - round(len(labelled) * dataset.model.holdout_share)
        earlier: pd.Series = when.rank(method="first") <= kept
        return earlier
    old: pd.Series = when <= when.max() - pd.Timedelta(days=dataset.model.holdout_days)
    return old


def _latest(table: pd.DataFrame | None, source: Source) -> pd.DataFrame:
    """Return the last delivered row of each key, with all declared columns."""
    if table is None:
        return pd.DataFrame({n: pd.Series(dtype=_empty(c)) for n, c in source.columns.items()})
    key = list(source.key)
    rows = table.drop_duplicates(key, keep="last") if key else table
    lacking = {
        name: pd.Series(None, index=rows.index, dtype=object).astype(_nullable(column))
        for name, column in source.columns.items()
        if name not in rows
    }
    return rows.assign(**lacking).reset_index(drop=True)


def _deliveries(table: pd.DataFrame | None, key: list[str], where: str) -> pd.DataFrame:
    """Return the key of each row with its place in the order in which keys first came."""
    if table is None:
        return pd.DataFrame({name: [] for name in [*key, DELIVERED]})
    first = table.drop_duplicates(key, keep="first")
    numbers = np.arange(1, len(first) + 1)
    plain = {name: _plain(first[name], f"{where}, column {name}") for name in key}
    places = pd.to_datetime(numbers, unit="s", utc=True).astype(TIME)
    return pd.DataFrame(plain).reset_index(drop=True).assign(**{DELIVERED: places})


def _empty(column: Column) -> Any:
    return EMPTY[column.type]


def _nullable(column: Column) -> Any:
    # integers and truth values have no null of their own
    return {"integer": "float64", "boolean": "boolean"}.get(column.type, EMPTY[column.type])


def _check_shape(found: Any, names: Sequence[str], where: str) -> None:
    if not isinstance(found, pd.DataFrame):
        raise DataError(
            "The feature function returned no frame.",
            where=where,
            expected="pandas.DataFrame",
            found=type(found).__name__,
        )
    _check_columns(found, names, where)


def _check_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    lacking = [name for name in names if name not in frame]
    doubled = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if lacking or doubled:
        raise DataError(
            "A feature frame must have each declared column once.",
            where=where,
            expected=", ".join(names),
            found="; ".join(
                f"{what}: {', '.join(some)}"
                for what, some in (("missing", lacking), ("doubled", doubled))
                if some
            ),
            remedy="mend the feature function, or the columns under `features` in the dataset file",
        )


def _number(column: pd.Series, where: str) -> pd.Series:
    try:
        values = column.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            "A numeric feature holds something else.", where=where, found=str(error)
        ) from error
    if np.isinf(values).any():
        raise DataError("A numeric feature is infinite.", where=where, remedy="leave it blank")
    return pd.Series(values, index=column.index, name=column.name)


def _text(column: pd.Series) -> pd.Series:
    missing = column.isna().to_numpy()
    texts = [text if type(text) is str else str(text) for text in column.tolist()]
    values = np.array(texts, dtype=object)
    values[missing] = np.nan
    return pd.Series(values, index=column.index, name=column.name, dtype=object)


def _class(column: pd.Series) -> pd.Series:
    """Return classes as texts; whole numbers without the .0 that pandas adds beside blanks."""
    numbers = column.dropna()
    if pd.api.types.is_float_dtype(column.dtype) and (numbers == numbers.round()).all():
        column = column.astype("Int64")
    return _text(column)


def _time(column: pd.Series, where: str) -> pd.Series:
    aware = isinstance(column.dtype, pd.DatetimeTZDtype)
    if not aware or column.isna().any():
        raise DataError(
            "The time of a row must be a moment, with its time zone.",
            where=where,
            expected=str(TIME),
            found=str(column.dtype) + (", with blanks" if column.isna().any() else ""),
        )
    return column.astype(TIME)


def _plain(column: pd.Series, where: str) -> pd.Series:
    """Return a key column as numpy's integers, times, or objects."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _time(column, where)
    if column.isna().any():
        raise DataError("A key has blanks.", where=where)
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.astype("int64")
    if pd.api.types.is_float_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("float64")
    return _text(column)


def _check_rows(found: pd.DataFrame, rows: pd.DataFrame, key: list[str], where: str) -> None:
    """Raise unless `found` holds exactly the keys of `rows`, each once."""
    doubled = int(found.duplicated(key).sum())
    expected = {name: _plain(rows[name], f"{where}, column {name}") for name in key}
    both = found.drop_duplicates(key).merge(
        pd.DataFrame(expected), on=key, how="outer", indicator=True
    )
    lost = int((both["_merge"] == "right_only").sum())
    invented = int((both["_merge"] == "left_only").sum())
    if doubled or lost or invented:
        raise DataError(
            "The feature function must return each row once and no other.",
            where=where,
            expected=f"{len(rows)} rows",
            found=f"{len(found)} rows: {lost} lost, {doubled} doubled, {invented} invented",
            remedy="join with how='left' and validate='many_to_one'",
        )
