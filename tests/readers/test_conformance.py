"""What holds of every kind of file: the same rows are the same cells, or the file is refused."""

import pandas as pd
import pytest
from readers.written import WRITTEN

from coldframe.contracts.casting import cast
from coldframe.faults import UnfitBatchError
from coldframe.readers import KINDS, PIECE_ROWS, read_batch
from coldframe.sources import Source

NAMES = ("code", "size", "weight", "at", "sold")
ROWS = (
    ("00123", "9007199254740993", "0.1", "2013-01-01T05:00:00-05:00", "true"),
    ("NA", "-1", "1.5e300", "2013-01-01T10:00:00.000001Z", "false"),
    ('say "hé",\n\t;|', "0", "-0.25", "1969-12-31T23:59:59Z", "true"),
    (" Ünïcödé 漢字 \U0001f600 ", "7", "10", "2013-06-01T00:00:00+05:30", "false"),
)
PAGE = b"<!DOCTYPE html>\n<html><body>503 Service Unavailable</body></html>\n"


def source_of(kind, **more):
    nullable = {"nullable": True}
    options = {
        "files": f"*{WRITTEN[kind].suffix}", "kind": kind, "key": ["code"], "nulls": ["", "-"],
        "columns": {
            "code": {"type": "string", **nullable}, "size": {"type": "integer", **nullable},
            "weight": {"type": "number", **nullable}, "at": {"type": "timestamp", **nullable},
            "sold": {"type": "boolean", "required": False, **nullable},
        },
    }  # fmt: skip
    return Source(**(options | more))


@pytest.fixture(params=list(WRITTEN))
def kind(request):
    return request.param


@pytest.fixture
def read(kind, tmp_path):
    """Write rows as a file of the kind and return what is read of it; or read bytes."""

    def read(names, rows=None, **more):
        path = tmp_path / f"batch{WRITTEN[kind].suffix}"
        if isinstance(names, bytes):
            path.write_bytes(names)
        else:
            WRITTEN[kind].write(path, names, rows)
        return pd.concat(read_batch(path, source_of(kind, **more)))

    return read


def rules(caught):
    return {fault.rule for fault in caught.value.faults}


def test_every_kind_is_written_here():
    assert list(WRITTEN) == list(KINDS)


def test_text_stays_what_it_was(read, kind):
    frame = read(NAMES, ROWS)
    assert list(map(tuple, frame.to_numpy())) == list(ROWS)
    first = WRITTEN[kind].first
    assert frame.index.name == "line"
    # CSV counts lines, and a quoted one has a break
    lines = [first, first + 1, first + 2, first + 3 + (kind == "csv")]
    assert frame.index.tolist() == lines
    assert {str(dtype) for dtype in frame.dtypes} == {"str"}


def test_typed_cells_are_the_same_for_all_kinds(read):
    typed, failures = cast(read(NAMES, ROWS), source_of("csv"))
    assert failures.empty
    assert typed["size"].tolist() == [9007199254740993, -1, 0, 7]
    assert typed["weight"].tolist() == [0.1, 1.5e300, -0.25, 10.0]
    assert [at.isoformat() for at in typed["at"]] == [
        "2013-01-01T10:00:00+00:00", "2013-01-01T10:00:00.000001+00:00",
        "1969-12-31T23:59:59+00:00", "2013-05-31T18:30:00+00:00",
    ]  # fmt: skip
    assert typed["sold"].tolist() == [True, False, True, False]
    assert typed["code"].tolist() == [row[0] for row in ROWS]


def test_no_value_is_no_text(read, kind):
    rows = [("a", None, "1.5", None, None), ("", "5", "", None, "true"), ("-", "6", "2", "-", None)]
    frame = read(NAMES, rows)
    written = WRITTEN[kind]

    def comes_back(value):
        return written.null if value is None else written.blank if value == "" else value

    found = [[None if pd.isna(cell) else cell for cell in row] for row in frame.to_numpy()]
    assert found == [[comes_back(cell) for cell in row] for row in rows]
    typed, failures = cast(frame, source_of("csv"))
    assert failures.empty
    assert [None if pd.isna(one) else one for one in typed["size"]] == [None, 5, 6]
    assert [None if pd.isna(one) else one for one in typed["weight"]] == [1.5, None, 2.0]
    assert [None if pd.isna(one) else one for one in typed["code"]] == ["a", None, None]
    assert typed["at"].isna().all()


