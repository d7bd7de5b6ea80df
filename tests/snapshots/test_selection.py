"""Rows chosen by conditions: the same as choosing them afterwards, with fewer parts read."""

import datetime as dt
import decimal
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from counts import count
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st
from snapshots.snapshot_cases import delivery, open_store
from snapshots.test_engines import VALUES, WIDER, deliveries

from coldframe.errors import ConfigurationError, DataError
from coldframe.snapshots import Addition, SnapshotStore
from coldframe.snapshots.selection import COMPARISONS, MEMBERSHIPS, NULLS

NAN = float("nan")
ORDERED = {
    "==": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater,
    ">=": pc.greater_equal,
}  # fmt: skip


STEPS = {
    "s": dt.timedelta(seconds=1), "ms": dt.timedelta(milliseconds=1),
    "us": dt.timedelta(microseconds=1),
}  # fmt: skip


def scalar_of(value, kind):
    """Return a value as pyarrow has it; durations of its first and last day it does not take."""
    if not isinstance(value, dt.timedelta):
        return pa.scalar(value, kind)
    ticks = value.value if kind.unit == "ns" else value // STEPS[kind.unit]
    return pa.scalar(ticks, pa.int64()).cast(kind)


def chosen_afterwards(table, name, operator, values):
    """Choose rows of a whole table, without conditions of ours and without any statistics."""
    column = table.column(name)
    if operator in NULLS:
        mask = column.is_null() if operator == "is null" else column.is_valid()
    elif operator in COMPARISONS:
        mask = ORDERED[operator](column, scalar_of(values, column.type))
    else:
        mask = pa.chunked_array([pa.array([False] * table.num_rows)])
        for value in values:
            mask = pc.or_(
                mask, pc.fill_null(pc.equal(column, scalar_of(value, column.type)), False)
            )
        if operator == "not in":
            mask = pc.and_(pc.invert(mask), column.is_valid())
    return table.filter(mask)


def values_like(column):
    """Values that stand in the column, and others of its kind."""
    own = [value for value in column.to_pylist() if value is not None]
    kind = column.type
    if pa.types.is_time(kind):
        return st.sampled_from([*own, dt.time(0), dt.time(0, 0, 5)])
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        seconds = pa.timestamp("s", tz=kind.tz) if pa.types.is_timestamp(kind) else pa.duration("s")
        near = st.integers(-(2**20), 2**20).map(lambda number: pa.scalar(number, pa.int64()))
        others = near.map(lambda number: number.cast(seconds).cast(kind).as_py())
        return others | st.sampled_from(own or [None])
    return VALUES.get(kind, st.none()) | st.sampled_from(own or [None])


@given(deliveries(), st.data())
@settings(deadline=None, max_examples=count(80, 3000))
def test_choosing_rows_is_choosing_them_afterwards(parts, data):
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder) / "store", durable=False)
        try:
            store.freeze("pets", [Addition("cats", part) for part in parts])
        except DataError:  # a moment of one part that the finer unit of another cannot hold
            reject()
        table = store.read("pets", "cats", as_pandas=False)
        flat = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
        name = data.draw(st.sampled_from(flat))
        column = table.column(name)
        operator = data.draw(st.sampled_from([*COMPARISONS, *MEMBERSHIPS, *NULLS]))
        if pa.types.is_null(column.type) or pa.types.is_float16(column.type) or exact_only(column):
            operator = "is null"
        condition = (name, operator)
        values = None
        if operator not in NULLS:
            like = values_like(column).filter(lambda value: value is not None)
            values = data.draw(like if operator in COMPARISONS else st.lists(like, max_size=3))
            condition = (name, operator, values)
        found = store.read("pets", "cats", where=[condition], as_pandas=False)
        assert found.equals(chosen_afterwards(table, name, operator, values))


def test_half_floats_are_not_compared_and_that_is_told(tmp_path):
    store = SnapshotStore(tmp_path / "store", durable=False)
    rows = pa.table({"half": pa.array(np.array([0.5, 2.0], dtype="float16"))})
    store.freeze("pets", [Addition("cats", rows)])
    with pytest.raises(ConfigurationError, match="Half floats"):
        store.read("pets", "cats", where=[("half", "==", 0.5)])
    assert len(store.read("pets", "cats", where=[("half", "is not null")])) == 2


