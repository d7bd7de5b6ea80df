"""Of workbooks their first rows are read, by the rules of their readers, and within bounds."""

import zipfile
from itertools import islice

import pandas as pd
import pytest
from readers.raw_books import column, number, row, text, workbook
from readers.test_conformance import source_of
from readers.test_ods import DEEP
from readers.test_ods import text as shown
from readers.written import write_ods_sheets

from coldframe.faults import UnfitBatchError
from coldframe.readers import excel, ods, read_batch
from coldframe.readers.sheets import Head
from coldframe.scaffold.workbooks import KINDS, choose_sheet, read_sheet_header

CODE = {"code": {"type": "string"}}
TABLE = column(text("a"), text("b"))
LIMIT = 1 << 20
MANY = column(*[text("a")] * 2000)
"""More than expat is given at once."""


def write_excel(path, sheets, **made):
    path.write_bytes(workbook(sheets, **made))
    return path


def write(path, kind, sheets):
    """Write sheets of rows of texts."""
    if kind == "ods":
        cells = {name: [[*map(shown, one)] for one in rows] for name, rows in sheets.items()}
        write_ods_sheets(path, cells)
        return path
    rows = {name: "".join(row(*map(text, one)) for one in rows) for name, rows in sheets.items()}
    return write_excel(path, rows)


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return request.param


def test_a_workbook_that_inflates_to_more_than_is_allowed_is_refused_unread(tmp_path, kind):
    """It was read whole before anything was asked: 4 GB of memory for 2 MB."""
    sheets = {name: [["code"], *[["a"]] * 9999] for name in ("one", "two")}
    path = write(tmp_path / "book", kind, sheets)
    with pytest.raises(UnfitBatchError) as caught:
        KINDS[kind](path, limit=100_000)
    assert [fault.rule for fault in caught.value.faults] == ["file_size"]
    assert list(KINDS[kind](path, limit=LIMIT << 3)) == list(sheets)


def test_of_an_excel_sheet_no_more_than_its_first_rows_are_read(tmp_path):
    """The whole of each was, twice."""
    sheets = {"cover": row(text("All parcels")), "data": MANY + "<c"}
    path = write_excel(tmp_path / "a.xlsx", sheets)
    assert choose_sheet(path, "excel", None)[0] == "data"
    assert read_sheet_header(path, "excel", "data") == ["code"]
    with pytest.raises(UnfitBatchError, match="ParseError"):
        list(read_batch(path, source_of("excel", sheet="data", columns=CODE)))


def test_the_sheets_of_an_ods_are_read_in_one_pass(tmp_path, monkeypatch):
    """Each was read from the beginning of the file: a minute for 200 sheets of 200 rows."""
    sheets = {f"n{n}": [["code"], ["a"], ["b"]] for n in range(50)}
    path = write(tmp_path / "a.ods", "ods", sheets)
    walk, passes = ods.walk, []
    monkeypatch.setattr(ods, "walk", lambda *given: passes.append(given) or walk(*given))
    heads = ods.read_heads(path, limit=LIMIT)
    assert list(heads) == list(sheets)
    assert set(heads.values()) == {Head(("code",), followed=True)}
    assert len(passes) == 1


def test_an_ods_sheet_whose_first_rows_are_refused_is_one_of_the_sheets(tmp_path):
    long = [[shown(f"<text:s text:c='{(1 << 22) + 1}'/>")]]
    path = tmp_path / "a.ods"
    write_ods_sheets(path, {"long": long, "deep": [[shown(DEEP)]], "two": [[shown("code")]]})
    heads = ods.read_heads(path, limit=LIMIT << 10)
    assert heads["long"] == heads["deep"] == Head(followed=True)  # which their reader refuses
    assert heads["two"] == Head(("code",))


NOTES = [["", ""], ["", ""], ["a note"]]


@pytest.mark.parametrize("before", [NOTES, [*NOTES, ["another"]], [["All parcels"]], []])
def test_a_sheet_has_rows_if_its_reader_takes_any(tmp_path, kind, before):
    """One of notes alone was chosen of an Excel workbook, for its blank rows were counted."""
    path = write(tmp_path / "book", kind, {"notes": before, "data": [["code"], ["a"]]})
    assert choose_sheet(path, kind, None) == (
        "data", "'data', the first sheet with rows, of 2; 'notes': see --sheet",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [column("<c><f>1+1</f></c>"), row("<c><f>1+1</f></c>"), column(number("1_0")), "</row>"],
    ids=["a formula", "a formula as a name", "a number", "no XML"],
)
def test_a_sheet_that_is_refused_is_no_reason_to_take_another(tmp_path, wrong):
    """And those behind it can be taken by their names."""
    path = write_excel(tmp_path / "a.xlsx", {"one": wrong, "two": TABLE})
    assert choose_sheet(path, "excel", None)[0] == "one"
    assert choose_sheet(path, "excel", "two") == ("two", "")
    assert read_sheet_header(path, "excel", "two") == ["code"]


def test_a_sheet_whose_part_is_missing_is_one_of_the_sheets(tmp_path):
    path = write_excel(tmp_path / "a.xlsx", {"one": TABLE, "two": TABLE})
    path.write_bytes(path.read_bytes().replace(b"sheet1.xml", b"sheet7.xml"))
    assert choose_sheet(path, "excel", "two") == ("two", "")
    assert choose_sheet(path, "excel", None)[0] == "one"


def test_sheets_that_share_a_part_cost_one(tmp_path, monkeypatch):
    """A workbook of kilobytes may name one large part any number of times."""
    path = write_excel(tmp_path / "a.xlsx", TABLE, names=[f"n{n}" for n in range(9)])
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    links = "xl/_rels/workbook.xml.rels"
    for n in range(2, 10):
        members[links] = members[links].replace(b"sheet%d.xml" % n, b"sheet1.xml")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    read_head, read = excel.read_head, []
    monkeypatch.setattr(excel, "read_head", lambda rows: read.append(rows) or read_head(rows))
    assert len(excel.read_heads(path, limit=LIMIT)) == 9
    assert len(read) == 1


HEADERS = [
    [number("2019"), number("2020.0"), number("0.10"), text("a_x0041_")],
    [text("code"), "<c/>", number("41275", 1), '<c t="b"><v>1</v></c>'],
]


@pytest.mark.parametrize("header", HEADERS)
def test_names_are_spelled_as_the_reader_spells_them(tmp_path, header):
    """2019 was '2019.0', and then the reader found no such column."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(row(*header) + row(text("x")), formats=["yyyy-mm-dd"]))
    names = read_sheet_header(path, "excel", None)
    columns = {name or "none": {"type": "string", "required": False} for name in names}
    (frame,) = islice(read_batch(path, source_of("excel", columns=columns, key=())), 2)
    assert names == list(frame.columns)


def test_a_header_of_numbers_becomes_a_dataset(project):
    rows = pd.DataFrame({2019: range(300), 2020: [f"x{n % 2}" for n in range(300)]})
    rows[2021] = [n % 7 for n in range(300)]
    path = project.root / "years.xlsx"
    rows.to_excel(path, index=False)
    project.new("years", path, target="2020", timeless=True, key=("2019",))
    assert set(project.bench("years").dataset.sources["years"].columns) == {"2019", "2020", "2021"}
