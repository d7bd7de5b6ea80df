"""Values that keep their type are judged as their texts are: the two ways lead to the same."""

import math
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from counts import count
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.contracts.casting import cast, cast_piece
from coldframe.contracts.judging import judge_batch, judge_piece, judge_rows
from coldframe.contracts.keys import KeySet
from coldframe.contracts.native import take_native
from coldframe.datasets import Source
from coldframe.readers import Piece, read_batch
from coldframe.readers.columns import keep_column, longest_bytes, spell_column

EDGES = [0, 1, -1, 999, -999, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]
INTEGERS = st.sampled_from(EDGES) | st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats() | st.sampled_from([-0.0, -999.0, 1e16, 5e-324, math.inf, math.nan, 2.5])
TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
YEARS = (-62_135_596_800, 253_402_300_799)  # seconds of the years 1 to 9999
VALUES = {
    **{f"int{bits}": (pa.type_for_alias(f"int{bits}"), st.integers(-(2 ** (bits - 1)),
       2 ** (bits - 1) - 1) | st.sampled_from([0, 1, -1])) for bits in (8, 16, 32)},
    "int64": (pa.int64(), INTEGERS),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1) | st.sampled_from([0, 999, 2**63])),
    "float": (pa.float32(), st.floats(width=32) | st.sampled_from([-999.0, 0.5])),
    "double": (pa.float64(), FLOATS),
    "bool": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates()),
    "text": (pa.string(), st.sampled_from(["", "NA", "1", "1.5", "true", "x", "999"])),
    **{f"timestamp_{unit}": (pa.timestamp(unit, "Europe/Berlin"), None) for unit in TICKS},
    "local": (pa.timestamp("us"), None),
}  # fmt: skip
NULLS = st.sampled_from([("", "NA"), ("-999", "999"), ("-999.0", "nan"), ("true",), ("?", "inf")])
RULES = {
    "string": {"pattern": "[a-z0-9-]*", "among": ["x", "1", "true", "2013-01-01"]},
    "integer": {"minimum": -5, "maximum": 2.0**53},
    "number": {"minimum": -5.5, "maximum": 1e16},
    "boolean": {},
    "timestamp": {"future_hours": 1},
}


@st.composite
def arrays(draw):
    """Any column that a Parquet file may have, with nulls."""
    kind, values = VALUES[draw(st.sampled_from(list(VALUES)))]
    if values is None:
        ticks = TICKS[kind.unit]
        span = (-(2**62), 2**62) if kind.unit == "ns" else (YEARS[0] * ticks, YEARS[1] * ticks)
        near = st.sampled_from([0, 1, ticks, 1_372_636_800 * ticks])
        found = draw(st.lists(st.none() | near | st.integers(*span), max_size=6))
        return pa.array(found, pa.int64()).cast(kind)
    found = draw(st.lists(st.none() | values, max_size=6))
    return pa.array(found, kind)


def contract(kind, nulls=("", "NA"), **more):
    column = {"type": kind, "nullable": False, **RULES[kind], **more}
    return Source(files="*", kind="parquet", key=(), nulls=nulls, columns={"a": column})


def pieces(array):
    """Return a column with its type, and as text."""
    lines = pd.RangeIndex(1, len(array) + 1, name="line")
    return Piece(("a",), (keep_column(array),), lines), Piece(("a",), (spell_column(array),), lines)


@pytest.mark.parametrize("kind", list(RULES))
@settings(max_examples=count(40, 1000))
@given(array=arrays(), nulls=NULLS, spelling=st.sampled_from([(".", None), (",", None)]))
def test_a_column_that_keeps_its_type_becomes_what_its_text_becomes(kind, array, nulls, spelling):
    native, text = pieces(array)
    source = contract(kind, nulls).model_copy(
        update={"decimal": spelling[0], "thousands": spelling[1]}
    )
    found, failed = cast_piece(native, source)
    expected, lost = cast_piece(text, source)
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    pd.testing.assert_frame_equal(failed, lost)