@pytest.mark.parametrize(
    ("kind", "cells", "wanted"),
    [
        (pa.time64("ns"), [1000, 1, None], dt.time(microsecond=1)),
        (pa.duration("s"), [2**46, 3, None], dt.timedelta(seconds=2**46)),
        (pa.duration("ms"), [2**56, 3, None], dt.timedelta(milliseconds=2**56)),
        (pa.duration("us"), [2**56, 3, None], dt.timedelta(microseconds=2**56)),
        (pa.duration("us"), [1 - 2**63, 3, None], dt.timedelta(microseconds=1 - 2**63)),
        (pa.duration("us"), [2**63 - 1, 3, None], dt.timedelta(microseconds=2**63 - 1)),
        (pa.duration("ns"), [1 - 2**63, 3, None], pd.Timedelta(1 - 2**63, "ns")),
        (pa.timestamp("s", tz="America/New_York"), [0, 3, None],
         dt.datetime(1969, 12, 31, 19, tzinfo=ZoneInfo("America/New_York"))),
    ],
    ids=str,
)  # fmt: skip
def test_what_python_counts_otherwise_is_found_as_it_stands(tmp_path, kind, cells, wanted):
    store = open_store(tmp_path)
    rows = pa.table({"key": [0, 1, 2], "x": pa.array(cells, pa.int64()).cast(kind)})
    store.freeze("pets", [Addition("cats", rows)])
    for operator, values, keys in (
        ("==", wanted, [0]), ("in", [wanted, wanted], [0]), ("!=", wanted, [1]),
        ("not in", [wanted], [1]), ("in", [], []), ("not in", [], [0, 1]),
    ):  # fmt: skip
        found = store.read("pets", "cats", where=[("x", operator, values)], as_pandas=False)
        assert found["key"].to_pylist() == keys


@pytest.mark.parametrize("ignored", ["", "1"])
def test_no_zone_is_passed_over_whatever_a_library_told_pyarrow(tmp_path, monkeypatch, ignored):
    """Importing pandera or NannyML's FLAML sets it, for a Spark that is not there."""
    monkeypatch.setenv("PYARROW_IGNORE_TIMEZONE", ignored)
    store = open_store(tmp_path)
    zone = ZoneInfo("America/New_York")
    moment = dt.datetime(1969, 12, 31, 19, tzinfo=zone)
    assert pa.array([moment]).cast(pa.int64()).to_pylist() == [
        0 if ignored == "" else -18000 * 10**6
    ]
    frame = pd.DataFrame({"at": [moment], "object": pd.Series([moment], dtype=object)})
    store.freeze("pets", [Addition("cats", frame)])
    rows = pa.table({"at": pa.array([0], pa.timestamp("us", tz="America/New_York"))})
    for name in ("at", "object"):
        for value in (moment, pd.Timestamp(moment), "1970-01-01T00:00:00Z"):
            for condition in ((name, "in", [value]), (name, "==", value), (name, "<=", value)):
                found = store.read("pets", "cats", where=[condition], as_pandas=False)
                assert found[name].equals(rows["at"]), condition
    read = store.read("pets", "cats")
    assert [read[name][0].to_pydatetime() for name in read] == [moment, moment]


def exact_only(column):
    """Whether Python has no value for some of a column: nanoseconds, years beyond 9999."""
    try:
        column.to_pylist()
    except (ValueError, OverflowError):
        return True
    return False


FLOATS = st.sampled_from([NAN, 0.0, -0.0, 1.0, -1.0, float("inf"), None])


