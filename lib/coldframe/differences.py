"""Two snapshots compared: schema, deliveries and rows, and how the values of columns shifted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.snapshots import SnapshotDifference, SnapshotStore, compare_snapshots

if TYPE_CHECKING:
    from coldframe.shifts import Shift

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How two snapshots differ.

    Parameters
    ----------
    difference : SnapshotDifference
        What their manifests say.
    shifts : dict of str to tuple of Shift
        By table, how each column of both snapshots differs, greatest distance first. A table whose
        parts are the same has none.
    """

    difference: SnapshotDifference
    shifts: Mapping[str, tuple[Shift, ...]]


def compare(
    store: SnapshotStore,
    before: str,
    after: str,
    *,
    values: bool = True,
    progress: Progress = lambda _: None,
) -> Comparison:
    """Return how snapshot `after` differs from `before`.

    Parameters
    ----------
    store : SnapshotStore
        Where both are.
    before, after : str
        Names that `SnapshotStore.resolve` knows; also of two datasets.
    values : bool, default=True
        Whether to compare columns, too: reads every row, one column at a time.
    progress : callable, optional
        Is told which column is compared.

    Raises
    ------
    NotFoundError
        There is no such snapshot.
    CorruptionError
        A file that is needed was damaged.
    """
    found = compare_snapshots(store, before, after)
    if not values:
        return Comparison(difference=found, shifts={})
    moved = [one.table for one in found.tables if one.rows_added or one.rows_removed]
    both = [name for name in moved if name in found.before.tables and name in found.after.tables]
    shifts = {name: _compare_values(store, found, name, progress) for name in both}
    return Comparison(difference=found, shifts=shifts)


def _compare_values(
    store: SnapshotStore, found: SnapshotDifference, table: str, progress: Progress
) -> tuple[Shift, ...]:
    from coldframe.shifts import compare_columns  # pyarrow
    from coldframe.snapshots.schema import common_type

    opened = [store.open_table(one, table) for one in (found.before, found.after)]
    shifts = []
    for field in opened[0].schema:
        if field.name not in opened[1].names:
            continue
        kind = common_type(field.type, opened[1].schema.field(field.name).type)
        if kind is None:
            continue
        progress(f"comparing {table}.{field.name}")
        sides = [
            store.read(one, table, columns=[field.name], as_pandas=False)
            .column(0)
            .cast(kind, safe=False)
            for one in (found.before, found.after)
        ]
        shifts.append(compare_columns(field.name, *sides))
    return tuple(sorted(shifts, key=lambda shift: -(shift.distance or 0.0)))
