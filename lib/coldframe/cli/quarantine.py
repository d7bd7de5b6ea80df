"""`coldframe quarantine`: what was set aside, why, and the rows themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import cell, line, make_table, short, when
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.ingest import quarantined, read_quarantine
from coldframe.ledger import Delivery, deliveries
from coldframe.mending import successor
from coldframe.status import Step
from coldframe.wording import count, explain_delivery

STYLE = {"held": "red", "quarantined": "yellow"}
SHOWN = 20


def add_commands(app: typer.Typer) -> None:
    """Add `quarantine` to `app`."""

    @command(
        app,
        "quarantine",
        panel="Look",
        examples=[
            "coldframe quarantine",
            "coldframe quarantine 3fa9c1",
            "coldframe quarantine 3fa9c1 --export rows.csv",
        ],
    )
    def quarantine(
        session: Session,
        batch: Annotated[
            str | None, typer.Argument(help="A batch, by digits of its digest: show its rows.")
        ] = None,
        source: Annotated[
            str | None,
            typer.Option("--source", metavar="NAME", help="Only batches of this source."),
        ] = None,
        export: Annotated[
            Path | None,
            typer.Option("--export", metavar="FILE", help="Write the rows to a CSV file."),
        ] = None,
    ) -> Answer:
        """List what was set aside and why, or show the rows of one batch."""
        found = quarantined(session.bench)
        if source is not None and source not in session.bench.dataset.sources:
            raise NotFoundError(
                f"{session.name} has no such source.",
                expected=", ".join(session.bench.dataset.sources),
                found=source,
                remedy="coldframe quarantine",
            )
        if batch is None:
            if export:
                raise ConfigurationError(
                    "Which batch is to be exported?",
                    expected="a batch, by digits of its digest",
                    remedy="coldframe quarantine BATCH --export FILE",
                )
            return _list(session, [one for one in found if source in (None, one.source)])
        return _show(session, _choose(session, found, batch, source), export)


def _describe(session: Session, delivery: Delivery) -> dict[str, Any]:
    after = _after(session, delivery)
    return {
        **delivery.to_body(), "at": delivery.at, "why": explain_delivery(delivery),
        "followed_by": after and {"batch": after.batch, "outcome": after.outcome},
    }  # fmt: skip


def _after(session: Session, delivery: Delivery) -> Delivery | None:
    """Return what came as the same file after a held batch."""
    if delivery.outcome != "held":
        return None
    return successor(delivery, deliveries(session.bench.ledger, session.name))


def _outcome(session: Session, delivery: Delivery) -> tuple[Text, str]:
    """Return what became of a batch, and for one that was held what mends it, or did."""
    after, name = _after(session, delivery), delivery.file.rpartition("/")[2]
    if delivery.outcome != "held":
        return cell(delivery.outcome, STYLE[delivery.outcome]), ""
    if after is None:
        return cell("held", STYLE["held"]), (
            f"A corrected file must bear the same name, {name}, to count as its mending."
        )
    if after.outcome == "held":
        return cell("held, and so is what followed", "dim"), (
            f"{short(after.batch)} came as {name} after it, and is held, too."
        )
    return cell("held and mended since", "dim"), (
        f"{short(after.batch)} came as {name} after it: "
        f"{count(after.rows_accepted, 'row')} of it taken."
    )


def _list(session: Session, found: list[Delivery]) -> Answer:
    """Return the list of all batches that were not accepted whole."""
    if not found:
        return Answer([], cell("Nothing is in quarantine.", "green"))
    told: list[RenderableType] = []
    for delivery in found:
        name = f"{delivery.source}/{delivery.file}"
        outcome, mending = _outcome(session, delivery)
        told.append(
            line(
                Text(short(delivery.batch), style="cyan"),
                Text(f"  {name}  ", style="bold"),
                outcome,
                f"  {when(delivery.at)} UTC",
            )
        )
        why = "\n".join(filter(None, [explain_delivery(delivery), mending]))
        told.append(Padding(cell(why), (0, 0, 1, 2), expand=False))
    step = Step(f"coldframe quarantine {short(found[-1].batch)}", "see its rows")
    return Answer([_describe(session, d) for d in found], Group(*told, session.steps([step])))


def _choose(session: Session, found: list[Delivery], batch: str, source: str | None) -> Delivery:
    """Return the last delivery of the batch whose digest begins with `batch`.

    Raises
    ------
    NotFoundError
        There is none, or several: other batches, or the same bytes in two sources' folders.
    """
    chosen = _named(found, batch, source)
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    whole = _named(deliveries(session.bench.ledger, session.name), batch, source)
    if not chosen and len(whole) == 1:
        raise _accepted(next(iter(whole.values())))
    what, remedy = "Several batches in quarantine begin so.", "write more digits of its digest"
    if not chosen:
        what, remedy = "No such batch in quarantine.", "coldframe quarantine"
    elif len({digest for _, digest in chosen}) == 1:
        what = "The same bytes were delivered by several sources."
        remedy = f"coldframe quarantine {batch} --source {next(iter(chosen))[0]}"
    raise NotFoundError(
        what,
        found=", ".join(f"{name} {short(digest)}" for name, digest in chosen) or batch,
        remedy=remedy,
    )


def _named(
    found: list[Delivery], batch: str, source: str | None
) -> dict[tuple[str, str], Delivery]:
    """Return the last delivery of each batch whose digest begins with `batch`."""
    return {
        (d.source, d.batch): d
        for d in found
        if d.batch.startswith(batch.lower()) and source in (None, d.source)
    }


def _accepted(delivery: Delivery) -> NotFoundError:
    """Return the error for a batch that was taken whole, which names where its rows are."""
    rows = count(delivery.rows_accepted, "row")
    return NotFoundError(
        "This batch was accepted: none of it is in quarantine.",
        where=f"{delivery.source}/{delivery.file}",
        expected="a batch of which rows were set aside",
        found=f"{rows} accepted, {when(delivery.at)} UTC",
        remedy=f"coldframe show {short(delivery.snapshot)}" if delivery.snapshot
        else "coldframe quarantine",
    )  # fmt: skip


def _show(session: Session, delivery: Delivery, export: Path | None) -> Answer:
    """Return the rows of one batch; all of them go to `export`."""
    rows = read_quarantine(session.bench, delivery.source, delivery.batch)
    unfit = rows["line"].nunique()
    data: dict[str, Any] = _describe(session, delivery)
    if export:
        try:
            rows.to_csv(export, index=False)
        except OSError as error:
            raise ConfigurationError(
                "The file cannot be written.", where=str(export), found=str(error),
                remedy="name another file: --export FILE",
            ) from error  # fmt: skip
        data["exported"] = {"file": export, "rows": unfit, "reasons": len(rows)}
        told = f"{count(unfit, 'unfit row')} written to {export}"
        if unfit != len(rows):
            told += f", a line for each of {count(len(rows), 'broken rule')}"
        if not unfit:
            told = f"{count(len(rows), 'reason')} written to {export}"
        return Answer(data, cell(told))
    data["rows"] = rows.astype(object).where(rows.notna(), None).to_dict("records")
    parts = [cell(f"{delivery.source}/{delivery.file}: {explain_delivery(delivery)}", "bold")]
    _, mending = _outcome(session, delivery)
    parts += [cell(mending)] if mending else []
    table = make_table(
        list(map(str, rows.columns)), [list(row.values()) for row in data["rows"][:SHOWN]]
    )
    more = ""
    if len(rows) > SHOWN:
        more = f"{count(len(rows) - SHOWN, 'broken rule')} more, {count(unfit, 'unfit row')} in all"
        more += "; --export FILE for all"
    return Answer(data, Group(*parts, table, cell(more, "dim")))
