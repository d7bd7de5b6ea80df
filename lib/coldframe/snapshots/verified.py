"""Reading a store: only bytes that were compared with their digest just before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from coldframe.errors import NotFoundError
from coldframe.snapshots import damage
from coldframe.snapshots.catalogue import Catalogue
from coldframe.snapshots.damage import Damage
from coldframe.snapshots.manifest import Part, Snapshot, TableSummary

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from coldframe.snapshots.selection import Where
    from coldframe.snapshots.tables import OpenTable

Progress = Callable[[str], None]


class VerifiedCatalogue(Catalogue):
    """Find and read snapshots in the store at `root`; changes nothing and takes no lock."""

    @overload
    def read(
        self,
        snapshot: Snapshot | str,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        batches: Sequence[str] | None = None,
        as_pandas: Literal[True] = True,
    ) -> pd.DataFrame: ...
    @overload
    def read(
        self,
        snapshot: Snapshot | str,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        batches: Sequence[str] | None = None,
        as_pandas: Literal[False],
    ) -> pa.Table: ...
    def read(
        self,
        snapshot: Snapshot | str,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        batches: Sequence[str] | None = None,
        as_pandas: bool = True,
    ) -> Any:
        """Return the rows of one table in the order of delivery.

        The digest of every part is compared first, always: the checksums of Parquet guard its
        pages alone, and a flipped bit in a page's header or in the footer can read as other data.

        Parameters
        ----------
        snapshot : Snapshot or str
            The snapshot, or a name that `resolve` knows.
        table : str
            Name of the table.
        columns : sequence of str, optional
            Only these, in this order.
        where : sequence of (column, operator, value), optional
            Only rows for which all of these hold: ``[("delay", ">", 15)]``. Operators are ``==``,
            ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``, and, without a value,
            ``is null`` and ``is not null``; for a null no other holds. Parts that cannot hold
            such a row are not read.
        batches : sequence of str, optional
            Only rows that came with the batches of these digests.
        as_pandas : bool, default=True
            A pandas frame, or else a pyarrow table.

        Raises
        ------
        NotFoundError
            There is no such table, column or batch.
        ConfigurationError
            A condition has another form, or a value that its column cannot hold.
        CorruptionError
            A file was damaged or is missing; nothing of it is returned.
        """
        opened = self.open_table(snapshot, table, columns=columns, where=where, batches=batches)
        return opened.to_pandas() if as_pandas else opened.to_arrow()

    def open_table(
        self,
        snapshot: Snapshot | str,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
        batches: Sequence[str] | None = None,
    ) -> OpenTable:
        """Return one table to be read by any engine; parameters and errors as in `read`.

        Examples
        --------
        >>> relation = store.open_table("flights@7", "flights").to_duckdb()  # doctest: +SKIP
        >>> relation.aggregate("origin, avg(dep_delay)")  # doctest: +SKIP
        """
        from coldframe.snapshots import selection, tables  # need pyarrow
        from coldframe.snapshots.reading import column_schema

        if isinstance(snapshot, str):
            snapshot = self.resolve(snapshot)
        place = f"{snapshot.name}, table '{table}'"
        summary = _pick(snapshot.tables, [table], "table", snapshot.name)[0]
        by_name = {column.name: column for column in summary.columns}
        chosen = _pick(by_name, list(by_name) if columns is None else columns, "column", place)
        schema = column_schema(summary.columns)
        wanted = selection.conditions(where or (), schema, place)
        parts = self._parts(snapshot, summary, batches)
        if wanted:
            load = self.objects.load
            parts = [p for p in parts if selection.may_hold(wanted, load(p.info), schema)]
        others = {one.column for one in wanted} - {column.name for column in chosen}
        return tables.OpenTable(
            objects=self.objects,
            name=snapshot.name,
            columns=tuple(chosen),
            parts=tuple(parts),
            conditions=tuple(wanted),
            others=tuple(by_name[name] for name in sorted(others)),
        )

    def _parts(
        self, snapshot: Snapshot, summary: TableSummary, batches: Sequence[str] | None
    ) -> list[Part]:
        parts = [Part(**record) for record in summary.listing.iterate(self.objects.load)]
        if batches is None:
            return parts
        known = {record.digest: record for record in snapshot.batches}
        _pick(known, batches, "batch", snapshot.name)
        return [part for part in parts if part.batch in set(batches)]

    def verify(
        self, snapshot: Snapshot | str | None = None, *, progress: Progress = lambda _: None
    ) -> list[Damage]:
        """Return everything that is wrong with what `snapshot` needs; best is an empty list.

        Reads every byte of its manifest, segments, part infos and parts. Without a snapshot, of
        all versions, tags and pins, what they share once; `progress` is told of each.
        """
        if snapshot is None:
            return damage.inspect_store(self, progress)
        name = snapshot if isinstance(snapshot, str) else snapshot.name
        return list(damage.inspect_name(self, name, expected=snapshot))

    def check(self, snapshot: Snapshot | str) -> None:
        """Raise CorruptionError if `verify` finds anything wrong with `snapshot`."""
        damages = self.verify(snapshot)
        if damages:
            error = damages[0].error()
            if len(damages) > 1:
                error.found = f"{error.found}; and {len(damages) - 1} more damaged files"
            raise error


def _pick(there: Mapping[str, Any], wanted: Sequence[str], kind: str, where: str) -> list[Any]:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise NotFoundError(
            f"There is no {kind} {', '.join(map(repr, missing))}.",
            where=where,
            found=", ".join(there) or "nothing",
        )
    return [there[name] for name in wanted]
