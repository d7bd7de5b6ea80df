"""Programs that the crash and crowd tests run in processes of their own.

``python crowd.py loop STORE SEED`` freezes, tags, pins, exports, imports and collects garbage until
it is killed, and says on its standard output what has been done, after it was done. ``python
crowd.py append STORE FIRST LAST`` freezes those deliveries; ``python crowd.py together STORE`` one
that all share.
"""

import itertools
import random
import sys
from pathlib import Path

from coldframe.errors import ConflictError
from coldframe.snapshots import Addition, BatchRecord, SnapshotStore

sys.path.insert(0, str(Path(__file__).parent.parent))
from snapshots.snapshot_cases import batch_digest, delivery, freeze


def say(*words) -> None:
    print(*words, flush=True)


def loop(store: SnapshotStore, seed: int) -> None:
    """Deliver 0, 1, 2, …; every batch once more than needed, as a rerun would."""
    dice = random.Random(seed)
    head = store.head("pets")
    for number in itertools.count(head.version if head else 0):
        for _ in range(2):
            snapshot = freeze(store, number)
        say("frozen", snapshot.version, snapshot.id)
        if dice.random() < 0.5:
            store.tag(f"tag-{snapshot.version}", snapshot)
            say("tagged", snapshot.version, snapshot.id)
        if dice.random() < 0.3:
            store.pin("model", [snapshot.id])
        if dice.random() < 0.3:
            archive = store.root.parent / "archives" / f"{snapshot.version}.tar"
            store.export_archive(snapshot, archive)
            say("exported", snapshot.version, snapshot.id)
            other = SnapshotStore(store.root.parent / "other")
            other.import_archive(archive, tag=f"tag-{snapshot.version}")
            say("imported", snapshot.version, snapshot.id)
        if dice.random() < 0.3:
            store.collect_garbage(grace_seconds=0)


def append(store: SnapshotStore, first: int, last: int) -> None:
    for number in range(first, last):
        say("frozen", freeze(store, number).version)


def together(store: SnapshotStore) -> None:
    digest = batch_digest(0)
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


if __name__ == "__main__":
    task, root, *numbers = sys.argv[1:]
    import pyarrow.parquet  # noqa: F401 - loaded before the start is announced

    import coldframe.snapshots.parts  # noqa: F401

    say("ready")
    sys.stdin.readline()  # until the test says go, so that all start at once
    {"loop": loop, "append": append, "together": together}[task](
        SnapshotStore(Path(root)), *map(int, numbers)
    )
