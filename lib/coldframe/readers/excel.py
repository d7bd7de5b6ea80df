"""Sheets of Excel workbooks (.xlsx) read as text, row by row, as their cells are stored."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from coldframe.faults import shorten, unfit
from coldframe.readers._base import refusing
from coldframe.readers.pieces import Piece
from coldframe.readers.sheets import (
    MOST_ROWS,
    UNSOUND,
    Row,
    check_archive,
    choose_sheet,
    fill_blanks,
    sheet_pieces,
)
from coldframe.sources import Source

RULE = "not_excel"


def read_excel(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of a sheet; see `coldframe.readers.read_pieces`.

    The first row is the header, and a row's index is its number in the sheet. A cell without
    anything is a null. Whole numbers keep their digits; a date, which Excel keeps as a number, is
    spelled in ISO 8601 without a zone: the contract must name one. A formula counts for the value
    that it had when the workbook was saved. Blank rows at the end are none.
    """
    check_archive(path, source, rule=RULE, suffix=".xlsx")
    # openpyxl raises whatever it stumbles over, and warns of styles and extensions, which are of
    # no account here
    with refusing(RULE, UNSOUND), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from _read(path, source)


def _read(path: Path, source: Source) -> Iterator[Piece]:
    from openpyxl import load_workbook  # this module is imported where no data is read

    # the same cells twice: as values, and as what stands there, to tell a formula without a value
    with ExitStack() as stack:
        values, stored = (
            load_workbook(
                stack.enter_context(path.open("rb")), read_only=True, data_only=data_only,
                keep_links=False,
            )
            for data_only in (True, False)
        )  # fmt: skip
        place = choose_sheet([sheet.title for sheet in values.worksheets], source)
        rows = stack.enter_context(
            closing(_rows(values.worksheets[place], stored.worksheets[place]))
        )
        yield from sheet_pieces(fill_blanks(rows, rule=RULE), source)


def _rows(values: Any, stored: Any) -> Generator[Row]:
    """Yield the rows that are not blank, without blank cells at the end."""
    for sheet in (values, stored):
        sheet.reset_dimensions()  # what a file says of them may be wrong
    with closing(values.iter_rows()) as left, closing(stored.iter_rows()) as right:
        for number, (row, formulas) in enumerate(zip(left, right, strict=True), 1):
            if number > MOST_ROWS:  # openpyxl makes a blank row for each that a file leaps over
                raise unfit(RULE, UNSOUND, example=f"a row beyond {MOST_ROWS:,}")
            found = [cell.value for cell in row]
            for place, cell in enumerate(formulas):
                if found[place] is None and cell.data_type == "f":
                    told = f"row {number}, column {place + 1}: {cell.value}"
                    raise unfit("formula", "A formula has no value.", example=shorten(told))
            while found and found[-1] is None:
                found.pop()
            if found:
                yield number, found
