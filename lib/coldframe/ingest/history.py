"""What earlier batches of a source were: their sizes and their keys. Needs pandas."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coldframe.contracts.faults import Fault
from coldframe.contracts.fit import FitRows
from coldframe.contracts.keys import KeySet, gather_keys
from coldframe.contracts.profiles import Reference
from coldframe.datasets import Dataset
from coldframe.ingest.records import replay_of
from coldframe.snapshots import JSON, BatchRecord, Snapshot, SnapshotStore

# how the store spells the type of a column that the contract calls so
STORED = {
    "string": "string",
    "integer": "int64",
    "number": "double",
    "boolean": "bool",
    "timestamp": "timestamp[us, tz=UTC]",
}


REFERENCE_BATCHES = 8
"""So many batches of a source say what is usual in its columns."""

EXACT = 2**53  # all whole numbers up to it are floating-point numbers


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
        self._tables: dict[str, pd.DataFrame] = {}
        self._keys: dict[str, KeySet] = {}
        self._sizes: dict[str, list[int]] = {source: [] for source in dataset.sources}
        self._sources: dict[str, str] = {}
        self._references: dict[str, dict[str, Reference]] = {}
        for record in head.batches if head else ():
            self._note(record)

    def _note(self, record: BatchRecord) -> None:
        aside = record.about.get("rows_quarantined", 0)
        if replay_of(record) is None:  # a few rows taken in later are no delivery's usual size
            self._sizes.setdefault(record.source, []).append(record.rows + int(str(aside)))
        self._sources[record.digest] = record.source

    def add(
        self, record: BatchRecord, rows: FitRows | pd.DataFrame, keys: KeySet | None = None
    ) -> None:
        """Count rows that have just been accepted, with digests of their keys if they are there."""
        key = list(self._dataset.sources[record.source].key)
        if keys is None:
            keys = gather_keys([_pick(rows, key)] if key else [])
        self.known_keys(record.source).update(keys)
        if record.source in self._of_labels():
            known = self._read(record.source)
            came = _pick(rows, self._columns(record.source))
            self._tables[record.source] = pd.concat([known, came], ignore_index=True)
        self._note(record)

    def _of_labels(self) -> tuple[str, ...]:
        """Return the sources whose rows are counted for labels."""
        label = self._dataset.label
        return (label.source, self._dataset.features.rows) if label else ()

    def known_keys(self, source: str) -> KeySet:
        """Return digests of the keys of all rows of `source`; the head's are read once."""
        if source not in self._keys:
            key = list(self._dataset.sources[source].key)
            self._keys[source] = gather_keys([self._read(source)[key]] if key else [])
            if source not in self._of_labels():
                self._tables.pop(source, None)
        return self._keys[source]

    def sizes(self, source: str) -> list[int]:
        """Return how many rows each accepted batch of `source` was delivered with."""
        return self._sizes[source]

    def source_of(self, digest: str) -> str | None:
        """Return the source as which these bytes were accepted, or None."""
        return self._sources.get(digest)

    def keys(self, source: str) -> pd.DataFrame:
        """Return the keys of all rows of `source`; the head's are read once."""
        return self._read(source)[list(self._dataset.sources[source].key)]

    def _columns(self, source: str) -> list[str]:
        """Return the columns that are kept of `source`: its key, and that of the label."""
        label = self._dataset.label
        more = [label.column] if label and label.source == source else []
        return list(dict.fromkeys([*self._dataset.sources[source].key, *more]))

    def _read(self, source: str) -> pd.DataFrame:
        if source not in self._tables:
            names, head = self._columns(source), self._head
            table = head.tables.get(source) if head else None
            if head is None or table is None:
                self._tables[source] = pd.DataFrame(columns=names)
            else:
                # a column that was declared only now is in no frozen row
                held = [name for name in names if name in table.schema]
                frozen = self._store.read(head, source, columns=held)
                self._tables[source] = frozen.reindex(columns=names)
        return self._tables[source]

    def type_faults(self, source: str) -> tuple[Fault, ...]:
        """Return the columns whose type in the contract is no more that of the frozen table.

        Such rows could not be appended, and one source must not keep the others from it.
        """
        if self._head is None or source not in self._head.tables:
            return ()
        stored = self._head.tables[source].schema
        widened = self._widened(source)
        return tuple(
            Fault(
                rule="stored_type",
                column=name,
                example=f"{stored[name]} in {self._head.name}, {STORED[column.type]} now",
            )
            for name, column in self._dataset.sources[source].columns.items()
            if name in stored
            and stored[name] not in (STORED[column.type], "null")
            and name not in widened
        )

    def _widened(self, source: str) -> set[str]:
        """Return whole numbers that are declared as numbers now: the store can keep every one."""
        columns = self._dataset.sources[source].columns
        summary = self._head.tables[source].columns if self._head else ()
        return {
            one.name
            for one in summary
            if one.name in columns and columns[one.name].type == "number" and one.type == "int64"
            and all(isinstance(x, int) and abs(x) <= EXACT for x in (one.minimum, one.maximum))
        }  # fmt: skip

    def references(self, source: str) -> dict[str, Reference]:
        """Return what the columns that have a limit for it were like in the last good batches.

        These are the last `REFERENCE_BATCHES` of the newest snapshot, so that its length does not
        count; those accepted in this run are not among them.
        """
        declared = self._dataset.sources[source].columns
        names = [name for name, column in declared.items() if column.is_compared]
        table = self._head.tables.get(source) if self._head else None
        if self._head is None or table is None or not names:
            return {}
        if source not in self._references:
            own = [one.digest for one in self._head.batches if one.source == source and one.rows]
            held = [name for name in names if name in table.schema]
            rows = self._store.read(
                self._head, source, columns=held, batches=own[-REFERENCE_BATCHES:]
            )
            self._references[source] = {n: Reference.of(rows[n], declared[n]) for n in held}
        return self._references[source]

    def former(self, source: str, column: str) -> pd.Series | None:
        """Return the values of a column in the last good batches; None if it has none there."""
        table = self._head.tables.get(source) if self._head else None
        if self._head is None or table is None or column not in table.schema:
            return None
        own = [one.digest for one in self._head.batches if one.source == source and one.rows]
        return self._store.read(
            self._head, source, columns=[column], batches=own[-REFERENCE_BATCHES:]
        )[column]

    def labels(self) -> Mapping[str, JSON] | None:
        """Return for how many rows the label is known; None if the dataset does not say where.

        Counted by key and by the column that the dataset's `label` names, without the user's
        feature function, which must not be able to stop ingestion. Of rows with the same key the
        last one counts, as for features: a correction may take a label back.
        """
        label = self._dataset.label
        if label is None:
            return None
        rows = self.keys(self._dataset.features.rows).drop_duplicates()
        key = list(rows.columns)
        last = self._read(label.source).drop_duplicates(key, keep="last")
        known = last.loc[last[label.column].notna(), key]
        if rows.empty or known.empty:
            return {"known": 0, "rows": len(rows)}
        both = rows.merge(known.astype(rows.dtypes.to_dict()), on=key)
        return {"known": len(both), "rows": len(rows)}


def _pick(rows: FitRows | pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return rows[columns] if isinstance(rows, pd.DataFrame) else rows.read(columns)
