"""Excel workbooks as a whole: their archive, sheets and parts; those of other kinds are refused."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from readers.raw_books import (
    MAIN,
    STRICT,
    archive,
    changed,
    column,
    number,
    row,
    stored,
    text,
    workbook,
)
from readers.test_conformance import source_of
from readers.test_excel_cells import read, refusal, spelled
from readers.test_excel_moments import DAY

from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch

STYLES = "xl/styles.xml"


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "docProps/app.xml"])
def test_a_member_twice_in_the_archive_is_refused(tmp_path, member):
    other = [(member, f'<worksheet xmlns="{MAIN}"/>')] * (2 - member.startswith("xl"))
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = workbook(column(text("a")), more=other)
    assert refusal(tmp_path, data) == ("not_excel", "a name stands twice in its archive")


def test_a_workbook_behind_another_is_refused(tmp_path):
    first, second = (workbook(column(text(one))) for one in "ab")
    told = ("not_excel", "its archive stands behind something else")
    assert refusal(tmp_path, first + second) == told


def test_a_text_that_many_cells_share_counts_in_each(tmp_path):
    shared = [f"<t>{'a' * 1000}</t>"]
    data = workbook(column(*[stored("s", 0)] * 1000), shared=shared)
    told = ("file_size", "more than 900,000 characters in its cells")
    assert refusal(tmp_path, data, batch={"bytes": 900_000}) == told
    assert len(read(tmp_path, data, batch={"bytes": 1_100_000})) == 1000


def test_blank_cells_of_a_wide_sheet_count_too(tmp_path):
    """A header of all columns and a row at the end are 17 thousand million cells."""
    names = row(text("code"), *(text(f"n{n}") for n in range(2, 2001)))
    data = workbook(names + row(text("a"), at=1_000_000))
    assert refusal(tmp_path, data, batch={"bytes": 10**7})[0] == "file_size"


def test_two_sheets_of_one_name_are_refused_even_by_that_name(tmp_path):
    data = workbook(column(text("a")), names=("one", "one"))
    assert refusal(tmp_path, data, sheet="one") == ("sheet", "one; there are one, one")
    data = workbook(column(text("a")), names=("one", "two"))
    assert read(tmp_path, data, sheet="two")["code"].tolist() == ["a"]


LINKS = "xl/_rels/workbook.xml.rels"


def test_a_sheet_that_is_a_chart_is_none_of_the_sheets(tmp_path):
    data = workbook(column(text("a")), names=("rows", "chart"))
    second = 'worksheet" Target="worksheets/sheet2.xml"'
    data = changed(data, LINKS, second, second.replace("worksheet", "chartsheet", 1))
    assert read(tmp_path, data)["code"].tolist() == ["a"]
    assert refusal(tmp_path, data, sheet="chart") == ("sheet", "chart; there are rows")


def test_a_sheet_that_is_elsewhere_is_not_taken_from_a_part_of_its_name(tmp_path):
    target = 'Target="worksheets/sheet1.xml"'
    data = changed(workbook(column(text("a"))), LINKS, target, f'{target} TargetMode="External"')
    assert refusal(tmp_path, data)[0] == "not_excel"


def test_workbooks_of_other_kinds_say_what_they_are(tmp_path):
    strict = workbook(column(text("a")), main=STRICT)
    assert "it is strict OOXML; save it as" in refusal(tmp_path, strict)[1]
    binary = archive([("[Content_Types].xml", "<Types/>"), ("xl/workbook.bin", b"\0")])
    assert "it is an .xlsb; save it as .xlsx" in refusal(tmp_path, binary)[1]


def test_parts_that_are_named_and_left_out_matter_only_to_cells_that_ask_for_them(tmp_path):
    assert spelled(tmp_path, column(text("a"), number("1")), styles=False) == ["a", "1"]
    dated = workbook(column(number("41275", 1)), styles=False)
    assert refusal(tmp_path, dated) == ("not_excel", "row 2, column 1: style 1 of 1")
    for bare in ("<styleSheet/>", f'<styleSheet xmlns="{MAIN}"/>'):
        data = workbook(column(text("a"), number("1")), styles=False, more=[(STYLES, bare)])
        assert read(tmp_path, data)["code"].tolist() == ["a", "1"]
    gone = workbook(column(text("a"))).replace(b"sheet1.xml", b"sheet7.xml")
    assert refusal(tmp_path, gone)[0] == "not_excel"


def test_a_style_of_another_name_is_refused_and_shifts_no_other(tmp_path):
    data = workbook(column(number("41275", 1)), formats=["0", DAY])
    odd = changed(data, STYLES, '<xf numFmtId="0"/>', '<xf xmlns="urn:foo"/>')
    assert refusal(tmp_path, odd) == ("not_excel", "ValueError: xf among the styles")


def test_openpyxl_still_tells_days_as_it_did(tmp_path):
    """What is taken of it, by a workbook of its own: another release may count differently."""
    book = openpyxl.Workbook()
    values = [dt.date(2013, 1, 1), dt.date(1900, 2, 28), dt.time(5, 30),
              dt.timedelta(hours=26, minutes=30), "=_x000D_", 0.1, True]  # fmt: skip
    book.active.append(["code"])
    for value in values:
        book.active.append([value])
    book.active["A6"].data_type = "s"
    stream = io.BytesIO()
    book.save(stream)
    assert read(tmp_path, stream.getvalue())["code"].tolist() == [
        "2013-01-01T00:00:00", "1900-02-28T00:00:00", "05:30:00", "26:30:00", "=\r", "0.1", "true",
    ]  # fmt: skip


def test_an_archive_without_a_workbook_says_so(tmp_path):
    path = tmp_path / "a.xlsx"
    kinds = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("_rels/.rels", f'<Relationships xmlns="{kinds}"/>')
    with pytest.raises(UnfitBatchError) as caught:
        list(read_batch(path, source_of("excel")))
    assert "none of its parts is a workbook" in caught.value.faults[0].example
