"""Sheets of OpenDocument workbooks (.ods) read as text, row by row, as their cells are stored.

Read from the XML itself: its numbers are text with all their digits, which any reader that makes
floats of them loses; and one that knows no errors makes a blank of ``#N/A``.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from coldframe.faults import unfit
from coldframe.readers._base import refusing
from coldframe.readers.elements import check_loose, name_of, walk
from coldframe.readers.pieces import Piece
from coldframe.readers.sheets import (
    MOST_COLUMNS,
    MOST_ROWS,
    UNSOUND,
    Head,
    Row,
    check_archive,
    check_size,
    choose_sheet,
    fill_blanks,
    is_whole,
    read_head,
    sheet_pieces,
)
from coldframe.sources import Source

RULE = "not_ods"
CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
LONGEST_HEAD = 1 << 22
"""Characters of a sheet's first rows, of which a few bytes may ask for any number."""
Events = Iterator[tuple[str, ET.Element, list[ET.Element]]]
"""See `coldframe.readers.elements.walk`."""
OASIS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
OFFICE, TABLE, TEXT = (f"{{{OASIS.format(name)}}}" for name in ("office", "table", "text"))
CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
ROW, SHAPES, BLANKS = f"{TABLE}table-row", f"{TABLE}shapes", f"{TEXT}s"
GROUPS = {f"{TABLE}{name}" for name in ("table-row-group", "table-rows", "table-header-rows")}
UNSEEN = {f"{OFFICE}annotation", f"{TEXT}note", f"{TEXT}ruby-text"}
"""Within a paragraph, but no part of what the cell shows as its text."""
ERROR = re.compile(r"#(N/A|VALUE!|REF!|DIV/0!|NUM!|NAME\?|NULL!)|Err:\d+")
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
    check_archive(path, limit=source.batch.bytes, rule=RULE, suffix=".ods")
    with refusing(RULE, UNSOUND), zipfile.ZipFile(path) as archive:
        _check_password(archive)
        with archive.open(CONTENT) as stream:
            place = choose_sheet([name for name, _ in _sheets(stream)], source)
        with archive.open(CONTENT) as stream:
            sheets = _sheets(stream)
            _, events = next(islice(sheets, place, None))
            rows = _rows(events, limit=source.batch.bytes)
            yield from sheet_pieces(fill_blanks(rows), source)


def read_heads(path: Path, *, limit: int) -> dict[str, Head]:
    """Return how each sheet begins, of a workbook that inflates to at most `limit` bytes.

    Raises
    ------
    UnfitBatchError
        It inflates to more, or is none.
    """
    check_archive(path, limit=limit, rule=RULE, suffix=".ods")
    with refusing(RULE, UNSOUND), zipfile.ZipFile(path) as archive, archive.open(CONTENT) as stream:
        return {
            name: read_head(_rows(events, limit=LONGEST_HEAD)) for name, events in _sheets(stream)
        }


def _check_password(archive: zipfile.ZipFile) -> None:
    """Raise if the content is encrypted, as a whole or member by member."""
    names = archive.namelist()
    manifest = archive.read(MANIFEST) if MANIFEST in names else b""
    if "encrypted-package" in names or b"encryption-data" in manifest:
        raise unfit(RULE, UNSOUND, example="it has a password; save it as .ods without one")


def _is_sheet(element: ET.Element, around: list[ET.Element]) -> bool:
    """Whether this is a table of the workbook itself and not of an object in it."""
    own = len(around) == 3 and around[-1].tag == f"{OFFICE}spreadsheet"
    return own and element.tag == f"{TABLE}table"


def _is_row(element: ET.Element, around: list[ET.Element]) -> bool:
    """Whether this is a row of a sheet and not of a chart or of a link to another program."""
    if element.tag != ROW or len(around) < 4 or not _is_sheet(around[3], around[:3]):
        return False
    within = [one.tag for one in around[4:] if one.tag not in GROUPS]
    if within and within[0] not in (ROW, SHAPES):
        raise ValueError(f"rows within {within[0]}")
    return not within


def _sheets(stream: IO[bytes]) -> Iterator[tuple[str, Events]]:
    """Yield name and elements of each sheet; what nobody takes of them is passed over."""
    events = walk(stream, ROW)
    for event, element, around in events:
        if event == "start" and _is_sheet(element, around):
            yield element.get(f"{TABLE}name", ""), _within(events)


