"""What all readers share: the shape of a piece, and what a header must be."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from coldframe.faults import Fault, UnfitBatchError, shorten, unfit
from coldframe.readers.pieces import Piece
from coldframe.sources import Source

PIECE_ROWS = 1 << 16
"""Rows of a piece at most: bounds the memory that judging needs."""

Reader = Callable[[Path, Source], Iterator[Piece]]
"""See `coldframe.readers.read_pieces`."""


@contextlib.contextmanager
def refusing(rule: str, what: str, *, about: str = "") -> Iterator[None]:
    r"""Turn whatever a library stumbles over in a file that is damaged into its refusal.

    The machine's own faults (a disk that fails, memory that is not enough) stay what they are:
    they are no word on the file, and another run tries again. A library that leaps to where a
    damaged file points is told EINVAL, which is the file's fault.

    Parameters
    ----------
    rule, what : str
        Of the fault, see `coldframe.faults.unfit`.
    about : str, default=""
        What the example begins with.

    Raises
    ------
    UnfitBatchError
        For any other error.

    Examples
    --------
    >>> with refusing("not_parquet", "The file is no sound Parquet."):
    ...     b"\xff".decode()
    Traceback (most recent call last):
    coldframe.faults.UnfitBatchError: The file is no sound Parquet...
    """
    try:
        yield
    except (UnfitBatchError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        told = f"{about}{type(error).__name__}: {' '.join(str(error).split())}"
        raise unfit(rule, what, example=shorten(told)) from error


def text_piece(names: Sequence[str], columns: Sequence[Any], lines: Any) -> Piece:
    """Return a piece of a format that has text only.

    Parameters
    ----------
    names : sequence of str
        Of the columns; each once.
    columns : sequence of pyarrow.Array, pyarrow.ChunkedArray or list of str
        The texts of each; null where the format itself says that there is none.
    lines : array-like of int
        Where each row begins, rising.

    Examples
    --------
    >>> piece = text_piece(["code", "size"], [["00123", "NA"], ["1", ""]], [2, 3]).text()
    >>> piece.loc[2].tolist(), str(piece.dtypes["code"]), piece.index.name
    (['00123', '1'], 'str', 'line')
    """
    import pyarrow as pa  # this module is imported where no data is read

    texts = [pa.array(column, pa.large_string()) if isinstance(column, list) else column
             for column in columns]  # fmt: skip
    texts = [one.combine_chunks() if isinstance(one, pa.ChunkedArray) else one for one in texts]
    return Piece(tuple(names), tuple(texts), lines)


def check_columns(names: Sequence[str], source: Source) -> None:
    """Raise unless the columns `names` of a delivery are those of the contract, and more perhaps.

    Raises
    ------
    UnfitBatchError
        None is known, one is doubled, or one that is required is missing; all told together.
    """
    if not {*source.columns, *source.agreed_names} & set(names):
        found = shorten(",".join(names)) if names else "a blank line"
        raise unfit("header", "The first line is no header of this source.", example=found)
    faults = [
        Fault(rule="doubled_column", column=name, example="in the header more than once")
        for name in sorted({name for name in names if list(names).count(name) > 1})
    ]
    faults += [
        Fault(rule="missing_column", column=name, example="not in the header")
        for name, column in source.columns.items()
        if column.required and name not in names and not set(column.also) & set(names)
    ]
    if faults:
        raise UnfitBatchError("The header is not that of the contract.", tuple(faults))
