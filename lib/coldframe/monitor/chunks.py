"""What each chunk of a champion's life came to: estimated, realised, drifted; and what is new."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldframe.datasets import Dataset
from coldframe.errors import DataError
from coldframe.monitor.estimates import estimate
from coldframe.monitor.guard import METHOD, measure_drift, naive_time
from coldframe.monitor.periods import Periods
from coldframe.monitor.realised import LEAST_ROWS, RealisedFigure, realise
from coldframe.monitor.scored import type_chunks
from coldframe.monitor.thresholds import drift_bounds, worst_bound


@dataclass(frozen=True, eq=False)
class ChunkRows:
    """The scored rows of one chunk and how far they are complete.

    `complete` says that later data has come, so that no more rows are expected; `labelled` that
    labels of later rows have come, so that no more labels are.
    """

    chunk: str
    start: pd.Timestamp
    end: pd.Timestamp
    rows: pd.DataFrame
    complete: bool
    labelled: bool


@dataclass(frozen=True, eq=False)
class Reference:
    """The champion's holdout with its predictions, and what follows from it for each chunk."""

    rows: pd.DataFrame
    classes: tuple[str, ...]
    value: float | None
    threshold: float

    @classmethod
    def of(cls, dataset: Dataset, rows: pd.DataFrame, classes: Sequence[str] = ()) -> Reference:
        """Return the reference of these rows under the dataset's monitoring settings."""
        rows = rows[rows[dataset.features.target].notna()].reset_index(drop=True)
        parts = rows.groupby(Periods.of(dataset).chunk_of(rows), sort=True)
        figures = [_realise(dataset, one, classes) for _, one in parts]
        whole = _realise(dataset, rows, classes)
        return cls(
            rows=rows,
            classes=tuple(classes),
            value=None if math.isnan(whole.value) else whole.value,
            threshold=worst_bound(
                [one.value for one in figures], false_alarm=dataset.monitoring.drift_false_alarm,
                greater_is_better=dataset.model.judged_by.greater_is_better,
            ),
        )  # fmt: skip


def _realise(dataset: Dataset, rows: pd.DataFrame, classes: Sequence[str]) -> RealisedFigure:
    model = dataset.model
    said = model.kind.read(rows, classes)
    return realise(model.kind, model.judged_by, rows[dataset.features.target], said, classes)


def cut_chunks(
    dataset: Dataset, rows: pd.DataFrame, *, newest: pd.Timestamp, newest_label: pd.Timestamp | None
) -> list[ChunkRows]:
    """Cut `rows` into the periods of the dataset's monitoring, oldest first."""
    return [
        ChunkRows(
            chunk=name, start=start, end=end, rows=part.reset_index(drop=True),
            complete=newest > end, labelled=newest_label is not None and newest_label > end,
        )
        for name, start, end, part in Periods.of(dataset).cut(rows)
    ]  # fmt: skip


def chunk_basis(dataset: Dataset, chunk: ChunkRows, kind: str, classes: Sequence[str] = ()) -> str:
    """Return the digest of what a chunk's figures depend on, beside the champion and the settings.

    Late rows change it, late labels only of kind "realised", values of features only of kind
    "drift" (and of estimates that are made from them); so a finished chunk is computed once.
    """
    finished = chunk.labelled if kind == "realised" else chunk.complete
    digest = hashlib.sha256(f"{chunk.chunk}:{finished}".encode())
    moments = naive_time(chunk.rows[dataset.features.order]).astype("int64")
    said = list(dataset.model.kind.columns(classes))
    read = list(dataset.features.columns) if dataset.model.task == "regression" else []
    names = {
        "estimated": [*said, *read],
        "realised": [*said, dataset.features.target],
        "drift": list(dataset.monitoring.drift or dataset.features.columns),
    }[kind]
    for column in [moments, *(chunk.rows[name] for name in names)]:
        hashed = pd.util.hash_pandas_object(column, index=False)
        digest.update(np.ascontiguousarray(hashed.to_numpy()).tobytes())
    return digest.hexdigest()


def figure_new_chunks(
    dataset: Dataset, champion: str, config: str, *, reference: Reference,
    chunks: list[ChunkRows], known: pd.DataFrame, progress: Callable[[str], None],
) -> pd.DataFrame:  # fmt: skip
    """Return figures, as rows of `CHUNK_TYPES`, of those chunks whose basis is not in `known`."""
    stored = set(zip(known["kind"], known["chunk"], known["basis"], strict=True))
    fresh: dict[str, list[tuple[ChunkRows, str]]] = {}
    for kind in ("estimated", "realised", "drift"):
        named = [(one, chunk_basis(dataset, one, kind, reference.classes)) for one in chunks]
        fresh[kind] = [(one, b) for one, b in named if (kind, one.chunk, b) not in stored]
    records: list[dict[str, Any]] = []
    for kind, figure in (
        ("estimated", _estimated), ("realised", _realised), ("drift", _drift),
    ):  # fmt: skip
        if fresh[kind]:
            progress(f"{kind}: {len(fresh[kind])} chunks")
            bases = {one.chunk: basis for one, basis in fresh[kind]}
            for record in figure(dataset, reference, [one for one, _ in fresh[kind]]):
                fixed = {"champion": champion, "kind": kind, "config": config}
                records.append({**record, **fixed, "basis": bases[record["chunk"]]})
    return type_chunks(records)


