"""Conclusions: a verdict and the promotion that follows from it, both or neither."""

from __future__ import annotations

from coldframe.errors import ConflictError
from coldframe.ledger.champion import Promotion, move_champion
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.proposals import standing_of
from coldframe.ledger.records import keep
from coldframe.ledger.transaction import Transaction
from coldframe.ledger.verdicts import Verdict


def conclude(
    ledger: Ledger, verdict: Verdict, *, reason: str, who: str
) -> tuple[Verdict, Promotion | None]:
    """Write down a verdict and, if it says so, promote the challenger: both or neither.

    Repeated after a crash it returns what was written the first time.

    Parameters
    ----------
    ledger : Ledger
        Where it is written.
    verdict : Verdict
        What training found. If it names a proposal, that must still be approved.
    reason, who : str
        For the promotion.

    Returns
    -------
    verdict : Verdict
        As recorded.
    promotion : Promotion or None
        None if the champion was kept.

    Raises
    ------
    ConflictError
        The champion it was judged against is not in force any more, or the approval was
        withdrawn or became void during the training; nothing is written.
    """
    with ledger.writing() as transaction:
        standing = _standing_before(transaction, verdict)
        written = keep(transaction, verdict, key=verdict.key, who=who)
        promotion = None
        if written.outcome == "promote":
            promotion = move_champion(
                transaction, written.dataset, model=written.challenger, expected=written.champion,
                reason=reason, who=who, proposal=written.proposal, key=written.key,
                kind="promotion",
            )  # fmt: skip
        # Last, because the move tells better who was faster; raising takes all of it back.
        if standing not in (None, "approved", "concluded"):
            raise ConflictError(
                f"Proposal {verdict.proposal} was approved, but is {standing} by now.",
                where=verdict.dataset, expected="an approval that is still good", found=standing,
                remedy="the model stays registered; `coldframe proposals` says what happened",
            )  # fmt: skip
        return written, promotion


def _standing_before(transaction: Transaction, verdict: Verdict) -> str | None:
    """Return where the verdict's proposal stands; None without one.

    A proposal that was trained is "concluded" if by this very verdict, which is then repeated.
    """
    if verdict.proposal is None:
        return None
    standing = standing_of(transaction, verdict.dataset, verdict.proposal).standing
    known = transaction.find(verdict.dataset, verdict.entry_kind, verdict.key)
    return "concluded" if standing == "trained" and known is not None else standing
