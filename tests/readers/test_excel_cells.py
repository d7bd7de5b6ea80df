"""Cells of Excel workbooks come as they are stored, or the file is refused: nothing is dropped."""

import pandas as pd
import pytest
from readers.raw_books import (
    changed,
    column,
    number,
    row,
    stored,
    text,
    workbook,
)
from readers.test_conformance import source_of

from coldframe.contracts.casting import cast
from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch

COLUMN = {"type": "string", "nullable": True}


def read(tmp_path, data, **more):
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    return pd.concat(read_batch(path, source_of("excel", **{"columns": {"code": COLUMN}, **more})))


def spelled(tmp_path, rows, **made):
    frame = read(tmp_path, workbook(rows, **made))
    return [None if pd.isna(one) else one for one in frame["code"]]


def refusal(tmp_path, data, **more):
    with pytest.raises(UnfitBatchError) as caught:
        read(tmp_path, data, **more)
    (fault,) = caught.value.faults
    return fault.rule, fault.example


def typed(tmp_path, declared, *cells, **made):
    """Return what the contract says of cells: their values, and the texts that are set aside."""
    source = source_of("excel", columns={"code": {"nullable": True, **declared}})
    frame = read(tmp_path, workbook(column(*cells), **made), columns=source.columns)
    found, failed = cast(frame, source)
    return [one for one in found["code"] if pd.notna(one)], failed["value"].tolist()


HEAD = row(text("code", "A1"), text("second", "B1"), at=1)
OUT_OF_ORDER = {
    "rows": (row(text("a"), at=3) + row(text("b"), at=2), "row 2 stands behind row 3"),
    "a row twice": (row(text("a"), at=2) + row(text("b"), at=2), "row 2 stands behind row 2"),
    "the header twice": (row(text("a"), at=1), "row 1 stands behind row 1"),
    "a row 0": (row(text("a")).replace("<row", '<row r="0"'), "row 0 stands behind row 1"),
    "a row of no number": (row(text("a"), at="1_0"), "'1_0' is no whole number"),
    "cells": (row(text("b", "B2"), text("a", "A2"), at=2), "column 1 stands behind column 2"),
    "a cell twice": (row(text("a", "A2"), text("b", "A2"), at=2), "column 1 stands behind"),
    "a cell of another row": (row(text("a", "A7"), at=2), "cell A7 in row 2"),
    "a cell beyond all": (row('<c r="ZZZ2"/>', at=2), "row 2 has more than 16,384 cells"),
    "cells within a choice": (
        row('<m:AlternateContent xmlns:m="m">' + text("a") + "</m:AlternateContent>", at=2),
        "AlternateContent among its cells",
    ),
    "rows within a choice": (
        '<m:AlternateContent xmlns:m="m">' + row(text("a"), at=2) + "</m:AlternateContent>",
        "a row within AlternateContent",
    ),
    "a row of another name": ('<row xmlns="urn:foo" r="2"><c><v>1</v></c></row>', "among its rows"),
    "rows of another name": (
        f'</sheetData><sheetData xmlns="urn:foo">{row(text("a"), at=2)}</sheetData><sheetData>',
        "sheetData is of another kind",
    ),
    "loose text in a row": (row("junk", text("a"), at=2), "'junk' between the cells of row 2"),
    "loose text behind a cell": (row(text("a"), "99", at=2), "'99' between the cells of row 2"),
    "loose text before the rows": (
        "<sheetData>junk" + row(text("a"), at=1) + "</sheetData>", "'junk' between its rows",
    ),
    "loose text between rows": ("junk" + row(text("a"), at=2), "'junk' between its rows"),
    "loose text behind the rows": (row(text("a"), at=2) + "junk", "'junk' between its rows"),
}  # fmt: skip


@pytest.mark.parametrize("what", OUT_OF_ORDER)
def test_rows_and_cells_that_openpyxl_drops_are_refused(tmp_path, what):
    rows, told = OUT_OF_ORDER[what]
    data = workbook(rows if rows.startswith("<sheetData") else HEAD + rows)
    rule, example = refusal(tmp_path, data)
    assert (rule, told in example) == ("not_excel", True), example


def test_rows_and_cells_without_their_places_follow_one_another(tmp_path):
    rows = HEAD + row(text("a"), text("b")) + row("<c/>", text("c")) + row() + row("<c/>")
    frame = read(tmp_path, workbook(rows + "<row r='9.0'>" + text("d") + "<extLst/></row>"))
    cells = [[None if pd.isna(one) else one for one in row] for row in frame.to_numpy()]
    assert cells == [["a", "b"], [None, "c"], *[[None, None]] * 5, ["d", None]]
    assert frame.index.tolist() == list(range(2, 10))


