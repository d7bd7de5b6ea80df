"""Frozen datasets: content-addressed, immutable, verified before they are read.

A `SnapshotStore` keeps versions (`Snapshot`, ``flights@7``) of datasets. Each has tables; rows are
only ever added (`Addition`), each delivery (`BatchRecord`) once. See docs/manifest.md for what is
on disk. Importing this package imports neither pandas nor pyarrow.
"""

from coldframe.snapshots.additions import Addition
from coldframe.snapshots.archives import Archive
from coldframe.snapshots.damage import Damage
from coldframe.snapshots.differences import (
    Retyped,
    SnapshotDifference,
    TableDifference,
    compare_snapshots,
)
from coldframe.snapshots.garbage import Garbage
from coldframe.snapshots.manifest import (
    JSON,
    BatchHistory,
    BatchRecord,
    Column,
    Part,
    Snapshot,
    TableSummary,
)
from coldframe.snapshots.store import SnapshotStore

__all__ = [
    "JSON",
    "Addition",
    "Archive",
    "BatchHistory",
    "BatchRecord",
    "Column",
    "Damage",
    "Garbage",
    "Part",
    "Retyped",
    "Snapshot",
    "SnapshotDifference",
    "SnapshotStore",
    "TableDifference",
    "TableSummary",
    "compare_snapshots",
]
