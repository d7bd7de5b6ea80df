"""The workbooks among the polluted input: what comes, its bytes, and what must become of it."""

from __future__ import annotations

from readers.raw_books import archive, changed, number, row, stored, text, workbook
from readers.written import CONTENT

HEAD = row(*map(text, ("code", "size", "part", "seen", "fit")))
A = row(text("a", "A2"), at=2)
B = row(text("b", "A3"), at=3)
SHEET = b"xl/worksheets/sheet1.xml"
BLANK = "<c/>"


def _book(*cells: str, **made: object) -> bytes:
    """Return a workbook whose second row begins with a code."""
    return workbook(HEAD + row(text("a"), *cells), **made)


def _ods(*cells: str, behind: str = "") -> bytes:
    """Return a workbook with a row of cells, and what stands `behind` its sheet."""
    names = "".join(map(_shown, ("code", "size", "part", "seen", "fit")))
    rows = "".join(f"<table:table-row>{one}</table:table-row>" for one in (names, "".join(cells)))
    sheet = f'<table:table table:name="rows">{rows}</table:table>'
    return archive([("content.xml", CONTENT.format(sheet + behind))])


def _shown(value: str, said: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {said}><text:p>{value}</text:p></table:table-cell>"


def _twice(data: bytes) -> bytes:
    """Return a workbook with its first sheet twice in the archive."""
    return data.replace(b"xl/worksheets/sheet2.xml", SHEET)


LINKS = (
    f"<table:dde-links><table:dde-link><table:table><table:table-row>{_shown('b')}"
    "</table:table-row></table:table></table:dde-link></table:dde-links>"
)
EMPTY = '<c t="str"><f>IF(A1="","",A1)</f><v></v></c>'
FIRST = workbook(HEAD + A)

BOOKS: list[tuple[str, str, bytes, str]] = [
    ("excel", "rows that are not in order", workbook(HEAD + B + A), "held: not_excel"),
    ("excel", "a row twice", workbook(HEAD + A + A), "held: not_excel"),
    ("excel", "cells that are not in order",
     workbook(HEAD + row(number(1).replace("<c", '<c r="B2"'), text("a", "A2"), at=2)),
     "held: not_excel"),
    ("excel", "a cell of another row", workbook(HEAD + row(text("a", "A7"), at=2)),
     "held: not_excel"),
    ("excel", "a sheet twice in the archive", _twice(workbook(HEAD + A, names=("x", "y"))),
     "held: not_excel"),
    ("excel", "a workbook behind another", FIRST + workbook(HEAD + B), "held: not_excel"),
    ("excel", "two sheets, none named", workbook(HEAD + A, names=("x", "y")), "held: sheet"),
    ("excel", "letters by their numbers: `a_x000D_b`, shared",
     workbook(HEAD + row(stored("s", 0)), shared=["<t>a_x000D_b</t>"]), "code='a\\rb'"),
    ("excel", "what only looks so: `fox005F_hunt`, shared",
     workbook(HEAD + row(stored("s", 0)), shared=["<t>fox005F_hunt</t>"]), "code='fox005F_hunt'"),
    ("excel", "a row of another namespace",
     workbook(HEAD + A + '<row xmlns="urn:foo" r="3"><c><v>1</v></c></row>'), "held: not_excel"),
    ("excel", "letters behind a value", _book("<c><v>1</v>9</c>"), "held: not_excel"),
    ("excel", "letters before an inline text",
     workbook(HEAD + row('<c t="inlineStr"><is>a<t>b</t></is></c>')), "held: not_excel"),
    ("excel", "a run of another kind in a text",
     workbook(HEAD + row('<c t="inlineStr"><is><r><x>a</x></r></is></c>')), "held: not_excel"),
    ("excel", "a shared text of another namespace", changed(
     workbook(HEAD + row(stored("s", 0)), shared=["<t>a</t>", "<t>b</t>"]), "xl/shared.xml",
     "<si><t>a", '<si xmlns="urn:foo"><t>a'), "held: not_excel"),
    ("excel", "an inline text in a cell of another type",
     workbook(HEAD + row("<c><is><t>a</t></is></c>")), "held: not_excel"),
    ("excel", "the shared text -1", workbook(HEAD + row(stored("s", -1)), shared=["<t>a</t>"]),
     "held: not_excel"),
    ("excel", "a formula without a value", _book("<c><f>1+1</f></c>"), "held: formula"),
    ("excel", "a formula whose value is the empty text", _book(EMPTY), "code='a'"),
    ("excel", "`007` as integer", _book(number("007")), "size set aside: type_integer"),
    ("excel", "`1_000`", _book(number("1_000")), "held: not_excel"),
    ("excel", "beyond 2^53: `9007199254740993.0` as number",
     _book(BLANK, number("9007199254740993.0")), "part set aside: type_number"),
    ("excel", "too small: `1e-400` as number", _book(BLANK, number("1e-400")),
     "part set aside: type_number"),
    ("excel", "too large: `1E400` as number", _book(BLANK, number("1E400")),
     "part set aside: type_number"),
    ("excel", "a moment with its offset, in ISO 8601",
     _book(BLANK, BLANK, stored("d", "2013-01-01T05:30:00+02:00")),
     "code='a', seen='2013-01-01T03:30:00+00:00'"),
    ("excel", "a day, which has no offset", _book(BLANK, BLANK, number("41275.25", 1),
     formats=["yyyy-mm-dd"]), "seen set aside: type_timestamp"),
    ("excel", "day 60, which was none", _book(BLANK, BLANK, number("60", 1),
     formats=["yyyy-mm-dd"]), "seen set aside: type_timestamp"),
    ("excel", "day 0, which was none", _book(BLANK, BLANK, number("0.5", 1),
     formats=["yyyy-mm-dd"]), "seen set aside: type_timestamp"),
    ("excel", "the truth value 2", _book(BLANK, BLANK, BLANK, stored("b", 2)), "held: not_excel"),
    ("ods", "rows of a link to another program", _ods(_shown("a"), behind=LINKS), "code='a'"),
    ("ods", "a list in a cell", _ods(_shown("a").replace("text:p", "text:list")),
     "held: not_ods"),
    ("ods", "letters behind a cell", _ods(_shown("a"), "b"), "held: not_ods"),
    ("ods", "a cell of another namespace",
     _ods(_shown("a"), '<table-cell xmlns="urn:foo"><p>1</p></table-cell>'), "held: not_ods"),
    ("ods", "an error of a formula, kept as 0", _ods(_shown("a"), _shown("#DIV/0!",
     'office:value-type="float" office:value="0" table:formula="of:=1/0"')),
     "size set aside: type_integer"),
    ("ods", "10^15 blanks", _ods(_shown(f'<text:s text:c="{10**15}"/>')), "held: file_size"),
    ("ods", "a password", archive([("encrypted-package", "x")]), "held: not_ods"),
]  # fmt: skip
"""Kind, what comes, its bytes, and what must become of it."""
