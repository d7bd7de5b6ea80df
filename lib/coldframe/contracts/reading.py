"""CSV read as text: nothing is guessed, nothing repaired; a file that is not clean is not read.

A reader that infers types turns ``00123`` into 123, shifts columns when a row has a field too
many, and makes an empty table of an HTML page. Here every field stays the text that it was.
"""

from __future__ import annotations

import csv
import io

import pandas as pd

from coldframe.contracts.faults import Fault, UnfitBatchError, shorten, unfit
from coldframe.datasets import Source

MAGIC = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip or Excel", b"BZh": "bzip2", b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "Parquet",
}  # fmt: skip
BOMS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
OTHER_DELIMITERS = ";\t|"
SHOWN_LINES = 5


def parse_text_csv(data: bytes, source: Source) -> pd.DataFrame:
    """Return comma-separated values as text, with the number of its line as each row's index.

    Parameters
    ----------
    data : bytes
        The file: UTF-8 without byte-order mark, a header, every line ended.
    source : Source
        Says which columns must be there. Others are kept.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        All of dtype ``str``, index named ``line``; the header is line 1.

    Raises
    ------
    UnfitBatchError
        It is no such file; names the rule, and shows what was found.
    """
    header, rows, lines = _split(_decode(data))
    _check_header(header, source)
    _check_fields(header, rows, lines)
    index = pd.Index(lines, dtype="int64", name="line")
    fields = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    return pd.DataFrame(
        {
            name: pd.Series(values, index=index, dtype="str")
            for name, values in zip(header, fields, strict=True)
        },
        index=index,
    )


def _decode(data: bytes) -> str:
    """Return the text of `data`, or say what it is instead of CSV."""
    if not data.strip():
        raise unfit("empty", "The file is empty.", example=f"{len(data)} bytes")
    for magic, name in MAGIC.items():
        if data.startswith(magic):
            raise unfit("not_csv", "The file is no plain CSV.", example=name)
    for mark, name in BOMS.items():
        if data.startswith(mark):
            raise unfit("byte_order_mark", "The file starts with a byte-order mark.", example=name)
    if (place := data.find(b"\0")) >= 0:
        raise unfit("nul_bytes", "The file holds NUL bytes.", example=f"at byte {place}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise unfit(
            "encoding", "The file is not UTF-8.", example=f"{error.reason} at byte {error.start}"
        ) from error
    if text.lstrip()[:1] in ("<", "{", "["):
        start = " ".join(text.split())
        raise unfit("not_csv", "The file is a page or JSON, no CSV.", example=shorten(start))
    if not text.endswith(("\n", "\r")):
        last = text.rsplit("\n", 1)[-1]
        raise unfit(
            "truncated", "The last line has no end: the file was cut off.", example=shorten(last)
        )
    return text


def _split(text: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Return header, rows, and the number of the line on which each row starts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        header = next(reader)
        start = reader.line_num + 1
        for row in reader:
            rows.append(row)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        if str(error).startswith("field larger than"):
            raise unfit(
                "field_length", "A field is too long.",
                example=f"more than {csv.field_size_limit():,} characters on line {start}",
            ) from error  # fmt: skip
        raise unfit(
            "quoting", "The quotes do not match.", example=f"line {reader.line_num}: {error}"
        ) from error
    return header, rows, lines


def _check_header(header: list[str], source: Source) -> None:
    known = [name for name in source.columns if name in header]
    if not known:
        other = next((d for d in OTHER_DELIMITERS if d in ",".join(header)), None)
        if other and len(header) == 1:
            raise unfit("delimiter", "The fields are not parted by commas.", example=repr(other))
        found = shorten(",".join(header)) if header else "a blank line"
        raise unfit("header", "The first line is no header of this source.", example=found)
    faults = [
        Fault(rule="doubled_column", column=name, example="in the header more than once")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    faults += [
        Fault(rule="missing_column", column=name, example="not in the header")
        for name, column in source.columns.items()
        if column.required and name not in header
    ]
    if faults:
        raise UnfitBatchError("The header is not that of the contract.", tuple(faults))


def _check_fields(header: list[str], rows: list[list[str]], lines: list[int]) -> None:
    """Raise if a row has not as many fields as the header: its values cannot be told apart."""
    wrong = [(line, row) for line, row in zip(lines, rows, strict=True) if len(row) != len(header)]
    if wrong:
        shown = ", ".join(f"line {line} has {len(row)}" for line, row in wrong[:SHOWN_LINES])
        raise unfit(
            "field_count",
            "Rows have more or fewer fields than the header.",
            example=f"{len(header)} in the header, {shown}",
            rows=len(wrong),
        )
