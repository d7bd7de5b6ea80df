"""docs/manifest.md is enough: a reader written from it alone reads what was frozen."""

import ast
import tempfile
from pathlib import Path

from counts import count
from hypothesis import given, settings
from snapshots import reader_by_the_page
from snapshots.snapshot_cases import batch_digest, delivery, expected_keys, freeze, open_store
from snapshots.test_engines import deliveries

from coldframe.errors import DataError
from coldframe.snapshots import Addition, BatchRecord, SnapshotStore


def test_the_reader_imports_nothing_of_ours():
    tree = ast.parse(Path(reader_by_the_page.__file__).read_text("utf-8"))
    names = {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names == {"hashlib", "json", "re", "pathlib", "pyarrow", "pyarrow.parquet"}


@given(deliveries())
@settings(deadline=None, max_examples=count(25, 1500))
def test_every_type_and_every_change_of_types_is_read_by_the_page(parts):
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder), durable=False)
        for part in parts:
            try:
                store.freeze("pets", [Addition("cats", part)])
            except DataError:  # a moment that the finer unit of another part cannot hold
                continue
        theirs = reader_by_the_page.Store(Path(folder))
        assert theirs.newest("pets") == store.head("pets").id
        right = store.read("pets", "cats", as_pandas=False)
        found = theirs.read(theirs.newest("pets"), "cats")
        assert found.schema == right.schema
        assert found.equals(right)


def test_long_lists_tags_and_pins_are_read_by_the_page(tmp_path):
    store = open_store(tmp_path)
    came = [BatchRecord(batch_digest(n), "cats", f"{n}.csv") for n in range(64 * 64 + 70)]
    store.freeze("pets", [Addition("cats", delivery(n)) for n in range(66)], batches=came)
    freeze(store, 5000)
    store.tag("golden", "pets@1")
    store.pin("model", [store.head("pets").id])
    theirs = reader_by_the_page.Store(store.root)
    newest = theirs.newest("pets")
    manifest = theirs.manifest(newest)
    assert [len(level) for level in manifest["batches"]["levels"]] == [7, 1, 1]
    assert [one["name"] for one in theirs.items(manifest["batches"])] == [
        one.name for one in store.head("pets").batches
    ]
    assert theirs.tagged("pets", "golden") == manifest["parent"]
    assert theirs.sealed("pins/model", ".") == [newest]
    assert theirs.read(newest, "cats")["key"].to_pylist() == expected_keys(*range(66), 5000)