def test_empty_text_is_a_text_where_the_contract_says_so(read, kind):
    if WRITTEN[kind].null == WRITTEN[kind].blank:
        pytest.skip(f"{kind} cannot tell no value from an empty text")
    frame = read(NAMES, [("", "1", "1", None, None), (None, "1", "1", None, None)])
    typed, _ = cast(frame, source_of("csv", nulls=[]))
    assert typed["code"].isna().tolist() == [False, True]


def test_more_than_one_piece_has_rising_lines_and_all_rows(tmp_path, kind):
    path, rows = tmp_path / "batch", WRITTEN[kind].piece_rows + 3
    WRITTEN[kind].write(path, NAMES[:2], [(f"{n}", f"{n}") for n in range(rows)])
    columns = {"code": {"type": "string"}, "size": {"type": "integer"}}
    pieces = list(read_batch(path, source_of(kind, columns=columns)))
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= PIECE_ROWS
    assert {tuple(piece.columns) for piece in pieces} == {NAMES[:2]}
    whole = pd.concat(pieces)
    assert whole["size"].tolist() == [str(n) for n in range(rows)]
    first = WRITTEN[kind].first
    assert whole.index.tolist() == list(range(first, first + rows))


def test_columns_that_are_missing_optional_or_more(read):
    frame = read(("more", "code", "size", "weight", "at"), [("x", *ROWS[0][:4])])
    assert frame.columns.tolist() == ["more", "code", "size", "weight", "at"]
    with pytest.raises(UnfitBatchError) as caught:
        read(("code", "size"), [("a", "1")])
    assert [(fault.rule, fault.column) for fault in caught.value.faults] == [
        ("missing_column", "weight"), ("missing_column", "at"),
    ]  # fmt: skip
    with pytest.raises(UnfitBatchError) as caught:
        read(("other",), [("a",)])
    assert rules(caught) == {"header"}


def test_a_doubled_column_is_refused(read, kind):
    if not WRITTEN[kind].doubles:
        pytest.skip(f"a file of kind {kind} has each column once; a doubled key is refused")
    with pytest.raises(UnfitBatchError) as caught:
        read((*NAMES, "size"), [(*ROWS[0], "1")])
    assert rules(caught) == {"doubled_column"}


def test_a_file_without_rows_is_empty_or_refused(read, kind):
    if kind == "jsonl":
        pytest.skip("a file of JSON Lines without rows is an empty file")
    frame = read(NAMES, [])
    assert frame.shape == (0, 5)
    assert frame.columns.tolist() == list(NAMES)


@pytest.mark.parametrize("data", [b"", b"\n \n"], ids=["empty", "blank"])
def test_an_empty_file_is_refused(read, kind, data):
    with pytest.raises(UnfitBatchError) as caught:
        read(data)
    assert rules(caught) <= {"empty", *WRITTEN[kind].refuses}


@pytest.mark.parametrize("other", ["page", *WRITTEN])
def test_another_kind_of_file_is_refused(read, kind, other, tmp_path):
    if other == kind:
        pytest.skip("the same kind")
    data = PAGE
    if other != "page":
        path = tmp_path / "other"
        WRITTEN[other].write(path, NAMES, ROWS)
        data = path.read_bytes()
    with pytest.raises(UnfitBatchError) as caught:
        read(data)
    assert rules(caught) <= WRITTEN[kind].refuses


def test_a_file_that_was_cut_off_anywhere_is_refused(tmp_path, kind, read):
    path = tmp_path / "whole"
    WRITTEN[kind].write(path, NAMES, ROWS[:1])
    data = path.read_bytes()
    assert data.count(b"\n") != 3  # a cut at the end of a line cannot be seen
    for cut in {1, len(data) // 3, len(data) // 2, len(data) - 10, len(data) - 2}:
        with pytest.raises(UnfitBatchError):
            read(data[:cut])
