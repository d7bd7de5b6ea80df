"""Cells of OpenDocument workbooks are spelled as they stand in the file, or it is refused."""

import zipfile

import pandas as pd
import pytest
from readers.test_conformance import source_of
from readers.written import write_ods_sheets

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch

ONE = {"columns": {"code": {"type": "string", "nullable": True}}}
SECOND = {"second": {"type": "string", "nullable": True}}


def cell(kind=None, text="", **attributes):
    said = {"office:value-type": kind} if kind else {}
    said |= {name.replace("__", ":").replace("_", "-"): at for name, at in attributes.items()}
    told = "".join(f' {name}="{value}"' for name, value in said.items())
    return f"<table:table-cell{told}>{text}</table:table-cell>"


def text(shown):
    return cell("string", f"<text:p>{shown}</text:p>")


def read(tmp_path, *cells, sheets=None, header=None, **more):
    path = tmp_path / "a.ods"
    write_ods_sheets(
        path, sheets or {"rows": [header or [text("code")], *([one] for one in cells)]}
    )
    return pd.concat(read_batch(path, source_of("ods", **{**ONE, **more})))


def spelled(tmp_path, *cells):
    return [None if pd.isna(one) else one for one in read(tmp_path, *cells)["code"]]


def fault(tmp_path, *cells, **more):
    with pytest.raises(UnfitBatchError) as caught:
        read(tmp_path, *cells, **more)
    (found,) = caught.value.faults
    return found.rule, found.example


@pytest.mark.parametrize(
    ("kind", "attribute", "value"),
    [
        ("float", "value", "9007199254740993"), ("float", "value", "0.1"),
        ("float", "value", "1E400"), ("float", "value", "1.50"), ("percentage", "value", "0.05"),
        ("currency", "value", "12.10"), ("boolean", "boolean_value", "true"),
        ("date", "date_value", "2013-01-01"), ("date", "date_value", "2013-01-01T05:30:00.000001"),
        ("time", "time_value", "PT05H30M00S"), ("string", "string_value", "00123"),
    ],
)  # fmt: skip
def test_what_stands_there_counts_not_what_is_shown(tmp_path, kind, attribute, value):
    shown = "<text:p>shown</text:p>"
    one = cell(kind, shown, **{f"office__{attribute}": value})
    assert spelled(tmp_path, one, text("end")) == [value, "end"]


def test_text_is_what_its_paragraphs_say(tmp_path):
    cells = {
        "00123": "00123",
        "NA": "NA",
        "a<text:span>b</text:span>c": "abc",
        "a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d": "a   b\tc\nd",
        "a</text:p><text:p>b": "a\nb",
        "&lt;&amp;ü&#x1F600;": "<&ü\U0001f600",
        "a<office:annotation><text:p>no</text:p></office:annotation>b": "ab",
    }
    assert spelled(tmp_path, *map(text, cells)) == list(cells.values())
    note = cell(
        "string", "<office:annotation><text:p>no</text:p></office:annotation><text:p>a</text:p>"
    )
    assert spelled(tmp_path, note) == ["a"]


def test_an_error_is_no_blank(tmp_path):
    """LibreOffice says that it is the empty text; what is shown is the error."""
    error = cell(
        "string", "<text:p>#N/A</text:p>", office__string_value="", calcext__value_type="error"
    )
    assert spelled(tmp_path, error) == ["#N/A"]


def test_rows_and_cells_that_are_repeated_are_all_there(tmp_path):
    twice = '<table:table-row table:number-rows-repeated="2">'
    inside = text("a").replace(
        "<table:table-cell", '<table:table-cell table:number-columns-repeated="2"'
    )
    blank = '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
    rows = f"</table:table-row>{twice}{inside}</table:table-row>{blank}<table:table-row>{text('b')}"
    frame = read(tmp_path, rows, header=[text("code"), text("second")],
                 columns=ONE["columns"] | SECOND)  # fmt: skip
    cells = [[None if pd.isna(one) else one for one in row] for row in frame.to_numpy()]
    # the row that the helper opened holds nothing
    assert cells == [[None, None], ["a", "a"], ["a", "a"], [None] * 2, [None] * 2, ["b", None]]
    assert frame.index.tolist() == [2, 3, 4, 5, 6, 7]


def test_covered_cells_and_rows_within_groups_are_cells_and_rows(tmp_path):
    covered = f"{text('a')}<table:covered-table-cell/>"
    grouped = f"</table:table-row><table:table-row-group><table:table-row>{covered}"
    closed = "</table:table-row></table:table-row-group><table:table-row>"
    assert spelled(tmp_path, grouped + closed) == [None, "a"]


