"""Rows that keep every rule, on disk: written piece by piece, read as often as need be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa

from coldframe.contracts.casting import ARROW, Typed
from coldframe.datasets import Source
from coldframe.sources import UNDECLARED


@dataclass(frozen=True)
class FitRows:
    """The fit rows of a batch, in an Arrow file that nobody else touches.

    Parameters
    ----------
    path : Path
        The file.
    rows : int
        How many.
    schema : pyarrow.Schema
        The columns of the contract with their types, and undeclared ones; the file may have more.
    """

    path: Path
    rows: int
    schema: pa.Schema

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self.rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, a piece at a time."""
        # mapped, so that what waits to be written is on disk and not in memory
        with pa.memory_map(str(self.path)) as stream, pa.ipc.open_file(stream) as reader:
            for place in range(reader.num_record_batches):
                yield reader.get_batch(place).select(self.schema.names)

    def read(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the rows, or `columns` of them, as a frame; all of it in memory."""
        names = self.schema.names if columns is None else list(columns)
        pieces = [piece.select(names) for piece in self.batches()]
        schema = pa.schema([self.schema.field(name) for name in names])
        frame: pd.DataFrame = pa.Table.from_batches(pieces, schema).to_pandas()
        return frame


class FitWriter:
    """Writes the fit rows of one batch to the file at `path`; all pieces have the same columns."""

    def __init__(self, path: Path, source: Source) -> None:
        self._path = path
        self._rows = 0
        self._schema = pa.schema(
            [pa.field(name, ARROW[column.type]) for name, column in source.columns.items()]
        )
        self._declared = frozenset(source.columns)
        self._sink = pa.OSFile(str(path), "wb")
        self._writer: pa.RecordBatchFileWriter | None = None

    def write(self, typed: Typed) -> None:
        """Add rows with the declared columns, and text in others, if there are any."""
        if not len(typed.index):
            return
        if self._writer is None:
            known = set(self._schema.names)
            for name in (name for name in typed.columns if name not in known):
                self._schema = self._schema.append(pa.field(name, pa.large_string()))
            # not compressed: it lives for moments, and is read once
            options = pa.ipc.IpcWriteOptions(use_threads=False)
            self._writer = pa.ipc.new_file(self._sink, self._schema, options=options)
        columns = [typed.columns[field.name].cast(field.type) for field in self._schema]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self._rows += len(typed.index)

    def __enter__(self) -> FitWriter:
        """Return itself; the file is closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Close the file; what was written is complete only now."""
        if self._writer is None and kind is None:
            self._writer = pa.ipc.new_file(self._sink, self._schema)
        if self._writer is not None:
            self._writer.close()
        self._sink.close()

    def done(self, unknown: Collection[str]) -> FitRows:
        """Return what was written: the declared columns, and of the others these."""
        names = {*self._declared, *(f"{UNDECLARED}{name}" for name in unknown)}
        kept = [field for field in self._schema if field.name in names]
        return FitRows(self._path, self._rows, pa.schema(kept))
