"""Tables read back from verified parts, as Arrow or as pandas.

Needs pyarrow; imported only where tables are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coldframe.errors import CorruptionError, DataError
from coldframe.snapshots.manifest import Column
from coldframe.snapshots.objects import RESTORE
from coldframe.snapshots.parts import cast_table
from coldframe.snapshots.schema import type_from_json

EXACT_IN_DOUBLE = 2**53


def column_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of `columns`."""
    return pa.schema([pa.field(column.name, type_from_json(column.type)) for column in columns])


def read_parts(paths: Sequence[Path], columns: Sequence[Column]) -> pa.Table:
    """Return the rows of `paths`, in order, with exactly `columns`."""
    schema = column_schema(columns)
    tables = [_read_part(path, schema) for path in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read_part(path: Path, schema: pa.Schema) -> pa.Table:
    # Opened by path: read through a Python file object, pyarrow's threads may outlive the
    # interpreter and abort it at exit (apache/arrow#34314).
    try:
        with pq.ParquetFile(str(path), page_checksum_verification=True) as part:
            here = set(part.schema_arrow.names)
            wanted = [name for name in schema.names if name in here]
            table = _select(part, wanted)
    except (pa.ArrowInvalid, OSError) as error:
        raise CorruptionError(
            "A part cannot be read.", where=str(path), found=str(error), remedy=RESTORE
        ) from error
    return cast_table(table, schema, path.name)


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
