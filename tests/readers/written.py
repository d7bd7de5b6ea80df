"""How the tests write a file of each kind; the conformance suite asks no more of a new kind."""

import csv
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from coldframe.readers import PIECE_ROWS

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Written:
    """One kind of file.

    Parameters
    ----------
    suffix : str
        Of its files.
    write : callable
        Writes names and rows of texts to a path; None is no value.
    first : int
        What `line` is of the first row.
    null : str or None
        How it spells no value, where it has nothing of its own for that.
    blank : str or None
        What comes back of the empty text.
    refuses : set of str
        Rules by one of which it refuses bytes that are of no such kind.
    doubles : bool
        Whether a file can have the same column twice.
    piece_rows : int
        Rows of its pieces, at most.
    """

    suffix: str
    write: Callable[[Path, Sequence[str], Rows], None]
    first: int
    null: str | None
    blank: str | None
    refuses: frozenset[str]
    doubles: bool = True
    piece_rows: int = PIECE_ROWS


def write_csv(path, names, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([["" if cell is None else cell for cell in row] for row in rows])


def write_jsonl(path, names, rows):
    lines = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_parquet(path, names, rows):
    columns = [pa.array([row[n] for row in rows], pa.string()) for n in range(len(names))]
    table = pa.Table.from_arrays(columns, names=list(names))
    pq.write_table(table, path, row_group_size=1000)


def write_excel(path, names, rows):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    for row in (names, *rows):
        sheet.append([_text_cell(sheet, cell) for cell in row])
    book.save(path)


def _text_cell(sheet, value):
    cell = openpyxl.cell.WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "inlineStr" if value.startswith("=") else "s"
    return cell


CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
 office:version="1.3"><office:body><office:spreadsheet>{}</office:spreadsheet></office:body>
</office:document-content>"""


def write_ods(path, names, rows):
    write_ods_sheets(path, {"rows": [[_ods_text(cell) for cell in row] for row in (names, *rows)]})


def write_ods_sheets(path, sheets):
    """Write sheets of which each row is cells in XML, as LibreOffice has them."""
    tables = [
        f"<table:table table:name={quoteattr(name)}><table:table-column/>"
        + "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        # LibreOffice has all rows of a sheet, the blank ones as one that is repeated
        + '<table:table-row table:number-rows-repeated="1040000"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row></table:table>'
        for name, rows in sheets.items()
    ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", CONTENT.format("".join(tables)))


def _ods_text(value):
    if value is None:
        return "<table:table-cell/>"
    shown = escape(value).replace("\t", "<text:tab/>")
    shown = re.sub("^ | $| (?= )", "<text:s/>", shown)
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in shown.split("\n"))
    return f'<table:table-cell office:value-type="string">{paragraphs}</table:table-cell>'


WRITTEN = {
    "csv": Written(".csv", write_csv, 2, "", "", frozenset({"not_csv", "truncated", "encoding"})),
    "jsonl": Written(
        ".jsonl", write_jsonl, 1, None, "", frozenset({"not_jsonl", "not_csv", "truncated"}),
        doubles=False,
    ),
    "parquet": Written(".parquet", write_parquet, 1, None, "", frozenset({"not_parquet"})),
    "excel": Written(
        ".xlsx", write_excel, 2, None, None, frozenset({"not_excel"}), piece_rows=4096
    ),
    "ods": Written(".ods", write_ods, 2, None, None, frozenset({"not_ods"}), piece_rows=4096),
}  # fmt: skip
"""A new kind is a line here."""
