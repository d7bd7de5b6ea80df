"""Lineage: what a model or a snapshot was made from, down to the files that were delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coldframe.errors import ColdframeError, ConfigurationError, NotFoundError
from coldframe.ledger import (
    Decision,
    Delivery,
    ModelVersion,
    Promotion,
    Proposal,
    Release,
    Verdict,
    deliveries,
    model,
    models,
    promotions,
    proposals,
    releases,
    verdicts,
)
from coldframe.provenance import environment_digest
from coldframe.snapshots import BatchRecord, Snapshot
from coldframe.workbench import Workbench


@dataclass(frozen=True)
class Origin:
    """One delivery in a snapshot: what the snapshot says of it, and what the ledger does.

    Parameters
    ----------
    batch : BatchRecord
        From the snapshot's manifest.
    delivery : Delivery or None
        How it was judged; None if the ledger does not know it.
    release : Release or None
        Whose word let it in, if it had been held.
    """

    batch: BatchRecord
    delivery: Delivery | None
    release: Release | None = None


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """A model and all that led to it.

    Parameters
    ----------
    model : ModelVersion
        Which; it names parameters, code, environment and recipe.
    estimator : Path
        Its file.
    snapshot, reference : Snapshot or None
        What it learned from, and what it is monitored against; None if the store has lost it.
    origins : tuple of Origin
        The deliveries in the snapshot, in the order of delivery.
    lost : tuple of str
        What could not be read, in one sentence each.
    proposal, decision, verdicts, promotions
        How it came to be trained, judged and put in force.
    same_environment : bool
        Whether it was trained with just the distributions that are installed now.
    """

    model: ModelVersion
    estimator: Path
    snapshot: Snapshot | None
    reference: Snapshot | None
    origins: tuple[Origin, ...]
    lost: tuple[str, ...]
    proposal: Proposal | None
    decision: Decision | None
    verdicts: tuple[Verdict, ...]
    promotions: tuple[Promotion, ...]
    same_environment: bool


@dataclass(frozen=True, kw_only=True)
class SnapshotLineage:
    """A snapshot, the deliveries in it, and what came of it.

    Parameters
    ----------
    snapshot : Snapshot
        Which; it names its parent and the contract.
    origins : tuple of Origin
        The deliveries in it, in the order of delivery.
    models : tuple of ModelVersion
        Those that learned from it or are monitored against it.
    proposals : tuple of Proposal
        Those to retrain on it.
    """

    snapshot: Snapshot
    origins: tuple[Origin, ...]
    models: tuple[ModelVersion, ...]
    proposals: tuple[Proposal, ...]


def sort_origins(origins: Iterable[Origin]) -> dict[str, tuple[Origin, ...]]:
    """Return the deliveries of each source."""
    found: dict[str, tuple[Origin, ...]] = {}
    for origin in origins:
        found[origin.batch.source] = (*found.get(origin.batch.source, ()), origin)
    return found


def _open(bench: Workbench, id_: str | None, lost: list[str]) -> Snapshot | None:
    """Return the snapshot with this id; note in `lost` if it cannot be read."""
    if id_ is None:
        return None
    try:
        return bench.store.open(id_)
    except ColdframeError as error:
        lost.append(f"snapshot {id_[:10]}: {error.what}")
        return None


def trace(bench: Workbench, name: str) -> Lineage | SnapshotLineage:
    """Return the lineage of the model or the snapshot called `name`.

    Raises
    ------
    NotFoundError
        There is neither.
    """
    if "@" not in name:
        try:
            return trace_model(bench, name)
        except NotFoundError as error:
            missing: ColdframeError = error
    try:
        return trace_snapshot(bench, name)
    except (ConfigurationError, NotFoundError) as error:
        if "@" in name:
            missing = error
    missing.remedy = "coldframe models; coldframe snapshots"
    raise missing


def trace_snapshot(bench: Workbench, name: str) -> SnapshotLineage:
    """Return what the snapshot called `name` holds, and what came of it.

    Raises
    ------
    NotFoundError
        There is no such snapshot.
    ConfigurationError
        Nothing can be called that.
    """
    snapshot, dataset = bench.store.resolve(name), bench.dataset.name
    return SnapshotLineage(
        snapshot=snapshot,
        origins=tuple(_origins(bench, snapshot)),
        models=tuple(
            version
            for version in models(bench.ledger, dataset)
            if snapshot.id in (version.snapshot_id, version.reference_id)
        ),
        proposals=tuple(
            standing.proposal
            for standing in proposals(bench.ledger, dataset)
            if standing.proposal.snapshot_id == snapshot.id
        ),
    )


def trace_model(bench: Workbench, name: str) -> Lineage:
    """Return everything that the model called `name` was made from.

    Raises
    ------
    NotFoundError
        There is no such model.
    """
    dataset = bench.dataset.name
    version = model(bench.ledger, dataset, name)
    lost: list[str] = []
    snapshot = _open(bench, version.snapshot_id, lost)
    reference = _open(bench, version.reference_id, lost)
    standing = [
        s for s in proposals(bench.ledger, dataset) if s.proposal.number == version.proposal
    ]
    return Lineage(
        model=version,
        estimator=bench.settings.home / "models" / f"{version.estimator}.skops",
        snapshot=snapshot,
        reference=reference,
        origins=tuple(_origins(bench, snapshot)) if snapshot else (),
        lost=tuple(lost),
        proposal=standing[0].proposal if standing else None,
        decision=standing[0].decision if standing else None,
        verdicts=tuple(
            v for v in verdicts(bench.ledger, dataset) if v.challenger == version.digest
        ),
        promotions=tuple(p for p in promotions(bench.ledger, dataset) if p.model == version.digest),
        same_environment=version.environment == environment_digest(),
    )


def _origins(bench: Workbench, snapshot: Snapshot) -> list[Origin]:
    """Return the deliveries in `snapshot`, each with what the ledger says of it."""
    told = {
        (d.source, d.batch): d
        for d in deliveries(bench.ledger, snapshot.dataset)
        if d.outcome != "held"
    }
    words = {f"{one.key}:released": one for one in releases(bench.ledger, snapshot.dataset)}
    found = [(batch, told.get((batch.source, batch.digest))) for batch in snapshot.batches]
    return [Origin(batch, one, words.get(one.key) if one else None) for batch, one in found]
