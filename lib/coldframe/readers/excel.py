"""Sheets of Excel workbooks (.xlsx) read as text, row by row, as their cells are stored."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from coldframe.faults import shorten, unfit
from coldframe.readers._base import check_columns, refusing, text_piece
from coldframe.readers.inflating import sniff
from coldframe.readers.pieces import Piece
from coldframe.readers.spelling import spell
from coldframe.sources import Source

ROWS = 1 << 12
"""Rows of a piece: cells are Python's own objects, and large."""
MOST_ROWS = 1 << 20
"""Rows of a sheet, as Excel has it. openpyxl makes a blank row for each number that a damaged file
leaps over, without end."""


def read_excel(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of a sheet; see `coldframe.readers.read_pieces`.

    The first row is the header, and a row's index is its number in the sheet. A cell without
    anything is a null. Whole numbers keep their digits; a date, which Excel keeps as a number, is
    spelled in ISO 8601 without a zone: the contract must name one. A formula counts for the value
    that it had when the workbook was saved. Blank rows at the end are none.
    """
    _check_archive(path, source)
    # openpyxl raises whatever it stumbles over, and warns of styles and extensions, which are of
    # no account here
    with refusing("not_excel", "The file is no sound workbook."), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from _read(path, source)


def _check_archive(path: Path, source: Source) -> None:
    """Raise if this is no workbook, or one that inflates to more than is allowed."""
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise unfit("empty", "The file is empty.", example="0 bytes")
    if sniff(start) != "zip":
        found = sniff(start) or f"it begins with {start!r}"
        raise unfit("not_excel", "The file is no workbook (.xlsx).", example=found)
    with refusing("not_excel", "The file is no sound workbook."):
        _check_members(path, source.batch.bytes)


def _check_members(path: Path, limit: int) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise unfit("truncated", "The workbook has no end.", example=shorten(error)) from error
    with archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > limit:
            told = f"{size:,} bytes once inflated, at most {limit:,} are allowed"
            raise unfit("file_size", "The workbook inflates to too much.", example=told)
        # openpyxl passes over members that it does not find: without the styles, whose name was
        # damaged, a date would be the number as which it is kept
        if damaged := archive.testzip():
            told = f"{shorten(repr(damaged))} is not what its checksum says"
            raise unfit("not_excel", "The file is no sound workbook.", example=told)


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
        name = _sheet(values, source)
        rows = stack.enter_context(closing(_rows(values[name], stored[name])))
        _, header = next(rows, (1, []))
        names = [cell if isinstance(cell, str) else spell(cell) or "" for cell in header]
        check_columns(names, source)
        cells: list[list[Any]] = []
        lines: list[int] = []
        empty = True
        for line, row in rows:
            if len(row) > len(names):
                told = f"{len(names)} in the header, row {line} has {len(row)}"
                raise unfit("field_count", "A row is wider than the header.", example=told)
            cells.append(row + [None] * (len(names) - len(row)))
            lines.append(line)
            if len(cells) == ROWS:
                yield _piece(names, cells, lines)
                empty, cells, lines = False, [], []
        if cells or empty:
            yield _piece(names, cells, lines)


def _piece(names: list[str], cells: list[list[Any]], lines: list[int]) -> Piece:
    columns = [[spell(row[place]) for row in cells] for place in range(len(names))]
    return text_piece(names, columns, lines)


def _sheet(workbook: Any, source: Source) -> str:
    """Return the name of the sheet that is meant."""
    names = [sheet.title for sheet in workbook.worksheets]
    if source.sheet in names:
        return str(source.sheet)
    if source.sheet is None and len(names) == 1:
        return str(names[0])
    told = f"{source.sheet or 'none is declared'}; there are {', '.join(names)}"
    raise unfit("sheet", "The sheet cannot be told.", example=shorten(told))


def _rows(values: Any, stored: Any) -> Generator[tuple[int, list[Any]]]:
    """Yield number and cells of each row, without blank cells and rows at the end."""
    for sheet in (values, stored):
        sheet.reset_dimensions()  # what a file says of them may be wrong
    with closing(values.iter_rows()) as left, closing(stored.iter_rows()) as right:
        yield from _numbered(zip(left, right, strict=True))


def _numbered(pairs: Iterator[tuple[Any, Any]]) -> Iterator[tuple[int, list[Any]]]:
    blank = 0  # rows since the last that was not
    for number, (row, formulas) in enumerate(pairs, 1):
        if number > MOST_ROWS:
            told = f"a row beyond {MOST_ROWS:,}"
            raise unfit("not_excel", "The file is no sound workbook.", example=told)
        found = [cell.value for cell in row]
        for place, cell in enumerate(formulas):
            if found[place] is None and cell.data_type == "f":
                told = f"row {number}, column {place + 1}: {cell.value}"
                raise unfit("formula", "A formula has no value.", example=shorten(told))
        while found and found[-1] is None:
            found.pop()
        if not found:
            blank += 1
            continue
        yield from ((number - left, []) for left in range(blank, 0, -1))
        blank = 0
        yield number, found
