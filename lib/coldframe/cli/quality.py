"""`coldframe quality`: what came with a snapshot, what was set aside, what its columns are like."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import cell, line, make_table, section, unbroken
from coldframe.errors import ConfigurationError
from coldframe.files import write_atomically
from coldframe.ingest import tell_renaming
from coldframe.quality import QualityReport, TableQuality, report_quality
from coldframe.wording import count

SHOWN = 6


def add_commands(app: typer.Typer) -> None:
    """Add `quality` to `app`."""

    @command(
        app,
        "quality",
        panel="Look",
        examples=[
            "coldframe quality",
            "coldframe quality flights@3 --html quality.html",
            "coldframe quality flights@3 --json",
        ],
    )
    def quality(
        session: Session,
        snapshot: Annotated[
            str | None, typer.Argument(help="A snapshot (by default the newest).")
        ] = None,
        html: Annotated[
            Path | None,
            typer.Option("--html", metavar="FILE", help="Write it as a page for a browser, too."),
        ] = None,
    ) -> Answer:
        """Tell what came with a snapshot, what was set aside, and which columns have changed."""
        with session.working("reading the new rows"):
            report = report_quality(session.bench, snapshot)
        parts = [_page(report)]
        if html is not None:
            _write(session, report, html)
            parts.append(unbroken("page: ", str(html)))
        return Answer(report, Group(*parts))


def _write(session: Session, report: QualityReport, path: Path) -> None:
    from coldframe.figures.quality import draw_quality  # only where a page is made

    page = draw_quality(report, dict(session.bench.dataset.sources))
    try:
        write_atomically(path, page.encode("utf-8", "replace"))
    except OSError as error:
        raise ConfigurationError(
            "The page cannot be written.", where=str(path), found=str(error),
            remedy="name another file: --html FILE",
        ) from error  # fmt: skip


def _page(report: QualityReport) -> RenderableType:
    beside = f"beside {report.parent}" if report.parent else "the first one"
    parts: list[RenderableType] = [line(cell(report.snapshot, "bold"), f"  {beside}")]
    parts += [section(table.name, *_table(table)) for table in report.tables]
    return Group(*parts)


def _table(table: TableQuality) -> list[RenderableType]:
    told = f"{count(table.rows, 'row')}, {table.rows - table.rows_before:+,}; "
    told += f"{count(len(table.batches), 'new batch')}, {count(table.aside, 'row')} set aside"
    parts: list[RenderableType] = [line(told)]
    if table.new_columns:
        parts.append(line(f"new columns: {', '.join(table.new_columns)}"))
    if table.lost_columns:
        parts.append(line(f"blank in all new rows: {', '.join(table.lost_columns)}"))
    parts += [
        line(f"{one.column} did not come: {tell_renaming(one)}; coldframe mapping")
        for batch in table.batches
        for one in batch.renamed
    ]
    broken = [
        [batch.file, rule, column, rows, example]
        for batch in table.batches
        for rule, column, rows, example in batch.broken
    ]
    if broken:
        parts.append(make_table(["file", "rule", "column", "#rows", "such as"], broken[:SHOWN]))
        parts += _tell_more(len(broken), "broken rule")
    if table.columns:
        rows = [
            [one.name, f"{100 * one.null_share:.1f} %", one.minimum, one.maximum,
             one.stability_index, one.broken]
            for one in table.columns[:SHOWN]
        ]  # fmt: skip
        heads = ["column", "#blank", "least", "greatest", "#stability index", "#broken"]
        parts.append(make_table(heads, rows))
        parts += _tell_more(len(table.columns), "column")
    return parts


def _tell_more(number: int, noun: str) -> list[RenderableType]:
    """Return a line that says how many lines a table leaves out, and where they are."""
    if number <= SHOWN:
        return []
    told = f"and {count(number - SHOWN, f'more {noun}')}: all are in --html FILE and in --json"
    return [cell(told, "dim")]
