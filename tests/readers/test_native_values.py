"""Values that a format has types for are spelled without loss, or the file is refused."""

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from readers.test_conformance import source_of

from coldframe.contracts.casting import cast
from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch

UTC = dt.UTC
CLOCK = dt.datetime(2013, 1, 1, 5, 30, tzinfo=UTC).replace(tzinfo=None)  # a sheet has no zone
ONE = {"columns": {"code": {"type": "string", "nullable": True}}}


def read(path, kind, **more):
    return pd.concat(read_batch(path, source_of(kind, **{**ONE, **more})))


def faults(path, kind, **more):
    with pytest.raises(UnfitBatchError) as caught:
        read(path, kind, **more)
    (fault,) = caught.value.faults
    return fault.rule, fault.example


def parquet(path, array, name="code"):
    pq.write_table(pa.Table.from_arrays([array], names=[name]), path)
    return path


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([2**53 + 1, None, -(2**63)]), ["9007199254740993", None, "-9223372036854775808"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([Decimal("1.50"), None]), ["1.50", None]),
        (pa.array([0.1, 5e-324, 1e300, None]), ["0.1", "5e-324", "1e+300", None]),
        (pa.array([np.float32(0.1)], pa.float32()), ["0.10000000149011612"]),
        (pa.array([float("nan"), float("inf")]), ["nan", "inf"]),
        (pa.array([True, None]), ["true", None]),
        (pa.array(["00123", "", None]), ["00123", "", None]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([dt.date(2013, 1, 1)]), ["2013-01-01"]),
        (pa.array([None, None], pa.null()), [None, None]),
        (pa.array([[1, 2], None]), ["[1,2]", None]),
        (pa.array([{"a": 1.5}]), ['{"a":1.5}']),
        (pa.array([b"\x00\xff"]), ["\\x00ff"]),
        (pa.array([1_000_001], pa.timestamp("us")), ["1970-01-01T00:00:01.000001"]),
        (pa.array([0], pa.timestamp("s", "UTC")), ["1970-01-01T00:00:00.000Z"]),
        (pa.array([1_500], pa.timestamp("ms", "America/New_York")), ["1970-01-01T00:00:01.500Z"]),
        (pa.array([-1000], pa.timestamp("ns", "UTC")), ["1969-12-31T23:59:59.999999Z"]),
        (pa.array([1], pa.timestamp("ns", "UTC")), ["1970-01-01T00:00:00.000000001Z"]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)  # fmt: skip
def test_parquet_values_are_spelled_whole(tmp_path, array, expected):
    frame = read(parquet(tmp_path / "a.parquet", array), "parquet")
    assert [None if pd.isna(cell) else cell for cell in frame["code"]] == expected


def test_moments_of_parquet_are_moments_and_those_without_a_zone_are_not_guessed(tmp_path):
    moment = dt.datetime(2013, 7, 1, 4, 30, 0, 1, tzinfo=UTC)
    array = pa.array([moment], pa.timestamp("us", "Europe/Berlin"))
    source = source_of("parquet", columns={"at": {"type": "timestamp"}}, key=["at"])
    path = parquet(tmp_path / "a.parquet", array, "at")
    typed, failures = cast(pd.concat(read_batch(path, source)), source)
    assert (typed["at"].tolist(), len(failures)) == ([moment], 0)
    naive = parquet(tmp_path / "b.parquet", array.cast(pa.timestamp("us")), "at")
    _, failures = cast(pd.concat(read_batch(naive, source)), source)
    assert failures["rule"].tolist() == ["type_timestamp"]


