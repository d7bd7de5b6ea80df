"""Many processes at once, and processes that are killed: nothing lost, torn or doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from counts import count
from snapshots.snapshot_cases import expected_keys, freeze, keys, open_store

from coldframe.errors import ConflictError
from coldframe.snapshots import SnapshotStore
from coldframe.snapshots.importing import read_archive

CROWD = Path(__file__).with_name("crowd.py")
LIBRARY = Path(__file__).parents[2] / "lib"


def launch(*arguments) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(CROWD), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
    )


def start(*arguments) -> subprocess.Popen:
    return let_go([launch(*arguments)])[0]


def let_go(processes: list[subprocess.Popen]) -> list[subprocess.Popen]:
    """Wait until all have loaded what they need, then let all go at once."""
    for process in processes:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


def run_together(processes: list[subprocess.Popen]) -> list[list[list[str]]]:
    """Let all go at once; return the words that each said, line by line."""
    said = [process.communicate(timeout=300) for process in let_go(processes)]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return [[line.split() for line in out.splitlines()] for out, _ in said]


def test_sigkill_at_any_moment_leaves_no_torn_lost_or_doubled_batch(tmp_path):
    root = tmp_path / "store"
    (tmp_path / "archives").mkdir()
    acknowledged: dict[tuple[str, str], str] = {}
    for number in range(count(8, 200)):
        process = start("loop", root, number)
        dice = random.Random(number)
        said = [process.stdout.readline() for _ in range(dice.randrange(6))]
        time.sleep(dice.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err
        for line in [*said, *out.splitlines()]:
            if len(words := line.split()) == 3 and len(words[2]) == 64:
                acknowledged[words[0], words[1]] = words[2]
        store = SnapshotStore(root)
        assert store.verify() == []
        versions = {str(one.version): one.id for one in store.versions("pets")}
        tags = store.tags("pets")
        for (deed, version), id_ in acknowledged.items():
            assert versions[version] == id_
            assert deed != "tagged" or tags[f"tag-{version}"].id == id_
        check_archives(tmp_path, acknowledged)
    assert acknowledged
    head = store.head("pets")
    assert keys(store) == expected_keys(*range(head.version))
    store.collect_garbage(grace_seconds=0)
    clean = SnapshotStore(tmp_path / "clean", durable=False)
    for number in range(head.version):
        freeze(clean, number)
    assert clean.head("pets").id == head.id
    assert objects(store) == objects(clean)
    assert list((root / "tmp").iterdir()) == []


def check_archives(folder: Path, acknowledged: dict[tuple[str, str], str]) -> None:
    """Archives are whole or not there, and what was imported from them is, too."""
    other = SnapshotStore(folder / "other")
    assert other.verify() == []
    tags = other.tags("pets")
    for path in (folder / "archives").glob("*.tar"):
        assert read_archive(path).version == int(path.stem)
    for (deed, version), id_ in acknowledged.items():
        assert deed != "exported" or (folder / "archives" / f"{version}.tar").exists()
        assert deed != "imported" or tags[f"tag-{version}"].id == id_


def objects(store: SnapshotStore) -> set[str]:
    return {path.name for path in (store.root / "objects").glob("*/*")}


def test_sixteen_writers_lose_nothing(tmp_path):
    root, each = tmp_path / "store", count(2, 25)
    crowd = let_go([launch("append", root, n * each, (n + 1) * each) for n in range(16)])
    collector = SnapshotStore(root)
    collected = 0
    while any(process.poll() is None for process in crowd):
        # beside the writers, and without any grace
        try:
            collected += len(collector.collect_garbage(grace_seconds=0, wait_seconds=0.05))
        except ConflictError:
            continue
    assert all(process.communicate()[1] == "" and not process.returncode for process in crowd)
    store = SnapshotStore(root)
    assert store.verify() == []
    assert [one.version for one in store.versions("pets")] == list(range(1, 16 * each + 1))
    assert sorted(keys(store)) == expected_keys(*range(16 * each))
    assert len(store.head("pets").batches.digests) == 16 * each


def test_eight_that_freeze_the_same_batch_make_one_version(tmp_path):
    root = tmp_path / "store"
    said = run_together([launch("together", root) for _ in range(8)])
    assert len({tuple(lines[-1]) for lines in said}) == 1
    store = SnapshotStore(root)
    assert [one.version for one in store.versions("pets")] == [1]
    assert keys(store, "pets@golden") == expected_keys(0)


def test_a_stopped_writer_keeps_nobody_from_freezing(tmp_path):
    root = tmp_path / "store"
    stopped = start("loop", root, 1)
    try:
        stopped.stdout.readline()
        stopped.send_signal(signal.SIGSTOP)
        store = SnapshotStore(root, durable=False)
        assert freeze(store, 1000).version == len(store.versions("pets"))
    finally:
        stopped.kill()
        stopped.communicate()


def test_garbage_is_what_nothing_names_and_is_old_enough(tmp_path):
    store = open_store(tmp_path)
    for number in range(70):
        freeze(store, number)
    assert store.collect_garbage(grace_seconds=0) == []
    needed = sorted(store.root.rglob("*"))
    orphan = freeze(store, 70)
    store.refs.path("pets", "versions", "71").unlink()  # killed just before it was published
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

    from coldframe.snapshots import Addition

    assert store.freeze("pets", [Addition("cats", rows())]).rows == 4
