"""Proposals and decisions: what might be retrained, and a person's word on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from coldframe.errors import ConflictError, DataError, NotFoundError
from coldframe.ledger.chain import plain_json
from coldframe.ledger.champion import promotions_of
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import keep
from coldframe.ledger.standing import (
    Decision,
    Origin,
    Proposal,
    ProposalStanding,
    Standing,
    derive_standings,
)
from coldframe.ledger.transaction import Reader, Transaction
from coldframe.ledger.verdicts import verdicts_of
from coldframe.provenance import record_digest

SHOWN = 5
"""So many proposals are named to who asks for one that there is not."""


def standings_of(reader: Reader, dataset: str) -> list[ProposalStanding]:
    """Return every proposal that `reader` sees and where it stands, oldest first."""
    return derive_standings(
        [Proposal.from_entry(entry) for entry in reader.entries(dataset, "proposal")],
        [Decision.from_entry(entry) for entry in reader.entries(dataset, "decision")],
        verdicts_of(reader, dataset),
        promotions_of(reader, dataset),
    )


def proposal(ledger: Ledger, dataset: str, number: int) -> ProposalStanding:
    """Return where proposal `number` of `dataset` stands.

    Raises
    ------
    NotFoundError
        There is none of that number; those there are, are named.
    """
    with ledger.reading() as reader:
        return standing_of(reader, dataset, number)


def proposals(ledger: Ledger, dataset: str) -> list[ProposalStanding]:
    """Return every proposal for `dataset` and where it stands, oldest first."""
    with ledger.reading() as reader:
        return standings_of(reader, dataset)


def pending(ledger: Ledger, dataset: str) -> Proposal | None:
    """Return the proposal that waits for a decision, or None."""
    found = [s.proposal for s in proposals(ledger, dataset) if s.standing == "pending"]
    return found[-1] if found else None


def approved(ledger: Ledger, dataset: str) -> Proposal | None:
    """Return the proposal that training has to do, or None."""
    found = [s.proposal for s in proposals(ledger, dataset) if s.standing == "approved"]
    return found[-1] if found else None


def _about(proposal: Proposal) -> str:
    """Return the digest of what a proposal is about, which makes proposing idempotent."""
    return record_digest(
        [proposal.snapshot_id, proposal.champion, proposal.origin, proposal.parameters]
    )


def _still_speaks(standing: ProposalStanding, *, open_now: bool) -> bool:
    """Tell whether proposing the same again should return that proposal and not a new one.

    `open_now` is whether another proposal is pending or approved. While one is, what it
    superseded stays so; once it is decided, the point may be made again.
    """
    if standing.standing in ("pending", "approved", "trained"):
        return True
    # A policy that sees the same evidence again must not press its point; a person may insist.
    if standing.proposal.origin != "policy":
        return False
    return standing.standing == "rejected" or (standing.standing == "superseded" and open_now)


def propose(
    ledger: Ledger, *, dataset: str, snapshot: str, snapshot_id: str, champion: str | None,
    origin: Origin, parameters: Mapping[str, Any] | None = None, reasons: Sequence[str] = (),
    evidence: Mapping[str, Any] | None = None, policy: str | None = None,
    expected_cost_seconds: float | None = None, who: str | None = None,
) -> Proposal:  # fmt: skip
    """Propose a retrain; supersedes a pending proposal.

    The same snapshot, champion, origin and parameters again give the first proposal again,
    unless it became void, what superseded it is decided by now, or a person repeats what was
    rejected or superseded.

    Parameters
    ----------
    ledger : Ledger
        Where it is written.
    dataset, snapshot, snapshot_id, champion, origin, parameters, reasons, evidence, policy, \
