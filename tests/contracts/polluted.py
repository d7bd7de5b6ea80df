"""The catalogue of polluted input: what comes, how it is declared, and what must become of it.

``python -m contracts.polluted`` (in tests/) writes docs/polluted.md anew.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from contracts.polluted_books import BOOKS

from coldframe.contracts.judging import judge_batch
from coldframe.sources import Source

PAGE = Path(__file__).parents[2] / "docs" / "polluted.md"
COLUMNS = {
    "code": {"type": "string"},
    "size": {"type": "integer", "nullable": True},
    "part": {"type": "number", "nullable": True},
    "seen": {"type": "timestamp", "nullable": True},
    "fit": {"type": "boolean", "nullable": True},
}
HEAD = "code,size,part,seen,fit\n"
GOOD = HEAD + "a,1,0.5,2013-01-01T05:00:00Z,true\n"
LIMIT = 1_000_000  # bytes of a file, inflated


@dataclass(frozen=True)
class Case:
    """One kind of pollution; `outcome` is what `tell` must say of it."""

    group: str
    what: str
    data: bytes
    outcome: str
    declared: dict[str, object] = field(default_factory=dict)
    name: str = "batch.csv"


def tell(case: Case) -> str:
    """Judge a case and say what became of it: its cells, or by which rule it was refused."""
    declared = {"key": ("code",), "columns": COLUMNS, **case.declared}
    source = Source(files="*", batch={"quarantined": 1, "bytes": LIMIT}, **declared)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in" / case.name
        path.parent.mkdir()
        path.write_bytes(case.data)
        judged = judge_batch(path, source, folder=Path(folder))
        if judged.fit is None:
            rules = sorted({fault.rule for fault in judged.faults})
            return f"held: {', '.join(rules)}"
        parts = [f"{fault.column} set aside: {fault.rule}" for fault in judged.faults]
        rows = [row for batch in judged.fit.batches() for row in batch.to_pylist()]
    for row in rows:
        cells = {n: v.isoformat() if hasattr(v, "isoformat") else v for n, v in row.items()}
        parts.append(", ".join(f"{n}={v!r}" for n, v in cells.items() if v is not None))
    return "; ".join(parts)


def cell(column: str, text: str) -> bytes:
    """Return a good file but for one cell."""
    cells = {"code": "a", "size": "", "part": "", "seen": "", "fit": "", column: text}
    return (HEAD + ",".join(cells.values()) + "\n").encode()


def zipped(*names: str, data: bytes = GOOD.encode()) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return stream.getvalue()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def flipped(data: bytes) -> bytes:
    return data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]


G = GOOD.encode()
ROW = "code='a', size=1, part=0.5, seen='2013-01-01T05:00:00+00:00', fit=True"
BOMB = HEAD.encode() + b"a,1,,,\n" * 300_000
SEMI = {"delimiter": ";", "decimal": ",", "thousands": "."}


def _number(kind: str, text: str, outcome: str, what: str) -> Case:
    return Case("numbers", f"{what}: `{text}` as {kind}",
                cell({"integer": "size", "number": "part"}[kind], text), outcome)  # fmt: skip


def _moment(text: str, outcome: str, what: str) -> Case:
    return Case("time", f"{what}: `{text}`", cell("seen", text), outcome)


CASES = [
    Case("files", "no byte", b"", "held: empty"),
    Case("files", "blank lines alone", b"\n \n\n", "held: empty"),
    Case("files", "a header and nothing else", HEAD.encode(), "held: no_rows"),
    Case("files", "an HTML error page", b"<html><h1>503</h1></html>\n", "held: not_csv"),
    Case("files", "a JSON error", b'{"error": "not found"}\n', "held: not_csv"),
    Case("files", "Parquet", b"PAR1" + b"\0" * 30 + b"PAR1", "held: not_csv"),
    Case("files", "an Excel workbook", zipped("xl/workbook.xml"), "held: not_csv"),
    Case("files", "cut off within a row", G[:-9], "held: truncated"),
    Case("files", "cut off before the last line end", G[:-1], "held: truncated"),
    Case("files", "NUL bytes", G.replace(b"a,1", b"a\0,1"), "held: nul_bytes"),
    Case("files", "a name with control characters", G, ROW, name="a\x1b[31m\nb.csv"),
    Case("files", "a name that looks like a path", G, ROW, name="..%2f..%2fetc.csv"),
    Case("archives", "gzip, not declared", gzip.compress(G), "held: not_csv"),
    Case("archives", "gzip", gzip.compress(G), ROW, {"compression": "gzip"}),
    Case("archives", "gzip of two members", gzip.compress(G[:30]) + gzip.compress(G[30:]), ROW,
         {"compression": "gzip"}),
    Case("archives", "bzip2", bz2.compress(G), ROW, {"compression": "bz2"}),
    Case("archives", "xz", lzma.compress(G), ROW, {"compression": "xz"}),
    Case("archives", "zstd", zstd(G), ROW, {"compression": "zstd"}),
    Case("archives", "zip of one file", zipped("a.csv"), ROW, {"compression": "zip"}),
    Case("archives", "a zip member that climbs: `../../etc/passwd`", zipped("../../etc/passwd"),
         ROW, {"compression": "zip"}),
    Case("archives", "zip of two files", zipped("a.csv", "b.csv"), "held: compression",
         {"compression": "zip"}),
    Case("archives", "a zip behind another", zipped("a.csv") + zipped("b.csv"),
         "held: compression", {"compression": "zip"}),
    Case("archives", "zip of nothing", zipped(), "held: compression", {"compression": "zip"}),
    Case("archives", "plain text, declared as gzip", G, "held: compression",
         {"compression": "gzip"}),
    Case("archives", "gzip cut off", gzip.compress(G)[:-9], "held: compression",
         {"compression": "gzip"}),
    Case("archives", "gzip whose checksum is wrong", flipped(gzip.compress(G)),
         "held: compression", {"compression": "gzip"}),
    Case("archives", "zstd cut off", zstd(G)[:-9], "held: compression", {"compression": "zstd"}),
    Case("archives", "gzip within gzip", gzip.compress(gzip.compress(G)), "held: not_csv",
         {"compression": "gzip"}),
    Case("archives", "gzip that inflates beyond `bytes`", gzip.compress(BOMB), "held: file_size",
         {"compression": "gzip"}),
    Case("archives", "xz that inflates beyond `bytes`", lzma.compress(BOMB), "held: file_size",
         {"compression": "xz"}),
    Case("encodings", "UTF-8 with a byte-order mark", b"\xef\xbb\xbf" + G,
         "held: byte_order_mark"),
    Case("encodings", "the same, declared utf-8-sig", b"\xef\xbb\xbf" + G, ROW,
         {"encoding": "utf-8-sig"}),
    Case("encodings", "a byte-order mark that begins a row", HEAD.encode() + b"\xef\xbb\xbfa,,,,\n",
         "code='\\ufeffa'"),
    Case("encodings", "UTF-16 with its mark", GOOD.encode("utf-16"), "held: byte_order_mark"),
    Case("encodings", "the same, declared utf-16", GOOD.encode("utf-16"), ROW,
         {"encoding": "utf-16"}),
    Case("encodings", "UTF-16 without a mark", GOOD.encode("utf-16-le"), "held: nul_bytes"),
    Case("encodings", "UTF-16 without a mark, declared utf-16", GOOD.encode("utf-16-le"),
         "held: encoding", {"encoding": "utf-16"}),
    Case("encodings", "cp1252", cell("code", "é").decode().encode("cp1252"), "held: encoding"),
    Case("encodings", "the same, declared cp1252", cell("code", "é€").decode().encode("cp1252"),
         "code='é€'", {"encoding": "cp1252"}),
    Case("encodings", "UTF-8, declared latin-1", cell("code", "é"), "held: encoding",
         {"encoding": "latin-1"}),
    Case("encodings", "a lone surrogate", HEAD.encode() + b"\xed\xa0\x80,,,,\n", "held: encoding"),
    Case("encodings", "letters of many scripts", cell("code", "Ωж漢🙂"), "code='Ωж漢🙂'"),
    Case("rows", "a field too many", G + b"b,1,,,,x\n", "held: field_count"),
    Case("rows", "a field too few", G + b"b,1\n", "held: field_count"),
    Case("rows", "a field too many on every row", HEAD.encode() + b"a,1,,,,x\n",
         "held: field_count"),
    Case("rows", "a blank line between rows", G + b"\nb,,,,\n", "held: field_count"),
    Case("rows", "a line break within quotes", HEAD.encode() + b'"a\nb",1,,,\n',
         "code='a\\nb', size=1"),
    Case("rows", "a delimiter and a quote within quotes", HEAD.encode() + b'"a,""b",1,,,\n',
         "code='a,\"b', size=1"),
    Case("rows", "a quote that is never closed", G + b'"b,1,,,\n', "held: quoting"),
    Case("rows", "text behind a closing quote", G + b'"b"c,1,,,\n', "held: quoting"),
    Case("rows", "Windows line ends", G.replace(b"\n", b"\r\n"), ROW),
    Case("rows", "old Mac line ends", G.replace(b"\n", b"\r"), ROW),
    Case("rows", "a field of 200,000 characters", cell("code", "x" * 200_000),
         "held: field_length"),
    Case("rows", "a key twice", HEAD.encode() + b"a,1,,,\na,2,,,\n",
         "code set aside: duplicate_key; code='a', size=1"),
    Case("rows", "a key that is blank", HEAD.encode() + b"a,1,,,\n,2,,,\n",
         "code set aside: null; code='a', size=1"),
    Case("columns", "no header", b"a,1,0.5,,true\n", "held: header"),
    Case("columns", "a blank first line", b"\n" + G, "held: header"),
    Case("columns", "semicolons", G.replace(b",", b";"), "held: delimiter"),
    Case("columns", "the same, declared", G.replace(b",", b";"), ROW, {"delimiter": ";"}),
    Case("columns", "tabs, declared", G.replace(b",", b"\t"), ROW, {"delimiter": "\t"}),
    Case("columns", "a column twice in the header", b"code,code,size,part,seen,fit\na,b,1,,,\n",
         "held: doubled_column"),
    Case("columns", "a column that is missing", b"code,size\na,1\n", "held: missing_column"),
    Case("columns", "columns in another order", b"fit,seen,part,size,code\ntrue,,,1,a\n",
         "code='a', size=1, fit=True"),
    Case("columns", "a column that nobody declared", b"code,size,part,seen,fit,new\na,,,,,007\n",
         "code='a', undeclared:new='007'"),
    Case("columns", "a header that differs in case", G.replace(b"size", b"Size"),
         "held: missing_column"),
    Case("nulls", "`NA` in text", cell("code", "NA"), "code set aside: null"),
    Case("nulls", "`NA` in text where only the empty text is null", cell("code", "NA"),
         "code='NA'", {"nulls": [""]}),
    Case("nulls", "`null` in text, not declared", cell("code", "null"), "code='null'"),
    _number("integer", "null", "size set aside: type_integer", "a null that is not declared"),
    _number("integer", "00123", "size set aside: type_integer", "leading zeros"),
    Case("numbers", "leading zeros in text: `00123`", cell("code", "00123"), "code='00123'"),
    _number("integer", "9007199254740993", "code='a', size=9007199254740993", "beyond 2^53"),
    _number("number", "9007199254740993", "part set aside: type_number", "beyond 2^53"),
    _number("integer", "9223372036854775808", "size set aside: type_integer", "beyond 2^63"),
    _number("integer", "1.0", "size set aside: type_integer", "a fraction that is none"),
    _number("integer", "-0", "size set aside: type_integer", "minus zero"),
    _number("number", "-0", "code='a', part=-0.0", "minus zero"),
    _number("number", "inf", "part set aside: type_number", "infinity"),
    _number("number", "nan", "part set aside: type_number", "not a number"),
    _number("number", "1e999", "part set aside: type_number", "too large"),
    _number("number", "1e-999", "part set aside: type_number", "too small"),
    _number("number", "0.1000000000000000055", "part set aside: type_number", "too many digits"),
    _number("number", " 1", "part set aside: type_number", "a blank before it"),
    _number("number", "1_000", "part set aside: type_number", "an underscore"),
    _number("number", "0x1F", "part set aside: type_number", "hexadecimal"),
    _number("integer", "\u0661", "size set aside: type_integer", "other digits"),
    _number("number", "12 %", "part set aside: type_number", "a unit"),
    Case("numbers", "`1.234,56`, declared", cell("part", "1.234,56").replace(b"a,,1.234,56,,",
         b"a;;1.234,56;;").replace(b"code,size,part,seen,fit", b"code;size;part;seen;fit"),
         "code='a', part=1234.56", SEMI),
    Case("numbers", "`1.23` where points part thousands", b"code;size;part;seen;fit\na;;1.23;;\n",
         "part set aside: type_number", SEMI),
    Case("numbers", "`1,5`, not declared", HEAD.encode() + b'a,,"1,5",,\n',
         "part set aside: type_number"),
    _moment("2013-01-01T05:00:00", "seen set aside: type_timestamp", "no offset"),
    _moment("2013-01-01", "seen set aside: type_timestamp", "a date"),
    _moment("01/02/2013", "seen set aside: type_timestamp", "day or month first"),
    _moment("41275.25", "seen set aside: type_timestamp", "a spreadsheet's date"),
    _moment("1357016400", "seen set aside: type_timestamp", "seconds since 1970"),
    _moment("2013-02-30T05:00:00Z", "seen set aside: type_timestamp", "no such day"),
    _moment("2013-01-01T24:00:00Z", "seen set aside: type_timestamp", "no such hour"),
    _moment("9999-12-31T23:59:59-05:00", "seen set aside: type_timestamp", "the year 10000 in UTC"),
    _moment("2013-01-01T05:00:60Z", "seen set aside: type_timestamp", "a leap second"),
    _moment("2013-01-01T05:00:00.123456789Z", "seen set aside: type_timestamp", "nanoseconds"),
    Case("time", "mixed offsets", HEAD.encode() + b"a,,,2013-01-01T05:00:00-05:00,\n"
         b"b,,,2013-01-01T10:00:00Z,\n",
         "code='a', seen='2013-01-01T10:00:00+00:00'; code='b', seen='2013-01-01T10:00:00+00:00'"),
    Case("truth", "`1` as boolean", cell("fit", "1"), "fit set aside: type_boolean"),
    Case("truth", "`yes` as boolean", cell("fit", "yes"), "fit set aside: type_boolean"),
    Case("truth", "`TRUE` as boolean", cell("fit", "TRUE"), "code='a', fit=True"),
    *(Case("workbooks", what, data, outcome, {"kind": kind})
      for kind, what, data, outcome in BOOKS),
]  # fmt: skip


def make_page() -> str:
    """Return docs/polluted.md, from what judging the cases says."""
    lines = [
        "# Polluted input", "",
        f"What becomes of {len(CASES)} kinds of polluted input, made by the tests "
        "(`tests/contracts/polluted.py`), which hold", "this page to it. A source with a text "
        "`code` (the key), an integer `size`, a number `part`, a moment `seen` and a",
        "truth value `fit`; what it declares of its spelling stands beside. *Held*: nothing of "
        "the file goes on. *Set aside*:", "the row goes to quarantine. Else the cells that are "
        "frozen, nulls left out. The names are those of the rules.", "",
    ]  # fmt: skip
    for group in dict.fromkeys(case.group for case in CASES):
        lines += [f"## {group.capitalize()}", "", "| what comes | declared | what becomes of it |",
                  "| --- | --- | --- |"]  # fmt: skip
        for case in CASES:
            if case.group == group:
                said = ", ".join(f"{n}: {v!r}" for n, v in case.declared.items())
                row = [case.what, f"`{said}`" if said else "", f"`{tell(case)}`"]
                lines.append("| " + " | ".join(one.replace("|", "\\|") for one in row) + " |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