LETTERS = {
    "a_x000D_b": "a\rb", "a_x005F_x000D_b": "a_x000D_b", "fox005F_hunt": "fox005F_hunt",
    "_x0041_": "A", "_xD83D__xDE00_": "\U0001f600", "_x12_": "_x12_", "  a ": "  a ",
}  # fmt: skip


@pytest.mark.parametrize("storage", ["shared", "inline", "str"])
def test_letters_that_are_spelled_by_their_numbers_are_those_letters(tmp_path, storage):
    """ECMA-376, ST_Xstring. Texts that differ stay different, whatever cell they are in."""
    made = {"shared": [f"<t>{one}</t>" for one in LETTERS]} if storage == "shared" else {}
    cells = {
        "shared": [stored("s", n) for n in range(len(LETTERS))],
        "inline": map(text, LETTERS),
        "str": [stored("str", one) for one in LETTERS],
    }[storage]
    assert spelled(tmp_path, column(*cells), **made) == list(LETTERS.values())


def test_half_a_letter_is_refused(tmp_path):
    assert refusal(tmp_path, workbook(column(text("_xD83D_"))))[0] == "not_excel"


def test_a_text_is_all_of_its_runs_without_how_it_is_pronounced(tmp_path):
    runs = '<r><t>a</t></r><r><rPr><b/></rPr><t xml:space="preserve"> b</t></r>'
    spoken = '<rPh sb="0" eb="1"><t>no</t></rPh><phoneticPr fontId="1"/>'
    cells = column(stored("s", 0), f'<c t="inlineStr"><is>{runs}{spoken}</is></c>')
    assert spelled(tmp_path, cells, shared=[runs + spoken]) == ["a b", "a b"]


NUMBERS = {
    "9007199254740993": "9007199254740993", "007": "007", "-0": "-0", "+5": "+5", "0.10": "0.1",
    ".5": "0.5", "5.": "5.0", " 7 ": "7", "1E5": "100000.0", "1e-320": "1e-320",
    "9007199254740993.0": "9007199254740993.0", "-9007199254740993.": "-9007199254740993.",
    "9007199254740992.0": "9007199254740992.0", "7.00": "7.0",
    "0e9999": "0.0", "1e-400": "1e-400", "1E400": "1E400", "-1e999": "-1e999",
}  # fmt: skip
"""Whole numbers as stored, others by their shortest digits, if these mean the number."""


def test_numbers_are_those_that_are_stored(tmp_path):
    assert spelled(tmp_path, column(*map(number, NUMBERS))) == list(NUMBERS.values())


def test_the_contract_refuses_row_by_row_what_is_no_number_to_it(tmp_path):
    refused = ["1e-400", "1E400", "9007199254740993.0"]
    cells = [number(one) for one in ("1", *refused)]
    assert typed(tmp_path, {"type": "number"}, *cells) == ([1.0], refused)
    cells = [number(one) for one in ("1", "+5", "007")]
    assert typed(tmp_path, {"type": "integer"}, *cells) == ([1], ["+5", "007"])


