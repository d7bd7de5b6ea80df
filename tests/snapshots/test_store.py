"""Versions, names, tags and pins: append-only, recognised, never moved."""

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots.snapshot_cases import (
    batch_digest,
    delivery,
    expected_keys,
    freeze,
    keys,
    open_store,
)

import coldframe.snapshots
from coldframe.errors import ConfigurationError, ConflictError, DataError, NotFoundError
from coldframe.snapshots import Addition, BatchRecord, SnapshotStore


def test_the_public_names_are_these():
    assert sorted(coldframe.snapshots.__all__) == [
        "Addition",
        "Archive",
        "BatchHistory",
        "BatchRecord",
        "Column",
        "Damage",
        "Garbage",
        "JSON",
        "Part",
        "Retyped",
        "Snapshot",
        "SnapshotDifference",
        "SnapshotStore",
        "TableDifference",
        "TableSummary",
        "compare_snapshots",
    ]


def test_looking_at_snapshots_imports_neither_pandas_nor_pyarrow(tmp_path):
    freeze(open_store(tmp_path), 1)
    code = (
        "import sys; from pathlib import Path; from coldframe.snapshots import SnapshotStore;"
        f"store = SnapshotStore(Path({str(tmp_path / 'store')!r})); found = store.resolve('pets');"
        "assert found.rows == 3 and len(found.batches) == 1 and store.verify() == [];"
        "assert not {'pandas', 'pyarrow', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_store_that_does_not_exist_is_empty_and_stays_so(tmp_path):
    store = open_store(tmp_path)
    assert (store.head("pets"), store.versions("pets"), store.datasets()) == (None, [], [])
    assert (store.tags("pets"), store.pins(), store.verify()) == ({}, {}, [])
    assert store.collect_garbage() == []
    assert not store.root.exists()


def test_older_snapshots_stay_what_they_were(tmp_path):
    store = open_store(tmp_path)
    for number in range(70):
        freeze(store, number)
    assert keys(store) == expected_keys(*range(70))
    for version in (1, 2, 33, 64, 65, 70):
        assert keys(store, f"pets@{version}") == expected_keys(*range(version))
        snapshot = store.resolve(f"pets@{version}")
        assert [batch.name for batch in snapshot.batches] == [f"{n}.csv" for n in range(version)]
    versions = store.versions("pets")
    assert [one.parent for one in versions] == [None, *(one.id for one in versions[:-1])]


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=3), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_same_deliveries_in_the_same_order_have_the_same_id_on_any_machine(groups):
    """And a batch that was delivered before is never doubled."""
    with tempfile.TemporaryDirectory() as folder:
        stores = [SnapshotStore(Path(folder) / name / "home", durable=False) for name in "ab"]
        for store in stores:
            for group in groups:
                additions = [Addition("cats", delivery(n), batch_digest(n)) for n in group]
                store.freeze("pets", additions)
        first, second = (store.head("pets") for store in stores)
        assert (first.id, first.frozen_at is None) == (second.id, False)
        seen: list[int] = []
        expected = []
        for group in groups:  # within one freeze a batch may well bring several parts
            expected += [number for number in group if number not in seen]
            seen += group
        assert keys(stores[0]) == expected_keys(*expected)
        files = [sorted(p.relative_to(s.root) for p in s.root.rglob("*")) for s in stores]
        assert files[0] == files[1]
        assert stores[1].collect_garbage(grace_seconds=0) == []


def test_freezing_what_is_known_returns_the_head_unread(tmp_path):
    store = open_store(tmp_path)
    freeze(store, 1)
    head = freeze(store, 2)

    def never_read():
        raise AssertionError("a known batch was read")
        yield

    again = store.freeze("pets", [Addition("cats", never_read(), batch_digest(1))])
    assert again == head
    assert store.freeze("pets", [], batches=list(head.batches)) == head
    assert store.freeze("pets", [Addition("cats", delivery(9, rows=0))]) == head
    assert freeze(store, 1, expected_parent=None, contract="other") == head
    assert len(store.versions("pets")) == 2


