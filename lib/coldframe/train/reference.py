"""The monitoring reference: what a model said on its holdout, frozen beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from coldframe.snapshots import Addition, Snapshot
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

TABLE = "reference"


def freeze_reference(
    bench: Workbench, *, model: str, source: Snapshot, rows: pd.DataFrame, words: Mapping[str, Any]
) -> Snapshot:
    """Freeze holdout rows with what the model `model` (a digest) says on them; once a model.

    Parameters
    ----------
    bench : Workbench
        Whose store.
    model : str
        Digest of the model version.
    source : Snapshot
        Where the rows come from.
    rows : DataFrame of shape (n_rows, n_columns)
        Key, time, features and target of the holdout.
    words : mapping of str to array of shape (n_rows,)
        What the model says, by column; see :meth:`coldframe.tasks.Task.spell`.
    """
    name = f"{bench.dataset.name}.reference"
    known = [s for s in bench.store.versions(name) if s.about.get("model") == model]
    if known:
        return known[0]
    table = rows.assign(**words)
    return bench.store.freeze(
        name,
        [Addition(TABLE, table)],
        base="empty",
        about={"model": model, "snapshot": source.name, "snapshot_id": source.id},
    )
