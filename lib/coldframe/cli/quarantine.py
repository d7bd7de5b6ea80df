"""`coldframe quarantine`: what was set aside, why, and the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from coldframe.cli.batches import check_source, choose_batch
from coldframe.cli.command import Answer, Session, command
from coldframe.cli.groups import ShownFirst
from coldframe.cli.replaying import Source, add_replaying
from coldframe.cli.terminal import cell, line, make_table, short, when
from coldframe.ingest import (
    ReleaseStanding,
    last_release,
    mapping_standings,
    quarantined,
    read_quarantine,
    releasable,
    release_standings,
    replayable,
)
from coldframe.ledger import Delivery, Mending, Replay, deliveries, mendings, replays, replays_of
from coldframe.mending import as_of_now, still_held, successor
from coldframe.steps import Step, mapping_step
from coldframe.wording import count, explain_delivery, tell_release, tell_replays

STYLE = {"held": "red", "quarantined": "yellow"}
SHOWN = 20
OFFERED = 5


def add_commands(app: typer.Typer) -> None:
    """Add `quarantine show`, `export` and `replay` to `app`."""
    quarantine = typer.Typer(
        help="See what was set aside and why (show, which need not be typed), export it, or take "
        "rows in once a rule is mended.",
        cls=ShownFirst,
        rich_markup_mode="rich",
    )

    @command(
        quarantine,
        "show",
        examples=[
            "coldframe quarantine",
            "coldframe quarantine 3fa9c1",
            "coldframe quarantine show --source weather",
        ],
    )
    def show(
        session: Session,
        batch: Annotated[
            str | None, typer.Argument(help="A batch, by digits of its digest: show its rows.")
        ] = None,
        source: Source = None,
    ) -> Answer:
        """List what was set aside and why, or show the rows of one batch."""
        found = quarantined(session.bench)
        check_source(session, source)
        if batch is None:
            return _list(session, [one for one in found if source in (None, one.source)])
        return _show(session, choose_batch(session, found, batch, source))

    add_replaying(quarantine)
    app.add_typer(quarantine, name="quarantine", rich_help_panel="Look")


@dataclass(frozen=True)
class _Past:
    """What the ledger says of all batches, read once however many are told of."""

    deliveries: Sequence[Delivery]
    replays: Sequence[Replay]
    mendings: Sequence[Mending]
    releases: Sequence[ReleaseStanding]

    @classmethod
    def of(cls, session: Session) -> _Past:
        ledger, name = session.bench.ledger, session.name
        return cls(
            deliveries(ledger, name), replays(ledger, name), mendings(ledger, name),
            release_standings(session.bench),
        )  # fmt: skip


def _describe(session: Session, past: _Past, delivery: Delivery) -> dict[str, Any]:
    after = _after(past, delivery)
    return {
        **delivery.to_body(), "at": delivery.at, "why": _explain(session, past, delivery),
        "followed_by": after and {"batch": after.batch, "outcome": after.outcome},
        "release": last_release(delivery, past.releases),
        "replays": replays_of(delivery, past.replays),
    }  # fmt: skip


def _explain(session: Session, past: _Past, delivery: Delivery) -> str:
    """Return why a batch, or what is set aside of it by now, is in quarantine."""
    source = session.bench.dataset.sources.get(delivery.source)
    return explain_delivery(as_of_now(delivery, past.replays), source)


def _after(past: _Past, delivery: Delivery) -> Delivery | None:
    """Return what came as the same file after a held batch."""
    return successor(delivery, past.deliveries) if delivery.outcome == "held" else None


def _outcome(past: _Past, delivery: Delivery) -> tuple[Text, str]:
    """Return what became of a batch, and for one that was held what mends it, or did."""
    after, name = _after(past, delivery), delivery.file.rpartition("/")[2]
    if delivery.outcome != "held":
        taken = replays_of(delivery, past.replays)
        if taken and not taken[-1].rows_remaining:
            return cell("quarantined and taken in since", "dim"), ""
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
    past = _Past.of(session)
    for delivery in found:
        name = f"{delivery.source}/{delivery.file}"
        outcome, _ = _outcome(past, delivery)
        told.append(
            line(
                Text(short(delivery.batch), style="cyan"),
                Text(f"  {name}  ", style="bold"),
                outcome,
                f"  {when(delivery.at)} UTC",
            )
        )
        why = "\n".join([_explain(session, past, delivery), *_since(past, delivery)])
        told.append(Padding(cell(why), (0, 0, 1, 2), expand=False))
    left = [one for one in found if as_of_now(one, past.replays).rows_quarantined] or found
    steps = [Step(f"coldframe quarantine {short(left[-1].batch)}", "see its rows")]
    held = still_held(past.deliveries)
    waiting = releasable(session.bench, [one for one in held if one in found])
    steps += _release_steps(waiting)
    if len(waiting) > OFFERED:
        more = count(len(waiting) - OFFERED, "earlier batch")
        told.append(cell(f"{more} can be released alike, by the digits above.", "dim"))
    steps += [
        mapping_step(one)
        for one in mapping_standings(session.bench)
        if one.standing == "proposed" and one.batch in {delivery.batch for delivery in found}
    ]
    if replayable(session.bench, found):
        steps.append(Step("coldframe quarantine replay", "take in rows that are fit by now"))
    return Answer([_describe(session, past, d) for d in found], Group(*told, session.steps(steps)))


def _release_steps(waiting: Sequence[Delivery]) -> list[Step]:
    """Return the commands that overrule holds, those of the newest batches."""
    return [
        Step(
            f'coldframe release {short(one.batch)} --reason "..."',
            f"take the fit rows of {one.file.rpartition('/')[2]:.60} as they are",
        )
        for one in waiting[: -OFFERED - 1 : -1]
    ]


def _show(session: Session, delivery: Delivery) -> Answer:
    """Return the rows of one batch."""
    rows = read_quarantine(session.bench, delivery.source, delivery.batch)
    unfit, past = rows["line"].nunique(), _Past.of(session)
    data: dict[str, Any] = _describe(session, past, delivery)
    data["rows"] = rows.astype(object).where(rows.notna(), None).to_dict("records")
    parts = [
        cell(f"{delivery.source}/{delivery.file}: {_explain(session, past, delivery)}", "bold")
    ]
    parts += [cell(told) for told in _since(past, delivery)]
    if rows.empty:
        return Answer(data, Group(*parts))
    table = make_table(
        list(map(str, rows.columns)), [list(row.values()) for row in data["rows"][:SHOWN]]
    )
    more = ""
    if len(rows) > SHOWN:
        more = f"{count(len(rows) - SHOWN, 'broken rule')} more, {count(unfit, 'unfit row')} in all"
        more += f"; coldframe quarantine export {short(delivery.batch)} FILE for all"
    return Answer(data, Group(*parts, table, cell(more, "dim")))


def _since(past: _Past, delivery: Delivery) -> list[str]:
    """Return what happened to a batch after it was judged: a word, rows taken in, a mending."""
    word = tell_release(last_release(delivery, past.releases))
    taken = tell_replays(replays_of(delivery, past.replays), past.mendings)
    return list(filter(None, [word, taken, _outcome(past, delivery)[1]]))
