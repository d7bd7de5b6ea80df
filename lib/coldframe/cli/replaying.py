"""`coldframe quarantine replay` and `export`: take rows in, or hand them to somebody to mend."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from coldframe.cli.batches import check_source, choose_batch
from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import Who, person
from coldframe.cli.terminal import cell, line, short
from coldframe.errors import ConfigurationError, ConflictError
from coldframe.ingest import (
    ReplayReport,
    export_quarantine,
    export_to_mend,
    quarantined,
    replay_batches,
    replay_mended,
)
from coldframe.ledger import Delivery
from coldframe.steps import BUILD, Step
from coldframe.wording import count, explain_reasons

SHOWN = 20

Source = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="Only batches of this source.")
]


def add_replaying(app: typer.Typer) -> None:
    """Add `export` and `replay` to the group `app`."""

    @command(
        app,
        "export",
        examples=[
            "coldframe quarantine export 3fa9c1 rows.csv",
            "coldframe quarantine export 3fa9c1 rows.parquet",
            "coldframe quarantine export 3fa9c1 rows.csv --mend",
        ],
    )
    def export(
        session: Session,
        batch: Annotated[str, typer.Argument(help="A batch, by digits of its digest.")],
        file: Annotated[
            Path,
            typer.Argument(
                help="Where to: Parquet if it ends so, else CSV that a spreadsheet may open."
            ),
        ],
        mend: Annotated[
            bool,
            typer.Option("--mend", help="A line for each row, as it came: to mend and replay."),
        ] = False,
        source: Source = None,
    ) -> Answer:
        """Write the rows of one batch to a file: a line for each broken rule, or for each row."""
        check_source(session, source)
        bench = session.bench
        delivery = choose_batch(session, quarantined(bench), batch, source)
        if mend:
            written = export_to_mend(bench, delivery, file)
        else:
            written = export_quarantine(bench, delivery, file)
        data = {
            "batch": delivery.batch, "source": delivery.source,
            "exported": {"file": file, "rows": written.rows, "reasons": written.reasons},
        }  # fmt: skip
        told = f"{count(written.rows, 'unfit row')} written to {file}"
        if mend:
            step = Step(
                f"coldframe quarantine replay --from {shlex.quote(str(file))} --reason "
                '"..."', "take its rows in, once they are mended",
            )  # fmt: skip
            return Answer(data, Group(cell(told), session.steps([step])))
        if written.rows != written.reasons:
            told += f", a line for each of {count(written.reasons, 'broken rule')}"
        if not written.rows:
            told = f"{count(written.reasons, 'reason')} written to {file}"
        return Answer(data, cell(told))

    _add_replay(app)


def _add_replay(app: typer.Typer) -> None:
    @command(
        app,
        "replay",
        examples=[
            "coldframe quarantine replay",
            "coldframe quarantine replay 3fa9c1",
            "coldframe quarantine replay --source weather",
            'coldframe quarantine replay --from rows.csv --reason "the airport\'s code was wrong"',
        ],
    )
    def replay(
        session: Session,
        batch: Annotated[
            str | None, typer.Argument(help="One batch, by digits of its digest (else all).")
        ] = None,
        mended: Annotated[
            Path | None,
            typer.Option(
                "--from", metavar="FILE", help="Exactly these rows, as mended (export --mend)."
            ),
        ] = None,
        reason: Annotated[
            str | None,
            typer.Option("--reason", metavar="TEXT", help="Why they were mended so; with --from."),
        ] = None,
        source: Source = None,
        who: Who = None,
    ) -> Answer:
        """Take in rows that were set aside and keep all rules now, as they came or as mended."""
        check_source(session, source)
        bench = session.bench
        if mended is not None:
            _refuse_both(batch, mended)
            return _replay_mended(session, mended, reason, source, person(who))
        found = [d for d in quarantined(bench) if d.outcome == "quarantined"]
        chosen = [d for d in found if source in (None, d.source)]
        if batch is not None:
            chosen = [_partly(session, found, batch, source)]
        with session.working("judging rows once more") as progress:
            report = replay_batches(bench, chosen, progress=progress)
        return _answer(session, report)


def _answer(session: Session, report: ReplayReport) -> Answer:
    """Return what a replay took in, and what is still set aside."""
    data: dict[str, Any] = {
        "snapshot": report.snapshot and report.snapshot.name,
        "replays": report.replays,
        "looked_at": [one.batch for one in report.looked_at],
    }
    if not report.replays:
        told = cell(f"No row of {count(len(report.looked_at), 'batch')} is fit now.")
        steps = [Step("coldframe quarantine", "see what is wrong with them")]
        return Answer(data, Group(told, session.steps(steps)))
    lines = [
        line(
            cell(short(one.original), "cyan"),
            f"  {one.source}/{one.file}: {count(one.rows_accepted, 'row')} taken in, "
            f"{one.rows_remaining:,} still set aside",
            f": {explain_reasons(one.reasons)}" if one.reasons else "",
        )
        for one in report.replays
    ]
    name = report.snapshot.name if report.snapshot else ""
    steps = [Step(BUILD, f"monitor {name}")]
    return Answer(data, Group(*lines, cell(f"{name} frozen.", "green"), session.steps(steps)))


def _refuse_both(batch: str | None, mended: Path) -> None:
    """Raise if a batch is named beside a file that says of which batch its rows are."""
    if batch is not None:
        raise ConfigurationError(
            "The file says which batch its rows are of.", found=f"{batch} and {mended}",
            expected="a batch, or a file of mended rows",
            remedy=f"coldframe quarantine replay --from {mended}",
        )  # fmt: skip


def _replay_mended(
    session: Session, path: Path, reason: str | None, source: str | None, who: str
) -> Answer:
    """Take in the rows of a mended file, and tell of those that were not taken why."""
    with session.working("judging mended rows") as progress:
        report = replay_mended(
            session.bench, path, reason=reason or "", who=who, source=source, progress=progress
        )
    taken = report.replay
    data = {
        "snapshot": report.snapshot and report.snapshot.name, "replay": taken,
        "mending": report.mending, "refused": report.refused, "cells_changed": report.cells,
    }  # fmt: skip
    changed = ", ".join(f"{name} {cells:,}" for name, cells in report.cells.items()) or "none"
    told = count(taken.rows_accepted if taken else 0, "row")
    parts = [line(f"{told} taken in; cells changed: {changed}")]
    parts += [line(f"line {one.line:,} not taken: {one.why}") for one in report.refused[:SHOWN]]
    if len(report.refused) > SHOWN:
        parts.append(cell(f"and {len(report.refused) - SHOWN:,} more; --json for all", "dim"))
    if taken is None or report.snapshot is None:
        steps = [Step("coldframe quarantine", "see what is wrong with them")]
        return Answer(data, Group(*parts, session.steps(steps)))
    name = report.snapshot.name
    steps = [Step(BUILD, f"monitor {name}")]
    return Answer(data, Group(*parts, cell(f"{name} frozen.", "green"), session.steps(steps)))


def _partly(session: Session, found: list[Delivery], batch: str, source: str | None) -> Delivery:
    """Return the batch of which rows are to be taken in, or tell why there are none."""
    everything = quarantined(session.bench)
    named = any(one.batch.startswith(batch.lower()) for one in found)
    delivery = choose_batch(session, found if named else everything, batch, source)
    if delivery.outcome != "held":
        return delivery
    raise ConflictError(
        "All of this batch is held: a replay is for rows of a batch that was accepted.",
        where=f"{delivery.source}/{delivery.file}",
        expected="a batch of which some rows were set aside",
        found=f"held for {delivery.reasons[0].rule}" if delivery.reasons else "held",
        remedy="change the contract and coldframe build, or coldframe release "
        f'{short(delivery.batch)} --reason "..."',
    )
