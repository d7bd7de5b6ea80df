"""What the next version of a dataset is, given the one before it and what was added.

Needs pyarrow for the types; imported only where a snapshot is frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coldframe.errors import DataError
from coldframe.provenance import canonical_json
from coldframe.snapshots.lists import Listing
from coldframe.snapshots.manifest import (
    JSON,
    Base,
    BatchRecord,
    Column,
    Snapshot,
    TableSummary,
    manifest_record,
)
from coldframe.snapshots.parts import WrittenPart
from coldframe.snapshots.schema import (
    common_type,
    fits,
    rescale,
    type_from_json,
    type_to_json,
)

Put = Callable[[Mapping[str, Any]], str]


def next_manifest(
    dataset: str,
    head: Snapshot | None,
    written: Sequence[WrittenPart],
    batches: Sequence[BatchRecord],
    *,
    contract: str | None,
    about: Mapping[str, JSON],
    base: Base,
    put: Put,
) -> dict[str, JSON] | None:
    """Return the manifest of the version after `head`, or None if it would say nothing new.

    Parameters
    ----------
    dataset : str
        Its name.
    head : Snapshot or None
        The newest version.
    written : sequence of WrittenPart
        Parts already stored, in the order of delivery.
    batches : sequence of BatchRecord
        The deliveries they came from; those that are in the history already are left out, with
        their parts.
    contract, about
        As given to `SnapshotStore.freeze`.
    base : {"append", "empty"}
        Whether tables and history go on from `head`.
    put : callable
        Stores a segment, returns its digest.

    Raises
    ------
    DataError
        A column's types cannot be reconciled.
    """
    before = head if base == "append" else None
    known = before.batches.digests if before else frozenset()
    tables = dict(before.tables) if before else {}
    for part in written:
        if part.batch is None or part.batch not in known:
            tables[part.table] = add_part(tables.get(part.table), part, put)
    listing = before.batches.listing if before else Listing()
    fresh = {batch.digest: batch for batch in reversed(batches) if batch.digest not in known}
    records = [batch.to_json() for batch in reversed(fresh.values())]
    listing = listing.append(records, put)
    if head and _says_the_same(head, tables, listing, base, contract, about):
        return None
    return manifest_record(
        dataset=dataset,
        version=head.version + 1 if head else 1,
        parent=head.id if head else None,
        tables=tables,
        batches=listing,
        contract=contract,
        about=about,
    )


def _says_the_same(
    head: Snapshot,
    tables: Mapping[str, TableSummary],
    batches: Listing,
    base: Base,
    contract: str | None,
    about: Mapping[str, JSON],
) -> bool:
    """Tell whether a new version would differ from `head` in nothing that counts.

    Appending nothing under another contract is no new version: the rows were judged by the old
    one. A version that does not append is what its contract and its `about` say, too.
    """
    if tables != head.tables or batches != head.batches.listing:
        return False
    return base == "append" or (contract, about) == (head.contract, head.about)


def add_part(table: TableSummary | None, written: WrittenPart, put: Put) -> TableSummary:
    """Return the summary of `table` with one more part at its end."""
    where = f"table '{written.table}', batch {(written.batch or 'without digest')[:16]}"
    if table is None:
        table = TableSummary(0, 0, (), Listing())
    columns = merge_columns(table, written, where)
    if written.part is None:
        return TableSummary(table.rows, table.bytes, columns, table.listing)
    return TableSummary(
        rows=table.rows + written.rows,
        bytes=table.bytes + written.part.bytes,
        columns=columns,
        listing=table.listing.append([written.part.to_json()], put),
    )


def merge_columns(table: TableSummary, written: WrittenPart, where: str) -> tuple[Column, ...]:
    """Return the columns of `table` after `written`: the old ones in order, then the new ones.

    Old parts read as null in a new column, and a new part as null in a column that it lacks.
    """
    came = {column.name: column for column in written.columns}
    merged = []
    for old in table.columns:
        new = came.pop(old.name, None)
        if new is None:
            new = Column(old.name, "null", written.rows)
        merged.append(_merge(old, new, (table.rows, written.rows), where))
    earlier = table.rows
    for new in came.values():
        nulls = None if new.nulls is None else new.nulls + earlier
        merged.append(Column(new.name, new.type, nulls, new.minimum, new.maximum))
    return tuple(merged)


def _merge(old: Column, new: Column, rows: tuple[int, int], where: str) -> Column:
    """Return column `old` of a table with rows[0] rows after `new` with rows[1] more."""
    kinds = type_from_json(old.type), type_from_json(new.type)
    target = common_type(*kinds)
    valued = [
        (column, kind)
        for column, kind, total in zip((old, new), kinds, rows, strict=True)
        if column.nulls != total
    ]
    if target is None or not all(
        fits(kind, target, (column.minimum, column.maximum)) for column, kind in valued
    ):
        raise DataError(
            "A column changed its type in a way that would change values.",
            where=f"{where}, column '{old.name}'",
            expected=_spell(old),
            found=_spell(new),
            remedy="cast the column before it is frozen, or deliver it under another name",
        )
    nulls = None if old.nulls is None or new.nulls is None else old.nulls + new.nulls
    lowest = [rescale(kind, target, column.minimum) for column, kind in valued]
    highest = [rescale(kind, target, column.maximum) for column, kind in valued]
    known = bool(valued) and None not in lowest and None not in highest
    extremes = (min(lowest), max(highest)) if known else (None, None)
    return Column(old.name, type_to_json(target), nulls, *extremes)


def _spell(column: Column) -> str:
    """Return type and range of a column, for a message."""
    kind = column.type if isinstance(column.type, str) else canonical_json(column.type).decode()
    if column.minimum is None:
        return kind
    return f"{kind} from {column.minimum} to {column.maximum}"
