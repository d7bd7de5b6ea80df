"""`coldframe demo`: deliver real data month by month and take it through the whole cycle."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.following import next_section
from coldframe.cli.snapshots import table_rows
from coldframe.cli.terminal import cell, duration, first_line, line, size, unbroken
from coldframe.demo import PeriodReport, land_period, run_demo
from coldframe.errors import NotebookError
from coldframe.status import Status, read_status
from coldframe.steps import BUILD, Step
from coldframe.wording import count, explain_delivery


def add_commands(app: typer.Typer) -> None:
    """Add `demo land` and `demo run` to `app`."""
    demo = typer.Typer(
        help="Deliver the demonstration's real data, and take it through the whole cycle.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )

    @command(
        demo,
        "land",
        examples=["coldframe demo land 2013-01", "coldframe demo land 2013-08 --json"],
        makes_home=True,
    )
    def land(
        session: Session,
        month: Annotated[str, typer.Argument(metavar="MONTH", help="For instance 2013-01.")],
    ) -> Answer:
        """Write one month's raw files to the landing folder; nothing is built."""
        bench = session.bench
        with session.working(f"landing {month}"):
            files = land_period(bench.settings, bench.dataset, month)
        listed = [line(str(file), f"  {size(file.stat().st_size)}") for file in files]
        data = {"month": month, "files": [str(file) for file in files]}
        steps = [Step(BUILD, "ingest and monitor it")]
        return Answer(data, Group(*listed, session.steps(steps)))

    @command(
        demo,
        "run",
        examples=["coldframe demo run", "coldframe demo run --months 2013-01..2013-10"],
        makes_home=True,
    )
    def run(
        session: Session,
        months: Annotated[
            str | None,
            typer.Option("--months", metavar="A..B", help="Which (by default the feed's)."),
        ] = None,
    ) -> Answer:
        """Land and build month after month; may be stopped at any moment and started again."""
        done = []
        with session.working("starting") as progress:
            for report in run_demo(session.bench, months=months, progress=progress):
                progress.say(period_line(report))
                done.append(report)
        status = read_status(session.bench)
        failed = bool(done and done[-1].build and done[-1].build.failed)
        code = NotebookError.exit_code if failed else 0
        return Answer(_describe(session, done, status), _end(session, done, status), code)

    app.add_typer(demo, name="demo", rich_help_panel="Work")


def period_line(report: PeriodReport) -> Table:
    """Return what happened for one period, in one line (more for what was set aside)."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(report.period or "build", Text("\n").join([_told(report), *_trouble(report)]))
    return grid


def _told(report: PeriodReport) -> Text:
    """Return what the build did."""
    if report.build is None:
        return Text("done before", style="dim")
    if not report.build.ran and not report.build.failed:
        return Text("nothing new; no notebook was executed", style="dim")
    told: list[Text] = []
    trained = False
    for stage in report.build.stages:
        if stage.outcome == "failed":
            told.append(cell(f"{stage.stage} FAILED: {first_line(stage.error)}", "bold red"))
        elif stage.outcome == "ran":
            # without a new month it is no matter of course that something ran
            why = "" if report.period else f", because {'; '.join(stage.reasons)}"
            if stage.stage == "monitor" and trained:
                told.append(cell("monitored with it"))
                continue
            trained = trained or stage.stage == "train"
            told.append(line(_stage_text(stage.stage, report), why))
    took = Text(f"  ({duration(report.build.seconds)})", style="dim")
    return line(Text("; ").join(told), took)


def _stage_text(stage: str, report: PeriodReport) -> Text:
    """Return what a stage brought, in a few words."""
    gains = report.gains
    if stage == "ingest":
        if not gains.deliveries:
            return cell("ingest ran, no new file")
        files = f"ingested {count(len(gains.deliveries), 'file')}"
        if gains.snapshot is None:
            return cell(f"{files}, no new snapshot")
        rows = sum(d.rows_accepted for d in gains.deliveries)
        name = Text(gains.snapshot.name, style="green")
        return line(files, ": ", name, f", {count(rows, 'row')} more")
    if stage == "monitor":
        numbers = ", ".join(str(proposal.number) for proposal in gains.proposals)
        return line("monitored", Text(f", proposal {numbers}", style="yellow") if numbers else "")
    if stage == "train":
        names = ", ".join(version.name for version in gains.models) or "a model known before"
        kept = "promoted" if gains.promotions else "champion kept"
        return line("trained ", Text(names, style="green"), f", {kept}")
    return cell(stage)


def _trouble(report: PeriodReport) -> list[Text]:
    """Return a line for each delivery that was not taken whole."""
    style = {"held": "red", "quarantined": "yellow"}
    return [
        cell(f"{d.file.rpartition('/')[2]}: {explain_delivery(d)}", style[d.outcome])
        for d in report.gains.deliveries
        if d.outcome in style
    ]


def _describe(session: Session, done: list[PeriodReport], status: Status) -> dict[str, Any]:
    """Return the whole run as programs read it."""
    return {
        "periods": [
            {
                "period": report.period,
                "landed": report.landed,
                "stages": report.build.stages if report.build else [],
                "snapshot": report.gains.snapshot and report.gains.snapshot.name,
                "proposals": [proposal.number for proposal in report.gains.proposals],
                "models": [version.name for version in report.gains.models],
                "deliveries": report.gains.deliveries,
            }
            for report in done
        ],
        "executed": sum(len(report.build.ran) for report in done if report.build),
        "snapshot": status.snapshot and status.snapshot.name,
        "champion": status.champion and status.champion.name,
        "pending": status.pending and status.pending.number,
        "report": status.report,
        "next": session.complete(status.steps),
    }


def _end(session: Session, done: list[PeriodReport], status: Status) -> Group:
    """Return what happened overall, where the report is, and what to do next."""
    executed = sum(len(report.build.ran) for report in done if report.build)
    told = "Nothing new: no notebook was executed."
    if executed:
        told = f"{count(executed, 'notebook')} executed."
    parts: list[RenderableType] = [Text(), cell(told, "bold")]
    if status.snapshot:
        rows = table_rows(status.snapshot)
        parts.append(line(f"data      {status.snapshot.name}, rows: {rows}"))
    if status.champion:
        parts.append(line(f"champion  {status.champion.name}, from {status.champion.snapshot}"))
    if status.pending:
        text = f"proposal  {status.pending.number} waits for your decision: retrain on "
        parts.append(line(text + status.pending.snapshot))
        parts += [line(f"          - {reason}") for reason in status.pending.reasons]
    if done and done[-1].build and done[-1].build.failed:
        text = "A stage failed; mend it and run the same command again: it goes on from there."
        parts.append(cell(text, "bold red"))
    if status.report:
        parts.append(unbroken(f"report    {status.report}"))
    parts += [Text(), next_section(status, session)]
    return Group(*parts)
