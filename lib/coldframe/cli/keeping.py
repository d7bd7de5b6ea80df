"""`coldframe tag` and `coldframe gc`: names for good, and clearing away what nobody needs."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.snapshots import table_rows
from coldframe.cli.terminal import cell, line, make_table, short, size
from coldframe.errors import ConfigurationError
from coldframe.keeping import collect_garbage
from coldframe.snapshots import Garbage, Snapshot
from coldframe.steps import Step
from coldframe.wording import count

KINDS = {
    "partial": "partial file, left by a writer that was killed",
    "rows": "part",
    "manifest": "manifest that was never published",
    "record": "record",
}
SHOWN = 20


def add_commands(app: typer.Typer) -> None:
    """Add `tag` and `gc` to `app`."""
    _add_tag(app)
    _add_gc(app)


def _add_tag(app: typer.Typer) -> None:
    @command(
        app,
        "tag",
        panel="Work",
        examples=[
            "coldframe tag",
            "coldframe tag golden flights@3",
            "coldframe show flights@golden",
        ],
    )
    def tag(
        session: Session,
        name: Annotated[
            str | None, typer.Argument(help="The name to give; without it, tags are listed.")
        ] = None,
        snapshot: Annotated[
            str | None, typer.Argument(help="The snapshot: flights@3, flights@latest, an id.")
        ] = None,
    ) -> Answer:
        """List the tags of the dataset, or give a snapshot a name for good: tags never move."""
        store = session.bench.store
        if name is None:
            names = [session.name]
            names += [other for other in store.datasets() if other.startswith(f"{session.name}.")]
            found = {f"{each}@{t}": s for each in names for t, s in store.tags(each).items()}
            return Answer([_tagged(t, s) for t, s in found.items()], _tags_page(found))
        if snapshot is None:
            raise ConfigurationError(
                "Give this name to which snapshot?", found=name,
                remedy=f"coldframe tag {name} {session.name}@latest",
            )  # fmt: skip
        named = store.tag(name, snapshot)
        full = f"{named.dataset}@{name}"
        page = line(
            cell(full, "bold green"), f" is {named.name} ({short(named.id)}) from now on, for good."
        )
        return Answer(_tagged(full, named), page)


def _add_gc(app: typer.Typer) -> None:
    @command(
        app,
        "gc",
        panel="Work",
        examples=["coldframe gc", "coldframe gc --delete", "coldframe gc --delete --grace 0"],
    )
    def gc(
        session: Session,
        delete: Annotated[
            bool, typer.Option("--delete", help="Delete them; without it nothing is touched.")
        ] = False,
        grace: Annotated[
            float,
            typer.Option(metavar="MINUTES", min=0, help="Leave files that are younger."),
        ] = 60.0,
    ) -> Answer:
        """Say which files of the store nobody needs and what they take; delete them if told to.

        Every version, and all that a tag, model, study or open proposal needs, is kept. Whoever
        writes meanwhile is waited for, or waits.
        """
        with session.working("looking for what nobody needs"):
            found = collect_garbage(session.bench, delete=delete, grace_seconds=60 * grace)
        total = sum(one.bytes for one in found)
        data = {"deleted": delete, "bytes": total, "files": found}
        return Answer(data, _garbage_page(found, session, delete=delete))


def _tagged(name: str, snapshot: Snapshot) -> dict[str, str]:
    return {"tag": name, "snapshot": snapshot.name, "id": snapshot.id}


def _tags_page(found: dict[str, Snapshot]) -> Group | Text:
    if not found:
        return cell("No tag yet. To make one: coldframe tag NAME SNAPSHOT", "yellow")
    rows = [
        [cell(name, "green"), one.name, table_rows(one), short(one.id)]
        for name, one in found.items()
    ]
    return Group(make_table(["=tag", "=snapshot", "rows", "=id"], rows))


def _garbage_page(found: list[Garbage], session: Session, *, delete: bool) -> Group | Text:
    if not found:
        return cell("Nothing to clear away: all is needed, or younger than the grace.", "green")
    root = session.bench.store.root
    number = Counter(one.kind for one in found)
    rows = [[KINDS[kind], f"{n:,}"] for kind, n in sorted(number.items())]
    paths = [cell(one.path.relative_to(root), "dim") for one in found[:SHOWN]]
    if len(found) > SHOWN:
        paths.append(cell(f"and {len(found) - SHOWN:,} more: --json lists all", "dim"))
    total = f"{count(len(found), 'file')}, {size(sum(one.bytes for one in found))}"
    parts: list[RenderableType] = [make_table(["what", "#files"], rows), *paths, Text()]
    if delete:
        return Group(*parts, cell(f"{total}: deleted.", "bold green"))
    step = Step("coldframe gc --delete", "delete them")
    return Group(*parts, cell(f"{total} could go; nothing was deleted."), session.steps([step]))
