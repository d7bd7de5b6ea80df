"""Parquet, a few thousand rows at a time; values whose text says all of them keep their type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.faults import unfit
from coldframe.readers._base import PIECE_ROWS, check_columns, refusing, text_piece
from coldframe.readers.columns import keep_column, longest_bytes, spell_column
from coldframe.readers.inflating import sniff
from coldframe.readers.pieces import Piece
from coldframe.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"


def read_parquet(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of a Parquet file; see `coldframe.readers.read_pieces`.

    How its values are spelled says `coldframe.readers.columns.spell_column`: only a contract that
    names a time zone takes moments without one.
    """
    _check_magic(path)
    with ExitStack() as stack:
        stack.enter_context(refusing("not_parquet", "The file is no sound Parquet."))
        file = stack.enter_context(_open(path))
        names = list(file.schema_arrow.names)
        check_columns(names, source)
        size, first = _Size(path, source.batch.bytes), 1
        for batch in file.iter_batches(batch_size=PIECE_ROWS):
            columns = tuple(keep_column(column) for column in batch.columns)
            size.add(batch, columns)
            yield Piece(tuple(names), columns, range(first, first + batch.num_rows))
            first += batch.num_rows
        if first == 1:
            yield text_piece(names, [[] for _ in names], [])


def _open(path: Path) -> Any:
    """Return the file; pages that have a checksum are held to it."""
    import pyarrow.parquet as pq  # this module is imported where no data is read

    return pq.ParquetFile(path, page_checksum_verification=True)


class _Size:
    """How many bytes a file has as text; counted only when it may be more than `limit`."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path, self._limit = path, limit
        self._most = self._batches = 0
        self._exact: int | None = None

    def add(self, batch: pa.RecordBatch, kept: tuple[pa.Array, ...]) -> None:
        """Count a batch, whose columns are `kept`; raise if there are more bytes than allowed."""
        self._most += sum(longest_bytes(column) for column in kept)
        if self._most > self._limit:
            if self._exact is None:
                self._exact = self._count()
            self._exact += _text_bytes(batch)
            if self._exact > self._limit:
                told = f"more than {self._limit:,} bytes as text, at most {self._limit:,} are"
                raise unfit(
                    "file_size", "The file inflates to too much.", example=f"{told} allowed"
                )
        self._batches += 1

    def _count(self) -> int:
        """Return the bytes of the batches that were only estimated."""
        with _open(self._path) as file:
            batches = file.iter_batches(batch_size=PIECE_ROWS)
            return sum(_text_bytes(next(batches)) for _ in range(self._batches))


def _text_bytes(batch: Any) -> int:
    return sum(int(spell_column(column).nbytes) for column in batch.columns)


def _check_magic(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(8)
        size = stream.seek(0, 2)
        stream.seek(max(size - len(MAGIC), 0))
        end = stream.read()
    if not start:
        raise unfit("empty", "The file is empty.", example="0 bytes")
    if not start.startswith(MAGIC):
        found = sniff(start) or f"it begins with {start!r}"
        raise unfit("not_parquet", "The file is no Parquet.", example=found)
    if end != MAGIC:
        raise unfit("truncated", "The file has no end.", example=f"it ends with {end!r}")
