"""Rows of a delivery as their file has them; most are never spelled, since nobody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coldframe.readers.columns import spell_column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Piece:
    """Rows of a delivery, column by column.

    Parameters
    ----------
    names : tuple of str
        Of the columns; each once.
    columns : tuple of pyarrow.Array
        Texts (``large_string``); or, where a format has types of its own, values of which
        `coldframe.readers.columns.spell_column` says the text. Null is a null of the format.
    lines : array-like of int
        Where each row begins, rising.
    came : Piece, optional
        The same rows under the names that they came with, if those are others.

    Examples
    --------
    >>> import pyarrow as pa
    >>> piece = Piece(("size",), (pa.array([1, None]),), [2, 3])
    >>> piece.text()["size"].tolist()
    ['1', nan]
    """

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    lines: Any
    came: Piece | None = None

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.lines)

    @classmethod
    def of(cls, text: pd.DataFrame) -> Piece:
        """Return the piece whose text is `text`."""
        return cls(
            tuple(text.columns),
            tuple(_as_arrow(text[name]) for name in text.columns),
            text.index,
        )

    @property
    def index(self) -> pd.Index:
        """The lines, as the index of a frame."""
        import pandas as pd  # readers are imported where no data is read

        if isinstance(self.lines, pd.Index):
            index: pd.Index = self.lines
        else:
            index = pd.Index(self.lines, dtype="int64", name="line")
        return index

    def column(self, name: str) -> pa.Array | None:
        """Return a column as the file has it; None if it has none of this name."""
        return self.columns[self.names.index(name)] if name in self.names else None

    def text(self, rows: Any = None, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return its rows as text, or those where `rows` (an array of bool) is true.

        All columns have dtype ``str``; NaN is a null of the format itself. The index is the lines.
        """
        import numpy as np
        import pandas as pd
        import pyarrow as pa

        # said in full: somebody may have set pandas' mode.string_storage to "python", which is slow
        dtype = pd.StringDtype("pyarrow", na_value=np.nan)
        index = self.index if rows is None else self.index[rows]
        mask = None if rows is None else pa.array(rows)
        data = {}
        for name, values in zip(self.names, self.columns, strict=True):
            if columns is None or name in columns:
                chosen = values if mask is None else values.filter(mask)
                text = pd.array(spell_column(chosen), dtype=dtype)
                data[name] = pd.Series(text, index=index)
        return pd.DataFrame(data, index=index, columns=pd.Index(list(data), dtype="str"))


def _as_arrow(values: pd.Series) -> pa.Array:
    import pyarrow as pa

    array = pa.array(values.array)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.cast(pa.large_string())
