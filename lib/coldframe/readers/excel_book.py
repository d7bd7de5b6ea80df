"""The parts of an Excel workbook: its sheets, its shared texts, what its styles make of a number.

Read from the XML itself, as the cells are (`coldframe.readers.excel_cells`): openpyxl is made for
sound files, and of others it drops rows, cells and characters without a word.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.etree import ElementTree as ET

from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH
from openpyxl.xml.constants import REL_NS, SHEET_MAIN_NS

from coldframe.readers.elements import check_loose, name_of, walk

STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
MAIN = f"{{{SHEET_MAIN_NS}}}"
ITEM, TEXT, RUN, STYLE, MORE = (f"{MAIN}{name}" for name in ("si", "t", "r", "rPr", "extLst"))
SPOKEN = frozenset({f"{MAIN}rPh", f"{MAIN}phoneticPr"})
"""How a text is pronounced."""
EAST_ASIAN = frozenset({*range(27, 37), *range(50, 59)})
"""Built-in formats of Chinese, Japanese and Korean Excel without a code in the file: all of them
are dates or times (ECMA-376, part 1, 18.8.30)."""
UNMEANT = re.compile(r'"[^"]*"|[\\_*].|\[(?!(?:hh?|mm?|ss?)\])[^\]]*\]')
"""In the code of a format: a text; a letter that is shown, skipped or repeated; a colour, condition
or language, but not what has elapsed."""
MOST_BYTES = 1 << 26
"""Of a part that is read whole: all but cells and shared texts, for which `walk` has a limit."""
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Form = Literal["number", "date", "time", "elapsed"]
"""What a style makes of a number; a date has a day or a year, a time has neither."""


@dataclass(frozen=True)
class Book:
    """A workbook.

    Parameters
    ----------
    archive : zipfile.ZipFile
        Open.
    sheets : tuple of (str, str)
        Name of each worksheet, and the archive's member that has its cells.
    texts : tuple of str
        Those that cells share.
    forms : tuple of Form
        Of each style.
    epoch : datetime
        What dates are counted from.
    """

    archive: zipfile.ZipFile
    sheets: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    forms: tuple[Form, ...]
    epoch: datetime


def open_book(archive: zipfile.ZipFile) -> Book:
    """Return the workbook in an archive.

    Raises
    ------
    ValueError, KeyError
        It is of another kind, a part is missing, or has what no reader looks for.
    xml.etree.ElementTree.ParseError
        A part is no XML.

    Examples
    --------
    >>> import io, openpyxl
    >>> file = io.BytesIO()
    >>> openpyxl.Workbook().save(file)
    >>> book = open_book(zipfile.ZipFile(file))
    >>> book.sheets, book.forms, book.epoch.isoformat()
    ((('Sheet', 'xl/worksheets/sheet1.xml'),), ('number',), '1899-12-30T00:00:00')
    """
    if "xl/workbook.bin" in archive.namelist():
        raise ValueError("it is an .xlsb; save it as .xlsx")
    mains = [part for kind, part in _related(archive, "").values() if kind == "officeDocument"]
    if not mains:
        raise ValueError("none of its parts is a workbook")
    main = mains[0]
    root = _parse(archive, main)
    if root.tag.startswith(STRICT):
        raise ValueError("it is strict OOXML; save it as an ordinary workbook (.xlsx)")
    related = _related(archive, main)
    there = set(archive.namelist())  # some writers name parts that they leave out
    parts = {kind: part for kind, part in related.values() if part in there}
    named = [(sheet.get("name", ""), *related[sheet.get(f"{{{REL_NS}}}id", "")])
             for sheet in root.iterfind(f"{MAIN}sheets/{MAIN}sheet")]  # fmt: skip
    settings = root.find(f"{MAIN}workbookPr")
    since_1904 = settings is not None and settings.get("date1904") in ("1", "true")
    return Book(
        archive,
        sheets=tuple((name, part) for name, kind, part in named if kind == "worksheet"),
        texts=tuple(_texts(archive, parts["sharedStrings"]) if "sharedStrings" in parts else ()),
        forms=tuple(_forms(archive, parts["styles"]) if "styles" in parts else ()) or ("number",),
        epoch=MAC_EPOCH if since_1904 else WINDOWS_EPOCH,
    )


def read_text(node: ET.Element) -> str:
    r"""Return the text of a shared or inline string, all of its runs, without what spells it.

    Raises
    ------
    ValueError
        It has a text twice, something within a text, or letters outside of one.

    Examples
    --------
    >>> runs = "<r><rPr/><t>a</t></r><r><t>_x000D_b</t></r>"
    >>> read_text(ET.fromstring(f'<si xmlns="{SHEET_MAIN_NS}">{runs}</si>'))
    'a\rb'
    """
    check_loose(node)
    parts: list[str] = []
    plain = 0
    for one in node:
        if one.tag == TEXT:
            plain += 1
            parts.append(_letters(one))
        elif one.tag == RUN:
            parts += _run(one)
        elif one.tag not in SPOKEN:
            raise ValueError(f"{name_of(one)} within a text")
    if plain > 1:
        raise ValueError("a text twice in one cell")
    return unescape("".join(parts))


def unescape(text: str) -> str:
    r"""Return text with the characters that ``_xHHHH_`` stands for (ECMA-376, ST_Xstring).

    Raises
    ------
    ValueError
        A half of a surrogate pair.

    Examples
    --------
    >>> unescape("a_x000D_b"), unescape("_x005F_x000D_"), unescape("fox005F_hunt")
    ('a\rb', '_x000D_', 'fox005F_hunt')
    """
    if "_x" not in text:
        return text
    found = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return found.encode("utf-16", "surrogatepass").decode("utf-16")  # joins surrogate pairs


def form_of(number: int, code: str | None) -> Form:
    """Return what a format makes of a number, by its own number and its code if it has one.

    Examples
    --------
    >>> form_of(164, "d. mmmm yyyy"), form_of(165, '"days; "0'), form_of(20, None)
    ('date', 'number', 'time')
    >>> form_of(46, None), form_of(31, None), form_of(166, "[Red]h:mm")
    ('elapsed', 'date', 'time')
    """
    if code is None and number in EAST_ASIAN:
        return "date"
    # openpyxl looks at the part before the first semicolon, quoted or not, and for [h] but not [H]
    bare = UNMEANT.sub("", (code or builtin_format_code(number) or "").lower())
    if not is_date_format(bare):
        return "number"
    if is_timedelta_format(bare):
        return "elapsed"
    return "date" if re.search("[dy]", bare.partition(";")[0]) else "time"


def _run(node: ET.Element) -> list[str]:
    check_loose(node)
    if odd := [name_of(one) for one in node if one.tag not in (TEXT, STYLE)]:
        raise ValueError(f"{odd[0]} within a run")
    return [_letters(text) for text in node.iterfind(TEXT)]


def _letters(node: ET.Element) -> str:
    if len(node):
        raise ValueError(f"{name_of(node[0])} within a text")
    return node.text or ""


def _texts(archive: zipfile.ZipFile, part: str) -> Iterator[str]:
    with archive.open(part) as stream:
        for event, node, around in walk(stream, ITEM):
            if event == "start":
                continue
            if node.tag == ITEM:
                if len(around) > 1:
                    raise ValueError(f"si within {name_of(around[-1])}")
                yield read_text(node)
            elif len(around) == 1 and node.tag != MORE:
                raise ValueError(f"{name_of(node)} among the shared texts")


def _forms(archive: zipfile.ZipFile, part: str) -> Iterator[Form]:
    root = _parse(archive, part)
    codes = {one.get("numFmtId"): one.get("formatCode")
             for one in root.iterfind(f"{MAIN}numFmts/{MAIN}numFmt")}  # fmt: skip
    for style in root.iterfind(f"{MAIN}cellXfs/*"):
        if style.tag != f"{MAIN}xf":
            raise ValueError(f"{name_of(style)} among the styles")
        number = style.get("numFmtId", "0")
        yield form_of(int(number), codes.get(number))


def _parse(archive: zipfile.ZipFile, part: str) -> ET.Element:
    if archive.getinfo(part).file_size > MOST_BYTES:
        raise ValueError(f"{part} has more than {MOST_BYTES:,} bytes")
    # expat refuses entities that expand without bound, and ElementTree fetches none
    return ET.fromstring(archive.read(part))  # noqa: S314  # see above


def _related(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return kind and member of what a part of the archive is related to, by their ids there."""
    folder, name = posixpath.split(part)
    known = _parse(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    return {
        one.get("Id", ""): (
            one.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, one.get("Target", "")))[1:],
        )
        for one in known
        if one.get("TargetMode") != "External"
    }
