"""The columns of a delivery under the names that the contract has for them."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING

from coldframe.readers.columns import spell_column
from coldframe.readers.pieces import Piece
from coldframe.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa


def agree(piece: Piece, source: Source) -> Piece:
    """Return the rows of `piece` with columns that came by another agreed name under their own.

    Each row takes the value that stands under the column's own name, or else under the first of
    `also` that has one; what is not taken stays where it is. No value is a null of the format, or a
    text that says so by the contract.

    Examples
    --------
    >>> source = Source(files="*.csv", key=(), columns={"size": {"type": "integer", "also": ["n"]}})
    >>> import pyarrow as pa
    >>> piece = Piece(("n", "size"), (pa.array([1, 2]), pa.array([None, 3])), [2, 3])
    >>> agree(piece, source).text().to_dict("list")
    {'n': [nan, '2'], 'size': ['1', '3']}
    """
    columns = dict(zip(piece.names, piece.columns, strict=True))
    names = list(piece.names)
    for name, column in source.columns.items():
        others = [other for other in column.also if other in columns]
        if others and name not in columns:
            names[names.index(others[0])] = name
            columns[name] = columns.pop(others.pop(0))
        for other in others:
            columns[name], columns[other] = _fill(columns[name], columns[other], source)
    found = tuple(columns[name] for name in names)
    if tuple(names) == piece.names and all(map(operator.is_, found, piece.columns)):
        return piece
    return replace(piece, names=tuple(names), columns=found, came=piece)


def find_blanks(text: pa.Array, source: Source) -> pa.Array:
    """Return where a column of text has no value: a null of the format, or a text that says so.

    Examples
    --------
    >>> import pyarrow as pa
    >>> source = Source(files="*.csv", key=(), columns={"size": {"type": "integer"}}, nulls=[""])
    >>> find_blanks(pa.array(["1", "", None], pa.large_string()), source).to_pylist()
    [False, True, True]
    """
    import pyarrow as pa  # this module is imported where no data is read
    import pyarrow.compute as pc

    return pc.or_(pc.is_null(text), pc.is_in(text, pa.array(source.nulls, text.type)))


def _fill(own: pa.Array, other: pa.Array, source: Source) -> tuple[pa.Array, pa.Array]:
    """Return `own` with values of `other` where it has none, and `other` without those."""
    import pyarrow as pa  # this module is imported where no data is read
    import pyarrow.compute as pc

    first, second = spell_column(own), spell_column(other)
    taken = pc.and_not(find_blanks(first, source), find_blanks(second, source))
    if not pc.any(taken).as_py():
        return own, other
    return pc.if_else(taken, second, first), pc.if_else(taken, pa.scalar(None, second.type), second)
