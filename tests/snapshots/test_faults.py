"""Every write, fsync, link, rename, open and mkdir fails once: before or after, never between."""

import contextlib
import errno
import itertools
import os
import shutil
from pathlib import Path

import pytest
from counts import count
from snapshots.snapshot_cases import batch_digest, delivery, expected_keys, freeze, keys

from coldframe.snapshots import Addition, SnapshotStore
from coldframe.snapshots.objects import DigestingFile

OPERATIONS = ("write", "fsync", "link", "replace", "open", "mkdir", "fchmod", "close")


class Disk:
    """The operating system's own functions; operation number `fails_at` fails with `code`.

    `late` is a failure that comes after the deed: an acknowledgement that was lost.
    """

    def __init__(self, fails_at: int, code: int, *, late: bool) -> None:
        self.fails_at, self.code, self.late, self.seen = fails_at, code, late, 0

    def wrap(self, name, real):
        def operation(*arguments, **options):
            self.seen += 1
            if self.seen != self.fails_at:  # what was synced is lost by no failure of this kind
                return None if name == "fsync" else real(*arguments, **options)
            if name == "write" and not self.late:
                real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            if self.late or name == "close":  # a failed close has closed the file
                real(*arguments, **options)
            raise OSError(self.code, os.strerror(self.code), name)

        return operation

    @contextlib.contextmanager
    def installed(self, monkeypatch):
        with monkeypatch.context() as patch:
            for name in OPERATIONS:
                patch.setattr(os, name, self.wrap(name, getattr(os, name)))
            yield


def files(store: SnapshotStore) -> dict[str, bytes]:
    return {
        str(path.relative_to(store.root)): path.read_bytes()
        for path in store.root.rglob("*")
        if path.is_file()
    }


def is_sound(store: SnapshotStore, *, versions: list[int]) -> bool:
    return [one.version for one in store.versions("pets")] == versions and store.verify() == []


def fresh_copy(template: Path, folder: Path) -> SnapshotStore:
    if template.exists():
        shutil.copytree(template, folder)
    return SnapshotStore(folder)


def first_freeze(store):
    freeze(store, 0)


def freeze_that_fills_a_segment(store):
    freeze(store, 1, contract="c1")


def freeze_two_tables(store):
    additions = [Addition(t, delivery(n), batch_digest(n)) for t, n in (("cats", 2), ("dogs", 3))]
    store.freeze("pets", additions)


def tag(store):
    store.tag("golden", "pets@1")


def pin(store):
    store.pin("model", [store.resolve("pets@1").id])


def collect(store):
    store.collect_garbage(grace_seconds=0)


def export(store):
    store.export_archive("pets@1", store.root / "tmp" / "pets.tar")


def import_twin(store):
    """Take in another's version 1: its number is taken here, so it gets a name of its own."""
    store.import_archive(store.root.parent / "twin.tar", tag="twin")


def import_next(store):
    """Take in the version after the newest one here."""
    store.import_archive(store.root.parent / "next.tar")


ACTIONS = [
    *(first_freeze, freeze_that_fills_a_segment, freeze_two_tables, tag, pin, collect),
    *(export, import_twin, import_next),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A store whose next part fills a segment of 64 (63 are the same file), with some garbage."""
    root = tmp_path_factory.mktemp("template") / "store"
    store = SnapshotStore(root, durable=False)
    store.freeze("pets", [Addition("cats", delivery(100))] * 63)
    (root / "tmp").joinpath("left-by-a-crash").write_bytes(b"x")
    return root


FAILURES = [(code, late) for code in (errno.EIO, errno.ENOSPC) for late in (False, True)]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
@pytest.mark.parametrize(("code", "late"), FAILURES, ids=str)
def test_it_is_before_or_after_and_a_rerun_ends_the_same(
    tmp_path, template, monkeypatch, action, code, late
):
    start = tmp_path / "nothing" if action is first_freeze else template
    if action is import_twin:
        twin = SnapshotStore(tmp_path / "twin", durable=False)
        freeze(twin, 7)
        twin.export_archive("pets@1", tmp_path / "twin.tar")
    if action is import_next:
        longer = fresh_copy(start, tmp_path / "longer")
        freeze(longer, 7)
        longer.export_archive("pets@2", tmp_path / "next.tar")
    clean = fresh_copy(start, tmp_path / "clean")
    before = [one.version for one in clean.versions("pets")]
    old = clean.head("pets").id if before else None
    action(clean)
    after = [one.version for one in clean.versions("pets")]
    head = clean.head("pets")
    clean.collect_garbage(grace_seconds=0)
    expected = files(clean)

    # the four failures share the operations among them; in torture each fails at all of them
    step = count(len(FAILURES), 1)
    offset = 1 + FAILURES.index((code, late)) % step
    for number in itertools.count(offset, step):
        store = fresh_copy(start, tmp_path / str(number))
        disk = Disk(number, code, late=late)
        failed = None
        with disk.installed(monkeypatch):
            try:
                action(store)
            except OSError as error:
                failed = error
        if disk.seen < number:
            break
        assert failed is None or failed.errno == code
        assert is_sound(store, versions=before) or is_sound(store, versions=after)
        if before:  # sound, so an id says what its rows are
            assert store.resolve(f"pets@{before[-1]}").id == old
        action(SnapshotStore(store.root, durable=False))
        assert store.head("pets").id == head.id
        store.collect_garbage(grace_seconds=0)
        assert files(store) == expected
    assert number > offset or action is collect


def test_a_segment_was_written(template, tmp_path):
    store = fresh_copy(template, tmp_path / "store")
    freeze(store, 1)
    (table,) = store.head("pets").tables.values()
    assert [len(level) for level in table.listing.levels] == [0, 1]
    assert keys(store)[-3:] == expected_keys(1)


def test_a_full_disk_says_so(tmp_path, monkeypatch):
    store = SnapshotStore(tmp_path / "store")
    freeze(store, 0)
    real = os.write

    full_since = []

    def full(descriptor, data):
        if len(data) > 1 << 16 and not full_since:
            full_since.append(descriptor)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if full_since:  # and then it gets worse: the first error is the one to report
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, data)

    import numpy as np
    import pandas as pd

    large = pd.DataFrame({"x": np.random.default_rng(0).random(500_000)})
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            store.freeze("pets", [Addition("cats", large)])
    assert keys(store) == expected_keys(0)
    assert list((store.root / "tmp").iterdir()) == []


def test_a_file_that_failed_once_is_never_sealed(tmp_path, monkeypatch):
    """Even if whoever wrote swallowed the error: its digest would promise what is not there."""
    stream = DigestingFile(tmp_path / "part")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", Disk(1, errno.ENOSPC, late=False).wrap("write", os.write))
        with pytest.raises(OSError, match="No space left"):
            stream.write(b"rows")
    stream.write(b"footer")
    with pytest.raises(OSError, match="No space left"):
        stream.seal(durable=True)
    stream.close()
