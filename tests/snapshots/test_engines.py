"""Every engine sees the same cells: pandas, Arrow, DuckDB, Polars, Dask."""

import tempfile
import warnings
from pathlib import Path

import dask
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from counts import count
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots.snapshot_cases import batch_digest, delivery, open_store
from snapshots.test_round_trip import KINDS

from coldframe.errors import CorruptionError, DataError
from coldframe.snapshots import Addition, SnapshotStore

WIDER = {
    pa.int32(): pa.int64(),
    pa.int8(): pa.decimal128(12, 2),
    pa.float32(): pa.float64(),
    pa.null(): pa.string(),
    pa.timestamp("ms", tz="America/New_York"): pa.timestamp("us", tz="America/New_York"),
    pa.list_(pa.int32()): pa.list_(pa.int64()),
}
REFUSED = {
    "duckdb": (pa.float16(), pa.decimal256(60, 2), *map(pa.duration, ("s", "ms", "us", "ns"))),
    "polars": (
        pa.decimal256(60, 2),
        *(pa.timestamp(unit, tz="+05:30") for unit in ("s", "ms", "us", "ns")),
    ),
}
SMALL = st.integers(-128, 127)
VALUES = KINDS | {pa.time64("ns"): st.integers(0, 2**26).map(lambda number: number * 1000)}
VALUES[pa.decimal128(12, 2)] = st.decimals(-9999, 9999, places=2)
VALUES |= dict.fromkeys([pa.list_(pa.int32()), pa.list_(pa.int64())], st.lists(SMALL, max_size=3))
VALUES |= dict.fromkeys(
    [kind for kind in KINDS if pa.types.is_timestamp(kind) and kind.unit == "s"],
    st.integers(-(2**35), 2**35),  # DuckDB counts microseconds in 64 bits, Polars milliseconds
)


@st.composite
def deliveries(draw) -> list[pa.Table]:
    """One to three parts with rows; each may lack a column, or have it in a wider type."""
    kinds = draw(st.lists(st.sampled_from([*KINDS, *WIDER, *WIDER]), min_size=1, max_size=4))
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        rows = draw(st.integers(1, 4))
        columns = {"key": pa.array(range(rows), pa.int64())}
        for number, kind in enumerate(kinds):
            if draw(st.integers(0, 4)) == 0:
                continue
            used = draw(st.sampled_from([kind, WIDER.get(kind, kind)]))
            cells = draw(st.lists(VALUES[used] | st.none(), min_size=rows, max_size=rows))
            columns[f"column.{number}"] = pa.array(cells, used)
        parts.append(pa.table(columns))
    return parts


def held_by(engine, schema):
    return [field.name for field in schema if field.type not in REFUSED.get(engine, ())]


def same(came: pa.Table, right: pa.Table) -> bool:
    return came.schema.names == right.schema.names and came.cast(right.schema).equals(right)


def too_long(table: pa.Table) -> bool:
    """Say whether a duration in seconds has no place in 64 bits of milliseconds."""
    columns = [column for column in table.columns if column.type == pa.duration("s")]
    seconds = [one for column in columns for one in column.cast(pa.int64()).to_pylist()]
    return any(one is not None and not -(2**63) <= one * 1000 < 2**63 for one in seconds)


def as_duckdb(opened):
    return opened.to_duckdb().to_arrow_table()


def as_polars(opened):
    return opened.to_polars().to_arrow()


def as_lazy(opened):
    return opened.to_polars_lazy().collect().to_arrow()


@given(deliveries())
@settings(deadline=None, max_examples=count(40, 1500))
def test_all_engines_see_the_same_cells(parts):
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder) / "store", durable=False)
        store.freeze("pets", [Addition("cats", part) for part in parts])
        right = store.read("pets", "cats", as_pandas=False)
        opened = store.open_table("pets", "cats")
        assert opened.schema == right.schema
        assert opened.to_batches().read_all().equals(right)
        assert opened.to_dataset().to_table().equals(right)
        pd.testing.assert_frame_equal(opened.to_pandas(), store.read("pets", "cats"))
        lazy = opened.to_dask()
        assert lazy.npartitions == len(parts)
        with dask.config.set(scheduler="synchronous"):
            frame = lazy.compute()
        assert frame.dtypes.to_dict() == lazy._meta.dtypes.to_dict()
        pd.testing.assert_frame_equal(frame.reset_index(drop=True), store.read("pets", "cats"))
        for engine, read in (("duckdb", as_duckdb), ("polars", as_polars), ("polars", as_lazy)):
            names = held_by(engine, right.schema)
            chosen = store.open_table("pets", "cats", columns=names)
            if engine == "polars" and too_long(right.select(names)):
                with pytest.raises(Exception, match="Polars cannot hold a value of a column"):
                    read(chosen)
            else:
                assert same(read(chosen), right.select(names))


