"""What is frozen is what is read, for the types of Arrow and pandas."""

import datetime as dt
import decimal
import itertools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshots.snapshot_cases import batch_digest, open_store

from coldframe.errors import DataError
from coldframe.snapshots import Addition, SnapshotStore

RELAXED = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def integers(bits: int, *, signed: bool):
    low = -(2 ** (bits - 1)) if signed else 0
    return st.integers(low, 2 ** (bits - signed) - 1)


INT64 = integers(64, signed=True)
FLOAT64 = st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)
UNITS = ("s", "ms", "us", "ns")
ZONES = (None, "UTC", "America/New_York", "+05:30")

KINDS = {
    pa.null(): st.none(),
    pa.bool_(): st.booleans(),
    **{getattr(pa, f"int{b}")(): integers(b, signed=True) for b in (8, 16, 32, 64)},
    **{getattr(pa, f"uint{b}")(): integers(b, signed=False) for b in (8, 16, 32, 64)},
    pa.float16(): st.floats(width=16, allow_nan=False),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): FLOAT64,
    pa.string(): TEXT,
    pa.binary(): st.binary(max_size=40),
    pa.binary(4): st.binary(min_size=4, max_size=4),
    pa.date32(): st.dates(),
    pa.time32("s"): integers(16, signed=False),
    pa.time32("ms"): integers(24, signed=False),
    pa.time64("us"): integers(32, signed=False),
    pa.time64("ns"): integers(40, signed=False),
    **{pa.timestamp(u, tz=z): integers(48, signed=True) for u in UNITS for z in ZONES},
    **{pa.duration(u): INT64 for u in UNITS},
    pa.decimal128(18, 4): st.decimals(-9999, 9999, places=4).filter(decimal.Decimal.is_finite),
    pa.decimal256(60, 2): st.decimals(-9999, 9999, places=2).filter(decimal.Decimal.is_finite),
    pa.list_(pa.int64()): st.lists(INT64 | st.none(), max_size=3),
    pa.list_(pa.list_(pa.string())): st.lists(st.lists(TEXT, max_size=2), max_size=2),
    pa.struct([("x", pa.int64()), ("y", pa.string())]): st.fixed_dictionaries(
        {"x": INT64 | st.none(), "y": TEXT}
    ),
    pa.map_(pa.string(), pa.int64()): st.lists(
        st.tuples(TEXT, INT64), max_size=2, unique_by=lambda pair: pair[0]
    ),
}


@st.composite
def tables(draw) -> pa.Table:
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=5))
    rows = draw(st.integers(0, 12))
    columns = {}
    for number, kind in enumerate(kinds):
        values = draw(st.lists(KINDS[kind] | st.none(), min_size=rows, max_size=rows))
        columns[f"column {number}"] = pa.array(values, kind)
    return pa.table(columns)


@given(tables(), st.integers(1, 5))
@RELAXED
def test_every_type_is_read_as_it_was_frozen_however_it_is_chunked(table, size):
    with tempfile.TemporaryDirectory() as folder:
        first, second = (SnapshotStore(Path(folder) / n, durable=False) for n in "ab")
        frozen = first.freeze("pets", [Addition("cats", table)])
        assert first.read("pets", "cats", as_pandas=False).equals(table)
        assert first.verify("pets") == []
        batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(size))
        assert second.freeze("pets", [Addition("cats", batches)]).id == frozen.id


@pytest.mark.parametrize(
    ("given_type", "stored"),
    [
        (pa.dictionary(pa.int8(), pa.string()), pa.string()),
        (pa.dictionary(pa.int8(), pa.int64()), pa.int64()),
        (pa.large_string(), pa.string()),
        (pa.string_view(), pa.string()),
        (pa.large_binary(), pa.binary()),
        (pa.large_list(pa.large_string()), pa.list_(pa.string())),
        (pa.date64(), pa.date32()),
        (pa.decimal32(5, 2), pa.decimal128(5, 2)),
    ],
    ids=str,
)
def test_types_that_differ_only_in_memory_are_stored_as_one(tmp_path, given_type, stored):
    values = {
        pa.string(): ["a", None],
        pa.int64(): [7, None],
        pa.binary(): [b"a", None],
        pa.list_(pa.string()): [["a"], None],
        pa.date32(): [dt.date(2013, 1, 1), None],
        pa.decimal128(5, 2): [decimal.Decimal("1.25"), None],
    }[stored]
    plain = pa.array(values, stored)
    column = plain.dictionary_encode() if pa.types.is_dictionary(given_type) else None
    column = plain.cast(given_type) if column is None else column
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", pa.table({"x": column}))])
    assert store.read("pets", "cats", as_pandas=False).equals(pa.table({"x": plain}))


def test_run_end_encoded_columns_are_written_out(tmp_path):
    runs = pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"])
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", pa.table({"x": runs}))])
    assert store.read("pets", "cats")["x"].to_list() == ["a", "a", "b"]


def test_a_frame_comes_back_with_its_values_and_its_dtypes(tmp_path):
    frame = pd.DataFrame(
        {
            "number": [1, 2, 3],
            "ratio": [0.5, np.nan, -1.0],
            "text": ["a", None, "00123"],
            "when": pd.to_datetime(["2013-01-01", None, "2013-03-10"]).tz_localize("UTC"),
            "yes": [True, False, True],
        }
    )
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", frame)])
    pd.testing.assert_frame_equal(store.read("pets", "cats"), frame)


