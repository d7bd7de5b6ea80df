"""Tables read back from verified parts, as Arrow or as pandas.

Needs pyarrow; imported only where tables are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coldframe.errors import CorruptionError, DataError
from coldframe.provenance import bytes_digest, file_digest
from coldframe.snapshots.casting import cast_table
from coldframe.snapshots.damage import inspect_file
from coldframe.snapshots.manifest import Column, Part
from coldframe.snapshots.objects import PART, RESTORE, Objects
from coldframe.snapshots.schema import type_from_json
from coldframe.snapshots.threads import side_by_side

EXACT_IN_DOUBLE = 2**53
IN_MEMORY = 1 << 27
"""Bytes of a part that is read whole; of a larger one, the columns that are needed."""
TOGETHER = 1 << 29
"""Bytes of parts that may be in memory at once."""


def column_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of `columns`."""
    return pa.schema([pa.field(column.name, type_from_json(column.type)) for column in columns])


def read_parts(
    objects: Objects, parts: Sequence[Part], columns: Sequence[Column], needed_by: str
) -> pa.Table:
    """Return the rows of `parts`, in order, with exactly `columns`.

    A part is read from the disk once: the bytes that are decoded are those whose digest was
    compared. Parts of more than 128 MiB are compared first, and opened again. At most 512 MiB of
    parts are in memory at once, beside the rows.

    Parameters
    ----------
    objects : Objects
        Where the parts are.
    parts : sequence of Part
        Which are read.
    columns : sequence of Column
        Which are wanted, in that order; a part that lacks one has nulls there.
    needed_by : str
        The snapshot, for the message.

    Raises
    ------
    CorruptionError
        A part is missing or was changed.

    Examples
    --------
    >>> import tempfile
    >>> from coldframe.snapshots import Addition, SnapshotStore
    >>> store = SnapshotStore(Path(tempfile.mkdtemp()), durable=False)
    >>> cats = pa.table({"name": ["Tom", "Kit"], "born": [2019, 2021]})
    >>> name, born = store.freeze("pets", [Addition("cats", cats)]).tables["cats"].columns
    >>> parts = store.open_table("pets", "cats").parts
    >>> read_parts(store.objects, parts, [born], "pets@1").to_pydict()
    {'born': [2019, 2021]}
    """
    schema = column_schema(columns)
    # pyarrow's own threads decode columns; what they leave idle goes to the next part
    held = max((part.bytes for part in parts if part.bytes <= IN_MEMORY), default=0)
    most = TOGETHER // max(held, 1)
    read = partial(_read_part, objects, schema, needed_by)
    tables = list(side_by_side(read, parts, most=most))
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read_part(objects: Objects, schema: pa.Schema, needed_by: str, part: Part) -> pa.Table:
    path = objects.path(part.digest, PART)
    content = _verified_bytes(objects, part, needed_by)
    source = str(path) if content is None else pa.BufferReader(content)
    try:
        footer = pq.read_metadata(source)
        texts = _repeated_texts(footer)
        with pq.ParquetFile(source, metadata=footer, read_dictionary=texts) as opened:
            here = set(opened.schema_arrow.names)
            table = _select(opened, [name for name in schema.names if name in here])
    except (pa.ArrowInvalid, OSError) as error:
        raise CorruptionError(
            "A part cannot be read.", where=str(path), found=str(error), remedy=RESTORE
        ) from error
    return cast_table(table, schema, path.name)


def _verified_bytes(objects: Objects, part: Part, needed_by: str) -> pa.Buffer | None:
    """Return the bytes of a part whose digest was compared; None for those of a large one."""
    content: pa.Buffer | None = None

    def digest_of(path: Path) -> str:
        nonlocal content
        if part.bytes > IN_MEMORY:
            return file_digest(path)
        content = pa.allocate_buffer(part.bytes)
        view = memoryview(content)
        with path.open("rb", buffering=0) as stream:
            while view and (count := stream.readinto(view)):
                view = view[count:]
        return bytes_digest(content)

    found = inspect_file(
        objects, part.digest, PART, "A part",
        needed_by=needed_by, size=part.bytes, digest_of=digest_of,
    )  # fmt: skip
    if found:
        raise found.error()
    return content


def _repeated_texts(footer: pq.FileMetaData) -> list[str]:
    """Return the columns of texts that repeat, which decode faster by way of a dictionary.

    Each text that Parquet did not put into its dictionary takes four bytes and more. Members of
    nested columns have a dot in their path; so have some names, which are passed over.
    """
    groups = [footer.row_group(index) for index in range(footer.num_row_groups)]
    names = []
    for place in range(footer.num_columns):
        chunks = [group.column(place) for group in groups]
        kind, path = footer.schema.column(place).physical_type, footer.schema.column(place).path
        size = sum(chunk.total_uncompressed_size for chunk in chunks)
        if kind == "BYTE_ARRAY" and "." not in path and size < 2 * footer.num_rows:
            names.append(path)
    return names


def _select(part: pq.ParquetFile, wanted: Sequence[str]) -> pa.Table:
    if not wanted:  # the rows are there all the same, with nulls in every column
        return pa.table({"": pa.nulls(part.metadata.num_rows)}).select([])
    # pyarrow takes 'a' for all columns below 'a.' too
    return part.read(columns=list(wanted)).select(list(wanted))


def to_pandas(table: pa.Table) -> Any:
    """Return `table` as a pandas frame without changing a value.

    Columns get the dtypes that pandas gives them (integers with nulls become ``float64``), but for
    two: integers with nulls that ``float64`` cannot hold exactly become nullable ``Int64``, and
    truth values with nulls become nullable ``boolean``.

    Raises
    ------
    DataError
        A value has no exact pandas form: a time of day with nanoseconds.
    """
    import pandas as pd

    try:
        frame = table.to_pandas()
    except pa.ArrowInvalid as error:  # times of day between two microseconds
        raise DataError(
            "pandas cannot hold a value of this table.",
            found=str(error),
            remedy="read it as Arrow (as_pandas=False), or leave the column out with columns=",
        ) from error
    for name in table.column_names:
        column = table.column(name)
        if not column.null_count:
            continue
        if pa.types.is_boolean(column.type):
            frame[name] = pd.array(column.to_pylist(), dtype="boolean")
        elif pa.types.is_integer(column.type) and not _exact_in_double(column):
            dtype = "UInt64" if pa.types.is_unsigned_integer(column.type) else "Int64"
            frame[name] = pd.array(column.to_pylist(), dtype=dtype)
    return frame


def frame_types(columns: Sequence[Column]) -> dict[str, str]:
    """Return the pandas dtypes of those columns that `to_pandas` chooses by their values.

    From what the manifest knows of the whole table, so that all its pieces get the same.
    """
    types = {}
    for column in columns:
        kind = type_from_json(column.type)
        if not column.nulls:
            continue
        if pa.types.is_boolean(kind):
            types[column.name] = "boolean"
        elif pa.types.is_integer(kind):
            extremes: list[Any] = [column.minimum, column.maximum]
            nullable = "UInt64" if pa.types.is_unsigned_integer(kind) else "Int64"
            known = [abs(one) for one in extremes if one is not None]
            exact = kind.bit_width < 64 or all(one <= EXACT_IN_DOUBLE for one in known)
            types[column.name] = "float64" if exact else nullable
    return types


def _exact_in_double(column: pa.ChunkedArray) -> bool:
    if column.type.bit_width < 64:
        return True
    extremes = pc.min_max(column).as_py()
    values = [value for value in extremes.values() if value is not None]
    return all(abs(value) <= EXACT_IN_DOUBLE for value in values)
