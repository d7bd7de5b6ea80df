"""Many processes at once: nothing lost, torn or doubled, and nobody is kept waiting."""

import signal

import pytest
import warm
from counts import count
from snapshots import crowd
from snapshots.snapshot_cases import (
    batch_digest,
    delivery,
    expected_keys,
    freeze,
    keys,
    open_store,
)

from coldframe.errors import ConflictError
from coldframe.snapshots import Addition, SnapshotStore


def test_sixteen_writers_lose_nothing(tmp_path):
    root, each = tmp_path / "store", count(2, 25)
    writers = [warm.Process(crowd.append, str(root), n * each, (n + 1) * each) for n in range(16)]
    for writer in writers:
        writer.go()
    collector = SnapshotStore(root)
    collected = 0
    while any(writer.is_alive() for writer in writers):
        # beside the writers, and without any grace
        try:
            collected += len(collector.collect_garbage(grace_seconds=0, wait_seconds=0.05))
        except ConflictError:
            continue
    assert [len(writer.end()) for writer in writers] == [each] * 16
    assert [writer.returncode for writer in writers] == [0] * 16
    store = SnapshotStore(root)
    assert store.verify() == []
    assert [one.version for one in store.versions("pets")] == list(range(1, 16 * each + 1))
    assert sorted(keys(store)) == expected_keys(*range(16 * each))
    assert len(store.head("pets").batches.digests) == 16 * each


def test_eight_that_freeze_the_same_batch_make_one_version(tmp_path):
    root = tmp_path / "store"
    writers = [warm.Process(crowd.together, str(root)) for _ in range(8)]
    said = [writer.end() for writer in [writer.go() for writer in writers]]
    assert len({words[-1] for words in said}) == 1
    assert {len(words) for words in said} == {1}
    store = SnapshotStore(root)
    assert [one.version for one in store.versions("pets")] == [1]
    assert keys(store, "pets@golden") == expected_keys(0)


def test_a_stopped_writer_keeps_nobody_from_freezing(tmp_path):
    root = tmp_path / "store"
    stopped = warm.Process(crowd.freeze_forever, str(root)).go()
    try:
        assert stopped.hear()
        stopped.send_signal(signal.SIGSTOP)
        store = SnapshotStore(root, durable=False)
        assert freeze(store, 1000).version == len(store.versions("pets"))
    finally:
        stopped.kill()


def test_garbage_is_what_nothing_names_and_is_old_enough(tmp_path):
    store = open_store(tmp_path)
    many = [Addition("cats", delivery(n), batch_digest(n)) for n in range(66)]  # a segment, too
    store.freeze("pets", many)
    for number in range(66, 70):
        freeze(store, number)
    assert store.collect_garbage(grace_seconds=0) == []
    needed = sorted(store.root.rglob("*"))
    orphan = freeze(store, 70)
    store.refs.path(
        "pets", "versions", str(orphan.version)
    ).unlink()  # killed just before it was published
    (store.root / "tmp" / "partial").write_bytes(b"x")
    assert store.collect_garbage() == []
    would = store.collect_garbage(grace_seconds=0, dry_run=True)
    assert len(would) == 4  # manifest, part, the part's info, partial
    store.pin("model", [orphan.id])
    assert [one.path.name for one in store.collect_garbage(grace_seconds=0)] == ["partial"]
    store.pin("model", [])
    assert len(store.collect_garbage(grace_seconds=0)) == 3
    assert sorted(path for path in store.root.rglob("*") if path.name != "pins") == sorted(
        {*needed, *(one.path.parent for one in would if one.kind != "partial")}
    )
    assert store.verify() == []


def test_garbage_collection_waits_for_a_writer_and_gives_up_in_words(tmp_path):
    store = open_store(tmp_path)
    freeze(store, 0)

    def rows():
        import pyarrow as pa

        with pytest.raises(ConflictError) as caught:
            store.collect_garbage(grace_seconds=0, wait_seconds=0)
        assert "being written" in str(caught.value)
        yield pa.record_batch({"key": [7]})

    assert store.freeze("pets", [Addition("cats", rows())]).rows == 4
