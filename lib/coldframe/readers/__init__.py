"""Readers: a delivery's file, piece by piece, whose every value is the text that stands in it.

One module a kind of file, one list that names them, `KINDS`; a new kind is one module, one line
here and one in `coldframe.dialects.Kind`. What is read is typed by the contract alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from coldframe.readers._base import PIECE_ROWS, Reader, check_columns
from coldframe.readers.agreed import agree
from coldframe.readers.csv_text import read_csv
from coldframe.readers.excel import read_excel
from coldframe.readers.json_lines import read_json_lines
from coldframe.readers.ods import read_ods
from coldframe.readers.parquet import read_parquet
from coldframe.readers.pieces import Piece
from coldframe.sources import Source

if TYPE_CHECKING:
    import pandas as pd

KINDS: Mapping[str, Reader] = {
    "csv": read_csv,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
    "excel": read_excel,
    "ods": read_ods,
}

__all__ = [
    "KINDS",
    "PIECE_ROWS",
    "Piece",
    "Reader",
    "agree",
    "check_columns",
    "read_batch",
    "read_pieces",
]


def read_pieces(path: Path, source: Source) -> Iterator[Piece]:
    """Yield the rows of the file at `path`, in pieces that fit into memory.

    Parameters
    ----------
    path : Path
        The file; it must not change meanwhile.
    source : Source
        Its kind and dialect, and which columns must be there. Others are kept.

    Yields
    ------
    Piece
        At least one, with at most `PIECE_ROWS` rows; the columns are the same in every piece. Its
        lines rise over the whole batch, and say where a row begins: of text its line (the header
        is line 1), else its place.

    Raises
    ------
    UnfitBatchError
        At any piece: the file is not what the source declares. Names the rule, and shows what was
        found.
    """
    for piece in KINDS[source.kind](path, source):
        yield agree(piece, source)


def read_batch(path: Path, source: Source) -> Iterator[pd.DataFrame]:
    """Yield the rows of the file at `path` as text; see `read_pieces`.

    Yields
    ------
    DataFrame of shape (n_rows, n_columns)
        All columns have dtype ``str``; NaN is a null of the format itself, other than the empty
        text. The index is named ``line``.
    """
    for piece in read_pieces(path, source):
        yield piece.text()
