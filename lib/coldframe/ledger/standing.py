"""Where each proposal stands: a pure function of what the ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from coldframe.ledger.champion import Promotion
from coldframe.ledger.records import Record
from coldframe.ledger.verdicts import Verdict

Standing = Literal["pending", "superseded", "rejected", "approved", "void", "trained"]
Origin = Literal["policy", "person", "sweep"]


@dataclass(frozen=True, kw_only=True)
class Proposal(Record):
    """Word that a retrain may be due, with its evidence.

    Parameters
    ----------
    number : int
        Given by the ledger; counts up within the dataset.
    dataset : str
        What to retrain for.
    snapshot, snapshot_id : str
        Name (``flights@7``) and id of the snapshot to learn from.
    champion : str or None
        Digest of the model in force when it was made; None for the first model.
    origin : {"policy", "person", "sweep"}
        Who asks.
    parameters : dict
        For the model builder.
    reasons : tuple of str
        Why, each one sentence.
    evidence : dict
        The figures behind the reasons.
    policy : str or None
        Digest of the policy that spoke.
    expected_cost_seconds : float or None
        Processor seconds the training may take.
    """

    entry_kind: ClassVar[str] = "proposal"

    number: int
    dataset: str
    snapshot: str
    snapshot_id: str
    champion: str | None
    origin: Origin
    parameters: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    policy: str | None = None
    expected_cost_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Decision(Record):
    """A person's word on a proposal.

    Parameters
    ----------
    dataset : str
        Whose proposal it is.
    proposal : int
        Its number.
    verdict : {"approved", "rejected", "withdrawn"}
        What was decided; an approval may be withdrawn until it is trained.
    reason, who : str
        Why, and by whom.
    how : {"cli", "widget", "policy"}
        Where it was said; "policy" is the bootstrap of the first model.
    """

    entry_kind: ClassVar[str] = "decision"

    dataset: str
    proposal: int
    verdict: Literal["approved", "rejected", "withdrawn"]
    reason: str
    who: str
    how: Literal["cli", "widget", "policy"]


@dataclass(frozen=True, kw_only=True)
class ProposalStanding:
    """A proposal and where it stands.

    Parameters
    ----------
    proposal : Proposal
        What was proposed.
    standing : str
        ``pending`` (waits for a person), ``superseded`` (a newer one was made before anybody
        decided, and it stays so whatever comes after), ``rejected``, ``approved`` (waits for
        training), ``void`` (its approval was withdrawn or replaced by a later one, or the
        champion moved, forward or back, before it was trained) or ``trained``.
    why : str
        How it came to stand so, in one sentence.
    decision : Decision or None
        The latest word on it.
    verdict : Verdict or None
        What came of the training.
    """

    proposal: Proposal
    standing: Standing
    why: str
    decision: Decision | None = None
    verdict: Verdict | None = None


def _tell_kept(verdict: Verdict) -> str:
    """Return who is in force after a training that promoted nothing; if nobody is, why."""
    if verdict.champion is not None:
        return "the champion was kept"
    return ": ".join(["there is still no champion", "; ".join(verdict.reasons)]).removesuffix(": ")


def derive_standings(
    proposals: Sequence[Proposal],
    decisions: Sequence[Decision],
    verdicts: Sequence[Verdict],
    promotions: Sequence[Promotion],
) -> list[ProposalStanding]:
    """Return where each of `proposals` stands, given all that was said about one dataset.

    All arguments are in the order in which they were written.
    """
    latest_decision = {decision.proposal: decision for decision in decisions}
    latest_verdict = {verdict.proposal: verdict for verdict in verdicts}
    promoted = {promotion.proposal for promotion in promotions}
    # withdrawing a later approval does not bring back an older one: what is void stays void
    last_approved = max((d.proposal for d in decisions if d.verdict == "approved"), default=0)
    moves = [promotion.sequence or 0 for promotion in promotions]
    made = {proposal.number: proposal.sequence or 0 for proposal in proposals}

    def judge(proposal: Proposal) -> tuple[Standing, str]:
        number = proposal.number
        decision, verdict = latest_decision.get(number), latest_verdict.get(number)
        # a verdict to promote counts once the promotion stands too: until then, training that
        # was killed between the two has something to finish
        if verdict and verdict.outcome == "keep":
            return "trained", _tell_kept(verdict)
        if verdict and number in promoted:
            return "trained", "the challenger was promoted"
        if decision and decision.verdict == "rejected":
            return "rejected", f"{decision.who}: {decision.reason}"
        if decision and decision.verdict == "withdrawn":
            return "void", f"withdrawn by {decision.who}: {decision.reason}"
        moved = next((move for move in moves if move > made[number]), None)
        newer = made.get(number + 1)
        if decision is None and newer and (moved is None or newer < moved):
            return "superseded", f"proposal {number + 1} is newer"
        if moved is not None:
            return "void", "the champion has changed since it was made"
        if decision and number < last_approved:
            return "void", f"proposal {last_approved} was approved after it"
        if decision:
            return "approved", f"{decision.who}: {decision.reason}"
        return "pending", "waits for a decision"

    return [
        ProposalStanding(
            proposal=proposal, standing=standing, why=why,
            decision=latest_decision.get(proposal.number),
            verdict=latest_verdict.get(proposal.number),
        )
        for proposal in proposals for standing, why in [judge(proposal)]
    ]  # fmt: skip
