"""Deliveries and stores that several tests here use."""

from pathlib import Path

import pyarrow as pa

from coldframe.provenance import bytes_digest
from coldframe.snapshots import Addition, BatchRecord, Snapshot, SnapshotStore


def batch_digest(number: int) -> str:
    return bytes_digest(f"delivery {number}".encode())


def delivery(number: int, rows: int = 3) -> pa.Table:
    return pa.table(
        {
            "key": pa.array(range(number * rows, (number + 1) * rows), pa.int64()),
            "text": [f"row {number}.{i}" for i in range(rows)],
        }
    )


def freeze(store: SnapshotStore, number: int, **options) -> Snapshot:
    """Freeze delivery `number` of the dataset 'pets' into its table 'cats'."""
    digest = batch_digest(number)
    return store.freeze(
        "pets",
        [Addition("cats", delivery(number), digest)],
        batches=[BatchRecord(digest, "cats", f"{number}.csv", 3)],
        **options,
    )


def keys(store: SnapshotStore, name: str = "pets") -> list[int]:
    return store.read(name, "cats", as_pandas=False)["key"].to_pylist()


def expected_keys(*numbers: int) -> list[int]:
    return [key for number in numbers for key in range(number * 3, number * 3 + 3)]


def open_store(path: Path) -> SnapshotStore:
    return SnapshotStore(path / "store", durable=False)
