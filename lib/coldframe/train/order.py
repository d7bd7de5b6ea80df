"""What is to be trained: an approved proposal, or an experiment that somebody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coldframe.errors import ConfigurationError, ConflictError, CorruptionError, NotFoundError
from coldframe.ledger import Proposal, ProposalStanding, approved, proposals
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be trained.

    Parameters
    ----------
    snapshot : Snapshot
        To learn from.
    parameters : dict
        For the builder: the dataset file's, overruled by those that were asked for.
    origin : str
        Who asked: policy, person or sweep.
    standing : ProposalStanding or None
        The approved proposal and where it stands; None for an experiment.
    """

    snapshot: Snapshot
    parameters: dict[str, Any]
    origin: str
    standing: ProposalStanding | None = None

    @property
    def proposal(self) -> Proposal | None:
        """The proposal that is being carried out."""
        return self.standing.proposal if self.standing else None


def train_inputs(bench: Workbench) -> dict[str, Any] | None:
    """Return what decides whether training is due: the approved proposal, or None.

    Needs the ledger only. The parameters are not among it: they are the proposal's own.
    """
    proposal = approved(bench.ledger, bench.dataset.name)
    if proposal is None:
        return None
    return {
        "proposal": proposal.number,
        "snapshot": proposal.snapshot_id,
        "champion": proposal.champion,
    }


def may_resume(bench: Workbench, begun: Mapping[str, Any]) -> bool:
    """Tell whether a training that began with these inputs and was killed is to be run again.

    So it is if its proposal is approved or trained already, when only its report is missing; not
    if the proposal was withdrawn, rejected or made void meanwhile.

    Parameters
    ----------
    bench : Workbench
        Whose ledger.
    begun : mapping
        What `train_inputs` said when it began.
    """
    return any(
        said.proposal.number == begun.get("proposal") and said.standing in ("approved", "trained")
        for said in proposals(bench.ledger, bench.dataset.name)
    )


def take_order(
    bench: Workbench,
    *,
    snapshot: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    proposal: int | None = None,
    origin: str = "person",
) -> Order:
    """Return what is to be trained; see :func:`coldframe.train.train_challenger`."""
    if snapshot is not None and proposal is None:
        found = _snapshot(bench, snapshot)
        chosen = {**bench.dataset.model.parameters, **(parameters or {})}
        return Order(snapshot=found, parameters=chosen, origin=origin)
    standing = _standing(bench, proposal)
    about = standing.proposal
    if parameters:
        raise ConfigurationError(
            "An approved proposal is trained with the parameters that were approved.",
            where=f"{bench.dataset.name}, proposal {about.number}",
            found=f"other parameters: {', '.join(parameters)}",
            remedy=f"name a snapshot to make an experiment of it: snapshot={about.snapshot!r}",
        )
    found = _snapshot(bench, about.snapshot_id)
    if snapshot is not None and _snapshot(bench, snapshot).id != found.id:
        raise ConfigurationError(
            "The proposal was approved for another snapshot.",
            where=f"{bench.dataset.name}, proposal {about.number}",
            expected=found.name,
            found=snapshot,
            remedy="leave the snapshot out, or leave the proposal out to make an experiment",
        )
    chosen = {**bench.dataset.model.parameters, **about.parameters}
    return Order(snapshot=found, parameters=chosen, origin=about.origin, standing=standing)


def _snapshot(bench: Workbench, name: str) -> Snapshot:
    """Return a snapshot of the dataset by name or id."""
    found = bench.store.resolve(name)
    if found.dataset != bench.dataset.name:
        raise ConfigurationError(
            "This is a snapshot of something else.",
            expected=f"a snapshot of {bench.dataset.name}",
            found=found.name,
            remedy="coldframe snapshots",
        )
    if bench.dataset.features.rows not in found.tables:
        raise CorruptionError(
            "The snapshot lacks the table that the rows come from.",
            where=found.name,
            expected=bench.dataset.features.rows,
            found=", ".join(found.tables) or "no table",
            remedy="choose a later snapshot: coldframe snapshots",
        )
    return found


def _standing(bench: Workbench, number: int | None) -> ProposalStanding:
    """Return the proposal to train, which is approved, or was and is trained already."""
    known = proposals(bench.ledger, bench.dataset.name)
    if number is None:
        waiting = [standing for standing in known if standing.standing == "approved"]
        if waiting:
            return waiting[-1]
        raise NotFoundError(
            "No approved proposal waits for training.",
            where=bench.dataset.name,
            expected="an approved proposal, or the name of a snapshot for an experiment",
            remedy="coldframe proposals, then coldframe approve N --reason '...'",
        )
    chosen = [standing for standing in known if standing.proposal.number == number]
    if not chosen:
        raise NotFoundError(
            "No such proposal.", where=bench.dataset.name, found=str(number),
            remedy="coldframe proposals",
        )  # fmt: skip
    if chosen[0].standing not in ("approved", "trained"):
        raise ConflictError(
            f"Proposal {number} is {chosen[0].standing}: {chosen[0].why}.",
            where=bench.dataset.name,
            expected="an approved proposal",
            found=chosen[0].standing,
            remedy="coldframe proposals shows what can be approved",
        )
    return chosen[0]
