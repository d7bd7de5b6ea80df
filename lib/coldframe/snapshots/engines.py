"""What engines other than Arrow and pandas cannot hold, and whether they are here.

Needs pyarrow; imported only where tables are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from coldframe.errors import DataError, EnvironmentFaultError


def refuse(schema: pa.Schema, engine: str, name: str) -> None:
    """Raise DataError for a column of the snapshot `name` whose values `engine` would lose."""
    holds = HOLDS[engine]
    for field in schema:
        lost = [kind for kind in _leaves(field.type) if not holds(kind)]
        if lost:
            raise DataError(
                f"{engine} has no type for a column.",
                where=f"{name}, column '{field.name}'",
                found=str(lost[0]),
                remedy="leave it out with columns=, or read it as Arrow or pandas",
            )


def _leaves(kind: pa.DataType) -> Iterator[pa.DataType]:
    if not pa.types.is_nested(kind):
        yield kind
        return
    for index in range(kind.num_fields):
        yield from _leaves(kind.field(index).type)


def _duckdb_holds(kind: pa.DataType) -> bool:
    t = pa.types
    return not (t.is_float16(kind) or t.is_decimal256(kind) or t.is_duration(kind))


def _polars_holds(kind: pa.DataType) -> bool:
    if pa.types.is_timestamp(kind):
        return not (kind.tz or "").startswith(("+", "-"))
    return not pa.types.is_decimal256(kind)


def _iceberg_holds(kind: pa.DataType) -> bool:
    t = pa.types
    if t.is_timestamp(kind):
        return kind.tz in (None, "UTC") and kind.unit != "ns"
    if t.is_time(kind):
        return bool(kind == pa.time64("us"))
    lost = t.is_null(kind) or t.is_uint64(kind) or t.is_float16(kind) or t.is_duration(kind)
    return not lost and not t.is_decimal256(kind)


HOLDS = {"DuckDB": _duckdb_holds, "Polars": _polars_holds, "Iceberg": _iceberg_holds}


def count_milliseconds(table: pa.Table, name: str) -> pa.Table:
    """Return the table with durations in milliseconds for those in seconds, as Polars has them.

    Polars would make them itself, and of those that do not fit others, without a word. Moments in
    seconds were frozen as milliseconds.

    Parameters
    ----------
    table : pyarrow.Table
        Rows of a snapshot, in normal types.
    name : str
        The snapshot's, for the message.

    Returns
    -------
    pyarrow.Table
        The same rows; `table` itself if none of its columns holds durations in seconds.

    Raises
    ------
    DataError
        A duration does not fit: it is of more than 292 million years.

    Examples
    --------
    >>> table = pa.table({"age": pa.array([2], pa.duration("s")), "legs": [4]})
    >>> [str(kind) for kind in count_milliseconds(table, "pets@1").schema.types]
    ['duration[ms]', 'int64']
    """
    schema = pa.schema([field.with_type(_finer(field.type)) for field in table.schema])
    if schema.equals(table.schema):
        return table
    columns = []
    for field, column in zip(schema, table.columns, strict=True):
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowInvalid as error:
            raise DataError(
                "Polars cannot hold a value of a column.",
                where=f"{name}, column '{field.name}'",
                found=str(error),
                remedy="leave it out with columns=, or read it as Arrow",
            ) from error
    return pa.table(columns, schema=schema)


def _finer(kind: pa.DataType) -> pa.DataType:
    t = pa.types
    if t.is_list(kind):
        return pa.list_(_finer(kind.value_type))
    if t.is_map(kind):
        return pa.map_(_finer(kind.key_type), _finer(kind.item_type))
    if t.is_struct(kind):
        return pa.struct([field.with_type(_finer(field.type)) for field in kind])
    return pa.duration("ms") if kind == pa.duration("s") else kind


def load_polars() -> Any:
    """Return the package polars, or raise EnvironmentFaultError."""
    try:
        import polars
    except ImportError as error:
        raise not_installed("Polars", "polars") from error
    return polars


def not_installed(engine: str, extra: str) -> EnvironmentFaultError:
    """Return the error for an engine that is missing here."""
    return EnvironmentFaultError(
        f"{engine} is not installed here.", remedy=f"pip install 'coldframe[{extra}]'"
    )
