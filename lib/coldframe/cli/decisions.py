"""`coldframe proposals`, `propose`, `approve`, `reject`: a person's word on retraining."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import (
    cell,
    duration,
    facts,
    line,
    make_table,
    moment,
    outline,
    section,
    short,
    when,
)
from coldframe.errors import ConfigurationError
from coldframe.ledger import Decision, ProposalStanding, decide, proposals, withdraw
from coldframe.proposing import Asked, ask_for_retrain
from coldframe.settings import user_name
from coldframe.steps import BUILD, PROPOSE, Step

STYLE = {
    "pending": "bold yellow",
    "approved": "cyan",
    "trained": "green",
    "rejected": "red",
    "superseded": "dim",
    "void": "dim",
}


def read_number(text: str) -> int:
    """Return the number of a proposal that `text` spells.

    Raises
    ------
    typer.BadParameter
        It spells none.

    Examples
    --------
    >>> read_number("4")
    4
    """
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise typer.BadParameter(
        f"{text!r:.60} is no proposal's number, such as 4; `coldframe proposals` lists them."
    )


Number = Annotated[
    int, typer.Argument(metavar="N", parser=read_number, help="The proposal's number.")
]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the ledger for good.")
]
Who = Annotated[
    str | None,
    typer.Option(
        "--who", metavar="NAME", help="Who says so (by default COLDFRAME_USER, else your login)."
    ),
]


def person(who: str | None) -> str:
    """Return whose word it is: as said, else as `user_name` finds it.

    Raises
    ------
    ConfigurationError
        Nobody is named.
    """
    name = who or user_name()
    if not name:
        raise ConfigurationError(
            "Who says so?", found="a login without a name",
            remedy="the same command with --who NAME, or set COLDFRAME_USER",
        )  # fmt: skip
    return name


def add_commands(app: typer.Typer) -> None:
    """Add `proposals`, `propose`, `approve` and `reject` to `app`."""

    @command(
        app,
        "proposals",
        panel="Decide",
        examples=["coldframe proposals", "coldframe proposals --json"],
    )
    def list_proposals(session: Session) -> Answer:
        """List every proposal and where it stands."""
        return _proposals_page(session)

    @command(
        app,
        "propose",
        panel="Decide",
        examples=[
            'coldframe propose --reason "the feed is mended"',
            'coldframe propose --snapshot flights@4 --reason "before the holidays"',
        ],
    )
    def propose(
        session: Session,
        reason: Reason,
        snapshot: Annotated[
            str | None,
            typer.Option("--snapshot", metavar="NAME", help="On which (by default the newest)."),
        ] = None,
        who: Who = None,
    ) -> Answer:
        """Ask for a retrain with the dataset file's parameters; it waits for approval."""
        with session.working("looking whether it could be trained") as progress:
            asked = ask_for_retrain(
                session.bench, reason=reason, who=person(who), snapshot=snapshot, progress=progress
            )
        return Answer(asked.standing, _asked_page(session, asked))

    _add_words(app)


def _add_words(app: typer.Typer) -> None:
    """Add `approve` and `reject` to `app`."""

    @command(
        app,
        "approve",
        panel="Decide",
        examples=[
            'coldframe approve 4 --reason "realised AUC has fallen for a month"',
            'coldframe approve 4 --reason "budget allows it" --who jane',
        ],
    )
    def approve(session: Session, number: Number, reason: Reason, who: Who = None) -> Answer:
        """Approve proposal N: the next build trains on exactly its snapshot."""
        return _record(session, partial(decide, approved=True), number, reason=reason, who=who)

    @command(
        app,
        "reject",
        panel="Decide",
        examples=[
            'coldframe reject 4 --reason "the drop is the airport closure"',
            'coldframe reject 4 --withdraw --reason "approved by mistake"',
        ],
    )
    def reject(
        session: Session,
        number: Number,
        reason: Reason,
        who: Who = None,
        take_back: Annotated[
            bool, typer.Option("--withdraw", help="Take back an approval that is not trained yet.")
        ] = False,
    ) -> Answer:
        """Reject proposal N, or take back its approval."""
        if take_back:
            return _record(session, withdraw, number, reason=reason, who=who)
        return _record(session, partial(decide, approved=False), number, reason=reason, who=who)


def _proposals_page(session: Session) -> Answer:
    found = proposals(session.bench.ledger, session.name)
    rows = [
        [s.proposal.number, cell(s.standing, STYLE[s.standing]), s.proposal.snapshot,
         s.proposal.origin, when(s.proposal.at), s.why]
        for s in found
    ]  # fmt: skip
    columns = ["#N", "=standing", "=snapshot", "asked by", "#made (UTC)", "why it stands so"]
    table: RenderableType = make_table(columns, rows) if rows else cell("No proposal yet.")
    waiting = [s.proposal.number for s in found if s.standing == "pending"]
    if waiting:
        table = Group(table, session.steps([Step(f"coldframe show {waiting[-1]}", "its evidence")]))
    return Answer(found, table)


