"""Tables cast to the types in which they are stored, without changing a value.

Needs pyarrow; imported only where tables are read or written.
"""

from __future__ import annotations

import contextlib

import pyarrow as pa
import pyarrow.compute as pc

from coldframe.errors import DataError


def cast_table(table: pa.Table, schema: pa.Schema, where: str) -> pa.Table:
    """Return `table` with exactly the columns of `schema`; what it lacks is null.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    schema : pyarrow.Schema
        The columns wanted, in normal types (`normal_schema`).
    where : str
        For the message.

    Raises
    ------
    DataError
        A value would not survive, or a column is not in `schema`.

    Examples
    --------
    >>> table = pa.table({"size": pa.array([3, 4], pa.int16())})
    >>> schema = pa.schema([("size", pa.int64()), ("name", pa.string())])
    >>> cast_table(table, schema, "table 'cats'").to_pylist()
    [{'size': 3, 'name': None}, {'size': 4, 'name': None}]
    """
    if table.schema.equals(schema, check_metadata=True):
        return table
    unknown = sorted(set(table.schema.names) - set(schema.names))
    if unknown:
        raise DataError(
            "A stream of batches changed its columns.", where=where, found=", ".join(unknown)
        )
    columns = []
    for field in schema:
        index = table.schema.get_field_index(field.name)
        if index < 0:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        try:
            columns.append(_cast(table.column(index), field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(
                "A column cannot be stored without changing its values.",
                where=f"{where}, column '{field.name}'",
                expected=str(field.type),
                found=f"{table.schema.field(index).type}: {error}",
            ) from error
    return pa.table(columns, schema=schema)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    # stored texts, binary values and lists have offsets of 32 bits: a chunk of theirs has 2 GiB
    with contextlib.suppress(pa.ArrowInvalid):
        return _decode(column).cast(kind)
    pieces = [piece for chunk in column.chunks for piece in _cast_in_halves(chunk, kind)]
    return pa.chunked_array(pieces, kind)


def _cast_in_halves(rows: pa.Array, kind: pa.DataType) -> list[pa.Array]:
    """Return `rows` as `kind`, in pieces if one cannot hold them all."""
    own = pa.concat_arrays([rows])  # a slice keeps the offsets of what it was cut from
    try:
        return [_decode(own).cast(kind)]
    except pa.ArrowInvalid:
        if len(own) < 2:
            raise
    middle = len(own) // 2
    return [*_cast_in_halves(own[:middle], kind), *_cast_in_halves(own[middle:], kind)]


def _decode(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return pc.run_end_decode(column) if pa.types.is_run_end_encoded(column.type) else column


def join_chunks(table: pa.Table, where: str) -> pa.Table:
    """Return `table` with each column in one chunk, or in those few that texts over 2 GiB need.

    Where these are cut depends on the values alone, not on the chunks that they came in.

    Parameters
    ----------
    table : pyarrow.Table
        The rows of a row group, in normal types.
    where : str
        For the message.

    Raises
    ------
    DataError
        A nested column needs several chunks: pyarrow could write it, but not read it again.

    Examples
    --------
    >>> table = pa.table({"name": pa.chunked_array([["Tom"], ["Kit", "Ada"]])})
    >>> join_chunks(table, "table 'cats'").column("name").num_chunks
    1
    """
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        try:
            columns.append(pa.chunked_array(_join(column), field.type))
        except pa.ArrowInvalid as error:
            raise DataError(
                "A nested column has more than 2 GiB in a row group.",
                where=f"{where}, column '{field.name}'",
                expected=f"at most 2 GiB in {table.num_rows:,} rows",
                found=str(error),
                remedy="freeze its members as columns of their own",
            ) from error
    return pa.table(columns, schema=table.schema)


def _join(column: pa.ChunkedArray) -> list[pa.Array]:
    if column.num_chunks == 1:
        return list(column.chunks)
    try:
        return [pa.concat_arrays(column.chunks)]
    except pa.ArrowInvalid:
        if pa.types.is_nested(column.type):
            raise
    middle = len(column) // 2
    return [*_join(column[:middle]), *_join(column[middle:])]
