"""How the stages last ended, and which of those that failed have nothing to do any more."""

from __future__ import annotations

from collections.abc import Sequence

from coldframe.ledger import Promotion, ProposalStanding, Run

STAGES = ("ingest", "monitor", "train")


def last_runs(found: Sequence[Run]) -> tuple[Run, ...]:
    """Return the last run of each stage, in the order of the graph, further stages after it."""
    last = {run.stage: run for run in found}
    order = [*STAGES, *sorted(last.keys() - set(STAGES))]
    return tuple(last[stage] for stage in order if stage in last)


def unpromoted_training(
    standings: Sequence[ProposalStanding], moves: Sequence[Promotion]
) -> ProposalStanding | None:
    """Return what was trained last, if it promoted nothing and nothing was promoted since.

    Parameters
    ----------
    standings : sequence of ProposalStanding
        Of all proposals of a dataset, in any order.
    moves : sequence of Promotion
        Of its champion, in any order; a rollback is one, too.

    Examples
    --------
    >>> from types import SimpleNamespace as One
    >>> trained = One(standing="trained", verdict=One(sequence=7, outcome="keep"))
    >>> unpromoted_training([trained], [One(sequence=3)]) is trained
    True
    >>> unpromoted_training([trained], [One(sequence=9)]) is None
    True
    """
    judged = [
        (standing.verdict.sequence or 0, standing)
        for standing in standings
        if standing.standing == "trained" and standing.verdict
    ]
    at, last = max(judged, key=lambda one: one[0], default=(0, None))
    if last is None or last.verdict is None or last.verdict.outcome == "promote":
        return None
    return None if any((move.sequence or 0) > at for move in moves) else last


def settle_training(found: Sequence[Run], standings: Sequence[ProposalStanding]) -> dict[str, str]:
    """Return why a training whose last run failed is to be run no more, by its stage.

    A build runs it again as long as its proposal is approved, or trained and only its report is
    missing. Which proposal that was is the last one with an approval when it failed.
    """
    last = next((run for run in found if run.stage == "train" and run.outcome == "failed"), None)
    if last is None:
        return {}
    carried_out = [
        standing
        for standing in standings
        if standing.decision
        and standing.decision.verdict != "rejected"
        and (standing.proposal.sequence or 0) < (last.sequence or 0)
    ]
    if not carried_out or carried_out[-1].standing in ("approved", "trained"):
        return {}
    standing = carried_out[-1]
    return {"train": f"proposal {standing.proposal.number} is {standing.standing}: {standing.why}"}
