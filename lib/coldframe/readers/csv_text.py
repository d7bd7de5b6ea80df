"""CSV and TSV read as text: nothing is guessed, nothing repaired; what is not clean is not read.

A reader that infers types turns ``00123`` into 123, shifts columns when a row has a field too
many, and makes an empty table of an HTML page. Here every field stays the text that it was.

Python's csv module decides what the fields are. Blocks of lines without a quote, where that is
plain, are split by pyarrow, ten times as fast; whatever it stumbles over, the csv module reads.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.faults import shorten, unfit
from coldframe.readers._base import PIECE_ROWS, check_columns, text_piece
from coldframe.readers.pieces import Piece
from coldframe.readers.text import read_blocks
from coldframe.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

OTHER_DELIMITERS = ",;\t|"
SHOWN_LINES = 5
LINE = re.compile(rb"[^\r\n]*(\r\n|\r|\n)")


def read_csv(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of delimited text; see `coldframe.readers.read_pieces`.

    The file has a header, and every line an end. Each row's index is the number of the line on
    which it begins, through quoted line breaks.
    """
    lines = _Lines(read_blocks(path, source))
    records = _records(lines, source)
    header = next(records)
    _check_header(header, source)
    split = _Splitter(header, source)
    empty = True
    while lines.more():
        first = lines.number + 1
        table = split(lines.block) if lines.block else None
        if table is not None:
            lines.skip(table.num_rows)
            pieces = _sliced(table, first)
        else:
            pieces = _parsed(header, records, lines)
        for piece in pieces:
            empty = False
            yield piece
    if empty:
        yield text_piece(header, [[] for _ in header], [])


class _Lines(Iterator[str]):
    """The lines of a file, one after the other, of which those of a block may be taken at once.

    `block` holds what is left of the block at hand if no line of it was taken alone, and `number`
    is that of the line that was taken last.
    """

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._lines: list[bytes] = []
        self._next = 0
        self.block = b""
        self.number = 0

    @property
    def within(self) -> bool:
        """Whether there are lines left of a block of which some were taken alone."""
        return self._next < len(self._lines)

    def more(self) -> bool:
        """Return whether there is another line; fetches the next block if need be."""
        if not (self.within or self.block):
            self._lines, self._next = [], 0
            self.block = next(self._blocks, b"")
            _refuse_cut_off(self.block)
        return self.within or bool(self.block)

    def skip(self, count: int) -> None:
        """Pass over the block, which has `count` lines."""
        self.number += count
        self.block = b""

    def __next__(self) -> str:
        if not self.more():
            raise StopIteration
        if self.number == 0:
            return self._take_header()
        if self.block:
            self._lines, self._next, self.block = self.block.splitlines(keepends=True), 0, b""
        line = self._lines[self._next]
        self._next += 1
        self.number += 1
        return line.decode()

    def _take_header(self) -> str:
        """Take the first line alone and leave the rest of the block to be taken at once."""
        _refuse_pages(self.block)
        found = LINE.match(self.block)
        line = found[0] if found else self.block
        self.block = self.block[len(line) :]
        self.number = 1
        return line.decode()


def _refuse_cut_off(block: bytes) -> None:
    if block and not block.endswith((b"\n", b"\r")):
        last = block.decode().rsplit("\n", 1)[-1]
        raise unfit(
            "truncated", "The last line has no end: the file was cut off.", example=shorten(last)
        )


def _refuse_pages(block: bytes) -> None:
    """Raise if a file that begins so is a page or JSON."""
    text = block[: 1 << 16].decode("utf-8", "ignore").lstrip()
    if text[:1] in ("<", "{", "["):
        start = shorten(" ".join(text.split()))
        raise unfit("not_csv", "The file is a page or JSON, no CSV.", example=start)


