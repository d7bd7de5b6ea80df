"""Sheets of OpenDocument workbooks (.ods) read as text, row by row, as their cells are stored.

Read from the XML itself: its numbers are text with all their digits, which any reader that makes
floats of them loses; and one that knows no errors makes a blank of ``#N/A``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from coldframe.faults import unfit
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

RULE = "not_ods"
CONTENT = "content.xml"
MOST_CELLS = 1 << 14
"""Cells of a row, as Excel and LibreOffice have it."""
OASIS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
OFFICE, TABLE, TEXT = (f"{{{OASIS.format(name)}}}" for name in ("office", "table", "text"))
CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
ROW = f"{TABLE}table-row"
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
VALUES = {
    "float": "value", "currency": "value", "percentage": "value", "boolean": "boolean-value",
    "date": "date-value", "time": "time-value",
}  # fmt: skip
"""Types of cells, each with the attribute that says the value."""


def read_ods(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of a sheet; see `coldframe.readers.read_pieces`.

    The first row is the header, and a row's index is its number in the sheet. A cell without
    anything is a null. Numbers have the digits that stand in the file, a percentage is its share;
    dates and moments are in ISO 8601 without a zone, durations as ISO 8601 spells them. A formula
    counts for the value that it had when the workbook was saved. Blank rows at the end are none.
    """
    check_archive(path, source, rule=RULE, suffix=".ods")
    with refusing(RULE, UNSOUND), zipfile.ZipFile(path) as archive:
        with archive.open(CONTENT) as stream:
            place = choose_sheet(list(_names(stream)), source)
        with archive.open(CONTENT) as stream:
            rows = _rows(stream, place, limit=source.batch.bytes)
            yield from sheet_pieces(fill_blanks(rows, rule=RULE), source)


def read_heads(path: Path, *, limit: int) -> dict[str, list[list[str]]]:
    """Return the first two rows of each sheet that are not blank, of at most `limit` characters."""
    with zipfile.ZipFile(path) as archive:
        with archive.open(CONTENT) as stream:
            names = list(_names(stream))
        found: dict[str, list[list[str]]] = {}
        for place, name in enumerate(names):
            with archive.open(CONTENT) as stream:
                rows = islice(_rows(stream, place, limit=limit), 2)
                found[name] = [[cell or "" for cell in cells] for _, cells in rows]
    return found


def _elements(stream: IO[bytes]) -> Iterator[tuple[str, ET.Element, list[ET.Element]]]:
    """Yield start and end of each element with those around it; what is behind a row is let go."""
    around: list[ET.Element] = []
    within = 0  # rows
    # expat refuses entities that expand without bound, and ElementTree fetches none
    for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314  # see above
        is_row = element.tag == ROW
        if event == "end":
            around.pop()
            within -= is_row
        yield event, element, around
        if event == "start":
            around.append(element)
            within += is_row
        elif around and not within:
            around[-1].remove(element)


def _is_sheet(element: ET.Element, around: list[ET.Element]) -> bool:
    return element.tag == f"{TABLE}table" and around[-1].tag == f"{OFFICE}spreadsheet"


def _names(stream: IO[bytes]) -> Iterator[str]:
    for event, element, around in _elements(stream):
        if event == "start" and _is_sheet(element, around):
            yield element.get(f"{TABLE}name", "")


def _rows(stream: IO[bytes], place: int, *, limit: int) -> Iterator[Row]:
    """Yield the rows of the sheet number `place` that are not blank, repeated ones as they are."""
    sheets = number = size = 0
    for event, element, around in _elements(stream):
        if event == "start" and around and _is_sheet(element, around):
            sheets += 1
        if event == "start" or sheets != place + 1 or element.tag != ROW:
            continue
        repeated = _repeated(element, f"{TABLE}number-rows-repeated")
        cells = _cells(element, number + 1)
        if cells:
            size += repeated * sum(len(cell or "") for cell in cells)
            if number + repeated > MOST_ROWS:
                raise unfit(RULE, UNSOUND, example=f"a row beyond {MOST_ROWS:,}")
            if size > limit:
                told = f"more than {limit:,} characters in its cells"
                raise unfit("file_size", "The workbook inflates to too much.", example=told)
            yield from ((number + n, list(cells)) for n in range(1, repeated + 1))
        number += repeated


def _repeated(element: ET.Element, name: str) -> int:
    times = int(element.get(name, "1"))
    if times < 1:
        raise ValueError(f"{name.rpartition('}')[2]} is {times}")
    return times


def _cells(row: ET.Element, number: int) -> list[str | None]:
    """Return the texts of a row's cells, without blank ones at the end."""
    found: list[str | None] = []
    blanks = 0
    for cell in row:
        if cell.tag not in CELLS:
            continue
        repeated = _repeated(cell, f"{TABLE}number-columns-repeated")
        text = _text(cell, number, len(found) + blanks + 1)
        if text is None:
            blanks += repeated
            continue
        if len(found) + blanks + repeated > MOST_CELLS:
            told = f"row {number} has more than {MOST_CELLS:,} cells"
            raise unfit(RULE, UNSOUND, example=told)
        found += [None] * blanks + [text] * repeated
        blanks = 0
    return found


def _text(cell: ET.Element, number: int, place: int) -> str | None:
    kind = cell.get(f"{OFFICE}value-type")
    where = f"row {number}, column {place}"
    if cell.find(f"{TABLE}table") is not None:
        raise unfit(RULE, UNSOUND, example=f"{where}: a table within a cell")
    if kind in VALUES:
        value = cell.get(f"{OFFICE}{VALUES[kind]}")
        if value is None:
            raise unfit(RULE, UNSOUND, example=f"{where}: a {kind} without a value")
        return value
    if kind not in (None, "string"):
        raise unfit(RULE, UNSOUND, example=f"{where}: a value of type {kind}")
    shown = "\n".join(_shown(one) for one in cell.findall(f"{TEXT}p"))
    if cell.get(f"{CALC}value-type") == "error":
        return shown or "#ERROR"
    if kind is None and not shown and cell.get(f"{TABLE}formula") is not None:
        raise unfit("formula", "A formula has no value.", example=where)
    return cell.get(f"{OFFICE}string-value", shown) or None


def _shown(element: ET.Element) -> str:
    """Return the text of a paragraph, whose blanks and breaks are elements of their own."""
    spelled = {"s": " " * int(element.get(f"{TEXT}c", "1")), "tab": "\t", "line-break": "\n"}
    if (own := spelled.get(element.tag.removeprefix(TEXT))) is not None:
        return own
    parts = [element.text or ""]
    for one in element:
        notes = one.tag in (f"{OFFICE}annotation", f"{TEXT}note")
        parts += ["" if notes else _shown(one), one.tail or ""]
    return "".join(parts)
