"""`coldframe pull`: fetch what waits elsewhere into the landing folder, without ingesting it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import cell, line, make_table, moment, short, size
from coldframe.errors import EnvironmentFaultError
from coldframe.pulling import PullReport, SourcePull, pull_sources
from coldframe.steps import BUILD, Step
from coldframe.wording import count

SHOWN = 20


def add_commands(app: typer.Typer) -> None:
    """Add `pull` to `app`."""

    @command(
        app,
        "pull",
        panel="Work",
        examples=["coldframe pull", "coldframe pull --source orders --json"],
        makes_home=True,
    )
    def pull(
        session: Session,
        sources: Annotated[
            list[str] | None,
            typer.Option("--source", metavar="NAME", help="Only this source; may be repeated."),
        ] = None,
    ) -> Answer:
        """Fetch new deliveries from buckets, folders and databases; a build does so first."""
        with session.working("looking for what is new") as progress:
            report = pull_sources(session.bench, only=sources or None, progress=progress)
        code = EnvironmentFaultError.exit_code if report.faults else 0
        return Answer(report.to_json(), _page(session, report), code)


def _page(session: Session, report: PullReport) -> Group:
    if not report.sources:
        return Group(
            line(f"No source of {report.dataset} is pulled: none has pull in the dataset file.")
        )
    parts: list[RenderableType] = [part for one in report.sources for part in _source(one)]
    if report.files:
        parts += [Text(), session.steps([Step(BUILD, "ingest what has landed")])]
    return Group(*parts)


def _source(one: SourcePull) -> list[RenderableType]:
    told = [count(len(one.files), "new file"), f"{one.known:,} known"]
    if one.left:
        told.append(f"{len(one.left):,} left")
    parts: list[RenderableType] = [
        line(cell(one.source, "bold"), f"  {', '.join(told)}  from {one.url}")
    ]
    if one.files:
        columns = ["=file", "#size", "#rows", "=batch"]
        rows = [
            [file.file, size(file.bytes), "-" if file.rows is None else f"{file.rows:,}",
             short(file.digest)]
            for file in one.files[:SHOWN]
        ]  # fmt: skip
        parts.append(make_table(columns, rows))
        if more := len(one.files) - SHOWN:
            parts += [line(f"  and {more:,} more")] if more > 0 else []
    parts += [line("  left: ", text) for text in one.left[:SHOWN]]
    if one.fault:
        parts.append(cell(f"  {one.fault}", "bold red"))
        parts.append(line(f"  since {moment(one.since)}"))
    return parts