def _within(events: Events) -> Events:
    for event, element, around in events:
        if _is_sheet(element, around):  # its end: none is within another
            return
        yield event, element, around


def _rows(events: Events, *, limit: int) -> Iterator[Row]:
    """Yield the rows of a sheet that are not blank, repeated ones as often as they are there."""
    number = size = 0
    for event, element, around in events:
        if event == "start" or not _is_row(element, around):
            continue
        repeated = _count(element, f"{TABLE}number-rows-repeated", least=1)
        blanks = sum(_count(one, f"{TEXT}c") for one in element.iter(BLANKS))
        check_size(size + blanks, limit)  # before so many are made
        cells = _cells(element, number + 1)
        if cells:
            size += repeated * sum(len(cell or "") for cell in cells)
            if number + repeated > MOST_ROWS:
                raise unfit(RULE, UNSOUND, example=f"a row beyond {MOST_ROWS:,}")
            check_size(size, limit)
            yield from ((number + n, list(cells)) for n in range(1, repeated + 1))
        number += repeated


def _count(element: ET.Element, name: str, *, least: int = 0) -> int:
    told = element.get(name, "1")
    if not is_whole(told) or int(told) < least:
        raise ValueError(f"{name.rpartition('}')[2]} is {told}")
    return int(told)


def _cells(row: ET.Element, number: int) -> list[str | None]:
    """Return the texts of a row's cells, without blank ones at the end."""
    found: list[str | None] = []
    blanks = 0
    check_loose(row, f"the cells of row {number}")
    for cell in row:
        if cell.tag not in CELLS:
            told = f"row {number}: {name_of(cell)} of another kind among its cells"
            raise unfit(RULE, UNSOUND, example=told)
        repeated = _count(cell, f"{TABLE}number-columns-repeated", least=1)
        text = _text(cell, number, len(found) + blanks + 1)
        if text is None:
            blanks += repeated
            continue
        if len(found) + blanks + repeated > MOST_COLUMNS:
            told = f"row {number} has more than {MOST_COLUMNS:,} cells"
            raise unfit(RULE, UNSOUND, example=told)
        found += [None] * blanks + [text] * repeated
        blanks = 0
    return found


def _text(cell: ET.Element, number: int, place: int) -> str | None:
    kind = cell.get(f"{OFFICE}value-type")
    where = f"row {number}, column {place}"
    try:
        check_loose(cell)
    except ValueError as error:
        raise unfit(RULE, UNSOUND, example=f"{where}: {error}") from error
    if cell.find(f"{TABLE}table") is not None:
        raise unfit(RULE, UNSOUND, example=f"{where}: a table within a cell")
    for one in cell:
        if one.tag.startswith(TEXT) and one.tag != f"{TEXT}p":
            raise unfit(RULE, UNSOUND, example=f"{where}: {one.tag.removeprefix(TEXT)} in a cell")
    shown = "\n".join(_shown(one) for one in cell.findall(f"{TEXT}p"))
    formula = cell.get(f"{TABLE}formula") is not None
    if cell.get(f"{CALC}value-type") == "error" or (formula and ERROR.fullmatch(shown)):
        return shown or "#ERROR"
    if kind in VALUES:
        value = cell.get(f"{OFFICE}{VALUES[kind]}")
        if not value:
            raise unfit(RULE, UNSOUND, example=f"{where}: a {kind} without a value")
        return value
    if kind not in (None, "string"):
        raise unfit(RULE, UNSOUND, example=f"{where}: a value of type {kind}")
    if kind is None and not shown and formula:
        raise unfit("formula", "A formula has no value.", example=where)
    return cell.get(f"{OFFICE}string-value") or shown or None


def _shown(element: ET.Element) -> str:
    """Return the text of a paragraph, whose blanks and breaks are elements of their own."""
    if element.tag == BLANKS:
        return " " * _count(element, f"{TEXT}c")
    spelled = {"tab": "\t", "line-break": "\n"}
    if (own := spelled.get(element.tag.removeprefix(TEXT))) is not None:
        return own
    parts = [element.text or ""]
    for one in element:
        parts += ["" if one.tag in UNSEEN else _shown(one), one.tail or ""]
    return "".join(parts)
