"""Archives with honest digests and dishonest manifests: refused, or as good as one of our own."""

import copy
import json
import random
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest
from counts import count
from hypothesis import given, settings
from snapshots.snapshot_cases import freeze, open_store
from snapshots.test_archives import rebuilt
from snapshots.test_engines import deliveries

from coldframe.errors import CorruptionError, DataError
from coldframe.provenance import canonical_json
from coldframe.snapshots import Addition, SnapshotStore

ODD = (
    None, -1, 0, 1, True, 10**30, 1.5, "", "x", "../x", [], {}, [[]], "pets@1", "\x00", 2**63,
    {"levels": [["x"]], "count": 1}, {"count": 0, "levels": [[]] * 2000}, {"struct": []},
    {"count": 1, "levels": []}, "timestamp[s]", {"list": {"list": "int64"}}, "decimal128(400, 2)",
)  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The id and the files of a snapshot of three versions."""
    folder = tmp_path_factory.mktemp("sound")
    store = open_store(folder)
    for number in range(3):
        freeze(store, number)
    store.export_archive("pets@3", folder / "pets.tar")
    with tarfile.open(folder / "pets.tar") as opened:
        files = {one.name: opened.extractfile(one).read() for one in opened.getmembers()[1:]}
    return store.head("pets").id, files


def places(record, place=()):
    """Every place in a record of JSON but the record itself."""
    inner = record.items() if isinstance(record, dict) else enumerate(record)
    for key, value in inner:
        yield (*place, key)
        if isinstance(value, dict | list):
            yield from places(value, (*place, key))


def spoil(record, dice: random.Random) -> None:
    place = dice.choice(list(places(record)))
    for key in place[:-1]:
        record = record[key]
    deed = dice.random()
    if deed < 0.15:
        del record[place[-1]]
    elif deed < 0.25 and isinstance(record, dict):
        record[dice.choice(["../y", "zzz", "A B", ""])] = copy.deepcopy(dice.choice(ODD))
    else:
        record[place[-1]] = copy.deepcopy(dice.choice(ODD))


def archive_of(sound, manifest: bytes) -> bytes:
    """An archive of the sound files with another manifest, all digests honest."""
    id_, files = sound
    made = sha256(manifest).hexdigest()
    files = {name: data for name, data in files.items() if id_ not in name}
    files[f"objects/{made[:2]}/{made}.snapshot.json"] = manifest
    return rebuilt(dict(sorted(files.items())), made)


def use(store: SnapshotStore) -> None:
    """Do everything that reads a manifest; `freeze` may refuse a type that it cannot widen."""
    (dataset,) = store.datasets()
    (found,) = store.versions(dataset)
    assert store.resolve(found.name) == found
    assert store.verify() == []
    assert store.collect_garbage(grace_seconds=0) == []
    assert json.loads(canonical_json(found.to_json())) == found.to_json()
    assert found.rows + found.bytes + len(list(found.batches)) > 0
    for table in found.tables:
        try:
            store.read(found, table)
        except DataError:
            continue
    try:
        freeze(store, 9)
    except DataError:
        return


def refusal(store: SnapshotStore, path: Path) -> CorruptionError | None:
    try:
        store.import_archive(path)
    except CorruptionError as error:
        return error
    return None


def test_a_manifest_that_freeze_would_not_write_is_refused_or_harms_nothing(sound, tmp_path):
    id_, files = sound
    manifest = json.loads(files[f"objects/{id_[:2]}/{id_}.snapshot.json"])
    path, refused = tmp_path / "evil.tar", 0
    for number in range(count(60, 4000)):
        dice, record = random.Random(number), copy.deepcopy(manifest)
        for _ in range(dice.choice([1, 1, 2])):
            spoil(record, dice)
        path.write_bytes(archive_of(sound, canonical_json(record)))
        store = open_store(tmp_path / str(number))
        if (told := refusal(store, path)) is None:
            use(store)
            continue
        assert told.found
        assert told.where == str(path)
        refused += 1
    assert refused > number // 2


@pytest.mark.parametrize(
    "spelled",
    [
        lambda text: text.replace(b'"version":3', b'"version":3,"version":3'),
        lambda text: text.replace(b'"about":{}', b'"about":' + b"[" * 100_000 + b"]" * 100_000),
        lambda text: text.replace(b'"about":{}', b'"about":{"x":NaN}'),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: b" " + text,
        lambda text: text[:0] + b"[]",
        lambda text: text + b"\xff",
        lambda text: text[:0],
    ],
    ids=["twice", "deep", "NaN", "BOM", "blank", "list", "no text", "nothing"],
)
def test_a_manifest_has_one_spelling(sound, tmp_path, spelled):
    id_, files = sound
    text = files[f"objects/{id_[:2]}/{id_}.snapshot.json"]
    assert spelled(text) != text
    (tmp_path / "evil.tar").write_bytes(archive_of(sound, spelled(text)))
    store = open_store(tmp_path)
    with pytest.raises(CorruptionError, match="no sound archive"):
        store.import_archive(tmp_path / "evil.tar")
    assert store.datasets() == []


@given(deliveries())
@settings(deadline=None, max_examples=count(20, 1000))
def test_whatever_is_frozen_can_be_sent(parts):
    with tempfile.TemporaryDirectory() as folder:
        here, there = (SnapshotStore(Path(folder) / n, durable=False) for n in ("here", "there"))
        for part in parts:
            try:
                here.freeze("pets", [Addition("cats", part)])
            except DataError:  # a moment that the finer unit of another part cannot hold
                continue
        found = here.head("pets")
        here.export_archive(found, Path(folder) / "pets.tar")
        assert there.import_archive(Path(folder) / "pets.tar") == found
        right = here.read(found, "cats", as_pandas=False)
        assert there.read("pets", "cats", as_pandas=False).equals(right)