def test_of_several_sheets_one_must_be_named(tmp_path):
    sheets = {"one": [[text("code")], [text("1")]], "two": [[text("code")], [text("2")]]}
    assert fault(tmp_path, sheets=sheets) == ("sheet", "none is declared; there are one, two")
    assert fault(tmp_path, sheets=sheets, sheet="three")[0] == "sheet"
    for name, found in (("one", "1"), ("two", "2")):
        assert read(tmp_path, sheets=sheets, sheet=name)["code"].tolist() == [found]


def written(path, *tables, before=""):
    """Write tables of one column in XML, and what else a workbook may have."""
    write_ods_sheets(path, {})
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    body = before + "".join(tables)
    content = content.replace("<office:spreadsheet>", f"<office:spreadsheet>{body}")
    content = content.replace(
        "<office:document-content ", '<office:document-content xmlns:draw="d" '
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return path


def table(*cells, name="rows", within=""):
    rows = "".join(f"<table:table-row>{one}</table:table-row>" for one in cells)
    return f'<table:table table:name="{name}">{within}{rows}</table:table>'


def drawn(body):
    return f"<draw:frame><draw:object><office:document><office:body>{body}</office:body>" \
           "</office:document></draw:object></draw:frame>"  # fmt: skip


EVIL = table(text("evil"), text("worse"), name="local")
CHART = drawn(f"<office:chart>{EVIL}</office:chart>")
SHEET = drawn(f"<office:spreadsheet>{EVIL}</office:spreadsheet>")
OBJECT = cell("string", "{}<text:p>a</text:p>")
LINKS = f"<table:dde-links><table:dde-link>{EVIL}</table:dde-link></table:dde-links>"


@pytest.mark.parametrize(
    "tables",
    [
        [table(text("code"), text("a")), LINKS],
        [table(text("code"), text("a"), within=f"<table:shapes>{CHART}</table:shapes>")],
        [table(text("code"), OBJECT.format(CHART))], [table(text("code"), OBJECT.format(SHEET))],
    ],
    ids=["links behind it", "a chart on it", "a chart in a cell", "a workbook in a cell"],
)  # fmt: skip
def test_rows_of_other_tables_are_no_rows_of_the_sheet(tmp_path, tables):
    path = written(tmp_path / "a.ods", *tables)
    frame = pd.concat(read_batch(path, source_of("ods", **ONE)))
    assert frame["code"].tolist() == ["a"]


def test_rows_within_anything_that_no_sheet_has_are_refused(tmp_path):
    odd = table(text("code"), within=f"<table:odd>{table(text('a'))}</table:odd>")
    path = written(tmp_path / "a.ods", odd)
    with pytest.raises(UnfitBatchError, match="rows within"):
        list(read_batch(path, source_of("ods", **ONE)))


def test_what_is_seen_counts_where_nothing_else_is_said(tmp_path):
    error = "<text:p>#DIV/0!</text:p>"
    cells = [
        cell("string", "<text:p>a</text:p>", office__string_value=""),
        cell("float", error, office__value="0", table__formula="of:=1/0"),
        cell("float", error, office__value="0", calcext__value_type="error"),
        cell("float", "<text:p>Err:502</text:p>", office__value="0", table__formula="of:=F()"),
        cell("float", "<text:p>0</text:p>", office__value="0", table__formula="of:=0"),
        text("<text:ruby><text:ruby-base>b</text:ruby-base><text:ruby-text>no</text:ruby-text>"
             "</text:ruby>"),
    ]  # fmt: skip
    assert spelled(tmp_path, *cells) == ["a", "#DIV/0!", "#DIV/0!", "Err:502", "0", "b"]


def test_blanks_are_counted_before_they_are_made(tmp_path):
    """A few bytes asked for 10^15 of them; memory was not enough, and the file never decided."""
    for asked in (10**15, 2_000_000):
        rule, told = fault(tmp_path, text(f"<text:s text:c='{asked}'/>"), batch={"bytes": 10**6})
        assert (rule, told) == ("file_size", "more than 1,000,000 characters in its cells")
    many = text("<text:s text:c='999'/>" * 2_000)
    assert fault(tmp_path, many, batch={"bytes": 10**6})[0] == "file_size"


def test_a_password_is_named(tmp_path):
    path = tmp_path / "a.ods"
    manifest = "<m><file-entry full-path='content.xml'><encryption-data/></file-entry></m>"
    for name, content in (("META-INF/manifest.xml", manifest), ("encrypted-package", "\0")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("content.xml", "\0")
            archive.writestr(name, content)
        with pytest.raises(UnfitBatchError, match=r"it has a password; save it as \.ods without"):
            list(read_batch(path, source_of("ods")))


def test_two_sheets_or_members_of_one_name_are_refused(tmp_path):
    sheet = table(text("code"), text("a"))
    path = written(tmp_path / "a.ods", sheet, sheet)
    with pytest.raises(UnfitBatchError, match="there are rows, rows"):
        list(read_batch(path, source_of("ods", sheet="rows")))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("content.xml", "<a/>")
    with pytest.raises(UnfitBatchError, match="a name stands twice in its archive"):
        list(read_batch(path, source_of("ods", sheet="rows")))


DEEP = "<text:span>" * 20_000 + "</text:span>" * 20_000
FOREIGN = '<table-cell xmlns="urn:foo"><p>b</p></table-cell>'
MANY = '<table:table-cell table:number-columns-repeated="20000"'
OFTEN = '</table:table-row><table:table-row table:number-rows-repeated="{}">'


@pytest.mark.parametrize(
    ("one", "rule", "told"),
    [
        (cell(table__formula="of:=1+1"), "formula", "row 2, column 1"),
        (cell("float"), "not_ods", "row 2, column 1: a float without a value"),
        (cell("colour", office__value="1"), "not_ods", "a value of type colour"),
        (cell("string", "<table:table/>"), "not_ods", "a table within a cell"),
        (cell("float", office__value=""), "not_ods", "a float without a value"),
        (cell("string", "<text:list/>"), "not_ods", "row 2, column 1: list in a cell"),
        (cell("string", "<text:h>a</text:h>"), "not_ods", "row 2, column 1: h in a cell"),
        (text("<text:s text:c='-3'/>"), "not_ods", "c is -3"),
        (text("<text:s text:c='1_0'/>"), "not_ods", "c is 1_0"),
        (text("a") * 2, "field_count", "1 in the header, row 2 has 2"),
        (text("a").replace("<table:table-cell", MANY), "not_ods", "more than 16,384 cells"),
        (OFTEN.format(10**12) + text("a"), "not_ods", "a row beyond 1,048,576"),
        (OFTEN.format(-1) + text("a"), "not_ods", "number-rows-repeated is -1"),
        (OFTEN.format(900_000) + text("a" * 5_000), "file_size", "more than 2,147,483,648"),
        (FOREIGN + text("a"), "not_ods", "row 2: table-cell of another kind among its cells"),
        ("junk" + text("a"), "not_ods", "'junk' between the cells of row 2"),
        (text("a") + "junk", "not_ods", "'junk' between the cells of row 2"),
        (cell("string", "junk<text:p>a</text:p>"), "not_ods", "column 1: 'junk' between its parts"),
        (cell("string", "<text:p>a</text:p>junk"), "not_ods", "column 1: 'junk' between its parts"),
        (text(DEEP), "not_ods", "RecursionError"), ("<a>", "not_ods", "ParseError"),
    ],
    ids=lambda text: str(text)[:30],
)  # fmt: skip
def test_what_cannot_be_read_whole_is_refused(tmp_path, one, rule, told):
    found, example = fault(tmp_path, one)
    assert (found, told in example) == (rule, True), example


def test_entities_that_expand_without_bound_are_refused(tmp_path, monkeypatch):
    tenfold = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 9))
    bomb = f"<!DOCTYPE x [<!ENTITY a0 '{'x' * 1000}'>{tenfold}]><office:document-content"
    content = write_ods_sheets.__globals__["CONTENT"]
    with monkeypatch.context() as patch:
        made = content.replace("<office:document-content", bomb)
        patch.setitem(write_ods_sheets.__globals__, "CONTENT", made)
        assert "amplification" in fault(tmp_path, text("&a8;"))[1]


@pytest.mark.parametrize("kind", ["excel", "ods"])
def test_an_old_workbook_is_refused_by_name(tmp_path, kind):
    path = tmp_path / "a.xls"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504))
    with pytest.raises(
        UnfitBatchError, match=r"it is an \.xls or has a password; save it as"
    ) as caught:
        list(read_batch(path, source_of(kind)))
    assert caught.value.faults[0].rule == f"not_{kind}"
