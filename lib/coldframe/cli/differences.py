"""`coldframe diff`: what two snapshots do not have in common."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.snapshots import spell_type
from coldframe.cli.terminal import cell, facts, figure, make_table, section, share, short
from coldframe.differences import Comparison, compare
from coldframe.snapshots import SnapshotDifference, TableDifference
from coldframe.wording import count

SHOWN = 12
DISTANCE = (
    "distance: Jensen and Shannon's, between how values and blanks are spread: 0 is alike, 1 has "
    "nothing in common"
)


def add_commands(app: typer.Typer) -> None:
    """Add `diff` to `app`."""

    @command(
        app,
        "diff",
        panel="Look",
        examples=[
            "coldframe diff flights@2 flights@3",
            "coldframe diff flights@golden flights@latest --json",
            "coldframe diff flights@1 flights@3 --quick",
        ],
    )
    def diff(
        session: Session,
        before: Annotated[str, typer.Argument(help="A snapshot: flights@2, a tag, an id.")],
        after: Annotated[str, typer.Argument(help="The snapshot to compare with it.")],
        quick: Annotated[
            bool, typer.Option("--quick", help="Compare no values: reads no row.")
        ] = False,
    ) -> Answer:
        """Compare two snapshots: columns, deliveries, rows, and how values are distributed."""
        store = session.bench.store
        with session.working("comparing") as progress:
            found = compare(store, before, after, values=not quick, progress=progress)
        return Answer(_data(found), _page(found))


def _data(found: Comparison) -> dict[str, Any]:
    difference = found.difference
    sides = {"before": difference.before, "after": difference.after}
    return {
        "same": difference.same,
        **{
            side: {"name": one.name, "id": one.id, "contract": one.contract, "rows": one.rows}
            for side, one in sides.items()
        },
        "batches_added": difference.batches_added,
        "batches_removed": difference.batches_removed,
        "tables": difference.tables,
        "shifts": found.shifts,
    }


def _page(found: Comparison) -> Group:
    difference = found.difference
    old, new = difference.before, difference.after
    parts: list[RenderableType] = [
        section(f"{old.name} ({short(old.id)}) to {new.name} ({short(new.id)})", _head(difference))
    ]
    for table in difference.tables:
        content = _table(table)
        if shifts := found.shifts.get(table.table):
            content.append(_shifts(shifts))
        parts.append(section(table.table, *content))
    return Group(*parts)


def _head(difference: SnapshotDifference) -> RenderableType:
    if difference.same:
        return cell("They hold the same rows of the same deliveries.", "green")
    said: dict[str, object] = {}
    for word, batches in (
        ("deliveries added", difference.batches_added),
        ("deliveries gone", difference.batches_removed),
    ):
        if batches:
            names = [f"{one.name or short(one.digest)} ({one.source})" for one in batches[:SHOWN]]
            more = [f"and {len(batches) - SHOWN:,} more"] if len(batches) > SHOWN else []
            said[word] = f"{len(batches):,}: {', '.join([*names, *more])}"
    if difference.contract[0] != difference.contract[1]:
        said["contract"] = " to ".join(short(version) for version in difference.contract)
    return facts(said)


def _table(table: TableDifference) -> list[RenderableType]:
    if table.same:
        return [cell(f"the same {count(table.rows[0], 'row')}", "dim")]
    retyped = [
        f"{one.column} ({spell_type(one.before)} to {spell_type(one.after)})"
        for one in table.retyped
    ]
    said = {
        "rows": f"{table.rows[0]:,} to {table.rows[1]:,}"
        f" ({table.rows_added:,} added, {table.rows_removed:,} gone)",
        "columns added": ", ".join(table.columns_added) or None,
        "columns lost": ", ".join(table.columns_lost) or None,
        "columns retyped": ", ".join(retyped) or None,
    }
    return [facts(said), Text()]


def _number(value: float | None) -> str:
    """Return a number; a whole one in full, without a fraction that is none.

    Examples
    --------
    >>> _number(12345.0), _number(12345.25), _number(None)
    ('12345', '12345.2500', '-')
    """
    # of greater ones nobody knows whether they are whole
    if value is not None and abs(value) < 2**53 and value == int(value):
        return str(int(value))
    return figure(value)


def _shifts(shifts: Any) -> RenderableType:
    """Return a table of how columns shifted, and what its distance means."""
    rows = []
    for shift in shifts:
        sides = (shift.before, shift.after)
        nulls = [share(side.nulls, 1) if side.nulls is not None else "-" for side in sides]
        middle = [side.quantiles.get("50%") for side in sides]
        spelled = [_number(one) if isinstance(one, float) else one or "-" for one in middle]
        means = [_number(side.mean) for side in sides]
        most = ", ".join(
            f"{one.value} {share(one.before, 1)} to {share(one.after, 1)}"
            for one in shift.shares[:2]
        )
        rows.append(
            [shift.column, figure(shift.distance, 3), " to ".join(nulls),
             " to ".join(means) if means != ["-", "-"] else "-",
             most or (" to ".join(spelled) if spelled != ["-", "-"] else "-")]
        )  # fmt: skip
    columns = ["=column", "#distance", "#blank", "#mean", "median, or shares that moved most"]
    return Group(make_table(columns, rows), cell(DISTANCE, "dim"))
