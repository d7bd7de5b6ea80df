"""Values that other tools change on the way, by kind of file: kept, or a failure that says so.

Each goes the way that ingestion takes: read in pieces, typed by the contract.
"""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from readers.test_ods import cell
from readers.written import WRITTEN, write_ods_sheets

from coldframe.contracts.casting import cast_piece
from coldframe.readers import KINDS, read_pieces
from coldframe.sources import Source

UTC = dt.UTC
MOMENT = dt.datetime(2013, 7, 1, 3, 30, 0, 1, tzinfo=UTC)
CLOCK = MOMENT.replace(tzinfo=None)
TEXT_KINDS = ("csv", "jsonl", "parquet", "excel", "ods")


def typed(path, kind, type_, **more):
    """Return the value of the only cell, or the rule that it broke with its text."""
    column = {"type": type_, **({"timezone": "UTC"} if more.pop("zone", None) else {})}
    source = Source(files="*", kind=kind, key=(), columns={"it": column}, nulls=["-"], **more)
    (piece,) = read_pieces(path, source)
    found, failures = cast_piece(piece, source)
    if len(failures):
        return failures["rule"].iloc[0], failures["value"].iloc[0]
    return found.columns["it"].to_pylist()[0]


def write_native(path, kind, value):
    """Write a file of `kind` whose only cell is of the format's own type."""
    if kind == "csv":
        path.write_text(f"it\n{value}\n")
    elif kind == "jsonl":
        path.write_text(f'{{"it": {value}}}\n')
    elif kind == "parquet":
        pq.write_table(pa.table({"it": value}), path)
    elif kind == "excel":
        write_sheet(path, value)
    else:
        write_ods_sheets(path, {"rows": [[cell("string", "<text:p>it</text:p>")], [value]]})


def write_sheet(path, value):
    """Write a value, or the very text of a number as it stands in the XML of a sheet."""
    book = openpyxl.Workbook()
    book.active.append(["it"])
    book.active.append([0 if isinstance(value, bytes) else value])
    book.save(path)
    if not isinstance(value, bytes):
        return
    changed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>0</v>", b"<v>" + value + b"</v>"))
    path.write_bytes(changed.getvalue())


def ods(kind, value, attribute="value"):
    return cell(kind, **{f"office__{attribute}": value})


def decimal(text, precision=38, scale=20):
    return pa.array([Decimal(text)], pa.decimal128(precision, scale))


LARGE, EXACT = 9007199254740993, "12345678901234567.12345678901234567890"
TEXTS = [
    ("00123", "string", "00123"), ("00123", "integer", ("type_integer", "00123")),
    ("NA", "string", "NA"), ("NA", "number", ("type_number", "NA")),
    ("1.234,56", "string", "1.234,56"), ("1.234,56", "number", ("type_number", "1.234,56")),
    (str(LARGE), "integer", LARGE), (str(LARGE), "string", str(LARGE)),
    ("9223372036854775808", "integer", ("type_integer", "9223372036854775808")),
    (str(LARGE), "number", ("type_number", str(LARGE))), ("0.1", "number", 0.1),
    ("1e400", "number", ("type_number", "1e400")), ("1e300", "number", 1e300),
    (EXACT, "number", ("type_number", EXACT)),
    ("1.0", "integer", ("type_integer", "1.0")), (" 1", "integer", ("type_integer", " 1")),
    ("True", "boolean", True), ("1", "boolean", ("type_boolean", "1")),
    ("2013-07-01T05:30:00.000001+02:00", "timestamp", MOMENT),
    ("2013-07-01", "timestamp", ("type_timestamp", "2013-07-01")), ("nan", "string", "nan"),
    ("nan", "number", ("type_number", "nan")), ("", "string", ""),
    ("'=1+1", "string", "'=1+1"), ("3-4", "string", "3-4"), ("1E5", "string", "1E5"),
]  # fmt: skip
"""Texts, with the type that the contract says and what comes of it in every kind."""


@pytest.mark.parametrize("kind", TEXT_KINDS)
@pytest.mark.parametrize(("text", "type_", "expected"), TEXTS, ids=str)
def test_text_is_typed_by_the_contract_alone(tmp_path, kind, text, type_, expected):
    if text == "" and kind in ("excel", "ods"):
        pytest.skip(f"{kind} cannot tell no value from an empty text")
    path = tmp_path / "file"
    WRITTEN[kind].write(path, ["it"], [(text,)])
    found = typed(path, kind, type_)
    assert found == expected
    assert type(found) is type(expected)


def test_numbers_with_a_decimal_comma_are_numbers_where_the_source_says_so(tmp_path):
    path = tmp_path / "file"
    path.write_text('it\n"1.234,56"\n')
    assert typed(path, "csv", "number", decimal=",", thousands=".") == 1234.56