def test_parquet_that_inflates_to_too_much_is_refused(tmp_path):
    path = parquet(tmp_path / "a.parquet", pa.array(["x" * 1000] * 10_000))
    assert path.stat().st_size < 100_000
    assert faults(path, "parquet", batch={"bytes": 1_000_000})[0] == "file_size"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"code": 9007199254740993}', "9007199254740993"), ('{"code": 1.50}', "1.50"),
        ('{"code": -0.0}', "-0.0"), ('{"code": 1E400}', "1E400"), ('{"code": "00123"}', "00123"),
        ('{"code": true}', "true"), ('{"code": null}', None), ('{"code": ""}', ""),
        ('{"code": [1.50, "a", null, {"b": true}]}', '[1.50,"a",null,{"b":true}]'),
        (r'{"code": "\ud83d\ude00\n"}', "\U0001f600\n"),
        (f'{{"code": {"9" * 5000}}}', "9" * 5000),
    ],
    ids=lambda text: str(text)[:30],
)  # fmt: skip
def test_json_values_are_spelled_as_they_stand_there(tmp_path, line, expected):
    path = tmp_path / "a.jsonl"
    path.write_text(line)  # the last line needs no end
    (cell,) = read(path, "jsonl")["code"]
    assert (None if pd.isna(cell) else cell) == expected


@pytest.mark.parametrize(
    ("text", "rule", "told"),
    [
        ('{"code": 1}\n{"code": 1, "code": 2}\n', "not_jsonl", "line 2: the key 'code' twice"),
        ('{"code": NaN}\n', "not_jsonl", "line 1: NaN, which is no JSON"),
        ('{"code": -Infinity}\n', "not_jsonl", "-Infinity"),
        ('{"code": 1}\n\n{"code": 2}\n', "not_jsonl", "line 2"),
        ('{"code": 1}\n["code"]\n', "not_jsonl", "no object"),
        ('{"code": 1}{"code": 2}\n', "not_jsonl", "Extra data"),
        ('{"code": 1}\n{"code": "tw', "truncated", '{"code": "tw'),
        ('{"code": "\\ud83d"}\n', "encoding", "surrogate"),
        ('{"code": 1}\n{"\\ud83d": 1}\n', "encoding", "surrogate pair, a key in line 2"),
        ('{"code": ' + "[" * 100_000 + "\n", "not_jsonl", "line 1"),
        ('[{"code": 1}]\n', "not_jsonl", "no object"),
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_json_lines_is_refused(tmp_path, text, rule, told):
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    found, example = faults(path, "jsonl")
    assert found == rule
    assert told in example


def test_the_error_of_a_broken_line_says_where_and_what_to_do(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"code": 1}\n{"code": 2 "size": 3}\n')
    with pytest.raises(UnfitBatchError) as caught:
        read(path, "jsonl")
    assert "line 2: Expecting ',' delimiter at column 12: {" in caught.value.found
    assert caught.value.remedy.startswith("correct line 2 and deliver the file again under the")
    path.write_text('{"code": 1}\n{"code": 2')
    with pytest.raises(UnfitBatchError) as caught:
        read(path, "jsonl")
    assert caught.value.remedy.startswith("fetch the file anew")


def test_keys_that_come_late_or_not_are_columns_of_all_pieces(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [{"code": "a"}] * 70_000 + [{"code": "b", "late": 1}, {"late": 2}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    pieces = list(read_batch(path, source_of("jsonl", **ONE)))
    assert [list(piece.columns) for piece in pieces] == [["code", "late"]] * 2
    frame = pd.concat(pieces)
    assert frame["late"].isna().sum() == 70_000
    assert pd.isna(frame["code"].iloc[-1])


def workbook(path, *rows, sheets=("rows",)):
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for name in sheets[1:]:
        book.create_sheet(name)
    for row in rows:
        book[sheets[0]].append(row)
    book.save(path)
    return path


def test_cells_of_a_sheet_are_spelled_as_they_are_stored(tmp_path):
    cells = [123456789012345, 0.1, True, "00123", CLOCK, None, " a ", "NA"]
    path = workbook(tmp_path / "a.xlsx", ["code"], *([cell] for cell in cells), ["end"], [None])
    frame = read(path, "excel")
    assert [None if pd.isna(cell) else cell for cell in frame["code"]] == [
        "123456789012345", "0.1", "true", "00123", "2013-01-01T05:30:00", None, " a ", "NA", "end",
    ]  # fmt: skip
    assert frame.index.tolist() == list(range(2, 11))


def test_a_formula_without_a_value_and_a_wider_row_are_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["code"], ["=1+1"])
    assert faults(path, "excel") == ("formula", "row 2, column 1: =1+1")
    path = workbook(tmp_path / "b.xlsx", ["code"], ["a", "b"])
    assert faults(path, "excel") == ("field_count", "1 in the header, row 2 has 2")


def test_of_several_sheets_one_must_be_named(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["code"], ["a"], sheets=("one", "two"))
    assert faults(path, "excel") == ("sheet", "none is declared; there are one, two")
    assert faults(path, "excel", sheet="three")[0] == "sheet"
    assert read(path, "excel", sheet="one")["code"].tolist() == ["a"]


def test_a_workbook_that_inflates_to_too_much_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ["code"], *(["x"] for _ in range(1000)))
    assert faults(path, "excel", batch={"bytes": 20_000})[0] == "file_size"


@pytest.mark.parametrize(
    "array",
    [
        pa.array([0, None, 2**62], pa.timestamp("us", "UTC")),
        pa.array([0, None, -(2**62)], pa.timestamp("us")),
        pa.array([0, 2**31 - 1], pa.date32()),
        pa.array([[2**62]], pa.list_(pa.timestamp("us"))),
        pa.array([{"x": 2**31 - 1}], pa.struct([("x", pa.date32())])),
        pa.array([2**62], pa.duration("s")),
    ],
    ids=["moments", "moments without a zone", "days", "in lists", "in structures", "durations"],
)
def test_a_day_of_a_year_without_a_spelling_is_no_text(tmp_path, array):
    rule, example = faults(parquet(tmp_path / "a.parquet", array), "parquet")
    assert rule == "not_parquet"
    assert any(said in example for said in ("out of range", "magnitude", "too large"))


def test_bytes_that_are_no_utf8_in_a_dictionary_are_refused(tmp_path):
    buffers = [
        None,
        pa.py_buffer(np.array([0, 1, 3], "int32").tobytes()),
        pa.py_buffer(b"a\xff\xfe"),
    ]
    words = pa.Array.from_buffers(pa.string(), 2, buffers)
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int32()), words)
    path = parquet(tmp_path / "a.parquet", coded)
    assert pa.types.is_dictionary(pq.read_schema(path).field("code").type)
    with pytest.raises(UnfitBatchError):
        read(path, "parquet")


