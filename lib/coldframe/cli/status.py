"""`coldframe status`: where things stand and what to do next, on one page."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.following import next_section
from coldframe.cli.models import spell_holdout
from coldframe.cli.snapshots import table_rows
from coldframe.cli.terminal import (
    cell,
    duration,
    facts,
    figure,
    line,
    make_table,
    moment,
    section,
    share,
    short,
    unbroken,
    when,
)
from coldframe.ledger import Delivery, Proposal
from coldframe.status import Status, read_status
from coldframe.wording import count, explain_delivery, explain_failure, tell_mapping, tell_release
from coldframe.workbench import FEATURES_CHANGED

SHOWN = 5
STYLE = {"succeeded": "green", "failed": "bold red"}


def add_commands(app: typer.Typer) -> None:
    """Add `status` to `app`."""

    @command(app, "status", panel="Look", examples=["coldframe status", "coldframe status --json"])
    def status(session: Session) -> Answer:
        """Say where things stand, what went wrong and what to do next."""
        found = read_status(session.bench)
        return Answer(describe(found, session), page(found, session))


def describe(status: Status, session: Session) -> dict[str, Any]:
    """Return the status as programs read it."""
    head, champion = status.snapshot, status.champion
    return {
        "dataset": status.dataset,
        "home": status.home,
        "snapshot": head
        and {
            "name": head.name,
            "id": head.id,
            "rows": {name: table.rows for name, table in head.tables.items()},
            "labels": status.labels,
            "frozen_at": head.frozen_at,
        },
        "deliveries": {
            "accepted": len(status.accepted),
            "quarantined": [_describe_delivery(d) for d in status.quarantined],
            "replayed": status.replayed,
            "held": [_describe_delivery(d) for d in status.held],
            "mended": status.mended,
        },
        "champion": champion
        and {
            "name": champion.name,
            "digest": champion.digest,
            "snapshot": champion.snapshot,
            "metrics": champion.metrics,
            "features_changed": status.features_changed,
            "obstacle": status.obstacle,
            "since": status.promotion and status.promotion.at,
            "reason": status.promotion and status.promotion.reason,
        },
        "pending": status.pending,
        "approved": status.approved,
        "unpromoted": status.unpromoted,
        "runs": status.runs,
        "failed": [run.stage for run in status.failed],
        "settled": status.settled,
        "report": status.report,
        "quality": status.quality,
        "landed": [{"source": file.source, "path": file.path} for file in status.landed],
        "releases": status.releases,
        "mappings": status.mappings,
        "replays": status.replays,
        "stray": status.stray,
        "down": status.down,
        "due": status.due,
        "next": session.complete(status.steps),
    }


def _describe_delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "batch": delivery.batch,
        "source": delivery.source,
        "file": delivery.file,
        "rows_quarantined": delivery.rows_quarantined,
        "why": explain_delivery(delivery),
    }


def page(status: Status, session: Session) -> Group:
    """Return the status as a person reads it."""
    parts: list[RenderableType] = [
        line(Text(status.title, style="bold"), Text(f"  {status.question}", style="dim")),
        line(Text(str(status.home), style="dim")),
        Text(),
        section("Data", _data(status)),
    ]
    parts.append(section("Model", _model(status)))
    if status.pending:
        parts.append(section("Waits for your decision", *_proposal(status.pending)))
    if status.approved:
        parts.append(section("Approved, waits for training", *_proposal(status.approved)))
    if status.runs:
        parts.append(section("Last runs", _runs(status)))
    parts.append(next_section(status, session))
    return Group(*parts)


def _data(status: Status) -> RenderableType:
    head, labels = status.snapshot, status.labels
    if head is None:
        snapshot = cell("none yet", "yellow")
        rows = None
    else:
        snapshot = line(Text(head.name, style="green"), f"  frozen {moment(head.frozen_at)}")
        rows = table_rows(head)
    whole, partly, held = len(status.accepted), status.quarantined, status.held
    total = whole + len(partly) + status.replayed + len(held) + status.mended
    told = f"{total} so far: {whole} accepted whole"
    if partly:
        aside = sum(delivery.rows_quarantined for delivery in partly)
        told += f", {len(partly)} accepted but for {count(aside, 'row')}"
    if status.replayed:
        told += f", {status.replayed} whole since a replay"
    if held:
        told += f", {len(held)} held"
    if status.mended:
        told += f", {status.mended} held and mended since"
    return facts(
        {
            "snapshot": snapshot,
            "rows": rows,
            "labels": labels
            and f"{labels.known:,} of {labels.rows:,} rows ({share(labels.known, labels.rows)})",
            "deliveries": told if total else "none yet",
            "held": _told(held, "red"),
            "quarantined": _told(partly, "yellow"),
            "released": _tell_released(status),
            "renamed": _tell_mappings(status),
            "landed": f"{count(len(status.landed), 'file')} not ingested yet: "
            + _few([f"{file.source}/{file.path.name}" for file in status.landed])
            if status.landed
            else None,
            "not taken": _tell_stray(status),
            "not pulled": _tell_down(status),
        }
    )


def _told(deliveries: tuple[Delivery, ...], style: str) -> Group | None:
    """Return a line for each of the newest deliveries, with the reason in plain words."""
    if not deliveries:
        return None
    newest = list(reversed(deliveries[-SHOWN:]))
    lines = [
        line(
            Text(f"{d.source}/{d.file.rpartition('/')[2]}", style=style), f"  {explain_delivery(d)}"
        )
        for d in newest
    ]
    if len(deliveries) > SHOWN:
        lines.append(cell(f"and {len(deliveries) - SHOWN} earlier: coldframe quarantine", "dim"))
    return Group(*lines)


def _tell_released(status: Status) -> Group | None:
    """Return a line for each of the last releases: whose word, and what has come of it."""
    lines = [
        line(Text(f"{one.release.source}/{one.release.file}"), f"  {tell_release(one)}")
        for one in reversed(status.releases[-SHOWN:])
    ]
    return Group(*lines) if lines else None


def _tell_mappings(status: Status) -> Group | None:
    """Return a line for each column that looks renamed, and one by which batches are read."""
    open_ = [one for one in status.mappings if one.standing in ("proposed", "accepted")]
    lines = [line(tell_mapping(one)) for one in reversed(open_[-SHOWN:])]
    return Group(*lines) if lines else None


def _tell_stray(status: Status) -> RenderableType | None:
    """Return which files no source takes, and what one of them would have to be called."""
    if not status.stray:
        return None
    named = _few([stray.path.as_posix() for stray in status.stray])
    return line(Text(named, style="yellow"), f"  expected: {status.stray[0].expected}")


def _tell_down(status: Status) -> Group | None:
    """Return of each source that could not be pulled since when, when last tried, and why."""
    lines: list[RenderableType] = []
    for one in status.down:
        told = f"  since {moment(one.since)}; tried last {moment(one.tried)}"
        lines += [line(Text(one.source, style="red"), told), cell(one.fault, "dim")]
    return Group(*lines) if lines else None


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _model(status: Status) -> RenderableType:
    champion, move = status.champion, status.promotion
    if champion is None:
        return line(Text("no champion yet", style="yellow"))
    held_out = champion.holdout
    shown = facts(
        {
            "champion": line(Text(champion.name, style="green"), f"  {short(champion.digest)}"),
            "in force": move and f"{moment(move.at)}, by {move.who}: {move.reason}",
            "learned from": champion.snapshot,
            "on holdout": ", ".join(f"{n} {figure(v)}" for n, v in champion.metrics.items()),
            "holdout": held_out and f"{spell_holdout(held_out)}, of {champion.snapshot}",
        }
    )
    warning = status.obstacle or (FEATURES_CHANGED if status.features_changed else None)
    return Group(shown, cell(f"{warning}.", "yellow")) if warning else shown


def _proposal(proposal: Proposal) -> list[RenderableType]:
    head = line(
        Text(f"proposal {proposal.number}", style="bold yellow"),
        f"  retrain on {proposal.snapshot}, made {moment(proposal.at)}",
    )
    return [head, *[line(f"- {reason}") for reason in proposal.reasons]]


def _runs(status: Status) -> RenderableType:
    """Return the last run of each stage; of those that failed also why, and what is left."""
    rows = [
        [run.stage, cell(run.outcome, "dim" if run.stage in status.settled else STYLE[run.outcome]),
         when(run.ended), duration(run.seconds), run.notebook]
        for run in status.runs
    ]  # fmt: skip
    columns = ["=stage", "=outcome", "#ended (UTC)", "#took", "notebook (in the home folder)"]
    parts: list[RenderableType] = [make_table(columns, rows)]
    if status.report:
        parts.append(unbroken("report: ", str(status.report)))
    if status.quality:
        parts.append(unbroken("quality: ", str(status.quality)))
    for stage, why in status.settled.items():
        parts.append(cell(f"{stage} failed and is not run again: {why}", "dim"))
    for run in status.failed:
        parts.append(cell(f"{run.stage} {explain_failure(run.error)}", "red"))
        if run.notebook:
            parts.append(line("its partial notebook: ", str(status.home / run.notebook)))
    return Group(*parts)
