"""Lossless casts: a text becomes a value that spells it again, or it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coldframe.contracts.faults import failures_frame
from coldframe.contracts.native import take_native
from coldframe.contracts.vectorised import MOMENTS, cast_text
from coldframe.datasets import Column, Source
from coldframe.readers.columns import spell_column
from coldframe.readers.pieces import Piece

# without nulls, with nulls
DTYPES: dict[str, tuple[Any, Any]] = {
    "string": ("str", "str"),
    "integer": ("int64", "Int64"),
    "number": ("float64", "float64"),
    "boolean": ("bool", "boolean"),
    "timestamp": ("datetime64[us, UTC]", "datetime64[us, UTC]"),
}
ARROW: dict[str, pa.DataType] = {
    "string": pa.large_string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": MOMENTS,
}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Typed:
    """Rows with the declared columns in their declared types.

    Parameters
    ----------
    columns : mapping of str to pyarrow.Array
        Of the types in `ARROW`; texts may be coded by a dictionary.
    index : Index of shape (n_rows,)
        The lines.
    """

    columns: Mapping[str, pa.Array]
    index: pd.Index

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Typed:
        """Return the rows of a frame as `cast` returns it."""
        columns = {str(name): pa.array(frame[name]) for name in frame.columns}
        return cls(
            {name: one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one
             for name, one in columns.items()},
            frame.index,
        )  # fmt: skip

    def filter(self, rows: Mask) -> Typed:
        """Return the rows where `rows` is true."""
        mask = pa.array(rows)
        chosen = {name: column.filter(mask) for name, column in self.columns.items()}
        return Typed(chosen, self.index[rows])

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a frame with the dtypes of `DTYPES`."""
        return self.select(tuple(self.columns))

    def select(self, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns as a frame."""
        data = {name: to_pandas(self.columns[name]).set_axis(self.index) for name in names}
        return pd.DataFrame(data, index=self.index)


def blank_column(column: Column, index: pd.Index) -> pd.Series:
    """Return nulls of the type of a column, for rows that do not have it."""
    return pd.Series(None, index=index, dtype=object).astype(DTYPES[column.type][1])


def cast(text: pd.DataFrame, source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the declared columns with their declared types, and what could not be cast.

    Parameters
    ----------
    text : DataFrame of shape (n_rows, n_columns)
        As `coldframe.readers.read_batch` yields it.
    source : Source
        Its columns, and its spellings of null and of numbers.

    Returns
    -------
    typed : DataFrame of shape (n_rows, n_declared_columns)
        Same index. A value that failed is null in it, as is a column that was not delivered.
    failures : DataFrame of shape (n_failures, 4)
        Line, rule (``type_integer`` …), column and value of each.
    """
    typed, failures = cast_piece(Piece.of(text), source)
    return typed.frame, failures


def cast_piece(piece: Piece, source: Source) -> tuple[Typed, pd.DataFrame]:
    """Return the declared columns of a piece with their declared types, and what failed; `cast`."""
    typed = {}
    failures: list[tuple[int, str, str, str]] = []
    for name, column in source.columns.items():
        values = piece.column(name)
        if values is None:
            typed[name] = pa.nulls(len(piece), ARROW[column.type])
            continue
        typed[name], failed = _cast_column(values, column, source)
        if failed is not None:
            rule = f"type_{column.type}"
            text = piece.text(failed, columns=[name])[name]
            failures += [
                (int(line), rule, name, str(value))
                for line, value in zip(text.index, text, strict=True)
            ]
    return Typed(typed, piece.index), failures_frame(failures)


def _cast_column(
    values: pa.Array, column: Column, source: Source
) -> tuple[pa.Array, Mask | None]:  # fmt: skip
    """Return the typed column, and where it failed, if anywhere."""
    if (native := take_native(values, column, source)) is not None:
        return native, None
    if pa.types.is_dictionary(values.type) and column.type == "string":
        return _blank_coded(values, source), None
    given = _blank(spell_column(values), source)
    if column.type == "string":
        return given, None
    found = cast_text(given, column, source)
    lacking = pc.and_(pc.is_null(found), pc.is_valid(given))
    if not pc.any(lacking).as_py():
        return found, None
    return found, np.asarray(lacking.to_numpy(zero_copy_only=False))


def _blank(text: pa.Array, source: Source) -> pa.Array:
    """Return texts without those that stand for no value."""
    longest = max((len(one.encode()) for one in source.nulls), default=-1)
    if (pc.min(pc.binary_length(text)).as_py() or 0) > longest:
        return text
    blank = pc.or_kleene(pc.is_null(text), pc.is_in(text, pa.array(source.nulls, text.type)))
    return pc.if_else(blank, pa.scalar(None, text.type), text) if pc.any(blank).as_py() else text


def _blank_coded(values: pa.DictionaryArray, source: Source) -> pa.Array:
    """Return coded texts without those that stand for no value."""
    texts = values.dictionary
    if not pc.any(pc.is_in(texts, pa.array(source.nulls, texts.type))).as_py():
        return values
    given = [None if text in source.nulls else text for text in texts.to_pylist()]
    return pc.take(pa.array(given, texts.type), values.indices)


def to_pandas(values: pa.Array) -> pd.Series:
    """Return a column with the dtype of `DTYPES`."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        # said in full: somebody may have set pandas' mode.string_storage
        dtype = pd.StringDtype("pyarrow", na_value=np.nan)
        return pd.Series(pd.array(values, dtype=dtype))
    truth = pa.types.is_boolean(kind)
    if (truth or pa.types.is_integer(kind)) and values.null_count:
        mask = pc.is_null(values).to_numpy(zero_copy_only=False)
        filled = pc.fill_null(values, False if truth else 0)
        array = pd.arrays.BooleanArray if truth else pd.arrays.IntegerArray
        return pd.Series(array(filled.to_numpy(zero_copy_only=False).copy(), mask.copy()))
    return pd.Series(values.to_pandas())
