"""Put forward which new column of a held batch may be the one that it lost."""

from __future__ import annotations

from pathlib import Path

from coldframe.contracts import Fault, UnfitBatchError
from coldframe.contracts.renaming import find_renamed
from coldframe.datasets import Dataset
from coldframe.ingest.history import History
from coldframe.readers import read_batch


def put_forward(
    faults: tuple[Fault, ...], path: Path | None, dataset: Dataset, source: str, history: History
) -> tuple[Fault, ...]:
    """Return the faults of a batch, and for each lost column the new one that looks like it.

    Nothing is renamed: a person who agrees writes the new name under `also` in the contract.
    """
    if path is None or not any(fault.rule == "missing_column" for fault in faults):
        return faults
    declared = dataset.sources[source]
    columns = {
        name: column.model_copy(update={"required": False})
        for name, column in declared.columns.items()
    }
    try:
        piece = next(iter(read_batch(path, declared.model_copy(update={"columns": columns}))))
    except (UnfitBatchError, StopIteration):
        return faults
    return (
        *faults,
        *find_renamed(piece, declared, lambda name: history.former(source, name)),
    )
