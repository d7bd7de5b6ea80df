"""What workbooks of all kinds share: a sound archive, the sheet that is meant, its rows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from coldframe.faults import shorten, unfit
from coldframe.readers._base import check_columns, refusing, text_piece
from coldframe.readers.inflating import is_behind_another, sniff
from coldframe.readers.pieces import Piece
from coldframe.readers.spelling import spell
from coldframe.sources import Source

ROWS = 1 << 12
"""Rows of a piece: cells are Python's own objects, and large."""
MOST_ROWS = 1 << 20
"""Rows of a sheet, as Excel has it; a damaged file may leap to any number, or repeat a row so
often."""
MOST_COLUMNS = 1 << 14
"""Cells of a row, as Excel and LibreOffice have it."""
NOT_EXCEL = "not_excel"
"""The rule that an .xlsx which is none breaks."""
OLD = b"\xd0\xcf\x11\xe0"
"""With which an .xls begins, and an .xlsx with a password."""
UNSOUND = "The file is no sound workbook."

Row = tuple[int, list[Any]]
"""Its number in the sheet, and its cells; those that hold nothing are None."""


@dataclass(frozen=True)
class Head:
    """How a sheet begins.

    Parameters
    ----------
    names : tuple of str
        What its first row says; none if that is blank or refused.
    followed : bool
        Whether there are rows of a table: below a header that is not blank, or such as are refused.
    """

    names: tuple[str, ...] = ()
    followed: bool = False


def check_archive(path: Path, *, limit: int, rule: str, suffix: str) -> None:
    """Raise if this is no archive as workbooks are, or inflates to more than `limit` bytes.

    Every member is compared with its checksum: readers pass over those that they do not find, and
    without the styles, whose name was damaged, a date would be the number as which it is kept.

    Raises
    ------
    UnfitBatchError
        It is empty, something else, damaged, one behind another, or inflates to more.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise unfit("empty", "The file is empty.", example="0 bytes")
    if sniff(start) != "zip":
        found = sniff(start) or f"it begins with {start!r}"
        if start.startswith(OLD):
            found = f"it is an .xls or has a password; save it as {suffix} without one"
        raise unfit(rule, f"The file is no workbook ({suffix}).", example=found)
    with refusing(rule, UNSOUND):
        _check_members(path, limit, rule)


def _check_members(path: Path, limit: int, rule: str) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise unfit("truncated", "The workbook has no end.", example=shorten(error)) from error
    with archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > limit:
            told = f"{size:,} bytes once inflated, at most {limit:,} are allowed"
            raise unfit("file_size", "The workbook inflates to too much.", example=told)
        names = [member.filename for member in archive.infolist()]
        if len(set(names)) < len(names):
            raise unfit(rule, UNSOUND, example="a name stands twice in its archive")
        if is_behind_another(archive):
            raise unfit(rule, UNSOUND, example="its archive stands behind something else")
        if damaged := archive.testzip():
            told = f"{shorten(repr(damaged))} is not what its checksum says"
            raise unfit(rule, UNSOUND, example=told)


def check_size(size: int, limit: int) -> None:
    """Raise if the texts of a sheet are longer than what a file may inflate to.

    A workbook says a text once and shows it in any number of cells.

    Raises
    ------
    UnfitBatchError
        They are.

    Examples
    --------
    >>> check_size(10, 10)
    >>> check_size(11, 10)
    Traceback (most recent call last):
    coldframe.faults.UnfitBatchError: The workbook inflates to too much...
    """
    if size > limit:
        told = f"more than {limit:,} characters in its cells"
        raise unfit("file_size", "The workbook inflates to too much.", example=told)


def choose_sheet(names: Sequence[str], source: Source) -> int:
    """Return which sheet is meant.

    Raises
    ------
    UnfitBatchError
        None is declared of several, or there is not one of that name.

    Examples
    --------
    >>> columns = {"size": {"type": "integer"}}
    >>> source = Source(files="*.xlsx", kind="excel", sheet="b", key=(), columns=columns)
    >>> choose_sheet(["a", "b"], source)
    1
    """
    if source.sheet in names and names.count(source.sheet) == 1:
        return names.index(str(source.sheet))
    if source.sheet is None and len(names) == 1:
        return 0
    told = f"{source.sheet or 'none is declared'}; there are {', '.join(names)}"
    raise unfit("sheet", "The sheet cannot be told.", example=shorten(told))


def is_whole(text: str) -> bool:
    """Whether this is a number of digits alone; Python's own `int` allows more than XML does.

    Examples
    --------
    >>> is_whole("10"), is_whole("1_0"), is_whole("-1"), is_whole("\u0661")
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit()


def fill_blanks(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield `rows`, of which none is blank, with the blank ones between them.

    Examples
    --------
    >>> list(fill_blanks([(1, ["a"]), (3, ["b"])]))
    [(1, ['a']), (2, []), (3, ['b'])]
    """
    last = 0
    for number, cells in rows:
        yield from ((blank, []) for blank in range(last + 1, number))
        last = number
        yield number, cells


def read_head(rows: Iterable[Row]) -> Head:
    """Return how a sheet begins whose `rows` are these; of them no more than two are read.

    What is refused in them counts as a row: the reader of the sheet says what is wrong with it.

    Examples
    --------
    >>> read_head([(1, ["code", None, "size"]), (4, ["a"])])
    Head(names=('code', '', 'size'), followed=True)
    >>> read_head([(1, ["All parcels"])]), read_head([(3, ["a note"]), (4, ["b"])])
    (Head(names=('All parcels',), followed=False), Head(names=(), followed=False))
    """
    names: tuple[str, ...] = ()
    try:
        for number, cells in islice(rows, 2):
            if names:
                return Head(names, followed=True)
            if number > 1:
                break
            names = tuple(_names(cells))
    except (ValueError, RecursionError):  # not of XML that is none, by which the whole file is
        return Head(names, followed=True)
    return Head(names)


def sheet_pieces(rows: Iterator[Row], source: Source) -> Iterator[Piece]:
    """Yield the rows of a sheet as every reader does; the first is the header.

    Raises
    ------
    UnfitBatchError
        The header is not that of the contract, a row is wider, or the texts are too long.
    """
    _, header = next(rows, (1, []))
    names = _names(header)
    check_columns(names, source)
    cells: list[list[Any]] = []
    lines: list[int] = []
    empty = True
    size = 0
    for line, row in rows:
        if len(row) > len(names):
            told = f"{len(names)} in the header, row {line} has {len(row)}"
            raise unfit("field_count", "A row is wider than the header.", example=told)
        # a blank cell counts for one, as the delimiter that it is in a text
        size += len(names) + sum(len(cell) for cell in row if isinstance(cell, str))
        check_size(size, source.batch.bytes)
        cells.append(row + [None] * (len(names) - len(row)))
        lines.append(line)
        if len(cells) == ROWS:
            yield _piece(names, cells, lines)
            empty, cells, lines = False, [], []
    if cells or empty:
        yield _piece(names, cells, lines)


def _names(header: list[Any]) -> list[str]:
    return [cell if isinstance(cell, str) else spell(cell) or "" for cell in header]


def _piece(names: list[str], cells: list[list[Any]], lines: list[int]) -> Piece:
    columns = [[spell(row[place]) for row in cells] for place in range(len(names))]
    return text_piece(names, columns, lines)
