"""Columns that come and go: those nobody declared are kept as text, lost ones may be null."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from coldframe.contracts.casting import Typed
from coldframe.contracts.faults import Fault
from coldframe.datasets import Source
from coldframe.readers import Piece
from coldframe.readers.agreed import find_blanks
from coldframe.readers.columns import spell_column
from coldframe.sources import UNDECLARED


def allow_lost(source: Source, delivered: Collection[str]) -> Source:
    """Return the contract for a batch without columns that need not come: they may be null."""
    columns = {
        name: column.model_copy(update={"nullable": True})
        if name not in delivered and not column.required
        else column
        for name, column in source.columns.items()
    }
    return source.model_copy(update={"columns": columns})


def find_unknown(piece: Piece, source: Source) -> tuple[str, ...]:
    """Return the columns that the contract does not know.

    One that it knows by another name is among them if a value is left that its own has no room for.

    Examples
    --------
    >>> import pyarrow as pa
    >>> source = Source(files="*.csv", key=(), columns={"size": {"type": "integer", "also": ["n"]}})
    >>> size, full, empty = pa.array([1, 2]), pa.array([None, 7]), pa.nulls(2)
    >>> find_unknown(Piece(("size", "n"), (size, full), [2, 3]), source)
    ('n',)
    >>> find_unknown(Piece(("size", "n", "gate"), (size, empty, empty), [2, 3]), source)
    ('gate',)
    >>> find_unknown(Piece(("size", "n"), (size[:0], full[:0]), []), source)
    ()
    """
    agreed = source.agreed_names

    def is_left(name: str, column: pa.Array) -> bool:
        blank = find_blanks(spell_column(column), source)
        return name not in agreed or not pc.all(blank, min_count=0).as_py()

    columns = zip(piece.names, piece.columns, strict=True)
    return tuple(n for n, column in columns if n not in source.columns and is_left(n, column))


def keep_undeclared(typed: Typed, piece: Piece, names: Sequence[str]) -> Typed:
    """Return typed rows with the columns that the contract does not declare, as they came.

    They are called ``undeclared:NAME`` and are text for good, so that a later declaration of NAME,
    of whatever type, is another column and no change of type.

    Examples
    --------
    >>> import pandas as pd, pyarrow as pa
    >>> piece = Piece.of(pd.DataFrame({"size": ["1", "2"], "gate": ["007", "B"]}))
    >>> typed = Typed({"size": pa.array([1, 2])}, piece.index)
    >>> keep_undeclared(typed, piece, ["gate"]).frame
       size undeclared:gate
    0     1             007
    1     2               B
    """
    if not names:
        return typed
    held = dict(zip(piece.names, piece.columns, strict=True))
    new = {f"{UNDECLARED}{name}": spell_column(held[name]) for name in names}
    return Typed({**typed.columns, **new}, typed.index)


def check_undeclared(new: Sequence[str], source: Source) -> tuple[Fault, ...]:
    """Return that a batch brings more undeclared columns than the contract lets by.

    Names that stand under `also` do not count.

    Examples
    --------
    >>> columns = {"size": {"type": "integer", "also": ["n"]}}
    >>> source = Source(files="*.csv", key=(), columns=columns, batch={"undeclared": 0})
    >>> check_undeclared(["n"], source), len(check_undeclared(["n", "gate"], source))
    ((), 1)
    """
    agreed = source.agreed_names
    new = [name for name in new if name not in agreed]
    limit = source.batch.undeclared
    if len(new) <= limit:
        return ()
    told = f"{len(new):,} columns, such as {new[0]!r:.60}; at most {limit:,} are kept"
    return (Fault(rule="undeclared_columns", example=told),)