def _record(chunk: ChunkRows, *, metric: str, above: bool, **figures: Any) -> dict[str, Any]:
    """Return one row; an alert needs a value and a threshold, else there is no verdict.

    `above` says whether it is a value above the threshold that alerts.
    """
    record = {
        "chunk": chunk.chunk, "start": chunk.start, "end": chunk.end, "column": "",
        "metric": metric, "value": math.nan, "low": math.nan, "high": math.nan,
        "threshold": math.nan, "rows": len(chunk.rows), "complete": chunk.complete, "why": "",
        **figures,
    }  # fmt: skip
    known = not math.isnan(record["value"]) and not math.isnan(record["threshold"])
    crossed = record["value"] > record["threshold"] if above else (
        record["value"] < record["threshold"]
    )  # fmt: skip
    record["alert"] = bool(crossed) if known else pd.NA
    if not known and not record["why"]:
        missing = "value" if math.isnan(record["value"]) else "threshold"
        record["why"] = f"no {missing} could be computed"
    return record


def _estimated(
    dataset: Dataset, reference: Reference, chunks: list[ChunkRows]
) -> Iterable[dict[str, Any]]:
    enough = [chunk for chunk in chunks if len(chunk.rows) >= LEAST_ROWS]
    why, found = f"fewer than {LEAST_ROWS} rows", None
    if enough:
        try:
            rows = pd.concat([chunk.rows for chunk in enough], ignore_index=True)
            found = estimate(dataset, reference.rows, rows, classes=reference.classes)
        except DataError as error:  # a reference of one class says nothing, and must not stop us
            why = str(error.what)
    values: dict[Any, dict[Any, float]] = {} if found is None else found.to_dict(orient="index")
    figure = _judged(dataset, reference)
    for chunk in chunks:
        yield _record(chunk, **figure, **values.get(chunk.chunk, {"why": why}))


def _realised(
    dataset: Dataset, reference: Reference, chunks: list[ChunkRows]
) -> Iterable[dict[str, Any]]:
    judged = _judged(dataset, reference)
    for chunk in chunks:
        figure = _realise(dataset, chunk.rows, reference.classes)
        yield _record(
            chunk, value=figure.value, low=figure.low, high=figure.high, rows=figure.rows,
            why=figure.why, complete=chunk.labelled, **judged,
        )  # fmt: skip


def _judged(dataset: Dataset, reference: Reference) -> dict[str, Any]:
    """Return what records of performance have in common."""
    metric = dataset.model.judged_by
    return {
        "metric": metric.name, "above": not metric.greater_is_better,
        "threshold": reference.threshold,
    }  # fmt: skip


def _drift(
    dataset: Dataset, reference: Reference, chunks: list[ChunkRows]
) -> Iterable[dict[str, Any]]:
    """Yield a record for each chunk and column, also for those that have no reference."""
    features, periods = dataset.features, Periods.of(dataset)
    silent = {name: _incomparable(dataset, reference.rows, name) for name in features.columns}
    wanted = dataset.monitoring.drift or features.columns
    numeric, categorical = (
        [name for name in names if name in wanted and not silent[name]]
        for names in (features.numeric, features.categorical)
    )
    values: dict[Any, dict[Any, float]] = {}
    if numeric or categorical:
        rows = pd.concat([chunk.rows for chunk in chunks], ignore_index=True)
        found = measure_drift(
            periods.dated(reference.rows), periods.dated(rows), time=periods.order,
            numeric=numeric, categorical=categorical, period=periods.period,
        )  # fmt: skip
        values = found.rename(index=periods.name).to_dict(orient="index")
    naive = periods.in_days(reference.rows)
    bounds: dict[int, dict[str, float]] = {}
    for chunk in chunks:
        days = int(periods.in_days(chunk.rows)[periods.order].dt.floor("D").nunique())
        if values and days not in bounds:
            bounds[days] = drift_bounds(
                naive, time=periods.order, numeric=numeric, categorical=categorical, days=days,
                false_alarm=dataset.monitoring.drift_false_alarm, seed=dataset.model.seed,
            )  # fmt: skip
        for name in wanted:
            yield _record(
                chunk, column=name, metric=METHOD, above=True, why=silent[name],
                value=values.get(chunk.chunk, {}).get(name, math.nan),
                threshold=bounds.get(days, {}).get(name, math.nan),
            )  # fmt: skip


def _incomparable(dataset: Dataset, reference: pd.DataFrame, name: str) -> str:
    """Return why nothing can be compared with this column of the reference, or an empty text."""
    if name not in reference:
        return "the champion's reference does not have this column"
    if not reference[name].notna().any():
        return "the reference holds no value of this column"
    number = pd.api.types.is_float_dtype(reference[name])
    if name not in dataset.features.key and number != (name in dataset.features.numeric):
        return "the reference holds numbers in this column" if number else (
            "the reference holds texts in this column"
        )  # fmt: skip
    return ""
