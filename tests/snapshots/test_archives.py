"""A snapshot as one file: always the same bytes, checked to the last one, never a way out."""

import io
import json
import random
import tarfile
from hashlib import sha256

import pytest
from counts import count
from snapshots.snapshot_cases import expected_keys, freeze, keys, open_store

from coldframe.errors import ColdframeError, ConflictError, CorruptionError, NotFoundError
from coldframe.provenance import canonical_json
from coldframe.snapshots import SnapshotStore
from coldframe.snapshots.archives import END, entry_header, padding


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A store of 66 versions, so that lists have segments."""
    store = open_store(tmp_path_factory.mktemp("source"))
    for number in range(66):
        freeze(store, number)
    return store


@pytest.fixture(scope="module")
def archive(source, tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "pets.tar"
    source.export_archive("pets@66", path)
    return path


def everything(store):
    return sorted(str(path) for path in store.root.rglob("*")) if store.root.exists() else []


def test_a_snapshot_goes_out_and_in_and_is_the_same(source, archive, tmp_path):
    store = open_store(tmp_path)
    found = store.import_archive(archive)
    assert found == source.resolve("pets@66")
    assert store.verify() == []
    assert keys(store, "pets@66") == expected_keys(*range(66))
    assert store.resolve(found.id[:12]).name == "pets@66"
    again = store.export_archive("pets", tmp_path / "again.tar")
    assert again.path.read_bytes() == archive.read_bytes()
    assert again.digest == sha256(archive.read_bytes()).hexdigest()
    assert store.collect_garbage(grace_seconds=0) == []
    before = everything(store)
    assert store.import_archive(archive) == found
    assert everything(store) == before
    assert freeze(store, 66) == freeze(source_copy(source, tmp_path), 66)


def source_copy(source, folder):
    import shutil

    shutil.copytree(source.root, folder / "copy")
    return SnapshotStore(folder / "copy", durable=False)


def test_any_tar_can_list_and_unpack_it(archive, tmp_path):
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
        names = opened.getnames()
    index = json.loads((tmp_path / "coldframe.json").read_text())
    assert names == ["coldframe.json", *(name for name, _ in index["files"])]
    for name in names[1:]:
        digest = sha256((tmp_path / name).read_bytes()).hexdigest()
        assert digest in name


def test_an_export_never_replaces_another_file(source, archive, tmp_path):
    path = tmp_path / "pets.tar"
    first = source.export_archive("pets@66", path)
    assert source.export_archive("pets@66", path) == first
    with pytest.raises(ConflictError, match="another file"):
        source.export_archive("pets@65", path)
    assert path.read_bytes() == archive.read_bytes()
    assert [one.name for one in tmp_path.iterdir()] == ["pets.tar"]
    with pytest.raises(NotFoundError):
        source.export_archive("pets@65", tmp_path / "no" / "pets.tar")


def test_a_damaged_snapshot_is_not_exported(source, tmp_path):
    store = source_copy(source, tmp_path)
    part = sorted(store.root.glob("objects/*/*.parquet"))[7]
    part.chmod(0o644)
    data = part.read_bytes()
    for wrong in (data[:-1] + b"x", data[:-1], data + b"x"):
        part.write_bytes(wrong)
        with pytest.raises(CorruptionError) as told:
            store.export_archive("pets@66", tmp_path / "out.tar")
        assert part.name in told.value.where
    part.unlink()
    with pytest.raises(CorruptionError):
        store.export_archive("pets@66", tmp_path / "out.tar")
    assert [one.name for one in tmp_path.iterdir()] == ["copy"]


@pytest.mark.parametrize("spoil", ["flip", "cut", "lengthen", "zero"])
def test_no_damaged_archive_is_imported_nor_leaves_anything(archive, tmp_path, spoil):
    sound, path = archive.read_bytes(), tmp_path / "pets.tar"
    store = open_store(tmp_path)
    for number in range(count(10, 400)):
        dice = random.Random(f"{spoil} {number}")
        place = dice.randrange(len(sound))
        wrong = {
            "flip": sound[:place] + bytes([sound[place] ^ (1 << dice.randrange(8))])
            + sound[place + 1 :],
            "cut": sound[:place],
            "lengthen": sound + dice.randbytes(dice.randrange(1, 2000)),
            "zero": sound[:place] + bytes(len(sound) - place) + b"\1",
        }[spoil]  # fmt: skip
        path.write_bytes(wrong)
        with pytest.raises(CorruptionError) as told:
            store.import_archive(path)
        assert told.value.where == str(path)
        assert told.value.remedy
        assert not [one for one in store.root.rglob("*") if one.is_file() and one.name != "lock"]
    path.write_bytes(sound)
    assert store.import_archive(path).version == 66


def rebuilt(files, snapshot, index=None):
    """An archive of any files, with honest headers."""
    listed = [[name, len(data)] for name, data in files.items()]
    record = {"format": "coldframe.archive/1", "snapshot": snapshot, "files": listed}
    head = canonical_json(record if index is None else index)
    body = [entry_header("coldframe.json", len(head)), head, padding(len(head))]
    for name, data in files.items():
        body += [entry_header(name, len(data)), data, padding(len(data))]
    return b"".join([*body, END])


def test_what_is_no_archive_of_ours_has_no_way_in(source, archive, tmp_path):
    with tarfile.open(archive) as opened:
        files = {one.name: opened.extractfile(one).read() for one in opened.getmembers()[1:]}
    id_ = source.resolve("pets@66").id
    assert rebuilt(files, id_) == archive.read_bytes()
    some = next(iter(files))
    other = "objects/00/" + sha256(b"x").hexdigest() + ".json"
    fitting = f"objects/{sha256(b'{}').hexdigest()[:2]}/{sha256(b'{}').hexdigest()}.json"
    manifest = next(name for name in files if id_ in name)
    evil = json.loads(files[manifest]) | {"dataset": "../../../outside"}
    spelled = canonical_json(evil)
    evil_id = sha256(spelled).hexdigest()
    renamed = {name: data for name, data in files.items() if name != manifest}
    renamed[f"objects/{evil_id[:2]}/{evil_id}.snapshot.json"] = spelled
    wrong = {
        "one file less": rebuilt({n: d for n, d in files.items() if n != some}, id_),
        "one more": rebuilt(dict(sorted((files | {fitting: b"{}"}).items())), id_),
        "another order": rebuilt(dict(reversed(files.items())), id_),
        "out of the store": rebuilt({"../../outside": b"x"} | files, id_),
        "an absolute path": rebuilt({"/tmp/outside": b"x"} | files, id_),
        "another folder": rebuilt(dict(sorted((files | {other: b"x"}).items())), id_),
        "a dataset outside": rebuilt(dict(sorted(renamed.items())), evil_id),
        "no snapshot": rebuilt(files, "ab" * 32),
        "no digest": rebuilt(files, "../x"),
        "no list": rebuilt(files, id_, index=[1]),
        "no sizes": rebuilt(files, id_, index={"format": "coldframe.archive/1", "snapshot": id_,
                                               "files": [["x", -1]]}),
        "another format": rebuilt(files, id_, index={"format": "coldframe.archive/9",
                                                     "snapshot": id_, "files": []}),
        "nothing": b"",
        "text": b"<html>502 Bad Gateway</html>\n" * 100,
        "compressed": packed(archive.read_bytes(), "w:gz"),
        "a link": linked(tarfile.SYMTYPE),
        "a hard link": linked(tarfile.LNKTYPE),
        "a device": linked(tarfile.CHRTYPE),
        "a sparse file": linked(tarfile.GNUTYPE_SPARSE),
    }  # fmt: skip
    path = tmp_path / "evil.tar"
    store = open_store(tmp_path / "in")
    for what, data in wrong.items():
        path.write_bytes(data)
        with pytest.raises(ColdframeError):
            store.import_archive(path)
        assert not store.root.exists() or not list(store.root.glob("*/*")), what
        assert sorted(one.name for one in tmp_path.iterdir()) in (["evil.tar"], ["evil.tar", "in"])


def packed(data, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as made:
        entry = tarfile.TarInfo("coldframe.json")
        entry.size = len(data)
        made.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def linked(kind):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        entry = tarfile.TarInfo("coldframe.json")
        entry.type, entry.linkname = kind, "/etc/passwd"
        made.addfile(entry)
    return out.getvalue()


def test_an_import_continues_a_history_and_never_replaces_one(source, archive, tmp_path):
    store = open_store(tmp_path)
    for number in range(65):
        freeze(store, number)
    assert store.import_archive(archive).version == 66  # its parent is here
    assert store.head("pets").id == source.resolve("pets@66").id
    older = source.export_archive("pets@40", tmp_path / "older.tar").path
    assert store.import_archive(older).version == 40  # it is that already
    store.refs.path("pets", "versions", "40").unlink()
    assert store.import_archive(older).version == 40  # lost, and put back
    assert store.verify() == []

    others = open_store(tmp_path / "others")
    for number in (7, 8, 9):
        freeze(others, number)
    head = others.head("pets")
    for path in (archive, older):
        with pytest.raises(ConflictError) as told:
            others.import_archive(path)
        assert "--tag" in told.value.remedy
    assert others.collect_garbage(grace_seconds=0) == []
    found = others.import_archive(archive, tag="from-jane")
    assert others.head("pets") == head
    assert others.resolve("pets@from-jane") == others.resolve(found.id) == found
    assert keys(others, "pets@from-jane") == expected_keys(*range(66))
    assert others.import_archive(archive, tag="from-jane") == found
    with pytest.raises(ConflictError, match="tags never move"):
        others.import_archive(older, tag="from-jane")
    assert others.collect_garbage(grace_seconds=0) == []
    assert others.verify() == []


def test_no_such_file_is_told(tmp_path):
    store = open_store(tmp_path)
    with pytest.raises(NotFoundError):
        store.import_archive(tmp_path / "no.tar")
    with pytest.raises(NotFoundError):
        store.import_archive(tmp_path)
    assert not store.root.exists()
