"""An Iceberg view over the parts: read back by PyIceberg, and torn by nothing."""

import itertools
import json
import os

import pyarrow as pa
import pytest
from counts import count
from pyiceberg.table import StaticTable
from snapshots.snapshot_cases import batch_digest, delivery, freeze, open_store
from snapshots.test_faults import FAILURES, Disk

from coldframe.errors import CorruptionError, DataError
from coldframe.snapshots import Addition
from coldframe.snapshots.iceberg import publish_iceberg

REFUSED = (
    *(pa.null(), pa.uint64(), pa.float16(), pa.duration("s"), pa.decimal256(50, 2)),
    *(pa.timestamp("us", tz="America/New_York"), pa.timestamp("us", tz="+05:30")),
    *(pa.timestamp("ns"), pa.time32("s"), pa.time64("ns")),
)


@pytest.fixture
def store(tmp_path):
    """Three parts: a column comes, goes, and becomes wider."""
    store = open_store(tmp_path)
    narrow = pa.table({
        "key": pa.array([100, 101], pa.int32()), "new": [1.5, None],
        "at": pa.array([0, None], pa.timestamp("us", tz="UTC")),
    })  # fmt: skip
    freeze(store, 0)
    store.freeze("pets", [Addition("cats", narrow, batch_digest(1))])
    store.freeze("pets", [Addition("dogs", delivery(2))])
    return store


def read(pointer, table="cats"):
    path = json.loads(pointer.read_text())["tables"][table]
    return StaticTable.from_metadata(path).scan().to_arrow().sort_by("key")


def same(store, view, name="pets"):
    return all(
        read(view.pointer, table).cast(right.schema).equals(right)
        for table in ("cats", "dogs")
        if (right := store.read(name, table, as_pandas=False).sort_by("key")) is not None
    )


def test_another_engine_reads_the_same_cells(store, tmp_path):
    view = publish_iceberg(store, store.head("pets"), tmp_path / "lake")
    assert json.loads(view.pointer.read_text())["snapshot"] == "pets@3"
    assert same(store, view)
    some = StaticTable.from_metadata(str(view.tables["cats"]))
    assert some.scan(row_filter="key >= 100").to_arrow()["key"].to_pylist() == [100, 101]
    assert list((tmp_path / "lake").rglob("*.parquet")) == []


def test_publishing_again_replaces_the_view_and_leaves_nothing(store, tmp_path):
    lake = tmp_path / "lake"
    publish_iceberg(store, store.resolve("pets@3"), lake)
    store.freeze("pets", [Addition("cats", delivery(9), batch_digest(9))])
    view = publish_iceberg(store, store.head("pets"), lake)
    assert same(store, view)
    assert len([one for one in (lake / "pets").iterdir() if one.is_dir()]) == 1


def test_what_was_damaged_or_has_no_type_is_refused_and_the_old_view_stays(store, tmp_path):
    lake, head = tmp_path / "lake", store.head("pets")
    view = publish_iceberg(store, head, lake)
    before = sorted(map(str, lake.rglob("*")))
    for number, kind in enumerate(REFUSED):
        rows = pa.table({"x": pa.nulls(1, kind), "deep": pa.nulls(1, pa.list_(kind))})
        odd = store.freeze(f"odd-{number}", [Addition("cats", rows)])
        with pytest.raises(DataError, match="Iceberg has no type"):
            publish_iceberg(store, odd, lake)
    store.freeze("widened", [Addition("cats", pa.table({"x": pa.array([1], pa.int32())}))])
    widened = store.freeze("widened", [Addition("cats", pa.table({"x": [1.5]}))])
    with pytest.raises(DataError, match="cannot show"):
        publish_iceberg(store, widened, lake)
    twice = store.freeze("twice", [Addition("cats", delivery(0))] * 2)
    with pytest.raises(DataError, match="several times"):
        publish_iceberg(store, twice, lake)
    part = store.objects.path(store.open_table("pets", "cats").parts[0].digest, ".parquet")
    part.chmod(0o644)
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptionError):
        publish_iceberg(store, head, lake)
    assert [p for p in sorted(map(str, lake.rglob("*"))) if "/pets" in p] == before
    assert view.pointer.exists()


@pytest.mark.parametrize(("code", "late"), FAILURES, ids=str)
def test_a_failing_disk_leaves_the_old_view_or_the_new_one(
    store, tmp_path, monkeypatch, code, late
):
    lake = tmp_path / "lake"
    publish_iceberg(store, store.resolve("pets@3"), lake)
    store.freeze("pets", [Addition("cats", delivery(9), batch_digest(9))])
    pointer = lake / "pets" / "latest.json"
    step = count(len(FAILURES), 1)
    for number in itertools.count(1 + FAILURES.index((code, late)) % step, step):
        disk = Disk(number, code, late=late)
        try:
            with disk.installed(monkeypatch):
                publish_iceberg(store, store.head("pets"), lake)
        except OSError as error:
            assert error.errno == code  # noqa: PT017 - any number of them may fail
        if disk.seen < number:
            break
        name = json.loads(pointer.read_text())["snapshot"]
        assert name in ("pets@3", "pets@4")
        right = store.read(name, "cats", as_pandas=False)
        assert read(pointer)["key"].to_pylist() == sorted(right["key"].to_pylist())
        publish_iceberg(store, store.resolve("pets@3"), lake)
        assert len([one for one in (lake / "pets").iterdir() if one.is_dir()]) == 1
    assert number > step
    assert os.listdir(lake) == ["pets"]  # noqa: PTH208 - names alone