@pytest.mark.parametrize("kind", list(RULES))
@settings(max_examples=count(8, 500), deadline=None)  # pandera takes a tenth of a second
@given(array=arrays(), nulls=NULLS, nullable=st.booleans(), key=st.booleans())
def test_it_is_judged_as_its_text_is(kind, array, nulls, nullable, key):
    native, text = pieces(array)
    source = contract(kind, nulls, nullable=nullable).model_copy(
        update={"key": ("a",) if key else ()}
    )
    clock, seen, other = datetime(2013, 7, 1, tzinfo=UTC), KeySet(), KeySet()
    for _ in range(2):  # the second time all keys are doubled
        found = judge_piece(native, source, seen=seen, clock=clock)
        expected = judge_rows(text.text(), source, seen=other, clock=clock)
        pd.testing.assert_frame_equal(found.fit.frame, expected.fit)
        pd.testing.assert_frame_equal(found.failures, expected.failures)
        if found.text is not None:
            pd.testing.assert_frame_equal(found.text, expected.text)


@given(arrays())
def test_the_length_of_its_text_is_never_underrated(array):
    assert longest_bytes(keep_column(array)) >= spell_column(array).nbytes


@pytest.mark.parametrize(
    ("array", "kind"),
    [(pa.array([1, None]), "integer"), (pa.array([1, 2], pa.int8()), "number"),
     (pa.array([0.5, None], pa.float32()), "number"), (pa.array([True, None]), "boolean"),
     (pa.array([0, None], pa.timestamp("ms", "UTC")), "timestamp")],
    ids=str,
)  # fmt: skip
def test_usual_columns_are_not_spelled(array, kind):
    source = contract(kind)
    assert take_native(keep_column(array), source.columns["a"], source) is not None


def test_a_file_of_many_types_is_judged_as_the_same_file_of_text(tmp_path):
    kinds = {"int64": "integer", "uint64": "number", "double": "number", "bool": "boolean",
             "date": "string", "text": "string", "timestamp_us": "timestamp"}  # fmt: skip
    moments = pa.array([0, 1, None, 10**15, -(10**15)] * 20, pa.int64())
    columns = {
        "int64": pa.array([*range(98), None, 2**60]),
        "uint64": pa.array([2**63, None, 2**53 + 1, 7, 8] * 20, pa.uint64()),
        "double": pa.array([math.nan, 0.1, -0.0, None, 1e300] * 20),
        "bool": pa.array([True, None] * 50),
        "date": pa.array([None, 0, 20_000, 1, 2] * 20, pa.date32()),
        "text": pa.array(["", "NA", "x", "é", None] * 20),
        "timestamp_us": moments.cast(pa.timestamp("us", "UTC")),
    }
    table = pa.table(columns)
    texts = {n: spell_column(c.combine_chunks()) for n, c in zip(columns, table, strict=True)}
    declared = {n: {"type": k, "nullable": n not in ("text", "int64")} for n, k in kinds.items()}
    source = Source(
        files="*", kind="parquet", key=("int64",), columns=declared,
        batch={"quarantined": 1.0, "undeclared": 1},
    )  # fmt: skip
    found = []
    for name, written in {"native": table, "text": pa.table(texts)}.items():
        folder = tmp_path / name
        folder.mkdir()
        pq.write_table(written, folder / "a.parquet", row_group_size=30)
        judged = judge_batch(folder / "a.parquet", source, folder=folder)
        assert judged.aside is not None
        assert judged.fit is not None
        found.append((judged.rows, judged.faults, pd.read_parquet(judged.aside), judged.fit.read()))
        spelled = pd.concat(read_batch(folder / "a.parquet", source))
        found[-1] += (spelled, cast(spelled, source)[0])
    for one, other in zip(*found, strict=True):
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other)
        else:
            assert one == other


def test_a_file_that_may_be_too_long_as_text_is_counted(tmp_path):
    table = pa.table({"a": pa.array([0.5] * 200_000)})
    pq.write_table(table, tmp_path / "a.parquet")
    exact = sum(spell_column(b["a"]).nbytes for b in table.to_batches(max_chunksize=1 << 16))
    kept = sum(longest_bytes(b["a"]) for b in table.to_batches(max_chunksize=1 << 16))
    assert kept > exact
    for limit, held in ((exact, False), (exact - 1, True)):
        folder = tmp_path / str(limit)
        folder.mkdir()
        source = contract("number").model_copy(
            update={"batch": contract("number").batch.model_copy(update={"bytes": limit})}
        )
        judged = judge_batch(tmp_path / "a.parquet", source, folder=folder)
        assert judged.held is held
        assert [fault.rule for fault in judged.faults] == ["file_size"] * held