expected_cost_seconds
        See :class:`Proposal`.
    who : str, optional
        Who writes.

    Raises
    ------
    ConflictError
        `champion` is not the champion any more.
    """
    with ledger.writing() as transaction:
        earlier = standings_of(transaction, dataset)
        proposal = Proposal(
            number=len(earlier) + 1, dataset=dataset, snapshot=snapshot, snapshot_id=snapshot_id,
            champion=champion, origin=origin, parameters=plain_json(parameters or {}),
            reasons=tuple(reasons), evidence=plain_json(evidence or {}), policy=policy,
            expected_cost_seconds=expected_cost_seconds,
        )  # fmt: skip
        about = _about(proposal)
        same = [s for s in earlier if _about(s.proposal) == about]
        present, _ = transaction.champion(dataset)
        open_now = any(s.standing in ("pending", "approved") for s in earlier)
        if same and _still_speaks(same[-1], open_now=open_now):
            return same[-1].proposal
        if present != champion:
            raise ConflictError(
                "The champion is not the one this proposal was made for.", where=dataset,
                expected=champion or "no champion", found=present or "no champion",
                remedy="run monitor again with the champion in force",
            )  # fmt: skip
        return keep(transaction, proposal, key=f"{about}#{len(same) + 1}", who=who)


def standing_of(reader: Reader, dataset: str, number: int) -> ProposalStanding:
    """Return where proposal `number` stands; NotFoundError if there is none."""
    known = standings_of(reader, dataset)
    for standing in known:
        if standing.proposal.number == number:
            return standing
    last = [f"{one.proposal.number} ({one.standing})" for one in known[-SHOWN:]]
    earlier = f"; {len(known) - SHOWN} earlier" if len(known) > SHOWN else ""
    raise NotFoundError(
        "No such proposal.", where=dataset, found=str(number),
        expected=f"one of {', '.join(last)}{earlier}" if known else "a proposal; there is none yet",
        remedy="coldframe proposals lists them" if known
        else 'coldframe build proposes when it is time, or coldframe propose --reason "..."',
    )  # fmt: skip


def _reasoned(reason: str, who: str) -> None:
    """Refuse a decision that nobody could understand later."""
    if not reason.strip() or not who.strip():
        raise DataError(
            "A decision needs a name and a reason.",
            found=f"who {who!r}, reason {reason!r}",
            remedy="say why in a few words: --reason '...'",
        )  # fmt: skip


def _refusal(standing: ProposalStanding, decision: Decision, *, allowed: Standing) -> ConflictError:
    """Return the error that says who was first, or why there is nothing to decide."""
    number, said = decision.proposal, standing.decision
    what = f"Proposal {number} is {standing.standing}: {standing.why}."
    remedy = "coldframe proposals shows what is pending"
    if said and said.verdict == standing.standing:
        when = f"{(said.at or '')[:16].replace('T', ' ')} UTC"
        what = (
            f"Proposal {number} was {said.verdict} already, by {said.who} on {when}: "
            f"{said.reason}. Nothing was changed."
        )
    elif standing.standing == "pending":
        what = f"Proposal {number} was never approved; there is no approval to take back."
        remedy = f'coldframe reject {number} --reason "..."'
    if standing.standing == "approved":
        remedy = f'to take the approval back: coldframe reject {number} --withdraw --reason "..."'
    by = f" ({said.verdict} by {said.who} at {said.at})" if said else ""
    return ConflictError(
        what, where=decision.dataset, expected=f"a proposal that is {allowed}",
        found=f"{standing.standing}{by}", remedy=remedy,
    )  # fmt: skip


def _write(
    transaction: Transaction, standing: ProposalStanding, decision: Decision, *, allowed: Standing
) -> Decision:
    """Write `decision` if its proposal stands as `allowed`; return it if it was made already."""
    if decision == standing.decision:
        return standing.decision
    if standing.standing != allowed:
        raise _refusal(standing, decision, allowed=allowed)
    key = f"{decision.proposal}:withdrawn" if decision.verdict == "withdrawn" else None
    return keep(transaction, decision, key=key or str(decision.proposal), who=decision.who)


def decide(
    ledger: Ledger, dataset: str, number: int, *, approved: bool, reason: str, who: str,
    how: Literal["cli", "widget", "policy"],
) -> Decision:  # fmt: skip
    """Approve or reject a pending proposal; of two deciders at once exactly one is heard.

    The same decision by the same person again returns the first one.

    Raises
    ------
    ConflictError
        It is not pending any more; the message says what happened to it.
    DataError
        The reason is empty.
    NotFoundError
        There is no such proposal.
    """
    _reasoned(reason, who)
    decision = Decision(
        dataset=dataset, proposal=number, verdict="approved" if approved else "rejected",
        reason=reason.strip(), who=who.strip(), how=how,
    )  # fmt: skip
    with ledger.writing() as transaction:
        standing = standing_of(transaction, dataset, number)
        return _write(transaction, standing, decision, allowed="pending")


def withdraw(
    ledger: Ledger, dataset: str, number: int, *, reason: str, who: str,
    how: Literal["cli", "widget", "policy"],
) -> Decision:  # fmt: skip
    """Take back an approval, as long as it is not trained; the proposal is void then.

    The same word by the same person again returns the first one.

    Raises
    ------
    ConflictError
        It is not approved: nobody has decided yet, or it waits for training no more.
    DataError
        The reason is empty.
    NotFoundError
        There is no such proposal.
    """
    _reasoned(reason, who)
    decision = Decision(
        dataset=dataset, proposal=number, verdict="withdrawn", reason=reason.strip(),
        who=who.strip(), how=how,
    )  # fmt: skip
    with ledger.writing() as transaction:
        standing = standing_of(transaction, dataset, number)
        return _write(transaction, standing, decision, allowed="approved")
