"""The scored snapshots: every prediction the champions made, and what their chunks came to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from coldframe.ledger import ModelVersion
from coldframe.models import predict
from coldframe.order import read_place
from coldframe.provenance import bytes_digest, record_digest
from coldframe.scores import FEATURES, row_columns, said_columns, scored_name
from coldframe.snapshots import Addition, BatchRecord, Snapshot
from coldframe.workbench import Workbench

CHUNK_TYPES: dict[str, Any] = {
    "champion": object, "kind": object, "column": object, "chunk": object,
    "start": "datetime64[us, UTC]", "end": "datetime64[us, UTC]", "metric": object,
    "value": "float64", "low": "float64", "high": "float64", "threshold": "float64",
    "alert": "boolean", "rows": "int64", "complete": "bool", "why": object,
    "config": object, "basis": object,
}  # fmt: skip
"""Columns of the table `chunks`; of each champion, kind, column and chunk the last row counts."""


def read_chunks(bench: Workbench, champion: ModelVersion, config: str) -> pd.DataFrame:
    """Return what the finished and running chunks of `champion` came to under `config`."""
    head = bench.store.head(scored_name(bench.dataset))
    if head is None or "chunks" not in head.tables:
        return type_chunks([])
    table = bench.store.read(head, "chunks")
    ours = table[(table["champion"] == champion.digest) & (table["config"] == config)]
    return latest_chunks(ours.astype(CHUNK_TYPES))


def type_chunks(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return `records` as a frame with exactly the columns and types of `CHUNK_TYPES`."""
    frame = pd.DataFrame(records, columns=list(CHUNK_TYPES))
    return frame.astype(CHUNK_TYPES)


def latest_chunks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each kind, column and chunk, in the order of time."""
    latest = table.drop_duplicates(["kind", "column", "chunk"], keep="last")
    return latest.sort_values(["kind", "start", "column"], kind="stable", ignore_index=True)


def score_rows(
    bench: Workbench, champion: ModelVersion, frame: pd.DataFrame, scored: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the rows after the champion's holdout, each once in its life.

    Parameters
    ----------
    bench : Workbench
        Holds the estimator.
    champion : ModelVersion
        The model.
    frame : DataFrame of shape (n_rows, n_columns)
        The feature frame of a snapshot.
    scored : DataFrame
        What `read_scores` returned.

    Returns
    -------
    rows : DataFrame of shape (n_after, n_columns + n_said)
        The rows of `frame` after the holdout, with what was said first in the columns of
        :meth:`coldframe.tasks.Task.spell`.
    new : DataFrame
        Key, time and these columns of those that had not been scored yet.
    """
    key = list(bench.dataset.features.key)
    after = frame
    if (end := judged_until(champion)) is not None:
        after = frame[frame[bench.dataset.features.order] > pd.Timestamp(read_place(end))]
    task, columns = bench.dataset.model.kind, said_columns(bench, champion)
    known = scored[[*key, *columns]].astype({name: frame[name].dtype for name in key})
    rows = after.merge(known, on=key, how="left", validate="one_to_one")
    said = rows[columns].to_numpy(dtype="float64", copy=True)
    lacking = np.isnan(said).any(axis=1)
    if lacking.any():
        estimator = bench.models.load(champion.estimator)
        matrix = bench.matrix(champion, rows[lacking])
        fresh = predict(task, estimator, matrix, champion.classes)
        said[lacking] = fresh.reshape(len(fresh), len(columns))
    words = task.spell(said if len(columns) > 1 else said[:, 0], champion.classes)
    rows = rows.assign(**words)
    new = rows.loc[lacking, [*row_columns(bench.dataset), *words]]
    return rows, new.reset_index(drop=True)


def judged_until(champion: ModelVersion) -> str | None:
    """Return the last moment that the champion learned from or was judged on."""
    return champion.holdout.end if champion.holdout else champion.trained_until


def freeze_scored(
    bench: Workbench, champion: ModelVersion, snapshot: Snapshot, *,
    scores: pd.DataFrame, chunks: pd.DataFrame, config: str,
) -> Snapshot | None:  # fmt: skip
    """Freeze new scores and chunks in one step; return the newest scored snapshot, if any.

    Each goes in as a batch named by what it was made from and what it says, so that doing it again
    adds nothing, and coming to something else is not lost.
    """
    name = scored_name(bench.dataset)
    about = {"champion": champion.digest, "snapshot": snapshot.id}
    additions, batches = [], []
    tables = {
        "scores": scores.assign(champion=champion.digest, snapshot=snapshot.id),
        "chunks": chunks,
    }
    for table, rows in tables.items():
        if not len(rows):
            continue
        made_by = {FEATURES: bench.feature_code()} if table == "scores" else {"config": config}
        told = {**about, **made_by}
        digest = record_digest({"table": table, **told, "content": _content(rows)})
        additions.append(Addition(table, rows, batch=digest))
        batches.append(BatchRecord(digest, table, snapshot.name, len(rows), told))
    if not additions:
        return bench.store.head(name)
    return bench.store.freeze(name, additions, batches=batches, about=about)


def _content(rows: pd.DataFrame) -> str:
    """Return a digest of what `rows` say; of chunks, of what their figures rest on."""
    if "basis" in rows:
        rows = rows[["kind", "chunk", "column", "basis"]]
    hashed = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    return bytes_digest(hashed.tobytes())
