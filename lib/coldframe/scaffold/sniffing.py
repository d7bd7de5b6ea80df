"""How a file is spelled: compression, encoding, delimiter, decimal comma; guessed from its head."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.errors import DataError
from coldframe.readers import KINDS
from coldframe.readers.inflating import read_chunks, sniff
from coldframe.scaffold.workbooks import KINDS as WORKBOOKS
from coldframe.scaffold.workbooks import read_sheet_header
from coldframe.sources import Column, Source

if TYPE_CHECKING:
    import pandas as pd

HEAD = 1 << 18
"""Bytes, once inflated, from which delimiter and encoding are guessed."""
LINES = 50
LONGEST_RECORD = 1 << 22
DELIMITERS = (",", ";", "\t", "|")
SUFFIXES: Mapping[str, str] = {
    ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".xlsx": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "ods",
}  # fmt: skip
"""Kinds of files that are no delimited text."""
COMMA = r"-?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?"
COMPRESSIONS = ("gzip", "bz2", "xz", "zstd", "zip")


def sniff_options(path: Path) -> dict[str, Any]:
    """Return the options of a source, other than the usual ones, by which a file can be read.

    Raises
    ------
    DataError
        There is no reader for such a file.
    """
    with path.open("rb") as stream:
        start = stream.read(8)
    kind = next((SUFFIXES[s.lower()] for s in path.suffixes if s.lower() in SUFFIXES), "csv")
    if sniff(start) == "Parquet":
        kind = "parquet"
    if kind not in KINDS:
        raise DataError(
            "No reader reads files of this kind.", where=str(path), found=kind,
            expected=f"one of {', '.join(KINDS)}", remedy="write it as CSV",
        )  # fmt: skip
    if kind != "csv":
        return {"kind": kind}
    found = sniff(start)
    options: dict[str, Any] = {"compression": found} if found in COMPRESSIONS else {}
    source = Source(files="*", key=(), columns={"a": Column(type="string")}, **options)
    head = next(read_chunks(path, source), b"")[:HEAD]
    encoding = _encoding(head)
    if encoding != "utf-8":
        options["encoding"] = encoding
    text = head.decode(encoding, "ignore").removeprefix("\ufeff")
    delimiter = _delimiter(text)
    return options if delimiter == "," else {**options, "delimiter": delimiter}


def column_names(path: Path, options: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns of a file; none if they cannot be told."""
    kind = options.get("kind", "csv")
    try:
        if kind == "parquet":
            import pyarrow.parquet as pq  # this module is imported where no data is read

            return list(pq.read_schema(path).names)
        if kind == "jsonl":
            with path.open("rb") as stream:
                return list(json.loads(stream.readline(LONGEST_RECORD)))
        if kind in WORKBOOKS:
            return read_sheet_header(path, kind, options.get("sheet"))
    except Exception:  # noqa: BLE001 - of a damaged file; its reader says what is wrong with it
        return []
    return header_of(path, options)


def header_of(path: Path, options: Mapping[str, Any]) -> list[str]:
    """Return the names in the first line of delimited text."""
    known = {name: value for name, value in options.items() if name == "compression"}
    source = Source(files="*", key=(), columns={"a": Column(type="string")}, **known)
    head = next(read_chunks(path, source), b"")
    text = head.decode(options.get("encoding", "utf-8"), "ignore").removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=options.get("delimiter", ","))
    try:
        return next(reader, [])
    except csv.Error:
        return []


def guess_numbers(frame: pd.DataFrame, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return how numbers are written, if a column is of numbers with a decimal comma."""
    if options.get("kind", "csv") != "csv" or options.get("delimiter", ",") == ",":
        return {}
    for name in frame.columns:
        texts = frame[name].dropna().drop_duplicates()
        texts = texts[texts != ""]
        if len(texts) and texts.str.fullmatch(COMMA).all() and texts.str.contains(",").any():
            grouped = bool(texts.str.contains(".", regex=False).any())
            return {"decimal": ",", **({"thousands": "."} if grouped else {})}
    return {}


def _encoding(head: bytes) -> str:
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut_off = error.start >= len(head) - 3 and len(head) == HEAD
        return "utf-8" if cut_off else "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    """Return the character that cuts the first lines into the most fields, all alike."""
    lines = list(io.StringIO(text, newline=""))  # str.splitlines knows more ends than a CSV has
    lines = lines[:LINES] if len(lines) > LINES else lines
    fields = {}
    for one in DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=one, strict=True))
        except csv.Error:
            continue
        widths = [len(row) for row in rows]
        if widths and widths[0] > 1 and widths.count(widths[0]) >= max(1, len(widths) - 1):
            fields[one] = widths[0]
    return max(fields, key=lambda one: fields[one], default=",")
