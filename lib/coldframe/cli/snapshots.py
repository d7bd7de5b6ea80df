"""`coldframe snapshots` and `coldframe show`: what is frozen, and anything in full."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import proposal_page
from coldframe.cli.models import describe as describe_model
from coldframe.cli.models import model_page
from coldframe.cli.terminal import (
    cell,
    facts,
    make_table,
    moment,
    outline,
    section,
    share,
    short,
    size,
    when,
)
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.keeping import Kept, list_kept
from coldframe.ledger import model, proposal
from coldframe.snapshots import Snapshot
from coldframe.status import label_coverage
from coldframe.wording import count

PROPOSAL = re.compile(r"(?:proposal[ -]?|#)?(\d{1,6})", re.IGNORECASE)
LISTS = "coldframe snapshots; coldframe models; coldframe proposals"
MODEL = re.compile(r"v\d+|champion")


def add_commands(app: typer.Typer) -> None:
    """Add `snapshots` and `show` to `app`."""

    @command(
        app,
        "snapshots",
        panel="Look",
        examples=["coldframe snapshots", "coldframe snapshots --all --json"],
    )
    def snapshots(
        session: Session,
        everything: Annotated[
            bool, typer.Option("--all", help="Also scored rows and monitoring references.")
        ] = False,
    ) -> Answer:
        """List the snapshots of the dataset, newest last, with their tags and who needs them.

        One that was imported beside another history comes after them, by its tag.
        """
        store, name = session.bench.store, session.name
        names = [name]
        if everything:
            names += [n for n in store.datasets() if n.startswith(f"{name}.")]
        found = list_kept(session.bench, names)
        data = [
            describe(one.snapshot)
            | {"name": one.name, "tags": one.tags, "pins": one.pins, "proposals": one.proposals}
            for one in found
        ]
        rows = [_row(one) for one in found]
        columns = ["=snapshot", "#rows", "#labels", "#frozen (UTC)", "=id", "kept by"]
        empty = cell(
            "No snapshot yet. To make one: coldframe demo run, or coldframe build", "yellow"
        )
        return Answer(data, make_table(columns, rows) if rows else empty)

    @command(
        app,
        "show",
        panel="Look",
        examples=[
            "coldframe show flights@3",
            "coldframe show champion",
            "coldframe show v2 --json",
            "coldframe show 4            (proposal 4)",
        ],
    )
    def show(
        session: Session,
        name: Annotated[
            str,
            typer.Argument(
                help="A snapshot (flights@3, an id), a model (v2, champion) or a proposal (4)."
            ),
        ],
    ) -> Answer:
        """Show a snapshot, a model or a proposal in full."""
        return _find(session, name)


def _find(session: Session, name: str) -> Answer:
    """Return what `name` means; a name can mean only one kind of thing, digests are looked up."""
    ledger = session.bench.ledger
    if not name.strip():
        raise ConfigurationError(
            "Show what?", found=repr(name), remedy=LISTS,
            expected="a snapshot (flights@3), a model (v2, champion) or a proposal (4)",
        )  # fmt: skip
    if number := PROPOSAL.fullmatch(name):
        standing = proposal(ledger, session.name, int(number[1]))
        return Answer(standing, proposal_page(standing, session))
    if MODEL.fullmatch(name):
        version = model(ledger, session.name, name)
        return Answer(describe_model(version), model_page(version, session))
    try:
        snapshot = session.bench.store.resolve(name)
    except (ConfigurationError, NotFoundError) as error:
        try:
            version = model(ledger, session.name, name)
        except NotFoundError:
            error.remedy = LISTS
            raise error from None
        return Answer(describe_model(version), model_page(version, session))
    return Answer(describe(snapshot) | {"manifest": snapshot.to_json()}, snapshot_page(snapshot))


def describe(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as programs read it."""
    return {
        "name": snapshot.name,
        "id": snapshot.id,
        "parent": snapshot.parent,
        "rows": {name: table.rows for name, table in snapshot.tables.items()},
        "bytes": snapshot.bytes,
        "batches": len(snapshot.batches),
        "labels": label_coverage(snapshot),
        "contract": snapshot.contract,
        "frozen_at": snapshot.frozen_at,
    }


def table_rows(snapshot: Snapshot) -> str:
    """Return how many rows each table of `snapshot` has, in one line."""
    return ", ".join(f"{name} {table.rows:,}" for name, table in snapshot.tables.items())


def _row(kept: Kept) -> list[object]:
    snapshot = kept.snapshot
    labels = label_coverage(snapshot)
    waiting = [f"proposal {number}" for number in kept.proposals]
    return [
        cell(kept.name, "green"),
        f"{snapshot.rows:,}",
        share(labels.known, labels.rows) if labels else "-",
        when(snapshot.frozen_at),
        short(snapshot.id),
        ", ".join([*kept.tags, *map(_owner, kept.pins), *waiting]),
    ]


def _owner(pin: str) -> str:
    """Return who pinned a snapshot, a long digest cut."""
    kind, _, digest = pin.partition("-")
    return f"{kind} {short(digest)}" if digest else pin


def snapshot_page(snapshot: Snapshot) -> Group:
    """Return a snapshot in full."""
    labels = label_coverage(snapshot)
    head = facts(
        {
            "id": snapshot.id,
            "built on": snapshot.parent,
            "frozen": moment(snapshot.frozen_at),
            "contract": snapshot.contract,
            "labels": labels
            and f"{labels.known:,} of {labels.rows:,} ({share(labels.known, labels.rows)})",
        }
    )
    parts: list[RenderableType] = [section(snapshot.name, head)]
    for name, table in snapshot.tables.items():
        rows = [
            [column.name, spell_type(column.type),
             "-" if column.nulls is None else f"{column.nulls:,}",
             _bound(column.minimum), _bound(column.maximum)]
            for column in table.columns
        ]  # fmt: skip
        title = f"{name}: {table.rows:,} rows, {size(table.bytes)}, {count(table.parts, 'part')}"
        parts.append(
            section(title, make_table(["=column", "type", "#nulls", "least", "greatest"], rows))
        )
    rows = [
        [batch.source, batch.name, f"{batch.rows:,}", short(batch.digest)]
        for batch in snapshot.batches
    ]
    parts.append(section("Deliveries", make_table(["=source", "file", "#rows", "=batch"], rows)))
    if snapshot.about:
        parts.append(section("Said about it", outline(snapshot.about)))
    return Group(*parts)


def _bound(value: Any) -> Any:
    """Return a least or greatest value; Parquet calls a least zero -0.0."""
    return 0.0 if isinstance(value, float) and value == 0 else value


def spell_type(type_: Any) -> str:
    """Return a column's type in one word where it is one."""
    if isinstance(type_, Mapping):
        return " ".join(str(value) for value in type_.values() if not isinstance(value, Mapping))
    return str(type_)