def _records(lines: _Lines, source: Source) -> Iterator[list[str]]:
    """Yield the fields of each record, as the csv module finds them."""
    start = 1
    reader = csv.reader(
        lines, strict=True, delimiter=source.delimiter, quotechar=source.quote,
        quoting=csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE,
    )  # fmt: skip
    try:
        while True:
            start = lines.number + 1
            record = next(reader, None)
            if record is None:
                return
            yield record
    except csv.Error as error:
        if str(error).startswith("field larger than"):
            limit = csv.field_size_limit()
            raise unfit(
                "field_length", "A field is too long.",
                example=f"more than {limit:,} characters on line {start}",
            ) from error  # fmt: skip
        raise unfit(
            "quoting", "The quotes do not match.", example=f"line {lines.number}: {error}"
        ) from error


def _parsed(header: list[str], records: Iterator[list[str]], lines: _Lines) -> Iterator[Piece]:
    """Yield the rows of what is left of a block, by the csv module."""
    while True:
        rows: list[list[str]] = []
        starts: list[int] = []
        while len(rows) < PIECE_ROWS:
            starts.append(lines.number + 1)
            rows.append(next(records))
            if not lines.within:
                break
        _check_fields(header, rows, starts)
        columns = [list(column) for column in zip(*rows, strict=True)]
        yield text_piece(header, columns, starts)
        if not lines.within:
            return


def _sliced(table: pa.Table, first: int) -> Iterator[Piece]:
    """Yield a table whose rows are lines from the number `first` on."""
    for start in range(0, table.num_rows, PIECE_ROWS):
        piece = table.slice(start, PIECE_ROWS)
        lines = range(first + start, first + start + piece.num_rows)
        yield text_piece(piece.column_names, piece.columns, lines)


class _Splitter:
    """Splits a block of lines without quotes; returns None if that is not plain."""

    def __init__(self, header: list[str], source: Source) -> None:
        import pyarrow as pa  # this module is imported where no data is read
        from pyarrow import csv as arrow

        self._quote = source.quote.encode() if source.quote else None
        self._plain = source.delimiter.isascii()
        self._arrow: Any = arrow
        if self._plain:
            self._parse = arrow.ParseOptions(
                delimiter=source.delimiter, quote_char=False, double_quote=False,
                escape_char=False, newlines_in_values=False, ignore_empty_lines=False,
            )  # fmt: skip
        self._convert = arrow.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(header, pa.large_string()),
            null_values=[], strings_can_be_null=False,
        )  # fmt: skip
        self._header = header

    def __call__(self, block: bytes) -> pa.Table | None:
        import pyarrow as pa
        import pyarrow.compute as pc

        # Arrow leaves out a byte-order mark at a block's beginning, where it belongs to the value
        if not self._plain or block.startswith(codecs.BOM_UTF8):
            return None
        if (self._quote and self._quote in block) or _has_lone_cr(block):
            return None
        read = self._arrow.ReadOptions(
            column_names=self._header, block_size=len(block) + 1, use_threads=False
        )
        try:
            table = self._arrow.read_csv(
                pa.BufferReader(block), read_options=read, parse_options=self._parse,
                convert_options=self._convert,
            )  # fmt: skip
        except pa.ArrowInvalid:
            return None
        extremes = [pc.min_max(pc.binary_length(column)).as_py() for column in table.columns]
        if any((one["max"] or 0) > csv.field_size_limit() for one in extremes):
            return None
        # Arrow makes a row of a blank line, however many columns there are
        blank = not extremes[0]["min"] and _has_blank_line(block)
        return None if blank else table


def _has_lone_cr(block: bytes) -> bool:
    return b"\r" in block and block.count(b"\r") != block.count(b"\r\n")


def _has_blank_line(block: bytes) -> bool:
    return block.startswith((b"\n", b"\r\n")) or b"\n\n" in block or b"\n\r\n" in block


def _check_header(header: list[str], source: Source) -> None:
    if len(header) == 1 and header[0] not in source.columns:
        other = next((one for one in OTHER_DELIMITERS if one in header[0]), None)
        if other and other != source.delimiter:
            told = repr(other)
            raise unfit("delimiter", "The fields are parted by something else.", example=told)
    check_columns(header, source)


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
