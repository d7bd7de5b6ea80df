"""`coldframe export`, `import` and `publish`: a snapshot for other places and other engines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.snapshots import describe
from coldframe.cli.terminal import cell, facts, section, size
from coldframe.errors import ConfigurationError
from coldframe.files import spell_path
from coldframe.snapshots import Snapshot


def add_commands(app: typer.Typer) -> None:
    """Add `export`, `import` and `publish` to `app`."""
    _add_archives(app)
    _add_publish(app)


def _add_publish(app: typer.Typer) -> None:
    @command(
        app,
        "publish",
        panel="Work",
        examples=["coldframe publish flights@3 /srv/lake --iceberg"],
    )
    def publish(
        session: Session,
        snapshot: Annotated[str, typer.Argument(help="The snapshot: flights@3, a tag, an id.")],
        folder: Annotated[
            Path, typer.Argument(metavar="FOLDER", help="Where the view goes, DATASET below it.")
        ],
        iceberg: Annotated[
            bool, typer.Option("--iceberg", help="As Apache Iceberg tables (the only kind).")
        ] = False,
    ) -> Answer:
        """Show a snapshot to other engines: metadata over its parts, made again at any time."""
        if not iceberg:
            raise ConfigurationError(
                "Publish as what?", expected="--iceberg",
                remedy=f"coldframe publish {snapshot} {spell_path(folder)} --iceberg",
            )  # fmt: skip
        from coldframe.snapshots.iceberg import publish_iceberg  # only here: most never publish

        store = session.bench.store
        with session.working("verifying and publishing"):
            view = publish_iceberg(store, store.resolve(snapshot), folder)
        tables = {name: str(path) for name, path in view.tables.items()}
        data = {
            "snapshot": view.snapshot.name,
            "id": view.snapshot.id,
            "pointer": view.pointer,
            "tables": tables,
        }
        title = f"{view.snapshot.name} as Iceberg, named by {spell_path(view.pointer)}"
        spelled = {name: spell_path(path) for name, path in view.tables.items()}
        return Answer(data, section(title, facts(spelled)))


def _add_archives(app: typer.Typer) -> None:
    @command(
        app,
        "export",
        panel="Work",
        examples=["coldframe export flights@3 flights-3.tar"],
    )
    def export_(
        session: Session,
        snapshot: Annotated[str, typer.Argument(help="The snapshot: flights@3, a tag, an id.")],
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive, a new file.")],
    ) -> Answer:
        """Write a snapshot with all its files to one archive: always the same bytes."""
        with session.working("writing"):
            made = session.bench.store.export_archive(snapshot, file)
        data = {
            "file": made.path,
            "bytes": made.bytes,
            "sha256": made.digest,
            "snapshot": made.snapshot.name,
            "id": made.snapshot.id,
        }
        told = {"snapshot": f"{made.snapshot.name} ({made.snapshot.id})", "SHA-256": made.digest}
        return Answer(data, section(f"{spell_path(made.path)}, {size(made.bytes)}", facts(told)))

    @command(
        app,
        "import",
        panel="Work",
        makes_home=True,
        examples=[
            "coldframe import flights-3.tar",
            "coldframe import flights-3.tar --tag from-jane",
        ],
    )
    def import_(
        session: Session,
        file: Annotated[Path, typer.Argument(metavar="FILE", help="What export wrote.")],
        tag: Annotated[
            str | None,
            typer.Option(metavar="NAME", help="A name for it, where its number is another's."),
        ] = None,
    ) -> Answer:
        """Publish the snapshot in an archive, after all of it was compared with its digests.

        It keeps its version number if the dataset has none yet, or if it continues what is here;
        else it needs a name of its own. Importing twice is importing once.
        """
        with session.working("comparing and copying"):
            found = session.bench.store.import_archive(file, tag=tag)
        named = f"{found.dataset}@{tag}" if tag else found.name
        return Answer(describe(found) | {"tag": tag}, _page(found, named))


def _page(found: Snapshot, named: str) -> Group:
    told = {
        "id": found.id,
        "holds": f"{found.rows:,} rows of {len(found.batches):,} deliveries",
    }
    return section(f"{named} is here", facts(told), cell("every digest agreed", "green"))