def test_a_batch_that_brought_no_rows_is_remembered(tmp_path):
    store = open_store(tmp_path)
    freeze(store, 1)
    held = BatchRecord(batch_digest(2), "cats", "2.csv", 0, {"quarantined": 3})
    snapshot = store.freeze("pets", [], batches=[held])
    assert (snapshot.version, snapshot.rows, list(snapshot.batches)[-1]) == (2, 3, held)


def test_one_snapshot_holds_several_tables(tmp_path):
    store = open_store(tmp_path)
    additions = [
        Addition("cats", delivery(1), batch_digest(1)),
        Addition("dogs", pd.DataFrame({"name": ["Rex"]}), batch_digest(2)),
    ]
    snapshot = store.freeze("pets", additions, contract="c1", about={"report": [1, 2.5, None]})
    assert {name: table.rows for name, table in snapshot.tables.items()} == {"cats": 3, "dogs": 1}
    assert (snapshot.contract, snapshot.about) == ("c1", {"report": [1, 2.5, None]})
    assert [(b.source, b.digest) for b in snapshot.batches] == [
        ("cats", batch_digest(1)),
        ("dogs", batch_digest(2)),
    ]
    assert store.resolve("pets") == snapshot
    assert abs((snapshot.frozen_at - dt.datetime.now(dt.UTC)).total_seconds()) < 60


def test_a_version_may_start_from_nothing(tmp_path):
    store = open_store(tmp_path)
    freeze(store, 1)
    second = freeze(store, 2, base="empty", about={"model": "a"})
    assert (keys(store), len(second.batches)) == (expected_keys(2), 1)
    assert second.parent == store.resolve("pets@1").id
    assert freeze(store, 2, base="empty", about={"model": "a"}) == second
    assert freeze(store, 2, base="empty", about={"model": "b"}).version == 3
    assert freeze(store, 1, base="empty").version == 4


def test_somebody_who_expects_another_parent_is_told(tmp_path):
    store = open_store(tmp_path)
    first = freeze(store, 1, expected_parent=None)
    second = freeze(store, 2, expected_parent=first)
    with pytest.raises(ConflictError) as caught:
        freeze(store, 3, expected_parent=first)
    assert "pets@2" in caught.value.found
    assert store.head("pets") == second
    assert freeze(store, 3, expected_parent=second.id).version == 3


def test_every_name_of_a_snapshot_finds_it(tmp_path):
    store = open_store(tmp_path)
    first, second = freeze(store, 1), freeze(store, 2)
    store.tag("golden", first)
    for name in ("pets", "pets@latest", "pets@2", second.id, second.id[:8]):
        assert store.resolve(name) == second
    assert store.resolve("pets@golden") == first
    assert store.tags("pets") == {"golden": first}
    assert store.datasets() == ["pets"]


@pytest.mark.parametrize("name", ["cats", "pets@3", "pets@0", "pets@silver", "0" * 8, "f" * 64])
def test_an_unknown_name_is_answered_with_what_there_is(tmp_path, name):
    store = open_store(tmp_path)
    store.tag("golden", freeze(store, 1))
    with pytest.raises(NotFoundError) as caught:
        store.resolve(name)
    assert "pets" in caught.value.found


def test_an_id_that_was_never_published_is_not_found(tmp_path):
    store = open_store(tmp_path)
    snapshot = freeze(store, 1)
    store.refs.path("pets", "versions", "1").unlink()
    with pytest.raises(NotFoundError):
        store.resolve(snapshot.id)


def test_a_dataset_whose_name_looks_like_an_id_is_found(tmp_path):
    store = open_store(tmp_path)
    snapshot = store.freeze("deadbeef", [Addition("cats", delivery(1))])
    assert store.resolve("deadbeef") == snapshot


def test_tags_never_move(tmp_path):
    store = open_store(tmp_path)
    first, second = freeze(store, 1), freeze(store, 2)
    store.tag("golden", first)
    assert store.tag("golden", "pets@1") == first
    with pytest.raises(ConflictError):
        store.tag("golden", second)
    assert store.resolve("pets@golden") == first


PATH_TRICKS = [
    "../x", "..", ".", "", "/etc", "a/b", "a..b", "A", "a b", "a\n", "a\0b", "-a", ".a", "a.",
    "ä", "a" * 121, "a\\b", "7", "~", "a\u202e",
]  # fmt: skip