def test_integers_keep_their_last_digit_beside_a_blank(tmp_path):
    table = pa.table(
        {
            "large": [9007199254740993, None],
            "small": [1, None],
            "truth": [True, None],
            "huge": pa.array([2**64 - 1, None], pa.uint64()),
        }
    )
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", table)])
    frame = store.read("pets", "cats")
    assert frame["large"][0] == 9007199254740993
    assert frame["huge"][0] == 2**64 - 1
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "float64", "boolean", "UInt64"]


def test_a_category_is_stored_as_its_values(tmp_path):
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", pd.DataFrame({"x": pd.Categorical(["b", "a", None])}))])
    assert store.read("pets", "cats", as_pandas=False)["x"].to_pylist() == ["b", "a", None]


def test_rows_come_in_the_order_of_delivery_and_columns_as_asked(tmp_path):
    store = open_store(tmp_path)
    for number in range(70):  # more than one segment
        table = pa.table({"a": [number], "b": [str(number)], "a.b": [-number]})
        store.freeze("pets", [Addition("cats", table, batch_digest(number))])
    assert store.read("pets", "cats")["a"].to_list() == list(range(70))
    assert store.read("pets", "cats", columns=["b", "a"]).columns.to_list() == ["b", "a"]
    assert store.read("pets", "cats", columns=["a.b"])["a.b"].to_list()[-1] == -69
    some = store.read("pets", "cats", batches=[batch_digest(66), batch_digest(3)])
    assert some["a"].to_list() == [3, 66]


def test_columns_may_come_and_go(tmp_path):
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", pa.table({"a": [1], "gone": ["x"]}))])
    snapshot = store.freeze("pets", [Addition("cats", pa.table({"new": [2.5], "a": [2]}))])
    read = store.read(snapshot, "cats", as_pandas=False).to_pydict()
    assert read == {"a": [1, 2], "gone": ["x", None], "new": [None, 2.5]}
    assert store.read(snapshot, "cats", columns=["new"], as_pandas=False).num_rows == 2
    assert {c.name: c.nulls for c in snapshot.tables["cats"].columns} == {
        "a": 0,
        "gone": 1,
        "new": 1,
    }


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    store = open_store(tmp_path)
    empty = pa.table({"a": pa.array([], pa.timestamp("us", tz="UTC"))})
    snapshot = store.freeze("pets", [Addition("cats", empty)])
    assert snapshot.tables["cats"].parts == 0
    assert store.read("pets", "cats", as_pandas=False).equals(empty)


def test_many_row_groups_read_as_one_table(tmp_path):
    from coldframe.snapshots.parts import GROUP_ROWS

    table = pa.table({"a": pa.array(range(2 * GROUP_ROWS + 5))})
    pieces = itertools.chain.from_iterable([table.to_batches(50_001)])
    store = open_store(tmp_path)
    snapshot = store.freeze("pets", [Addition("cats", pieces)])
    whole = SnapshotStore(tmp_path / "whole", durable=False)
    assert whole.freeze("pets", [Addition("cats", table)]).id == snapshot.id
    assert store.read("pets", "cats", as_pandas=False).equals(table)


def test_a_stream_is_never_held_whole(tmp_path):
    """Two hundred pieces of 1 MB: what Arrow holds stays below a few row groups."""
    rows = 1 << 17
    peak = 0

    def pieces():
        nonlocal peak
        for number in range(200):
            yield pa.record_batch({"x": np.arange(rows, dtype=np.int64) + number})
            peak = max(peak, pa.total_allocated_bytes())

    before = pa.total_allocated_bytes()
    snapshot = open_store(tmp_path).freeze("pets", [Addition("cats", pieces())])
    assert snapshot.rows == 200 * rows
    assert peak - before < 20 * 8 * rows  # the stream as a whole is 200 * 8 * rows bytes


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"x": [1, "a"]}),
        pd.DataFrame({"x": [2**70]}),
        pd.DataFrame({"x": pd.Series(["\ud800"], dtype=object)}),
        pd.DataFrame([[1, 2]], columns=["x", "x"]),
        pd.DataFrame({5: [1]}),
        pd.DataFrame({"x": [1]}, index=pd.Index([7], name="key")),
        pd.DataFrame({"x": pd.period_range("2013-01", periods=1, freq="M")}),
        pa.table({}),
        pa.table({"x": pa.array([{}], pa.struct([]))}),
        pa.table([[1], [2]], names=["x", "x"]),
        iter([]),
        iter([pa.record_batch({"x": [1]}), pa.record_batch({"x": ["a"]})]),
        iter([pa.record_batch({"x": [1]}), pa.record_batch({"y": [1]})]),
    ],
    ids=range(13),
)
def test_what_cannot_be_stored_as_it_is_is_refused(tmp_path, data):
    store = open_store(tmp_path)
    with pytest.raises(DataError):
        store.freeze("pets", [Addition("cats", data)])
    assert store.head("pets") is None


def test_the_parts_are_plain_parquet_with_page_checksums(tmp_path):
    import pyarrow.parquet as pq

    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", pa.table({"x": ["a"] * 1000}))])
    (path,) = (tmp_path / "store" / "objects").glob("*/*.parquet")
    assert path.stat().st_mode & 0o777 == 0o444
    column = pq.read_metadata(path).row_group(0).column(0)
    assert column.compression == "ZSTD"
    with pq.ParquetFile(path, page_checksum_verification=True) as part:
        assert part.read().num_rows == 1000
