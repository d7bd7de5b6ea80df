"""What two snapshots do not have in common, by their manifests alone: no row is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coldframe.snapshots.catalogue import Catalogue
from coldframe.snapshots.lists import Listing
from coldframe.snapshots.manifest import BatchRecord, Part, Snapshot, TableSummary

EMPTY = TableSummary(0, 0, (), Listing())


@dataclass(frozen=True, kw_only=True)
class Retyped:
    """A column whose type (as in the manifest) is another."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class TableDifference:
    """How one table differs.

    Parameters
    ----------
    table : str
        Its name.
    rows : tuple of int
        Rows before and after.
    rows_added, rows_removed : int
        Rows of the parts that only the one or the other has. Parts are immutable, so those that
        both have hold the same rows; appending removes none.
    columns_added, columns_lost : tuple of str
        By name, in order.
    retyped : tuple of Retyped
        Columns of both with another type.
    """

    table: str
    rows: tuple[int, int]
    rows_added: int
    rows_removed: int
    columns_added: tuple[str, ...] = ()
    columns_lost: tuple[str, ...] = ()
    retyped: tuple[Retyped, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        changed = self.columns_added or self.columns_lost or self.retyped
        return not (self.rows_added or self.rows_removed or changed)


@dataclass(frozen=True, kw_only=True)
class SnapshotDifference:
    """How snapshot `after` differs from `before`: tables, deliveries, rules.

    `contract` names the version of the rules on each side; `tables` has those of either.
    """

    before: Snapshot
    after: Snapshot
    tables: tuple[TableDifference, ...]
    batches_added: tuple[BatchRecord, ...]
    batches_removed: tuple[BatchRecord, ...]

    @property
    def contract(self) -> tuple[str | None, str | None]:
        """Version of the rules before and after."""
        return self.before.contract, self.after.contract

    @property
    def same(self) -> bool:
        """Whether tables and deliveries are the same."""
        changed = self.batches_added or self.batches_removed
        return not changed and all(table.same for table in self.tables)


def compare_snapshots(
    store: Catalogue, before: Snapshot | str, after: Snapshot | str
) -> SnapshotDifference:
    """Return how two snapshots differ, of one dataset or of two.

    Raises
    ------
    NotFoundError
        There is no such snapshot.
    CorruptionError
        A manifest or segment was damaged.
    """
    sides = [store.resolve(one) if isinstance(one, str) else one for one in (before, after)]
    first, second = sides
    names = [*first.tables, *(name for name in second.tables if name not in first.tables)]
    known = [{batch.digest: batch for batch in side.batches} for side in sides]
    return SnapshotDifference(
        before=first,
        after=second,
        tables=tuple(_compare_table(store, name, first.tables, second.tables) for name in names),
        batches_added=tuple(b for digest, b in known[1].items() if digest not in known[0]),
        batches_removed=tuple(b for digest, b in known[0].items() if digest not in known[1]),
    )


def _compare_table(
    store: Catalogue,
    name: str,
    before: Mapping[str, TableSummary],
    after: Mapping[str, TableSummary],
) -> TableDifference:
    old, new = before.get(name, EMPTY), after.get(name, EMPTY)
    added = removed = 0
    if old.listing != new.listing:
        parts = [_parts(store, table) for table in (old, new)]
        added = sum(part.rows for part in (parts[1] - parts[0]).elements())
        removed = sum(part.rows for part in (parts[0] - parts[1]).elements())
    return TableDifference(
        table=name,
        rows=(old.rows, new.rows),
        rows_added=added,
        rows_removed=removed,
        columns_added=tuple(column for column in new.schema if column not in old.schema),
        columns_lost=tuple(column for column in old.schema if column not in new.schema),
        retyped=tuple(
            Retyped(column=column, before=kind, after=new.schema[column])
            for column, kind in old.schema.items()
            if column in new.schema and new.schema[column] != kind
        ),
    )


def _parts(store: Catalogue, table: TableSummary) -> Counter[Part]:
    return Counter(Part(**record) for record in table.listing.iterate(store.objects.load))