UNSOUND = {
    "an underscore": (number("1_000"), "'1_000' in a cell of type n"),
    "other digits": (number("&#x661;"), "in a cell of type n"),
    "half a number": (number("1_0.5"), "in a cell of type n"),
    "hexadecimal": (number("0x1F"), "in a cell of type n"),
    "not a number": (number("NaN"), "in a cell of type n"),
    "a third truth": (stored("b", 2), "'2' in a cell of type b"),
    "a type of no name": (stored("z", 1), "'1' in a cell of type z"),
    "the last shared text": (stored("s", -1), "'-1' is no whole number"),
    "a shared text too many": (stored("s", 2), "shared text 2 of 2"),
    "a style too many": (number(1, 3), "style 3 of 2"),
    "an inline text without its type": ("<c><is><t>a</t></is></c>", "no cell of type n has"),
    "an inline text in a text": ('<c t="str"><is><t>a</t></is></c>', "no cell of type str has"),
    "a value for an inline text": (stored("inlineStr", "a"), "no cell of type inlineStr has"),
    "a value twice": ("<c><v>1</v><v>2</v></c>", "a part twice"),
    "a value within a choice": ("<c><choice><v>1</v></choice></c>", "one that no cell has"),
    "a part of a value": ("<c><v>1<b>2</b></v></c>", "b within a value"),
    "a text twice": ('<c t="inlineStr"><is><t>a</t><t>b</t></is></c>', "a text twice"),
    "a part of a text": ('<c t="inlineStr"><is><t>a<b/>c</t></is></c>', "b within a text"),
    "a text within a choice": ('<c t="inlineStr"><is><b><t>a</t></b></is></c>', "b within a text"),
    "a run of another name": ('<c t="inlineStr"><is><r><x>q</x></r></is></c>', "x within a run"),
    "text before a value": ("<c>junk<v>1</v></c>", "'junk' between its parts"),
    "text behind a value": ("<c><v>1</v>junk</c>", "'junk' between its parts"),
    "text before a text": ('<c t="inlineStr"><is>junk<t>q</t></is></c>', "'junk' between"),
    "text behind a text": ('<c t="inlineStr"><is><t>q</t>junk</is></c>', "'junk' between"),
    "text in a run": ('<c t="inlineStr"><is><r>junk<t>q</t></r></is></c>', "'junk' between"),
    "text behind a run": ('<c t="inlineStr"><is><r><t>q</t></r>\xa0</is></c>', "between its parts"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_what_no_cell_can_hold_is_refused(tmp_path, what):
    cell, told = UNSOUND[what]
    data = workbook(column(cell), shared=["<t>a</t>", "<t>b</t>"], formats=["0"])
    rule, example = refusal(tmp_path, data)
    assert rule == "not_excel"
    assert example.startswith("row 2, column 1: ")
    assert told in example


SHARED = {
    "of another name": ('<si xmlns="urn:foo"><t>b</t></si>', "si among the shared texts"),
    "within a choice": ("<choice><si><t>b</t></si></choice>", "si within choice"),
    "of other runs": ("<si><r><x>b</x></r></si>", "x within a run"),
    "beside it": ("<si>junk<t>b</t></si>", "'junk' between its parts"),
}


@pytest.mark.parametrize("what", SHARED)
def test_a_shared_text_that_would_be_passed_over_is_refused(tmp_path, what):
    """And cells that name one behind it would have had the next."""
    wrong, told = SHARED[what]
    data = workbook(column(stored("s", 1)), shared=["<t>a</t>", "<t>b</t>", "<t>c</t>"])
    data = changed(data, "xl/shared.xml", "<si><t>b</t></si>", wrong)
    rule, example = refusal(tmp_path, data)
    assert (rule, told in example) == ("not_excel", True), example


def test_the_empty_text_is_no_value_however_it_is_stored(tmp_path):
    formula = '<c t="str"><f>IF(A1="","",A1)</f><v></v></c>'
    inline = '<c t="inlineStr">{}<is><t/></is></c>'
    blank = [stored("s", 0), formula, inline.format(""), inline.format("<f>A1</f>"),
             stored("str", "")]  # fmt: skip
    assert spelled(tmp_path, column(*blank, text("a")), shared=["<t/>"]) == [None] * 5 + ["a"]
    # behind the last column, and behind the last row, it is nothing at all
    rows = column(text("a") + blank[0], *blank)
    assert spelled(tmp_path, rows, shared=["<t/>"]) == ["a"]
    frame = read(tmp_path, workbook(column(blank[0], text("a")), shared=["<t/>"]), nulls=[])
    assert frame["code"].isna().tolist() == [True, False]


def test_a_formula_counts_for_its_value_and_one_without_is_refused(tmp_path):
    cells = ["<c><f>1+1</f><v>2</v></c>", '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>',
             '<c t="b"><f>TRUE</f><v>true</v></c>']  # fmt: skip
    assert spelled(tmp_path, column(*cells)) == ["2", "#DIV/0!", "true"]
    for cell in ("<c><f>1+1</f></c>", "<c><f>1+1</f><v/></c>", '<c t="str"><f>1+1</f></c>'):
        assert refusal(tmp_path, workbook(column(cell))) == (
            "formula", "row 2, column 1: =1+1",
        )  # fmt: skip


@pytest.mark.timeout(60)  # they took 100 s
def test_rows_whose_one_blank_cell_is_far_off_cost_no_more_than_others(tmp_path):
    """They were two lists of 18,278 each: half an hour for a file of kilobytes."""
    rows = column() + "".join(row(f'<c r="XFD{n}"/>', at=n) for n in range(2, 50_000))
    assert spelled(tmp_path, rows + row(text("a"), at=50_000)) == [None] * 49_998 + ["a"]
