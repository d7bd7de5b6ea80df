"""`coldframe mapping`: columns that look renamed, and a person's word on each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from coldframe.cli.batches import check_source
from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import Reason, Who, person
from coldframe.cli.groups import ShownFirst
from coldframe.cli.terminal import cell, line, make_table, moment, short
from coldframe.ingest import (
    MappingStanding,
    decide_mapping,
    mapping_standings,
    release_standings,
)
from coldframe.ledger import MappingVerdict, Release
from coldframe.steps import BUILD, Step, mapping_command, mapping_step
from coldframe.wording import tell_mapping

STYLE = {
    "proposed": "bold yellow",
    "accepted": "green",
    "declared": "green",
    "declined": "red",
    "void": "dim",
}
SAID: dict[MappingVerdict, str] = {
    "accepted": "accepted",
    "declined": "declined",
    "undone": "open again",
}

Column = Annotated[
    str, typer.Argument(metavar="COLUMN", help="The column that the dataset file declares.")
]
Delivered = Annotated[
    str, typer.Argument(metavar="DELIVERED", help="The one that comes in its place.")
]
Source = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="Only columns of this source.")
]


def add_commands(app: typer.Typer) -> None:
    """Add `mapping show`, `accept`, `decline` and `undo` to `app`."""
    mapping = typer.Typer(
        help="See which columns look renamed (show, which need not be typed), and accept or "
        "decline each as a mapping.",
        cls=ShownFirst,
        rich_markup_mode="rich",
    )

    @command(
        mapping, "show", examples=["coldframe mapping", "coldframe mapping show --source flights"]
    )
    def show(session: Session, source: Source = None) -> Answer:
        """List the columns that look renamed, with the evidence, and what was said of each."""
        check_source(session, source)
        found = [one for one in mapping_standings(session.bench) if source in (None, one.source)]
        return Answer(found, _page(session, found))

    _add_words(mapping)
    app.add_typer(mapping, name="mapping", rich_help_panel="Decide")


def _add_words(app: typer.Typer) -> None:
    """Add a person's three words to `app`."""

    @command(
        app,
        "accept",
        examples=[
            'coldframe mapping accept dest Destination --reason "their export was renamed"',
            'coldframe mapping accept dest Destination --source flights --reason "..." --who jane',
        ],
    )
    def accept(
        session: Session, column: Column, delivered: Delivered, reason: Reason,
        source: Source = None, who: Who = None,
    ) -> Answer:  # fmt: skip
        """Let DELIVERED fill COLUMN: in batches held for its loss, and in later ones."""
        return _say(session, column, delivered, "accepted", reason, source, who)

    @command(
        app,
        "decline",
        examples=['coldframe mapping decline dest Destination --reason "it is the final one"'],
    )
    def decline(
        session: Session, column: Column, delivered: Delivered, reason: Reason,
        source: Source = None, who: Who = None,
    ) -> Answer:  # fmt: skip
        """Say that DELIVERED is not COLUMN: it is not put forward again."""
        return _say(session, column, delivered, "declined", reason, source, who)

    @command(
        app,
        "undo",
        examples=['coldframe mapping undo dest Destination --reason "it was the wrong column"'],
    )
    def undo(
        session: Session, column: Column, delivered: Delivered, reason: Reason,
        source: Source = None, who: Who = None,
    ) -> Answer:  # fmt: skip
        """Take the last word on a mapping back; what is frozen stays as it is."""
        return _say(session, column, delivered, "undone", reason, source, who)


def _page(session: Session, found: list[MappingStanding]) -> RenderableType:
    if not found:
        return cell("No column looks renamed.", "green")
    rows = [
        [one.source, one.column, one.delivered, cell(one.standing, STYLE[one.standing]),
         f"{100 * one.evidence.name:.0f} %",
         None if one.evidence.content is None else f"{100 * one.evidence.content:.0f} %",
         f"{short(one.batch)} {one.file}", _last_word(one)]
        for one in found
    ]  # fmt: skip
    columns = ["=source", "=column", "=delivered as", "=standing", "#name", "#content",
               "put forward by", "said of it"]  # fmt: skip
    steps = [step for one in found if one.standing == "proposed" for step in _to_decide(one)]
    return Group(make_table(columns, rows), session.steps(steps))


def _last_word(one: MappingStanding) -> str:
    if not one.words:
        return ""
    word = one.words[-1]
    return f"{word.verdict} by {word.who}: {word.reason}"


def _to_decide(one: MappingStanding) -> list[Step]:
    """Return the two commands of which a person gives one."""
    return [mapping_step(one), Step(mapping_command(one, "decline"), "or not")]


def _say(
    session: Session, column: str, delivered: str, verdict: MappingVerdict, reason: str,
    source: str | None, who: str | None,
) -> Answer:  # fmt: skip
    """Write a person's word down; said again it is the first one, and the page says so."""
    check_source(session, source)
    bench = session.bench
    last, _ = bench.ledger.head()
    waiting = [one.release for one in release_standings(bench) if one.standing == "waiting"]
    word = decide_mapping(
        bench, column, delivered, verdict, reason=reason, who=person(who), source=source
    )
    (standing,) = [one for one in mapping_standings(bench) if word.about == _about(one)]
    again = (word.sequence or 0) <= last
    parts: list[RenderableType] = [line(tell_mapping(standing))]
    if again:
        parts.append(
            line(f"It was {SAID[verdict]} already, {moment(word.at)}. Nothing was changed.")
        )
    parts += _tell_void(session, waiting)
    if verdict == "undone":
        parts.append(cell("What is frozen stays as it is.", "dim"))
    return Answer(standing, Group(*parts, session.steps(_follow(standing))))


def _tell_void(session: Session, waiting: list[Release]) -> list[RenderableType]:
    """Return a line for each release of `waiting` that the word made void."""
    void = [one.release for one in release_standings(session.bench) if one.standing == "void"]
    said = "becomes void: the contract is another one now. Release it again after the build"
    return [
        line(cell(f"The release of {one.source}/{one.file} ({short(one.batch)}) {said}.", "yellow"))
        for one in waiting
        if one in void
    ]


def _about(one: MappingStanding) -> tuple[str, str, str]:
    return one.source, one.column, one.delivered


def _follow(one: MappingStanding) -> Iterable[Step]:
    """Return what comes after a person's word."""
    if one.standing == "accepted":
        yield Step(BUILD, f"judge batches anew that were held for {one.column}")
        yield Step(mapping_command(one, "undo"), "take it back")
    elif one.standing == "proposed":
        yield from _to_decide(one)
