"""Flipped, truncated, lengthened and lost files: found before use, named, and recoverable."""

import random
import shutil
from collections import Counter
from functools import partial

import pytest
from counts import count
from snapshots.snapshot_cases import batch_digest, delivery, expected_keys, keys, open_store

from coldframe.errors import CorruptionError, NotFoundError
from coldframe.snapshots import Addition, SnapshotStore
from coldframe.snapshots import damage as inspection
from coldframe.snapshots.objects import RECORD, Objects


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> SnapshotStore:
    """Two versions of 66 parts in all (so a segment of parts and one of batches), a tag, a pin."""
    store = open_store(tmp_path_factory.mktemp("damage"))
    for numbers in (range(65), range(65, 66)):
        additions = [Addition("cats", delivery(n), batch_digest(n)) for n in numbers]
        store.freeze("pets", additions)
    store.tag("golden", "pets@1")
    store.pin("model", [store.resolve("pets@1").id])
    assert store.verify() == []
    return store


def flip(data: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]


def truncate(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def lengthen(data: bytes, dice: random.Random) -> bytes:
    return data + dice.randbytes(dice.randrange(1, 20))


def zero(data: bytes, _: random.Random) -> bytes:
    """What some file systems leave after a power cut: the right length, and nothing in it."""
    return bytes(len(data)) if any(data) else b"\1" + data[1:]


SPOILERS = [flip, flip, truncate, lengthen, zero]


def kind_of(path) -> str:
    return (
        path.parent.name if path.parent.name in ("versions", "tags", "pins") else path.suffixes[0]
    )


def uses(fresh: SnapshotStore):
    """Everything that somebody may do with the store, with the right answer."""
    yield lambda: keys(fresh), expected_keys(*range(66))
    yield lambda: fresh.resolve("pets@golden").version, 1
    yield lambda: len(fresh.head("pets").batches.digests), 66
    yield lambda: [s.version for s in fresh.versions("pets")], [1, 2]
    yield lambda: len(fresh.pins()["model"]), 1


def answer_of(use):
    try:
        return use()
    except CorruptionError as error:
        return error


def test_damage_is_found_before_use_and_told(store):
    files = sorted(p for p in store.root.rglob("*") if p.is_file() and p.name != "lock")
    by_kind = {}
    for path in files:
        by_kind.setdefault(kind_of(path), []).append(path)
    assert set(by_kind) == {"versions", "tags", "pins", ".parquet", ".json", ".snapshot"}
    for number in range(count(60, 1000)):
        dice = random.Random(number)
        path = dice.choice(by_kind[sorted(by_kind)[number % len(by_kind)]])
        sound = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(dice.choice(SPOILERS)(sound, dice))
        fresh = SnapshotStore(store.root, durable=False)
        damages = fresh.verify()
        place = str(path.relative_to(store.root))
        assert place in [damage.path for damage in damages], (number, place)
        for damage in damages:
            assert damage.remedy
            assert damage.needed_by
            assert damage.expected != damage.found
        for use, right in uses(fresh):
            answer = answer_of(use)
            if isinstance(answer, CorruptionError):
                assert path.name in answer.where, (number, place)
                assert "backup" in answer.remedy
            else:
                assert answer == right, (number, place)
        path.write_bytes(sound)  # the remedy that the message names
    assert SnapshotStore(store.root, durable=False).verify() == []


def test_a_lost_file_is_named(store):
    for path in sorted(store.root.glob("objects/*/*"))[:: count(10, 1)]:
        sound = path.read_bytes()
        path.unlink()
        fresh = SnapshotStore(store.root, durable=False)
        place = str(path.relative_to(store.root))
        (damage,) = [one for one in fresh.verify() if one.path == place]
        assert damage.kind in ("missing", "digest")
        answers = [answer_of(partial(fresh.check, name)) for name in ("pets@1", "pets@2")]
        assert any(error and path.name in error.where for error in answers)
        path.write_bytes(sound)
    assert store.verify() == []


def test_a_lost_version_is_never_silently_another(store, tmp_path):
    copy = tmp_path / "store"
    shutil.copytree(store.root, copy)
    fresh = SnapshotStore(copy)
    id_ = fresh.head("pets").id
    (copy / "refs/pets/versions/2").unlink()
    with pytest.raises(NotFoundError):
        fresh.resolve("pets@2")
    with pytest.raises(NotFoundError):
        fresh.resolve(id_)
    shutil.copy(copy / "refs/pets/versions/1", copy / "refs/pets/versions/2")
    with pytest.raises(CorruptionError):
        fresh.resolve("pets@2")
    with pytest.raises(CorruptionError):
        fresh.head("pets")


def test_a_part_that_was_damaged_is_never_read(store, tmp_path):
    """Parquet's own checksums, of pages, miss some of these: in headers and in the footer."""
    copy = tmp_path / "store"
    shutil.copytree(store.root, copy)
    fresh = SnapshotStore(copy, durable=False)
    part = max((copy / "objects").glob("*/*.parquet"))
    sound = part.read_bytes()
    part.chmod(0o644)
    for place in range(0, len(sound), count(29, 1)):
        part.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        with pytest.raises(CorruptionError):
            fresh.read("pets", "cats")


def test_a_look_at_the_whole_store_reads_what_versions_share_once(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    for numbers in (range(130), *([n] for n in range(130, 140))):
        additions = [Addition("cats", delivery(n), batch_digest(n)) for n in numbers]
        store.freeze("pets", additions)
    store.tag("golden", "pets@3")
    store.pin("model", [store.resolve("pets@2").id])
    hashed, loaded, told = Counter(), Counter(), []
    real_hash, real_load = inspection.file_digest, Objects.load

    def note_hash(path):
        hashed[path.name] += 1
        return real_hash(path)

    def note_load(self, digest, suffix=RECORD):
        loaded[suffix, digest] += 1
        return real_load(self, digest, suffix)

    monkeypatch.setattr(inspection, "file_digest", note_hash)
    monkeypatch.setattr(Objects, "load", note_load)
    assert store.verify(progress=told.append) == []
    assert told == [*(f"pets@{n}" for n in range(1, 12)), "pets@golden"]
    objects = {path.name for path in tmp_path.glob("store/objects/*/*")}
    assert set(hashed) == objects
    assert set(hashed.values()) == {1}
    segments = {name: number for name, number in loaded.items() if name[0] == RECORD}
    assert segments
    assert set(segments.values()) == {1}
