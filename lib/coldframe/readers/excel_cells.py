"""Cells of an Excel sheet as they are stored; what cannot be read without loss is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

from openpyxl.utils import coordinate_to_tuple
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from coldframe.faults import shorten, unfit
from coldframe.readers.elements import BLANKS, check_blank, check_loose, name_of, walk
from coldframe.readers.excel_book import (
    MAIN,
    MORE,
    Book,
    Form,
    read_text,
    unescape,
)
from coldframe.readers.sheets import (
    MOST_COLUMNS,
    MOST_ROWS,
    NOT_EXCEL,
    UNSOUND,
    Row,
    is_whole,
)

ROW, CELL, VALUE, FORMULA, INLINE = (f"{MAIN}{name}" for name in ("row", "c", "v", "f", "is"))
ROWS = f"{MAIN}sheetData"
SHEET = [f"{MAIN}worksheet", ROWS]
"""In which its rows are, and in nothing else."""
PARTS = frozenset({VALUE, FORMULA, INLINE, MORE})
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([Ee][+-]?\d+)?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+(\.0*)?", re.ASCII)

Item = TypeVar("Item")


def sheet_rows(book: Book, part: str) -> Generator[Row]:
    """Yield the rows of a sheet that are not blank, without blank cells at the end.

    Raises
    ------
    UnfitBatchError
        A row or a cell stands twice or out of order, a cell is of another row, or has no sound
        value; a formula has none; or there is something where only rows and cells may be.
    xml.etree.ElementTree.ParseError, KeyError, ValueError
        The part is no XML, missing, or has something between its rows.

    Examples
    --------
    >>> import io, openpyxl, zipfile
    >>> from coldframe.readers.excel_book import open_book
    >>> made, file = openpyxl.Workbook(), io.BytesIO()
    >>> made.active.append(["code", 2013, None])
    >>> made.save(file)
    >>> book = open_book(zipfile.ZipFile(file))
    >>> list(sheet_rows(book, book.sheets[0][1]))
    [(1, ['code', '2013'])]
    """
    number = 0
    before: ET.Element | None = None
    with book.archive.open(part) as stream:
        for event, row, around in walk(stream, ROW):
            if event == "start":
                continue
            if row.tag != ROW:
                if _ends_rows(row, around):
                    check_blank(row.text if before is None else before.tail, "its rows")
                    before = None
                continue
            if [one.tag for one in around] != SHEET:
                raise _unsound(f"a row within {name_of(around[-1])}")
            check_blank(around[-1].text if before is None else before.tail, "its rows")
            before = row
            last, number = number, _row_number(row, number)
            if number > MOST_ROWS:
                raise _unsound(f"a row beyond {MOST_ROWS:,}")
            if number <= last:
                raise _unsound(f"row {number} stands behind row {last}")
            if cells := _cells(book, row, number):
                yield number, cells


def _unsound(what: str) -> Exception:
    return unfit(NOT_EXCEL, UNSOUND, example=shorten(what))


def _ends_rows(element: ET.Element, around: list[ET.Element]) -> bool:
    """Whether this, which is no row, is all of them; raise if it stands where these are."""
    if len(around) == 2 and around[-1].tag == ROWS:
        raise _unsound(f"{name_of(element)} among its rows")
    if len(around) != 1 or name_of(element) != "sheetData":
        return False
    if element.tag != ROWS:
        raise _unsound("its sheetData is of another kind")
    return True


def _row_number(row: ET.Element, last: int) -> int:
    told = row.get("r")
    return last + 1 if told is None else _whole(told.removesuffix(".0"))


def _whole(text: str) -> int:
    if not is_whole(text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def _cells(book: Book, row: ET.Element, number: int) -> list[Any]:
    found: list[Any] = []
    column = 0
    check_loose(row, f"the cells of row {number}")
    for cell in row:
        if cell.tag == MORE:
            continue
        if cell.tag != CELL:
            raise _unsound(f"row {number}: {name_of(cell)} among its cells")
        last, column = column, _column(cell, number, column)
        if column <= last:
            raise _unsound(f"row {number}: column {column} stands behind column {last}")
        if column > MOST_COLUMNS:
            raise _unsound(f"row {number} has more than {MOST_COLUMNS:,} cells")
        try:
            value = _value(book, cell)
        except ValueError as error:
            raise _unsound(f"row {number}, column {column}: {error}") from error
        if value is not None:
            found += [None] * (column - 1 - len(found))
            found.append(value)
        elif _lacks_value(cell):
            told = f"row {number}, column {column}: ={cell.findtext(FORMULA)}"
            raise unfit("formula", "A formula has no value.", example=shorten(told))
    return found


def _column(cell: ET.Element, number: int, last: int) -> int:
    place = cell.get("r")
    if place is None:
        return last + 1
    row, column = coordinate_to_tuple(place)
    if row != number:
        raise _unsound(f"cell {place} in row {number}")
    return int(column)


def _lacks_value(cell: ET.Element) -> bool:
    """Whether a blank cell is a formula that was never worked out; an empty text is a value."""
    if cell.find(FORMULA) is None or cell.find(INLINE) is not None:
        return False
    return cell.get("t") != "str" or cell.find(VALUE) is None


def _value(book: Book, cell: ET.Element) -> Any:
    """Return what a cell holds; None for nothing and for the empty text."""
    check_loose(cell)
    kind = cell.get("t", "n")
    parts = {one.tag: one for one in cell}
    if len(parts) < len(cell) or not parts.keys() <= PARTS:
        raise ValueError("a part twice, or one that no cell has")
    if (VALUE if kind == "inlineStr" else INLINE) in parts:
        raise ValueError(f"a value that no cell of type {kind} has")
    if INLINE in parts:
        return read_text(parts[INLINE]) or None
    if VALUE not in parts:
        return None
    if len(parts[VALUE]):
        raise ValueError(f"{name_of(parts[VALUE][0])} within a value")
    text = parts[VALUE].text
    return _typed(book, kind, text, cell.get("s", "0")) if text else None


def _typed(book: Book, kind: str, text: str, style: str) -> Any:
    if kind in ("str", "e"):
        return unescape(text)
    if kind == "d":  # ISO 8601, with all of its digits and its zone
        return text
    bare = text.strip(BLANKS)
    if kind == "s":
        return _pick(book.texts, bare, "shared text") or None
    if kind == "b" and bare in ("0", "1", "true", "false"):
        return bare in ("1", "true")
    if kind == "n" and NUMBER.fullmatch(bare):
        form = _pick(book.forms, style, "style")
        return _number(bare) if form == "number" else _moment(book, form, bare)
    raise ValueError(f"{text!r} in a cell of type {kind}")


def _pick(items: Sequence[Item], place: str, what: str) -> Item:
    number = _whole(place)
    if number >= len(items):
        raise ValueError(f"{what} {number} of {len(items)}")
    return items[number]


def _number(text: str) -> str:
    """Return whole numbers as stored, others by their shortest digits if these mean as much."""
    whole = WHOLE.fullmatch(text)
    if whole and not whole[1]:
        return text
    number = float(text)
    vanished = number == 0 and re.search("[1-9]", re.split("[Ee]", text)[0])
    rounded = whole and Decimal(text) != number
    return text if math.isinf(number) or vanished or rounded else repr(number)


def _moment(book: Book, form: Form, text: str) -> Any:
    """Return date, time or elapsed time; the number where there is no such moment.

    Excel counts 1900-02-29 as day 60, shows no day before 1900 (but 1900-01-00) and none behind
    9999.
    """
    serial = float(text)
    since_1900 = book.epoch == WINDOWS_EPOCH
    unreal = since_1900 and ((form == "date" and serial < 1) or 60 <= serial < 61)
    if serial < 0 or (form != "elapsed" and unreal):
        return _number(text)
    try:
        if form == "elapsed":
            return _spell_elapsed(serial)
        if form == "date" and serial < 1:  # of 1904; to openpyxl this is a time
            return MAC_EPOCH + timedelta(milliseconds=round(serial * 86_400_000))
        return from_excel(serial, book.epoch)
    except (OverflowError, ValueError):
        return _number(text)


def _spell_elapsed(days: float) -> str:
    """Return hours, minutes and seconds, to the millisecond as moments are.

    Examples
    --------
    >>> _spell_elapsed(1.1041666666666667), _spell_elapsed(0.5), _spell_elapsed(1 / 86_400_000)
    ('26:30:00', '12:00:00', '00:00:00.001')
    """
    seconds, thousandths = divmod(round(days * 86_400_000), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" + (f".{thousandths:03}" if thousandths else "")
