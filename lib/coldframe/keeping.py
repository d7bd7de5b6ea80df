"""What is kept in the store, and for whom: tags, pins, models and open proposals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from coldframe.ledger import models, proposals
from coldframe.snapshots import Garbage, Snapshot
from coldframe.workbench import Workbench

OPEN = ("pending", "approved")
"""Where a proposal stands that still needs its snapshot."""

Holder = TypeVar("Holder", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A snapshot and all that needs it.

    Parameters
    ----------
    snapshot : Snapshot
        Which.
    name : str
        What it is called here: its version, or its first tag where that number is another's.
    tags : tuple of str
        Its names, for good.
    pins : tuple of str
        Who pinned it in the store: ``model-<digest>``, ``study-<digest>``.
    proposals : tuple of int
        Numbers of the proposals that name it and wait for a decision or for training.
    """

    snapshot: Snapshot
    name: str
    tags: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    proposals: tuple[int, ...] = ()


def list_kept(bench: Workbench, datasets: Iterable[str]) -> list[Kept]:
    """Return all versions of `datasets`, oldest first, then what tags alone name; who needs it."""
    names, store = list(datasets), bench.store
    tagged = {name: store.tags(name) for name in names}
    tags = _by_snapshot((tag, s.id) for found in tagged.values() for tag, s in found.items())
    pins = _by_snapshot((owner, id_) for owner, ids in store.pins().items() for id_ in ids)
    waiting = _by_snapshot(_open_proposals(bench, bench.dataset.name))
    kept = []
    for dataset in names:
        called = {one.id: (one.name, one) for one in store.versions(dataset)}
        for tag, one in tagged[dataset].items():
            called.setdefault(one.id, (f"{dataset}@{tag}", one))
        kept += [
            Kept(
                snapshot=one,
                name=name,
                tags=tags.get(id_, ()),
                pins=pins.get(id_, ()),
                proposals=waiting.get(id_, ()),
            )
            for id_, (name, one) in called.items()
        ]
    return kept


def collect_garbage(
    bench: Workbench, *, delete: bool, grace_seconds: float = 3600.0
) -> list[Garbage]:
    """Delete, or only list, files of the store that nobody needs.

    Needed is what a version, tag or pin of the store names, and, also should its pin have been
    lost, what a model or an open proposal of the ledger does, of whatever dataset.

    Parameters
    ----------
    bench : Workbench
        Whose store.
    delete : bool
        Whether to delete; else it is only listed.
    grace_seconds : float, default=3600
        Files that are younger are left.

    Raises
    ------
    ConflictError
        The store was being written to for a minute.
    CorruptionError
        What tells who needs what cannot be read; nothing was deleted.
    """
    known = models(bench.ledger, None)
    needed = {id_ for one in known for id_ in (one.snapshot_id, one.reference_id) if id_}
    for dataset in {entry.dataset for entry in bench.ledger.entries(kind="proposal")}:
        needed |= {id_ for _, id_ in _open_proposals(bench, dataset)}
    return bench.store.collect_garbage(
        needed=sorted(needed), dry_run=not delete, grace_seconds=grace_seconds
    )


def _open_proposals(bench: Workbench, dataset: str) -> list[tuple[int, str]]:
    """Return number and snapshot of each proposal that is not done with."""
    found = [one for one in proposals(bench.ledger, dataset) if one.standing in OPEN]
    return [(one.proposal.number, one.proposal.snapshot_id) for one in found]


def _by_snapshot(pairs: Iterable[tuple[Holder, str]]) -> dict[str, tuple[Holder, ...]]:
    held: dict[str, tuple[Holder, ...]] = {}
    for holder, id_ in pairs:
        held[id_] = (*held.get(id_, ()), holder)
    return held