@pytest.mark.parametrize("name", PATH_TRICKS)
def test_no_name_leaves_the_store(tmp_path, name):
    store = open_store(tmp_path)
    snapshot = freeze(store, 1)
    before = sorted(tmp_path.rglob("*"))
    actions = [
        lambda: store.freeze(name, [Addition("cats", delivery(2))]),
        lambda: store.freeze("pets", [Addition(name, delivery(2))]),
        lambda: store.tag(name, snapshot),
        lambda: store.pin(name, [snapshot.id]),
        lambda: store.head(name),
        lambda: store.versions(name),
        lambda: store.resolve(f"{name}@1"),
        lambda: store.freeze("pets", [Addition("cats", delivery(2), name)]),
    ]
    for action in actions:
        with pytest.raises(ConfigurationError):
            action()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_tag_cannot_mean_the_newest_or_a_number(tmp_path):
    store = open_store(tmp_path)
    freeze(store, 1)
    for name in ("latest", "7"):
        with pytest.raises(ConfigurationError):
            store.tag(name, "pets")


def test_pins_are_replaced_and_removed(tmp_path):
    store = open_store(tmp_path)
    first, second = freeze(store, 1), freeze(store, 2)
    store.pin("model-a", [first.id, second.id])
    store.pin("model-b", [second.id])
    store.pin("model-a", [first.id])
    assert store.pins() == {"model-a": (first.id,), "model-b": (second.id,)}
    store.pin("model-b", [])
    assert store.pins() == {"model-a": (first.id,)}
    with pytest.raises(NotFoundError):
        store.pin("model-a", ["flights@7"])


def test_what_is_not_there_is_named(tmp_path):
    store = open_store(tmp_path)
    freeze(store, 1)
    for options in ({"table": "dogs"}, {"columns": ["age"]}, {"batches": [batch_digest(9)]}):
        with pytest.raises(NotFoundError):
            store.read("pets", **{"table": "cats", **options})


def test_about_must_be_json_and_something_must_be_frozen(tmp_path):
    store = open_store(tmp_path)
    for about in ({"x": float("nan")}, {"x": dt.date(2013, 1, 1)}):
        with pytest.raises(DataError):
            freeze(store, 1, about=about)
    with pytest.raises(DataError):
        store.freeze("pets", [])


def test_the_folder_can_be_moved_and_copied(tmp_path):
    store = open_store(tmp_path)
    head = freeze(store, 1)
    store.tag("golden", head)
    shutil.copytree(store.root, tmp_path / "copy")
    store.root.rename(tmp_path / "moved")
    for name in ("copy", "moved"):
        there = SnapshotStore(tmp_path / name, durable=False)
        assert there.verify() == []
        assert keys(there, "pets@golden") == expected_keys(1)
    moved, copied = (SnapshotStore(tmp_path / n, durable=False) for n in ("moved", "copy"))
    assert freeze(moved, 2).id == freeze(copied, 2).id


def test_a_manifest_is_canonical_json_named_by_its_digest(tmp_path):
    """What docs/manifest.md says another program may rely on, read by nothing of ours."""
    import hashlib
    import json

    store = open_store(tmp_path)
    for number in range(70):
        freeze(store, number, contract="c1")
    head_id, check = (store.root / "refs/pets/versions/70").read_text("ascii").split()
    assert check == hashlib.sha256(f"pets/versions/70\n{head_id}".encode()).hexdigest()

    def load(digest, suffix):
        data = (store.root / "objects" / digest[:2] / (digest + suffix)).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        return data

    manifest = json.loads(load(head_id, ".snapshot.json"))
    assert (manifest["dataset"], manifest["version"], manifest["contract"]) == ("pets", 70, "c1")
    level0, level1 = manifest["tables"]["cats"]["parts"]["levels"]
    parts = [p for digest in level1 for p in json.loads(load(digest, ".json"))["items"]] + level0
    read = [pa.BufferReader(load(part["digest"], ".parquet")) for part in parts]
    import pyarrow.parquet as pq

    found = [key for one in read for key in pq.ParquetFile(one).read()["key"].to_pylist()]
    assert found == expected_keys(*range(70))
    text = json.dumps(manifest)
    assert str(tmp_path) not in text
    assert str(dt.datetime.now(dt.UTC).year) not in text
