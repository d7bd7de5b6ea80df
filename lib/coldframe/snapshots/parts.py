"""Parquet parts: written in one fixed way, read back only with the digests they were stored under.

Needs pyarrow (and pandas for frames); imported only where tables are read or written.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from coldframe.errors import DataError
from coldframe.snapshots.casting import cast_table, join_chunks
from coldframe.snapshots.manifest import Column, Part
from coldframe.snapshots.objects import PART, DigestingFile, ObjectWriter
from coldframe.snapshots.schema import normal_schema, type_to_json

if TYPE_CHECKING:
    from coldframe.snapshots.additions import Addition

INFO_FORMAT = "coldframe.part/1"
GROUP_ROWS = 1 << 17  # rows of a row group: bounds the memory that writing and reading need
PART_GROUPS = 8  # row groups of a part: parts are verified and read side by side
TEXT_LIMIT = 64  # longer texts are no use as extremes, and may be personal

# Everything that decides the bytes is said here, so that a new default of pyarrow changes nothing.
WRITER = {
    "version": "2.6",
    "data_page_version": "1.0",
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": True,
    # with pyarrow's 1 MiB, columns of many distinct values cost over twice the time
    "dictionary_pagesize_limit": 1 << 16,
    "data_page_size": 1 << 20,
    "write_batch_size": 1024,
    "write_statistics": True,
    "write_page_checksum": True,
    "write_page_index": False,
    "store_schema": True,
}


@dataclass(frozen=True)
class WrittenPart:
    """What one addition brings, or a share of it: its columns, its part unless it has no rows."""

    table: str
    batch: str | None
    rows: int
    columns: tuple[Column, ...]
    part: Part | None


def write_parts(addition: Addition, writer: ObjectWriter) -> Iterator[WrittenPart]:
    """Store the rows of `addition`, a part for each 1,048,576; yield them, at least one.

    The bytes depend on the values and types alone: not on how the rows were chunked, nor on
    pandas or Arrow metadata. Memory is bounded by one row group.

    Parameters
    ----------
    addition : Addition
        The rows, and the table that they belong to.
    writer : ObjectWriter
        Where the parts and what is said of them are stored; the caller makes it `sync`.

    Yields
    ------
    WrittenPart
        Columns with their nulls and extremes, and the part; no part if there are no rows.

    Raises
    ------
    DataError
        There is no column, two have the same name, one has a type that cannot be stored, batches
        differ in their columns, or a value would not survive.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from coldframe.snapshots.additions import Addition
    >>> writer = ObjectWriter(Path(tempfile.mkdtemp()), durable=False)
    >>> cats = Addition("cats", pa.table({"name": ["Tom", "Kit"], "born": [2019, None]}))
    >>> for one in write_parts(cats, writer):
    ...     print(one.rows, [(column.name, column.nulls, column.maximum) for column in one.columns])
    2 [('name', 0, 'Tom'), ('born', 1, 2019)]
    """
    where = f"table '{addition.table}', batch {(addition.batch or 'without digest')[:16]}"
    schema, batches = _open(addition, where)
    if not schema.names:
        raise DataError("A table without columns cannot be frozen.", where=where)
    empty = True
    numbered = enumerate(_groups(batches, schema, where))
    for _, share in itertools.groupby(numbered, key=lambda one: one[0] // PART_GROUPS):
        empty = False
        yield _write_part(addition, schema, (group for _, group in share), writer, where)
    if empty:
        yield _write_part(addition, schema, (), writer, where)


def _write_part(
    addition: Addition, schema: pa.Schema, groups: Iterable[pa.Table], writer: ObjectWriter,
    where: str,
) -> WrittenPart:  # fmt: skip
    with writer.create() as (temporary, stream):
        _write_parquet(stream, schema, groups, where)
        stream.seal(durable=writer.durable)
        footer = pq.read_metadata(str(temporary))
        columns = tuple(_column(footer, schema, index) for index in range(len(schema)))
        part = None
        if footer.num_rows:
            info = {
                "format": INFO_FORMAT,
                "rows": footer.num_rows,
                "columns": [column.to_json() for column in columns],
            }
            writer.adopt(temporary, stream.digest, PART)
            part = Part(
                stream.digest, stream.size, footer.num_rows, writer.put(info), addition.batch
            )
    return WrittenPart(addition.table, addition.batch, footer.num_rows, columns, part)


def _write_parquet(
    stream: DigestingFile, schema: pa.Schema, groups: Iterable[pa.Table], where: str
) -> None:
    """Write `groups`, each as one row group."""
    sink = pa.PythonFile(stream, mode="w")
    try:
        with pq.ParquetWriter(sink, schema, **WRITER) as parquet:
            for group in groups:
                parquet.write_table(group, row_group_size=GROUP_ROWS)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise DataError("A table cannot be stored.", where=where, found=str(error)) from error


def _open(addition: Addition, where: str) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """Return the normal schema of what is to be added, and its rows piece by piece."""
    data: Any = addition.data
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    elif not isinstance(data, pa.Table) and hasattr(data, "columns"):
        data = _from_pandas(data, where)
    if isinstance(data, pa.Table):
        return normal_schema(data.schema), iter([data])
    given = addition.schema or getattr(data, "schema", None)
    pieces = iter(data)
    first = next(pieces, None)
    given = given or getattr(first, "schema", None)
    if given is None:
        raise DataError(
            "An empty stream of batches does not say what its columns are.",
            where=where,
            remedy="pass Addition(schema=...)",
        )
    schema = normal_schema(given)
    return schema, _tables(first, pieces)


def _tables(first: Any, rest: Iterable[Any]) -> Iterator[pa.Table]:
    if first is not None:
        yield pa.Table.from_batches([first])
    for batch in rest:
        yield pa.Table.from_batches([batch])


def _from_pandas(frame: Any, where: str) -> pa.Table:
    if any(name is not None for name in frame.index.names):
        raise DataError(
            "A frame whose index has a name would lose it.",
            where=where,
            found=", ".join(map(repr, frame.index.names)),
            remedy="call reset_index() first",
        )
    unnamed = [name for name in frame.columns if not isinstance(name, str)]
    if unnamed:
        raise DataError("Column names must be text.", where=where, found=repr(unnamed[:5]))
    normal_schema(pa.schema([pa.field(name, pa.null()) for name in frame.columns]))
    columns = {}
    for name in frame.columns:
        try:
            columns[name] = pa.Array.from_pandas(frame[name])
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError) as error:
            raise DataError(
                "A column holds values of several types.",
                where=f"{where}, column '{name}'",
                found=str(error),
                remedy="give the column one type first",
            ) from error
    return pa.table(columns)


def _groups(pieces: Iterable[pa.Table], schema: pa.Schema, where: str) -> Iterator[pa.Table]:
    """Yield tables of exactly `GROUP_ROWS` rows, the last one shorter, their chunks joined."""
    waiting: list[pa.Table] = []
    rows = 0
    for piece in pieces:
        start = 0
        while start < piece.num_rows:
            taken = piece.slice(start, GROUP_ROWS - rows)
            waiting.append(cast_table(taken, schema, where))
            start += taken.num_rows
            rows += taken.num_rows
            if rows == GROUP_ROWS:
                yield join_chunks(pa.concat_tables(waiting), where)
                waiting, rows = [], 0
    if rows:
        yield join_chunks(pa.concat_tables(waiting), where)


def _column(footer: Any, schema: pa.Schema, index: int) -> Column:
    """Return what the Parquet footer says of one top-level column."""
    field = schema.field(index)
    kind = type_to_json(field.type)
    if pa.types.is_nested(field.type):
        return Column(field.name, kind, None)
    if pa.types.is_null(field.type):
        return Column(field.name, kind, footer.num_rows)
    place = sum(_leaves(earlier.type) for earlier in list(schema)[:index])
    groups = range(footer.num_row_groups)
    statistics = [footer.row_group(group).column(place).statistics for group in groups]
    nulls = sum(one.null_count for one in statistics)
    extremes = [_extremes(one, field.type) for one in statistics if one.num_values]
    if not extremes or None in extremes:
        return Column(field.name, kind, nulls)
    lowest, highest = zip(*extremes, strict=True)
    return Column(field.name, kind, nulls, min(lowest), max(highest))


def _leaves(kind: pa.DataType) -> int:
    """Return how many Parquet columns hold a column of type `kind`."""
    if not pa.types.is_nested(kind):
        return 1
    return sum(_leaves(kind.field(index).type) for index in range(kind.num_fields))


def _extremes(statistics: Any, kind: pa.DataType) -> tuple[Any, Any] | None:
    """Return least and greatest value of a row group as JSON, or None where of no use."""
    t = pa.types
    if not statistics.has_min_max:
        return None
    if t.is_boolean(kind) or t.is_integer(kind):
        return statistics.min, statistics.max
    if t.is_float32(kind) or t.is_float64(kind):
        pair = statistics.min, statistics.max
        return pair if all(map(math.isfinite, pair)) else None
    if t.is_string(kind):
        pair = statistics.min, statistics.max
        return pair if max(map(len, pair)) <= TEXT_LIMIT else None
    raw = statistics.min_raw, statistics.max_raw
    if t.is_duration(kind):
        return raw
    stored: Any
    if t.is_date(kind):
        stored = pa.array(raw, pa.int32()).cast(kind)
    elif t.is_timestamp(kind):
        unit = "ms" if kind.unit == "s" else kind.unit  # Parquet has no seconds
        stored = pa.array(raw, pa.int64()).cast(pa.timestamp(unit)).cast(pa.timestamp(kind.unit))
    else:
        return None
    with contextlib.suppress(pa.ArrowInvalid):  # a year that has no spelling
        first, last = stored.cast(pa.string()).to_pylist()
        zone = "Z" if t.is_timestamp(kind) and kind.tz else ""
        return first + zone, last + zone
    return None
