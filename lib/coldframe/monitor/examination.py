"""One champion examined on one snapshot: scored, frozen, figured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from coldframe.errors import DataError
from coldframe.ledger import ModelVersion
from coldframe.monitor.chunks import Reference, cut_chunks, figure_new_chunks
from coldframe.monitor.scored import (
    freeze_scored,
    latest_chunks,
    read_chunks,
    score_rows,
    type_chunks,
)
from coldframe.scores import read_scores, scored_name
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench

SHOWN = ["start", "end", "value", "low", "high", "threshold", "alert", "rows", "complete", "why"]


@dataclass(frozen=True, eq=False)
class Examination:
    """What was found: `chunks` has the columns of `scored.CHUNK_TYPES`."""

    chunks: pd.DataFrame
    scored: Snapshot | None
    scored_rows: int
    figured_chunks: int
    reference_value: float | None

    def of(self, kind: str) -> pd.DataFrame:
        """Return the figures of one kind by chunk, in the order of time."""
        rows = self.chunks[self.chunks["kind"] == kind].set_index("chunk")
        return rows[["column", *SHOWN] if kind == "drift" else SHOWN]


def examine_nothing() -> Examination:
    """Return what is known without a champion."""
    return Examination(type_chunks([]), None, 0, 0, None)


def examine_champion(
    bench: Workbench, snapshot: Snapshot, champion: ModelVersion, frame: pd.DataFrame, *,
    config: str, freeze: bool, progress: Callable[[str], None],
) -> Examination:  # fmt: skip
    """Score new rows, compute new chunks and (with `freeze`) freeze both in one step.

    A champion whose features are not built any more scores nothing, and nothing new is known.
    """
    dataset, features = bench.dataset, bench.dataset.features
    known = read_chunks(bench, champion, config)
    if champion.task != dataset.model.task:  # its reference holds answers of another kind
        progress(str(bench.obstacle(champion)))
        return Examination(known, bench.store.head(scored_name(dataset)), 0, 0, None)
    reference = Reference.of(dataset, _read_reference(bench, champion), champion.classes)
    if obstacle := bench.obstacle(champion):
        progress(obstacle)
        head = bench.store.head(scored_name(dataset))
        return Examination(known, head, 0, 0, reference.value)
    rows, new = score_rows(bench, champion, frame, read_scores(bench, champion))
    progress(f"{champion.name} scored {len(new):,} rows")
    labelled = frame.loc[frame[features.target].notna(), features.order]
    chunks = cut_chunks(
        dataset, rows, newest=frame[features.order].max(),
        newest_label=labelled.max() if len(labelled) else None,
    )  # fmt: skip
    fresh = figure_new_chunks(
        dataset, champion.digest, config, reference=reference, chunks=chunks, known=known,
        progress=progress,
    )  # fmt: skip
    head = None
    if freeze:
        head = freeze_scored(bench, champion, snapshot, scores=new, chunks=fresh, config=config)
    present = {one.chunk for one in chunks}
    everything = latest_chunks(pd.concat([known, fresh], ignore_index=True))
    return Examination(
        chunks=everything[everything["chunk"].isin(present)].reset_index(drop=True),
        scored=head, scored_rows=len(new), figured_chunks=len(fresh),
        reference_value=reference.value,
    )  # fmt: skip


def _read_reference(bench: Workbench, champion: ModelVersion) -> pd.DataFrame:
    """Return the champion's holdout with its predictions, verified."""
    if champion.reference_id is None:
        raise DataError(
            "The champion has no monitoring reference.", where=champion.name,
            remedy="train it with this version of Coldframe",
        )  # fmt: skip
    return bench.store.read(bench.store.open(champion.reference_id), "reference")
