"""Sheets of Excel workbooks (.xlsx) read as text, row by row, as their cells are stored."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from coldframe.readers._base import refusing
from coldframe.readers.pieces import Piece
from coldframe.readers.sheets import (
    NOT_EXCEL,
    UNSOUND,
    Head,
    Row,
    check_archive,
    choose_sheet,
    fill_blanks,
    read_head,
    sheet_pieces,
)
from coldframe.sources import Source


def read_excel(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of a sheet; see `coldframe.readers.read_pieces`.

    The first row is the header, and a row's index is its number in the sheet. A cell without
    anything is a null. Whole numbers keep their digits; a date, which Excel keeps as a number, is
    spelled in ISO 8601 without a zone: the contract must name one. A formula counts for the value
    that it had when the workbook was saved. Blank rows at the end are none.
    """
    check_archive(path, limit=source.batch.bytes, rule=NOT_EXCEL, suffix=".xlsx")
    with refusing(NOT_EXCEL, UNSOUND):
        yield from _read(path, source)


def read_heads(path: Path, *, limit: int) -> dict[str, Head]:
    """Return how each sheet begins, of a workbook that inflates to at most `limit` bytes.

    Raises
    ------
    UnfitBatchError
        It inflates to more, or is none.

    Examples
    --------
    >>> import openpyxl, tempfile
    >>> path, made = Path(tempfile.mkdtemp()) / "a.xlsx", openpyxl.Workbook()
    >>> made.active.append(["code", 2013])
    >>> made.save(path)
    >>> read_heads(path, limit=1_000_000)
    {'Sheet': Head(names=('code', '2013'), followed=False)}
    """
    check_archive(path, limit=limit, rule=NOT_EXCEL, suffix=".xlsx")
    # openpyxl is slow to import, and this module is imported where no data is read
    from coldframe.readers.excel_book import open_book
    from coldframe.readers.excel_cells import sheet_rows

    with refusing(NOT_EXCEL, UNSOUND), zipfile.ZipFile(path) as archive:
        book = open_book(archive)
        heads: dict[str, Head] = {}
        for part in {part for _, part in book.sheets}:  # which may have many names
            with closing(_refused(sheet_rows(book, part))) as rows:
                heads[part] = read_head(rows)
        return {name: heads[part] for name, part in book.sheets}


def _refused(rows: Generator[Row]) -> Generator[Row]:
    """Yield rows; a part of the archive that is damaged or missing is a matter of its sheet."""
    with refusing(NOT_EXCEL, UNSOUND), closing(rows):
        yield from rows


def _read(path: Path, source: Source) -> Iterator[Piece]:
    # openpyxl is slow to import, and this module is imported where no data is read
    from coldframe.readers.excel_book import open_book
    from coldframe.readers.excel_cells import sheet_rows

    with zipfile.ZipFile(path) as archive:
        book = open_book(archive)
        place = choose_sheet([name for name, _ in book.sheets], source)
        with closing(sheet_rows(book, book.sheets[place][1])) as rows:
            yield from sheet_pieces(fill_blanks(rows), source)
