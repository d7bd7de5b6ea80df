"""`coldframe new` and `coldframe land`: data of one's own, from a file to a delivery."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import cell, line, make_table, section, size, unbroken
from coldframe.files import spell_path
from coldframe.ingest import BroughtFile, land_files
from coldframe.scaffold import NewDataset, Wishes, new_dataset
from coldframe.settings import load_settings
from coldframe.steps import BUILD, Step
from coldframe.wording import count

TASKS = ("binary", "multiclass", "regression")

Origins = Annotated[
    list[str],
    typer.Option(
        "--from",
        metavar="PATH_OR_URL",
        help="A delivery as they will come (may be repeated), or a folder, quoted glob or "
        "URL from which they are pulled from then on.",
    ),
]
Time = Annotated[
    str | None, typer.Option("--time", metavar="COLUMN", help="When a row is from (else guessed).")
]
Key = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="COLUMN", help="What names a row (else guessed)."),
]
Sheet = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help="Of a workbook (else the first with rows)."),
]
OUTCOMES = {
    "landed": ("landed", "green"),
    "there": ("there already", "dim"),
    "known": ("known: its bytes are in a snapshot", "dim"),
}


def add_commands(app: typer.Typer) -> None:
    """Add `new` and `land` to `app`."""
    _add_new(app)
    _add_land(app)


def _add_new(app: typer.Typer) -> None:
    @command(
        app,
        "new",
        panel="Work",
        examples=[
            "coldframe new loans --from loans.csv --target repaid",
            "coldframe new loans --from loans.csv --target repaid --time applied_at --key id",
            "coldframe new loans --from 's3://bank/loans/*.parquet' --target repaid",
        ],
        about_dataset=False,
    )
    def new(
        session: Session,
        name: Annotated[str, typer.Argument(metavar="NAME", help="Of the new dataset.")],
        origins: Origins,
        target: Annotated[
            str, typer.Option("--target", metavar="COLUMN", help="What is to be predicted.")
        ],
        time: Time = None,
        key: Key = None,
        task: Annotated[
            str | None,
            typer.Option("--task", metavar="TASK", help=f"{', '.join(TASKS)} (else guessed)."),
        ] = None,
        timezone: Annotated[
            str,
            typer.Option("--timezone", metavar="ZONE", help="Of moments without an offset."),
        ] = "UTC",
        query: Annotated[
            str | None,
            typer.Option("--query", metavar="SQL", help="Of the database that --from names."),
        ] = None,
        sheet: Sheet = None,
        no_time: Annotated[
            bool,
            typer.Option("--no-time", help="Rows have no time; they count as they are delivered."),
        ] = False,
        force: Annotated[
            bool,
            typer.Option("--force", help="Keep what is there as a backup, and write it anew."),
        ] = False,
    ) -> Answer:
        """Write the files of a new dataset, guessed from one of its own deliveries."""
        settings = load_settings(home=session.home)
        wishes = Wishes(
            target=target, time=time, key=tuple(key or ()), task=task, timezone=timezone,
            timeless=no_time, sheet=sheet,
        )  # fmt: skip
        with session.working(f"looking at {origins[0]}"):
            made = new_dataset(
                settings, name, origins=origins, wishes=wishes, query=query, force=force
            )
        # from now on this dataset is meant, whatever env.yaml says
        after = replace(session, dataset=name)
        return Answer(made, _new_page(after, made, origins))


def _add_land(app: typer.Typer) -> None:
    @command(
        app,
        "land",
        panel="Work",
        examples=[
            "coldframe land january.csv february.csv",
            "coldframe land january.csv --source arrivals",
        ],
        makes_home=True,
    )
    def land(
        session: Session,
        files: Annotated[list[Path], typer.Argument(metavar="FILE", help="One file or several.")],
        source: Annotated[
            str | None,
            typer.Option(
                "--source", metavar="NAME", help="Which takes them (by default by their names)."
            ),
        ] = None,
    ) -> Answer:
        """Copy files to where the dataset's ingestion looks for them; nothing is built."""
        with session.working("copying"):
            brought = land_files(session.bench, files, source=source)
        return Answer({"dataset": session.name, "files": brought}, _landed_page(session, brought))


def _new_page(session: Session, made: NewDataset, origins: list[str]) -> Group:
    seen = f"{count(made.rows, 'row')} of {', '.join(origins)}" + (
        "" if made.whole else ", its beginning"
    )
    rows = [[one.about, one.what, cell(one.doubt, "yellow")] for one in made.guesses]
    parts: list[RenderableType] = [
        line(Text(f"Dataset {made.name}", style="bold green"), f", guessed from {seen}"),
        make_table(["=", "guessed", "doubt"], rows),
    ]
    if made.unfit:
        told = f"{count(made.unfit, 'row')} will be set aside, for key, time or an odd value."
        parts += [cell(told, "yellow"), Text()]
    parts.append(section("Written", *[unbroken(spell_path(one)) for one in made.files]))
    if made.backups:
        parts.append(section("Kept", *[unbroken(spell_path(one)) for one in made.backups]))
    files = " ".join(spell_path(Path(one)) for one in origins)
    steps = [
        Step("coldframe pull", "fetch the deliveries; a build does so, too")
        if made.pulled
        else Step(f"coldframe land {files}", "deliver the file"),
        Step("coldframe check", "run contract and code on what has landed"),
        Step(BUILD, "ingest it, and propose a first model for your approval"),
    ]
    return Group(*parts, section("Next", session.steps(steps)))


def _landed_page(session: Session, brought: tuple[BroughtFile, ...]) -> Group:
    lines: list[RenderableType] = []
    for one in brought:
        word, style = OUTCOMES[one.outcome]
        told = f"  {one.file}, {size(one.bytes)}"
        where = f"  {one.path}" if one.outcome != "known" else ""
        lines.append(line(cell(word, style), told, where))
    step = Step(BUILD, "judge them by their contract, freeze what is fit, look at it")
    return Group(*lines, Text(), section("Next", session.steps([step])))
