"""What the processes of the crowd tests do, all at once."""

from pathlib import Path

from snapshots.snapshot_cases import batch_digest, delivery, freeze

from coldframe.errors import ConflictError
from coldframe.snapshots import Addition, BatchRecord, SnapshotStore


def append(say, root: str, first: int, last: int) -> None:
    """Freeze those deliveries, one after the other."""
    for number in range(first, last):
        say("frozen", freeze(SnapshotStore(Path(root), durable=False), number).version)


def together(say, root: str) -> None:
    """Freeze the delivery that all others freeze as well."""
    store, digest = SnapshotStore(Path(root)), batch_digest(0)
    snapshot = store.freeze(
        "pets",
        [Addition("cats", delivery(0), digest)],
        batches=[BatchRecord(digest, "cats", "0.csv", 3)],
    )
    try:
        store.tag("golden", snapshot)
    except ConflictError:
        say("conflict")
    say("frozen", snapshot.version, snapshot.id)


def freeze_forever(say, root: str) -> None:
    """Freeze deliveries until killed."""
    append(say, root, 0, 10**6)
