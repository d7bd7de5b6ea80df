"""Parquet read as text, a few thousand rows at a time; every value is spelled without loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from coldframe.faults import unfit
from coldframe.readers._base import PIECE_ROWS, check_columns, refusing, text_piece
from coldframe.readers.inflating import sniff
from coldframe.readers.spelling import spell
from coldframe.sources import Source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAGIC = b"PAR1"


def read_parquet(path: Path, source: Source) -> Iterator[pd.DataFrame]:
    """Yield the rows of a Parquet file; see `coldframe.readers.read_batch`.

    Moments with a zone are spelled in UTC, those without one as they are: only a contract that
    names a time zone takes them. Floats of four bytes have the digits of their exact value. Lists,
    structures and bytes are spelled as JSON and in hexadecimal.
    """
    import pyarrow.parquet as pq  # this module is imported where no data is read

    _check_magic(path)
    with ExitStack() as stack:
        stack.enter_context(refusing("not_parquet", "The file is no sound Parquet."))
        # pages that have a checksum are held to it
        file = stack.enter_context(pq.ParquetFile(path, page_checksum_verification=True))
        names = list(file.schema_arrow.names)
        check_columns(names, source)
        limit, size, first = source.batch.bytes, 0, 1
        for batch in file.iter_batches(batch_size=PIECE_ROWS):
            columns = [_spelled(column) for column in batch.columns]
            size += sum(column.nbytes for column in columns)
            if size > limit:
                told = f"more than {limit:,} bytes as text, at most {limit:,} are allowed"
                raise unfit("file_size", "The file inflates to too much.", example=told)
            yield text_piece(names, columns, range(first, first + batch.num_rows))
            first += batch.num_rows
        if first == 1:
            yield text_piece(names, [[] for _ in names], [])


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


def _spelled(column: pa.Array) -> pa.Array:
    """Return a column as large_string; what it lacks stays null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column, kind = column.storage, kind.storage_type
    if pa.types.is_dictionary(kind):
        return _spelled(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())  # the digits of the value, not of the shorter type
        return pa.array([spell(value) for value in column.to_pylist()], pa.large_string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column.validate(full=True)  # Parquet says that it is UTF-8, and nobody else looks
    plain = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_integer,
        pa.types.is_boolean, pa.types.is_decimal, pa.types.is_date, pa.types.is_time,
        pa.types.is_null,
    )  # fmt: skip
    if any(test(kind) for test in plain):
        return pc.cast(column, pa.large_string())
    try:
        return pa.array([spell(value) for value in column.to_pylist()], pa.large_string())
    except ValueError as error:
        raise unfit("not_parquet", "A column has no text.", example=f"{kind}: {error}") from error


def _moments(column: pa.Array) -> pa.Array:
    """Return timestamps in ISO 8601, in UTC with a Z if they have a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unit, zone = column.type.unit, column.type.tz
    if unit == "ns":
        try:
            column = column.cast(pa.timestamp("us", zone))
            unit = "us"
        except pa.ArrowInvalid:
            pass  # nanoseconds that are not zero: the contract does not take them, and says so
    naive = column.cast(pa.int64()).cast(pa.timestamp(unit))
    text = pc.replace_substring(pc.cast(naive, pa.large_string()), " ", "T")
    if zone is None:
        return text
    zulu, nothing = (pa.scalar(one, pa.large_string()) for one in ("Z", ""))
    return pc.binary_join_element_wise(text, zulu, nothing)
