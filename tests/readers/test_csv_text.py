import csv
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch
from coldframe.sources import Source

SOURCE = Source(
    files="*.csv",
    key=("code",),
    columns={"code": {"type": "string"}, "size": {"type": "integer", "required": False}},
)
GOOD = b"code,size\n00123,1\nNA,2\n"


def parse_text_csv(data: bytes, source: Source) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.csv"
        path.write_bytes(data)
        return pd.concat(read_batch(path, source))


def faults(data: bytes) -> list[tuple[str, str | None]]:
    with pytest.raises(UnfitBatchError) as caught:
        parse_text_csv(data, SOURCE)
    assert str(caught.value)
    return [(fault.rule, fault.column) for fault in caught.value.faults]


def test_fields_stay_the_text_that_they_were():
    frame = parse_text_csv(b'code,size\n00123,1\nNA,1.234\n"a,b",\n', SOURCE)
    assert frame["code"].tolist() == ["00123", "NA", "a,b"]
    assert frame["size"].tolist() == ["1", "1.234", ""]
    assert frame.index.tolist() == [2, 3, 4]
    assert frame.index.name == "line"


def test_lines_are_counted_through_quoted_line_breaks():
    frame = parse_text_csv(b'code,size\n"a\nb",1\nc,2\n', SOURCE)
    assert frame.index.tolist() == [2, 4]


def test_windows_line_ends_are_line_ends():
    windows = parse_text_csv(GOOD.replace(b"\n", b"\r\n"), SOURCE)
    pd.testing.assert_frame_equal(windows, parse_text_csv(GOOD, SOURCE))


def test_a_header_alone_is_an_empty_table():
    assert parse_text_csv(b"code,size\n", SOURCE).shape == (0, 2)


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", GOOD)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"<!DOCTYPE html>\n<html><body>503</body></html>\n", "not_csv"),
        (b'\n  {"error": "not found"}\n', "not_csv"),
        (gzip.compress(GOOD, mtime=0), "not_csv"),
        (zipped(), "not_csv"),
        (b"\xef\xbb\xbf" + GOOD, "byte_order_mark"),
        (GOOD.decode().encode("utf-16"), "byte_order_mark"),
        (GOOD.replace(b"1", b"\0"), "nul_bytes"),
        (GOOD.replace(b"NA", b"\xe9t\xe9"), "encoding"),
        (GOOD[:-1], "truncated"),
        (GOOD[:-4], "truncated"),
        (GOOD.replace(b",", b";"), "delimiter"),
        (GOOD.replace(b",", b"\t"), "delimiter"),
        (b"00123,1\n00124,2\n", "header"),
        (b"\n" + GOOD, "header"),
        (b"\r\n\r\n" + GOOD, "header"),
        (GOOD + b"x" * 131_073 + b",1\n", "field_length"),
        (GOOD + b'"x,1\n' + GOOD * 10_000, "field_length"),  # a quote that is never closed
        (b"x" * 131_073 + b",size\n", "field_length"),
        (GOOD + b"x,1,2\n", "field_count"),
        (GOOD + b"x\n", "field_count"),
        (b"code,size\n1,2,3\n4,5,6\n", "field_count"),
        (GOOD + b"\nx,1\n", "field_count"),
        (GOOD + b'"x,1\n', "quoting"),
    ],
)
def test_what_is_no_clean_csv_is_named(data, rule):
    assert faults(data) == [(rule, None)]


def test_a_blank_first_line_and_a_long_field_are_told_for_what_they_are():
    with pytest.raises(UnfitBatchError, match="a blank line"):
        parse_text_csv(b"\n" + GOOD, SOURCE)
    with pytest.raises(UnfitBatchError, match="more than 131,072 characters on line 4"):
        parse_text_csv(GOOD + b"x" * 131_073 + b",1\n", SOURCE)


def test_all_that_is_wrong_with_a_header_is_told_together():
    assert faults(b"size,other,size\n1,2,3\n") == [
        ("doubled_column", "size"),
        ("missing_column", "code"),
    ]


def test_a_column_that_may_be_missing_may_be_missing_and_others_are_kept():
    assert parse_text_csv(b"code,new\na,b\n", SOURCE).columns.tolist() == ["code", "new"]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_rule(data):
    try:
        frame = parse_text_csv(data, SOURCE)
        said = ["code" in frame]
    except UnfitBatchError as error:
        said = [bool(fault.rule and fault.example) for fault in error.faults]
    assert said
    assert all(said)


@pytest.mark.parametrize("rows", ["a,1\r\r\nb,2\n", "a,1\n\rb,2\n", "a,1\r\nb,2\r\r\n"])
def test_a_lone_carriage_return_is_a_blank_line_and_no_row(rows):
    assert faults(f"code,size\n{rows}".encode()) == [("field_count", None)]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_byte_order_mark_that_begins_a_row_is_part_of_its_value(quote):
    frame = parse_text_csv(f"code,size\n\ufeffx,1\n{quote}y{quote},2\n".encode(), SOURCE)
    assert frame["code"].tolist() == ["\ufeffx", "y"]


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.integers()),
        max_size=8,
    )
)
def test_what_the_csv_module_writes_is_read_back(rows):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([("code", "size"), *rows])
    frame = parse_text_csv(stream.getvalue().encode(), SOURCE)
    assert frame["code"].tolist() == [text for text, _ in rows]
    assert frame["size"].tolist() == [str(number) for _, number in rows]
