"""One table of a snapshot, opened for any engine: pandas, Arrow, DuckDB, Polars, Dask.

Needs pyarrow; the other engines are imported where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds

from coldframe.snapshots.damage import inspect_parts
from coldframe.snapshots.engines import (
    count_milliseconds,
    load_polars,
    not_installed,
    refuse,
)
from coldframe.snapshots.manifest import Column, Part
from coldframe.snapshots.objects import PART, Objects
from coldframe.snapshots.reading import column_schema, frame_types, read_parts, to_pandas
from coldframe.snapshots.selection import MEMBERSHIPS, Condition, both

if TYPE_CHECKING:
    import dask.dataframe as dd
    import duckdb
    import pandas as pd
    import polars as pl


@dataclass(frozen=True)
class OpenTable:
    """A table of a snapshot with columns and rows chosen, to be read by any engine.

    `SnapshotStore.open_table` makes it. All engines see the same cells: parts one after the
    other, a column that a part lacks as null, columns that changed their type in the table's type.
    Each ``to_…`` compares the digests of the parts that it hands over first (Dask: of each part,
    when it is read); parts that cannot hold a wanted row are left out.

    Parameters
    ----------
    objects : Objects
        Where the parts are.
    name : str
        The snapshot's, for messages.
    columns : tuple of Column
        The columns asked for, in that order.
    parts : tuple of Part
        The parts that may hold wanted rows, in order.
    conditions : tuple of Condition
        What rows must satisfy.
    others : tuple of Column
        Columns that are not asked for and that a condition needs.
    """

    objects: Objects = field(repr=False)
    name: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    conditions: tuple[Condition, ...] = ()
    others: tuple[Column, ...] = field(default=(), repr=False)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of what is read."""
        return column_schema(self.columns)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def verify(self) -> None:
        """Raise CorruptionError if a part that would be read is not as it was frozen."""
        for found in inspect_parts(self.objects, self.parts, self.name):
            raise found.error()

    def to_arrow(self) -> pa.Table:
        """Return the rows as a pyarrow table."""
        return self._rows(self.parts)

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows as a pandas frame, as `SnapshotStore.read` does."""
        frame: pd.DataFrame = to_pandas(self.to_arrow())
        return frame

    def to_batches(self) -> pa.RecordBatchReader:
        """Return a reader of record batches; memory is bounded, whatever the table's size."""
        self.verify()
        return self._reader(self.parts, self.names)

    def to_dataset(self) -> ds.Dataset:
        """Return a pyarrow dataset that holds the wanted rows (and columns of conditions).

        With a condition on floating-point numbers, or a membership, it is read into memory. Beware
        of such ones of your own: pyarrow takes a row group of ones and NaN for ones (`_pushed`).
        """
        if len(self._pushed) < len(self.conditions):
            return ds.dataset(self.to_arrow())
        self.verify()
        found, wanted = self._dataset(self.parts), self._expression(self._pushed)
        return found if wanted is None else found.filter(wanted)

    def to_duckdb(self, connection: duckdb.DuckDBPyConnection | None = None) -> Any:
        """Return a DuckDB relation, read when it is asked for, with its own selection pushed down.

        Moments keep their place in time and are shown in the session's zone.

        Parameters
        ----------
        connection : duckdb.DuckDBPyConnection, optional
            Whose; by default a new one in memory, used by this relation alone.

        Raises
        ------
        DataError
            DuckDB has no type for a column: half floats, decimals of more than 38 digits, and
            durations, which it would count in months and days.
        """
        import duckdb

        refuse(self._whole_schema, "DuckDB", self.name)
        relation = (connection or duckdb.connect()).from_arrow(self.to_dataset())
        return relation.select(*[duckdb.ColumnExpression(name) for name in self.names])

    def to_polars(self) -> pl.DataFrame:
        """Return the rows as a Polars frame; see `to_polars_lazy`."""
        polars = load_polars()
        refuse(self._whole_schema, "Polars", self.name)
        frame: pl.DataFrame = polars.from_arrow(count_milliseconds(self.to_arrow(), self.name))
        return frame

    def to_polars_lazy(self) -> pl.LazyFrame:
        """Return a Polars LazyFrame: reads only the columns that its query needs, piece by piece.

        Rows are best chosen with `where`, which passes over parts; a query's own conditions are
        applied by Polars to each piece.

        Raises
        ------
        DataError
            Polars has no type for a column: decimals of more than 38 digits, and timestamps whose
            zone is an offset (``+05:30``). Or a duration of seconds is too long for milliseconds.
        EnvironmentFaultError
            Polars is not installed.
        """
        polars = load_polars()
        refuse(self._whole_schema, "Polars", self.name)
        self.verify()
        empty = polars.from_arrow(self.schema.empty_table())
        frame: pl.LazyFrame = polars.io.plugins.register_io_source(self._scan, schema=empty.schema)
        return frame

    def _scan(
        self, columns: list[str] | None, predicate: Any, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        """Yield what Polars asks of a source of its own.

        Not `polars.scan_pyarrow_dataset`: it hands its conditions to pyarrow, which passes over
        NaN where Polars does not, and so loses rows without a word.
        """
        polars = load_polars()
        names = columns or self.names
        needed = {*names, *(predicate.meta.root_names() if predicate is not None else ())}
        for batch in self._reader(self.parts, [name for name in self.names if name in needed]):
            table = count_milliseconds(pa.Table.from_batches([batch]), self.name)
            piece = polars.from_arrow(table)
            if rows is not None:
                piece, rows = piece.head(rows), max(rows - len(piece), 0)
            if predicate is not None:
                piece = piece.filter(predicate)
            yield piece.select(names)
            if rows == 0:
                return

    def to_dask(self) -> dd.DataFrame:
        """Return a Dask frame with one partition a part, each verified when it is read.

        The dtypes are those that `to_pandas` would give the whole table.

        Raises
        ------
        EnvironmentFaultError
            Dask is not installed.
        """
        try:
            import dask
            import dask.dataframe as dask_frame
        except ImportError as error:
            raise not_installed("Dask", "dask") from error
        types = frame_types(self.columns)
        meta = to_pandas(self.schema.empty_table()).astype(types)
        parts = self.parts or [None]
        from_map: Any = dask_frame.from_map  # untyped there
        # else dates, decimals and blanks, which pandas keeps as objects, would become text
        with dask.config.set({"dataframe.convert-string": False}):
            frame: dd.DataFrame = from_map(self._partition, parts, meta=meta)
        return frame

    def _partition(self, part: Part | None) -> pd.DataFrame:
        """Return the rows of one part, verified, with the dtypes of the whole table."""
        rows = self._rows([part] if part else [])
        frame: pd.DataFrame = to_pandas(rows).astype(frame_types(self.columns))
        return frame

    def _rows(self, parts: Sequence[Part]) -> pa.Table:
        """Return the wanted rows of `parts`, which are verified."""
        if not self.conditions:
            return read_parts(self.objects, parts, self.columns, self.name)
        for found in inspect_parts(self.objects, parts, self.name):
            raise found.error()
        return self._reader(parts, self.names).read_all()

    @property
    def _pushed(self) -> list[Condition]:
        """The conditions that pyarrow may compare with the statistics of row groups.

        Statistics pass over NaN, and pyarrow takes what they say for all values: of a group of
        1.0 and NaN it returns both for ``x == 1.0``, none for ``x != 1.0``. So conditions on
        floating-point numbers are applied to the rows. So are memberships, which compare moments
        as numbers.
        """
        schema = self._whole_schema
        return [
            one
            for one in self.conditions
            if not pa.types.is_floating(schema.field(one.column).type)
            and one.operator not in MEMBERSHIPS
        ]

    @property
    def _whole_schema(self) -> pa.Schema:
        return column_schema((*self.columns, *self.others))

    def _reader(self, parts: Sequence[Part], names: Sequence[str]) -> pa.RecordBatchReader:
        """Return the wanted rows of `parts` with the columns `names`."""
        pushed = self._pushed
        later = [one for one in self.conditions if one not in pushed]
        needed = list(dict.fromkeys([*names, *(one.column for one in later)]))
        scanner = self._dataset(parts).scanner(columns=needed, filter=self._expression(pushed))
        reader, wanted = scanner.to_reader(), self._expression(later)
        if wanted is None:
            return reader
        schema = pa.schema([self._whole_schema.field(name) for name in names])
        chosen = (
            piece
            for batch in reader
            for piece in pa.Table.from_batches([batch]).filter(wanted).select(names).to_batches()
        )
        return pa.RecordBatchReader.from_batches(schema, chosen)

    def _dataset(self, parts: Sequence[Part]) -> ds.Dataset:
        paths = [str(self.objects.path(part.digest, PART)) for part in parts]
        if not paths:
            return ds.dataset(self._whole_schema.empty_table())
        return ds.dataset(paths, schema=self._whole_schema, format="parquet")

    def _expression(self, conditions: Sequence[Condition]) -> Any:
        schema = self._whole_schema
        return both([one.expression(schema.field(one.column).type) for one in conditions])