NATIVE = {
    "csv": [(LARGE, "integer", LARGE), ("1e400", "number", ("type_number", "1e400"))],
    "jsonl": [
        (LARGE, "integer", LARGE), (LARGE, "string", str(LARGE)), ("1.50", "string", "1.50"),
        ("0.1", "number", 0.1), ("1e400", "number", ("type_number", "1e400")),
        ("1e400", "string", "1e400"), ("1.0", "integer", ("type_integer", "1.0")),
        ("-0.0", "string", "-0.0"), (10**30, "integer", ("type_integer", str(10**30))),
        (EXACT, "string", EXACT), ("true", "boolean", True), ("true", "string", "true"),
        ("1", "boolean", ("type_boolean", "1")),
    ],
    "parquet": [
        (pa.array([LARGE]), "integer", LARGE), (pa.array([LARGE]), "string", str(LARGE)),
        (pa.array([2**64 - 1], pa.uint64()), "integer", ("type_integer", str(2**64 - 1))),
        (pa.array([2**64 - 1], pa.uint64()), "string", str(2**64 - 1)),
        (pa.array([0.1]), "number", 0.1), (pa.array([0.1]), "string", "0.1"),
        (pa.array([0.1], pa.float32()), "number", 0.10000000149011612),
        (pa.array([float("inf")]), "number", ("type_number", "inf")),
        (pa.array([float("nan")]), "number", ("type_number", "nan")),
        (decimal(EXACT), "string", EXACT), (decimal("0.5"), "string", "0.50000000000000000000"),
        (decimal("1.50", 5, 2), "number", 1.5), (decimal("7", 5, 0), "integer", 7),
        (decimal("1.50", 5, 2), "string", "1.50"),
        (decimal("7.00", 5, 2), "integer", ("type_integer", "7.00")),
        (pa.array([LARGE]), "number", ("type_number", str(LARGE))),
        (decimal(EXACT), "number", ("type_number", EXACT)), (pa.array([True]), "boolean", True),
        (pa.array([True]), "integer", ("type_integer", "true")),
        (pa.array([MOMENT], pa.timestamp("us", "Europe/Berlin")), "timestamp", MOMENT),
        (pa.array([CLOCK]), "timestamp", ("type_timestamp", "2013-07-01T03:30:00.000001")),
        (pa.array([CLOCK]), "zoned", MOMENT),
        (pa.array([1], pa.timestamp("ns", "UTC")), "timestamp",
         ("type_timestamp", "1970-01-01T00:00:00.000000001Z")),
        (pa.array([dt.date(2013, 7, 1)]), "string", "2013-07-01"),
    ],
    "excel": [
        (123456789012345, "integer", 123456789012345), (b"9007199254740993", "integer", LARGE),
        (b"9007199254740993", "string", str(LARGE)), (0.1, "number", 0.1), (0.1, "string", "0.1"),
        (1e300, "number", 1e300), (b"1E400", "number", ("type_number", "1E400")),
        (True, "boolean", True), ("00123", "string", "00123"), (b"1.5", "number", 1.5),
        (CLOCK.replace(microsecond=0), "timestamp", ("type_timestamp", "2013-07-01T03:30:00")),
        (CLOCK.replace(microsecond=0), "zoned", MOMENT.replace(microsecond=0)),
        (dt.date(2013, 7, 1), "string", "2013-07-01T00:00:00"),
        (dt.time(5, 30), "string", "05:30:00"),
    ],
    "ods": [
        (ods("float", str(LARGE)), "integer", LARGE),
        (ods("float", str(LARGE)), "string", str(LARGE)),
        (ods("float", "0.1"), "number", 0.1), (ods("float", "1.50"), "string", "1.50"),
        (ods("float", "1E400"), "number", ("type_number", "1E400")),
        (ods("float", EXACT), "string", EXACT),
        (ods("boolean", "true", "boolean_value"), "boolean", True),
        (ods("date", "2013-07-01T03:30:00.000001", "date_value"), "zoned", MOMENT),
        (ods("date", "2013-07-01T03:30:00", "date_value"), "timestamp",
         ("type_timestamp", "2013-07-01T03:30:00")),
    ],
}  # fmt: skip
"""Of each kind: values of its own types, the type that the contract says, what comes of it."""


def test_every_kind_has_values_of_its_own():
    assert list(NATIVE) == list(KINDS) == list(TEXT_KINDS)


@pytest.mark.parametrize(
    ("kind", "number"), [(kind, n) for kind, cases in NATIVE.items() for n in range(len(cases))]
)
def test_values_of_a_formats_own_types_keep_all_their_digits(tmp_path, kind, number):
    value, type_, expected = NATIVE[kind][number]
    path = tmp_path / "file"
    write_native(path, kind, value)
    zone = type_ == "zoned"
    found = typed(path, kind, "timestamp" if zone else type_, zone=zone)
    assert found == expected, (kind, value)
    assert type(found) is type(expected)
