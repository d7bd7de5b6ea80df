"""What earlier batches of a source were: their sizes and their keys. Needs pandas."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coldframe.contracts.faults import Fault
from coldframe.datasets import Dataset
from coldframe.snapshots import JSON, BatchRecord, Snapshot, SnapshotStore

# how the store spells the type of a column that the contract calls so
STORED = {
    "string": "string",
    "integer": "int64",
    "number": "double",
    "boolean": "bool",
    "timestamp": "timestamp[us, tz=UTC]",
}


class History:
    """Sizes and keys of all batches that are frozen, or about to be in this run.

    Parameters
    ----------
    dataset : Dataset
        Whose.
    store : SnapshotStore
        Where the head is.
    head : Snapshot or None
        The newest snapshot.
    """

    def __init__(self, dataset: Dataset, store: SnapshotStore, head: Snapshot | None) -> None:
        self._dataset, self._store, self._head = dataset, store, head
        self._keys: dict[str, pd.DataFrame] = {}
        self._sizes: dict[str, list[int]] = {source: [] for source in dataset.sources}
        self._sources: dict[str, str] = {}
        for record in head.batches if head else ():
            self._note(record)

    def _note(self, record: BatchRecord) -> None:
        aside = record.about.get("rows_quarantined", 0)
        self._sizes.setdefault(record.source, []).append(record.rows + int(str(aside)))
        self._sources[record.digest] = record.source

    def add(self, record: BatchRecord, rows: pd.DataFrame) -> None:
        """Count a batch that has just been accepted."""
        known = self.keys(record.source)
        came = rows[list(self._dataset.sources[record.source].key)]
        self._keys[record.source] = pd.concat([known, came], ignore_index=True)
        self._note(record)

    def sizes(self, source: str) -> list[int]:
        """Return how many rows each accepted batch of `source` was delivered with."""
        return self._sizes[source]

    def source_of(self, digest: str) -> str | None:
        """Return the source as which these bytes were accepted, or None."""
        return self._sources.get(digest)

    def keys(self, source: str) -> pd.DataFrame:
        """Return the keys of all rows of `source`; the head's are read once."""
        if source not in self._keys:
            key = list(self._dataset.sources[source].key)
            head = self._head
            self._keys[source] = (
                self._store.read(head, source, columns=key)
                if head and source in head.tables
                else pd.DataFrame(columns=key)
            )
        return self._keys[source]

    def type_faults(self, source: str) -> tuple[Fault, ...]:
        """Return the columns whose type in the contract is no more that of the frozen table.

        Such rows could not be appended, and one source must not keep the others from it.
        """
        if self._head is None or source not in self._head.tables:
            return ()
        stored = self._head.tables[source].schema
        return tuple(
            Fault(
                rule="stored_type",
                column=name,
                example=f"{stored[name]} in {self._head.name}, {STORED[column.type]} now",
            )
            for name, column in self._dataset.sources[source].columns.items()
            if name in stored and stored[name] not in (STORED[column.type], "null")
        )

    def labels(self) -> Mapping[str, JSON] | None:
        """Return for how many rows the outcome has come.

        Counted by key, without the user's feature function, which must not be able to stop
        ingestion: a row counts as known when every other source with the same key has it. A
        cancelled flight is such a row, though it will never have a label.
        """
        rows = self._dataset.features.rows
        key = self._dataset.sources[rows].key
        others = [
            name
            for name, source in self._dataset.sources.items()
            if name != rows and source.key == key
        ]
        if not others:
            return None
        known = self.keys(rows).drop_duplicates()
        total = len(known)
        for name in others:
            other = self.keys(name).drop_duplicates()
            if known.empty or other.empty:
                return {"known": 0, "rows": total}
            known = known.merge(other.astype(known.dtypes.to_dict()), on=list(key))
        return {"known": len(known), "rows": total}
