"""A column whose type changes: widened without loss, or refused with the reason."""

import decimal
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from counts import count
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots.snapshot_cases import batch_digest, open_store

from coldframe.errors import DataError
from coldframe.snapshots import Addition, SnapshotStore

WIDENED = [
    (pa.null(), [None], pa.string(), ["a"], pa.string()),
    (pa.string(), ["a"], pa.null(), [None], pa.string()),
    (pa.int32(), [1], pa.int64(), [2**40], pa.int64()),
    (pa.int64(), [2**40], pa.int8(), [1], pa.int64()),
    (pa.uint8(), [255], pa.int8(), [-1], pa.int16()),
    (pa.uint32(), [2**32 - 1], pa.int64(), [-1], pa.int64()),
    (pa.int64(), [2**53], pa.float64(), [0.5], pa.float64()),
    (pa.float64(), [0.5], pa.int64(), [-(2**53)], pa.float64()),
    (pa.int32(), [2**31 - 1], pa.float32(), [0.5], pa.float64()),
    (pa.float32(), [0.5], pa.float64(), [0.1], pa.float64()),
    (pa.int64(), [None], pa.float64(), [0.5], pa.float64()),
    (
        *(pa.decimal128(4, 2), [decimal.Decimal("12.34")]),
        *(pa.decimal128(6, 1), [decimal.Decimal("12345.6")]),
        pa.decimal128(7, 2),
    ),
    (pa.int64(), [7], pa.decimal128(5, 2), [decimal.Decimal("1.25")], pa.decimal128(22, 2)),
    (pa.timestamp("s"), [1], pa.timestamp("us"), [5], pa.timestamp("us")),
    (*(pa.timestamp("ms", tz="UTC"), [1]), *(pa.timestamp("ns", tz="UTC"), [5]),
     pa.timestamp("ns", tz="UTC")),
    (pa.duration("s"), [1], pa.duration("ms"), [1500], pa.duration("ms")),
    (pa.time32("s"), [1], pa.time64("us"), [5], pa.time64("us")),
    (pa.list_(pa.null()), [[]], pa.list_(pa.string()), [["a"]], pa.list_(pa.string())),
    (pa.list_(pa.int32()), [[1]], pa.list_(pa.int64()), [[2**40]], pa.list_(pa.int64())),
    (
        *(pa.struct([("x", pa.int32())]), [{"x": 1}]),
        *(pa.struct([("y", pa.string()), ("x", pa.int64())]), [{"y": "a", "x": 2}]),
        pa.struct([("x", pa.int64()), ("y", pa.string())]),
    ),
    (
        *(pa.map_(pa.string(), pa.int32()), [[("a", 1)]]),
        *(pa.map_(pa.string(), pa.int64()), [[("b", 2)]]),
        pa.map_(pa.string(), pa.int64()),
    ),
]  # fmt: skip

REFUSED = [
    (pa.string(), ["a"], pa.int64(), [1]),
    (pa.int64(), [1], pa.string(), ["1"]),
    (pa.bool_(), [True], pa.int64(), [1]),
    (pa.int64(), [2**53 + 1], pa.float64(), [0.5]),
    (pa.float64(), [0.5], pa.int64(), [2**53 + 1]),
    (pa.uint64(), [2**63], pa.int64(), [-1]),
    (pa.timestamp("us"), [1], pa.timestamp("us", tz="UTC"), [1]),
    (pa.timestamp("us", tz="Europe/Berlin"), [1], pa.timestamp("us", tz="UTC"), [1]),
    (pa.timestamp("s"), [2**40], pa.timestamp("ns"), [1]),
    (pa.duration("s"), [2**40], pa.duration("ns"), [1]),
    (pa.date32(), [1], pa.timestamp("us"), [1]),
    (pa.float64(), [0.5], pa.decimal128(5, 2), [decimal.Decimal(1)]),
    (pa.list_(pa.int64()), [[1]], pa.list_(pa.float64()), [[0.5]]),
    (pa.list_(pa.int64()), [[1]], pa.int64(), [1]),
    (pa.struct([("x", pa.int32())]), [{"x": 1}], pa.struct([("x", pa.string())]), [{"x": "a"}]),
]


def freeze_both(store, old, olds, new, news):
    first = pa.table({"x": pa.array(olds, old)})
    store.freeze("pets", [Addition("cats", first, batch_digest(1))])
    second = pa.table({"x": pa.array(news, new)})
    return store.freeze("pets", [Addition("cats", second, batch_digest(2))])


@pytest.mark.parametrize(("old", "olds", "new", "news", "common"), WIDENED, ids=str)
def test_a_type_widens_where_no_value_changes(tmp_path, old, olds, new, news, common):
    store = open_store(tmp_path)
    freeze_both(store, old, olds, new, news)
    read = store.read("pets", "cats", as_pandas=False)
    assert read.schema.field("x").type == common
    parts = [pa.array(olds, old), pa.array(news, new)]
    if pa.types.is_struct(common):
        assert read["x"].to_pylist() == [{"x": 1, "y": None}, {"x": 2, "y": "a"}]
    else:
        assert (
            read["x"].to_pylist() == pa.chunked_array([p.cast(common) for p in parts]).to_pylist()
        )
    before = store.read("pets@1", "cats", as_pandas=False)
    assert before.schema.field("x").type == old


@pytest.mark.parametrize(("old", "olds", "new", "news"), REFUSED, ids=str)
def test_a_type_that_would_change_values_is_refused(tmp_path, old, olds, new, news):
    store = open_store(tmp_path)
    with pytest.raises(DataError) as caught:
        freeze_both(store, old, olds, new, news)
    assert "column 'x'" in caught.value.where
    assert batch_digest(2)[:16] in caught.value.where
    assert caught.value.expected
    assert caught.value.found
    assert [snapshot.version for snapshot in store.versions("pets")] == [1]


NUMBERS = {
    pa.int8(): st.integers(-(2**7), 2**7 - 1),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**53), 2**53),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.null(): st.none(),
}


@given(st.lists(st.sampled_from(list(NUMBERS)), min_size=2, max_size=4), st.data())
@settings(deadline=None, max_examples=count(40, 2000))
def test_no_number_ever_changes_whatever_types_follow_each_other(kinds, data):
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder) / "store", durable=False)
        delivered = []
        for number, kind in enumerate(kinds):
            values = data.draw(st.lists(NUMBERS[kind] | st.none(), max_size=3))
            table = pa.table({"x": pa.array(values, kind)})
            try:
                store.freeze("pets", [Addition("cats", table, batch_digest(number))])
            except DataError:
                continue  # refused, so it must have left nothing
            delivered += values
        assert store.read("pets", "cats", as_pandas=False)["x"].to_pylist() == delivered


def test_an_unsigned_integer_beyond_a_signed_one_is_refused_beside_a_float(tmp_path):
    store = SnapshotStore(tmp_path / "store", durable=False)
    store.freeze("pets", [Addition("cats", pa.table({"x": pa.array([], pa.float32())}))])
    with pytest.raises(DataError, match="would change values"):
        store.freeze("pets", [Addition("cats", pa.table({"x": pa.array([2**63], pa.uint64())}))])