def test_each_row_takes_what_stands_under_any_name_that_the_contract_knows(tmp_path):
    """A day on which the sender changed over has both; a column's own name goes first."""
    path = tmp_path / "a.jsonl"
    rows = [{"code": "a"}, {"kode": "b"}, {"Code": "c", "kode": "d"}, {"code": "e", "kode": "f"},
            {"code": None, "kode": "g"}, {}]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    column = {"type": "string", "nullable": True, "also": ["kode", "Code"]}
    found = read(path, "jsonl", columns={"code": column})
    came = {name: found[name].astype(object).where(found[name].notna(), None) for name in found}
    assert came["code"].tolist() == ["a", "b", "d", "e", "g", None]
    # what is not taken stays to be seen
    assert came["kode"].tolist() == [None, None, None, "f", None, None]
    assert came["Code"].tolist() == [None, None, "c", None, None, None]


@pytest.mark.parametrize(
    ("own", "other"),
    [(pa.array([1, None, 3]), pa.array(["x", "007", None])),
     (pa.array(["1", None, "3"]).dictionary_encode(), pa.array([9, 7, None])),
     (pa.array([None, None, None]), pa.array([1.5, None, 2.5]))],
)  # fmt: skip
def test_a_value_under_another_name_fills_a_blank_whatever_its_type(own, other):
    from coldframe.readers import Piece, agree

    source = source_of("parquet", columns={"code": {"type": "string", "also": ["kode"]}})
    piece = Piece(("kode", "code"), (other, own), [2, 3, 4])
    before, found = piece.text(), agree(piece, source)
    assert found.came is piece
    for line in (2, 3, 4):
        expected = before["code"][line] if pd.notna(before["code"][line]) else before["kode"][line]
        assert [found.text()["code"][line]] == [expected] or pd.isna(expected)
    kept = before["kode"].where(before["code"].notna())
    pd.testing.assert_series_equal(found.text()["kode"], kept, check_names=False)
    # nothing to be filled: as it came
    full = Piece(("kode", "code"), (other, pa.array(["a", "b", "c"])), [2, 3, 4])
    assert agree(full, source) is full
