"""`coldframe release`: a person's word that a batch that is held is to be taken all the same."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group

from coldframe.cli.batches import check_source, choose_batch
from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import Reason, Who, person
from coldframe.cli.terminal import cell, line, moment, short
from coldframe.ingest import find_release, quarantined, release_batch
from coldframe.ledger import deliveries
from coldframe.steps import BUILD, Step
from coldframe.wording import tell_release


def add_commands(app: typer.Typer) -> None:
    """Add `release` to `app`."""

    @command(
        app,
        "release",
        panel="Decide",
        examples=[
            'coldframe release 3fa9c1 --reason "a short month: the airport was closed"',
            'coldframe release 3fa9c1 --source weather --reason "known gap" --who jane',
        ],
    )
    def release(
        session: Session,
        batch: Annotated[str, typer.Argument(help="A held batch, by digits of its digest.")],
        reason: Reason,
        source: Annotated[
            str | None,
            typer.Option("--source", metavar="NAME", help="Only batches of this source."),
        ] = None,
        who: Who = None,
    ) -> Answer:
        """Overrule the hold of a batch: the next build takes its fit rows, once."""
        check_source(session, source)
        bench = session.bench
        # one that is held if there is one, else whichever it is: that it is not is told, then
        everything = deliveries(bench.ledger, session.name)
        held = [d for d in quarantined(bench) if d.outcome == "held"]
        named = any(d.batch.startswith(batch.lower()) for d in held)
        delivery = choose_batch(session, held if named else everything, batch, source)
        last, _ = bench.ledger.head()
        said = release_batch(bench, delivery, reason=reason, who=person(who))
        standing = find_release(bench, delivery)
        head = line(cell(short(said.batch), "cyan"), f"  {said.source}/{said.file}")
        parts = [head, line(tell_release(standing))]
        if (said.sequence or 0) <= last:
            parts.append(line(f"It was released already, {moment(said.at)}. Nothing was changed."))
        steps = []
        if standing and standing.standing == "waiting":
            steps = [Step(BUILD, "take its fit rows; unfit ones are set aside all the same")]
        elif standing and standing.standing == "void":
            steps = [Step(BUILD, "judge the batch by the contract of now; release it after that")]
        return Answer(standing, Group(*parts, session.steps(steps)))