@given(
    st.lists(st.lists(FLOATS, min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from([*COMPARISONS, *MEMBERSHIPS]),
    FLOATS.filter(lambda x: x is not None),
)
@example([[1.0, NAN]], "!=", 1.0)
@example([[1.0, NAN]], "not in", 1.0)
@example([[1.0, NAN]], "==", 1.0)
@example([[1.0, NAN]], "<=", 1.0)
@example([[-0.0]], "==", 0.0)
@settings(deadline=None, max_examples=count(60, 2000))  # fmt: skip
def test_no_row_is_lost_for_what_statistics_do_not_say_of_nan_and_zero(parts, operator, value):
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotStore(Path(folder) / "store", durable=False)
        tables = [pa.table({"x": pa.array(part, pa.float64())}) for part in parts]
        store.freeze("pets", [Addition("cats", table) for table in tables])
        whole = store.read("pets", "cats", as_pandas=False)
        values = value if operator in COMPARISONS else [value]
        found = store.read("pets", "cats", where=[("x", operator, values)], as_pandas=False)
        right = chosen_afterwards(whole, "x", operator, values)
        assert list(map(str, found["x"].to_pylist())) == list(map(str, right["x"].to_pylist()))
        opened = store.open_table("pets", "cats", columns=[], where=[("x", operator, values)])
        assert opened.to_arrow().num_rows == opened.to_dataset().count_rows() == right.num_rows


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(tmp_path_factory.mktemp("selection"))
    moment = dt.datetime(2013, 1, 1, tzinfo=dt.UTC)
    for number in range(6):
        rows = delivery(number).append_column(
            "at", pa.array([moment + dt.timedelta(days=number)] * 3, pa.timestamp("us", tz="UTC"))
        )
        if number >= 3:
            rows = rows.append_column("price", pa.array([number, None, 7], pa.int32()))
        store.freeze("pets", [Addition("cats", rows)])
    return store


@pytest.mark.parametrize(
    ("where", "parts", "keys"),
    [
        ([("key", "==", 7)], 1, [7]),
        ([("key", "in", [1, 16])], 2, [1, 16]),
        ([("key", "<", 3), ("text", ">", "row 0.0")], 1, [1, 2]),
        ([("at", ">=", "2013-01-06T00:00:00Z")], 1, [15, 16, 17]),
        ([("at", "<", pd.Timestamp("2013-01-01 12:00", tz="America/New_York"))], 1, [0, 1, 2]),
        ([("price", "is null")], 6, [*range(9), 10, 13, 16]),
        ([("price", "is not null"), ("key", "<", 12)], 1, [9, 11]),
        ([("price", "==", 7)], 3, [11, 14, 17]),
        ([("price", "not in", [7])], 3, [9, 12, 15]),
        ([("price", "==", 1000)], 0, []),
    ],
    ids=str,
)
def test_parts_that_cannot_hold_a_row_are_not_read(store, where, parts, keys):
    opened = store.open_table("pets", "cats", columns=["key"], where=where)
    assert len(opened.parts) == parts
    assert opened.to_arrow().to_pydict() == {"key": keys}
    assert store.read("pets", "cats", columns=[], where=where, as_pandas=False).num_rows == len(
        keys
    )


@pytest.mark.parametrize(
    "condition",
    [
        ("key",), ("key", "=", 1), ("key", "==", 1, 2), ("key", "is null", 1), ("no", "==", 1),
        ("key", "==", None), ("key", "==", "1"), ("key", "==", 1.5), ("key", "==", True),
        ("key", "==", 2**64), ("key", "in", 1), ("text", "in", "row"), ("text", "==", 1),
        ("at", ">", pd.Timestamp("2013-01-01")), ("at", ">", "2013-01-01"), ("at", ">", 5.5),
        ("at", "==", pd.Timestamp("2013-01-01 00:00:00.000000001", tz="UTC")),
        ("price", "==", decimal.Decimal("1.5")), "key", None,
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_condition_is_refused_and_never_guessed(store, condition):
    with pytest.raises(ConfigurationError) as told:
        store.read("pets", "cats", where=[condition])
    assert told.value.expected
    assert told.value.found


def test_a_query_of_polars_finds_nan_as_polars_does(tmp_path):
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", pa.table({"x": [1.0, NAN, None], "key": [1, 2, 3]}))])
    opened = store.open_table("pets", "cats")
    for query in (pl.col("x") != 1, pl.col("x") > 5, pl.col("x").is_nan(), pl.col("x").is_null()):
        lazy = opened.to_polars_lazy().filter(query).select("key").collect()
        assert lazy["key"].to_list() == opened.to_polars().filter(query)["key"].to_list()
    assert opened.to_polars_lazy().select(pl.len()).collect().item() == 3
    assert opened.to_polars_lazy().head(2).filter(pl.col("key") > 1).collect().height == 1
    for query in ("x = 1.0", "x != 1.0", "x > 5", "x = 'nan'", "x not in (1.0, 2.0)"):
        plain = duckdb.connect().from_arrow(opened.to_arrow()).filter(query).to_arrow_table()
        assert opened.to_duckdb().filter(query).to_arrow_table()["key"] == plain["key"]


def test_widened_columns_are_compared_in_the_tables_type(tmp_path):
    assert WIDER[pa.int8()] == pa.decimal128(12, 2)
    store = open_store(tmp_path)
    for kind, value in ((pa.int32(), 5), (pa.int64(), 2**40)):
        store.freeze("pets", [Addition("cats", pa.table({"x": pa.array([value], kind)}))])
    opened = store.open_table("pets", "cats", where=[("x", ">", 2**33)])
    assert len(opened.parts) == 1
    assert opened.to_arrow()["x"].to_pylist() == [2**40]