def _asked_page(session: Session, asked: Asked) -> Group:
    """Return which proposal it is, and what to do with it."""
    standing, proposal = asked.standing, asked.standing.proposal
    stands = cell(standing.standing, STYLE[standing.standing])
    head = line(f"Proposal {proposal.number}: retrain on {proposal.snapshot}. It is ", stands,
                f": {standing.why}.")  # fmt: skip
    if asked.again:
        head = line(head, f"\nIt was made {moment(proposal.at)}. Nothing was changed.")
    steps = [Step(f"coldframe show {proposal.number}", "the proposal in full")]
    if standing.standing == "pending":
        steps += _to_decide(proposal.number)
    elif standing.standing == "approved":
        steps.append(Step(BUILD, "train, judge, and promote if it is better"))
    return Group(head, *map(line, proposal.reasons), session.steps(steps))


def _to_decide(number: int) -> list[Step]:
    """Return the two commands of which a person gives one."""
    return [
        Step(f'coldframe approve {number} --reason "..."', "let training do it"),
        Step(f'coldframe reject {number} --reason "..."', "or not"),
    ]


def _record(
    session: Session, say: Callable[..., Decision], number: int, *, reason: str, who: str | None
) -> Answer:
    """Write down a person's word; said again it is the first one, and the page says so."""
    ledger = session.bench.ledger
    last, _ = ledger.head()
    decision = say(ledger, session.name, number, reason=reason, who=person(who), how="cli")
    again = (decision.sequence or 0) <= last
    standing = proposals(ledger, session.name)[number - 1]
    return Answer(decision, _decision_page(session, decision, standing, again=again))


def _decision_page(
    session: Session, decision: Decision, standing: ProposalStanding, *, again: bool
) -> Group:
    """Return what was decided and what follows, or that it was decided already."""
    number = decision.proposal
    verb, since = ("was", f" already, by {decision.who}, {moment(decision.at)}")
    if not again:
        verb, since = ("is", f" by {decision.who}")
    head = line(
        f"The approval of proposal {number} {verb} "
        if decision.verdict == "withdrawn"
        else f"Proposal {number} {verb} ",
        cell(decision.verdict, STYLE.get(decision.verdict, "bold")),
        f"{since}: {decision.reason}",
    )
    if again:
        head = line(head, "\nNothing was changed.")
    if standing.standing != decision.verdict:
        stands = cell(standing.standing, STYLE[standing.standing])
        head = line(head, f"\nProposal {number} is ", stands, f": {standing.why}.")
    if standing.standing == "approved":
        steps = [
            Step(
                BUILD,
                f"train on {standing.proposal.snapshot}, judge, and promote if it is better",
            ),
            Step(
                f'coldframe reject {number} --withdraw --reason "..."', "take it back before that"
            ),
        ]
        return Group(head, session.steps(steps))
    if standing.standing == "trained":
        return Group(head, session.steps([Step(f"coldframe show {number}", "what came of it")]))
    first = standing.proposal.champion is None
    who = "There is still no champion." if first else "The champion stays. Monitoring goes on."
    stays = cell(who, "dim")
    return Group(head, stays, session.steps([Step(PROPOSE, "ask for another retrain yourself")]))


def proposal_page(standing: ProposalStanding, session: Session) -> Group:
    """Return a proposal in full."""
    proposal, decision, verdict = standing.proposal, standing.decision, standing.verdict
    head = facts(
        {
            "standing": line(
                cell(standing.standing, STYLE[standing.standing]), f"  {standing.why}"
            ),
            "retrain on": f"{proposal.snapshot}  {short(proposal.snapshot_id)}",
            "asked by": proposal.origin,
            "made": moment(proposal.at),
            "champion then": short(proposal.champion) if proposal.champion else "none",
            "will cost about": proposal.expected_cost_seconds
            and duration(proposal.expected_cost_seconds),
        }
    )
    parts: list[RenderableType] = [section(f"Proposal {proposal.number}", head)]
    if proposal.reasons:
        parts.append(section("Reasons", *[line(f"- {reason}") for reason in proposal.reasons]))
    if proposal.parameters:
        parts.append(section("Parameters", facts(proposal.parameters)))
    if proposal.evidence:
        parts.append(section("Evidence", outline(proposal.evidence)))
    if decision:
        word = f"{decision.verdict} by {decision.who} ({decision.how}), {moment(decision.at)}"
        parts.append(section("Decision", line(word), line(decision.reason)))
    if verdict:
        parts.append(section("Verdict", *[line(f"- {reason}") for reason in verdict.reasons]))
    if standing.standing == "pending":
        parts.append(section("Next", session.steps(_to_decide(proposal.number))))
    return Group(*parts)