@pytest.mark.parametrize("read", [as_polars, as_lazy])
@pytest.mark.parametrize(
    "kind",
    [pa.duration("s"), pa.list_(pa.duration("s")), pa.struct([("a", pa.duration("s"))]),
     pa.map_(pa.string(), pa.duration("s"))],
)  # fmt: skip
def test_polars_gets_no_value_that_its_milliseconds_cannot_hold(tmp_path, kind, read):
    def cell(number):
        if pa.types.is_list(kind):
            return [number]
        if pa.types.is_struct(kind):
            return {"a": number}
        return [("a", number)] if pa.types.is_map(kind) else number

    store = open_store(tmp_path)
    most = (2**63 - 1) // 1000
    store.freeze("pets", [Addition("cats", pa.table({"x": pa.array([cell(most), None], kind)}))])
    opened = store.open_table("pets", "cats")
    assert same(read(opened), opened.to_arrow())
    store.freeze("pets", [Addition("cats", pa.table({"x": pa.array([cell(most + 1)], kind)}))])
    told = r"(?s)Polars cannot hold a value of a column.*pets@2, column 'x'"
    with pytest.raises(Exception, match=told):
        read(store.open_table("pets", "cats"))


@pytest.mark.parametrize(
    ("engine", "kind"),
    [(engine, kind) for engine, kinds in REFUSED.items() for kind in kinds],
    ids=str,
)
def test_what_an_engine_cannot_hold_is_refused_by_name(tmp_path, engine, kind):
    store = open_store(tmp_path)
    column = pa.array([None], kind)
    nested = pa.array([[None]], pa.list_(kind))
    store.freeze("pets", [Addition("cats", pa.table({"x": [1], "odd": column, "deep": nested}))])
    for name in ("odd", "deep"):
        opened = store.open_table("pets", "cats", columns=["x", name])
        with pytest.raises(DataError, match="has no type") as told:
            opened.to_duckdb() if engine == "duckdb" else opened.to_polars()
        assert name in told.value.where
    plain = store.open_table("pets", "cats", columns=["x"])
    assert (as_duckdb if engine == "duckdb" else as_polars)(plain)["x"].to_pylist() == [1]


def test_pandas_refuses_a_time_of_day_that_it_would_cut(tmp_path):
    store = open_store(tmp_path)
    times = pa.table({"x": pa.array([1], pa.time64("ns"))})
    store.freeze("pets", [Addition("cats", times)])
    with pytest.raises(DataError, match="pandas cannot hold"):
        store.read("pets", "cats")
    assert store.read("pets", "cats", as_pandas=False).equals(times)


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    for number in range(4):
        addition = Addition("cats", delivery(number), batch_digest(number))
        store.freeze("pets", [addition])
    return store


READS = {
    "arrow": lambda opened: opened.to_arrow()["key"].to_pylist(),
    "pandas": lambda opened: opened.to_pandas()["key"].to_list(),
    "batches": lambda opened: opened.to_batches().read_all()["key"].to_pylist(),
    "dataset": lambda opened: opened.to_dataset().to_table()["key"].to_pylist(),
    "duckdb": lambda opened: as_duckdb(opened)["key"].to_pylist(),
    "polars": lambda opened: opened.to_polars()["key"].to_list(),
    "lazy": lambda opened: opened.to_polars_lazy().collect()["key"].to_list(),
    "dask": lambda opened: opened.to_dask().compute(scheduler="synchronous")["key"].to_list(),
}


@pytest.mark.parametrize("engine", READS)
def test_every_engine_reads_the_selection_and_no_damaged_part(store, engine):
    read = READS[engine]
    where = [("key", ">=", 4), ("text", "!=", "row 2.1")]
    opened = store.open_table("pets", "cats", columns=["key"], where=where)
    assert len(opened.parts) == 3
    assert read(opened) == [4, 5, 6, 8, 9, 10, 11]
    batch = store.open_table("pets", "cats", batches=[batch_digest(2)])
    assert read(batch) == [6, 7, 8]
    nothing = store.open_table("pets", "cats", where=[("key", ">", 100)])
    assert nothing.parts == ()
    assert read(nothing) == []
    first, last = (store.objects.path(one.digest, ".parquet") for one in opened.parts[:2])
    for part in (first, last):
        part.chmod(0o644)
        part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptionError, match="A part was changed"):
        read(opened)
    spared = store.open_table("pets", "cats", where=[("key", ">=", 9)])
    assert read(spared) == [9, 10, 11]


def test_an_engines_own_selection_gives_the_same(store):
    opened = store.open_table("pets", "cats", where=[("key", "<", 9)])
    relation = opened.to_duckdb().filter("key > 3").aggregate("count(*) as n, sum(key) as total")
    assert relation.to_arrow_table().to_pylist() == [{"n": 5, "total": 30}]
    with duckdb.connect() as connection:
        relation = opened.to_duckdb(connection)
        assert connection.sql("select max(key) as m from relation").to_df()["m"].to_list() == [8]
        del relation
    lazy = opened.to_polars_lazy().filter(pl.col("key") > 3).select(pl.col("key").sum())
    assert lazy.collect()["key"].to_list() == [30]
    with warnings.catch_warnings():
        frame = opened.to_dask()
        assert frame[frame["key"] > 3]["key"].sum().compute(scheduler="synchronous") == 30
