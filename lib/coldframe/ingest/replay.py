"""Replay: what was set aside and is fit now gets in; imports pandas only if there is any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coldframe.contracts import contract_version
from coldframe.files import locked
from coldframe.ingest.quarantine import quarantined, sweep_partial
from coldframe.ingest.reconciling import reconcile
from coldframe.ledger import Delivery, Replay, replays
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench


@dataclass(frozen=True)
class ReplayReport:
    """What a replay did.

    Parameters
    ----------
    snapshot : Snapshot or None
        The newest one.
    replays : tuple of Replay
        What was taken in by this run, in the order of delivery.
    looked_at : tuple of Delivery
        Batches of which rows were judged once more.
    """

    snapshot: Snapshot | None
    replays: tuple[Replay, ...]
    looked_at: tuple[Delivery, ...]


def replay_batches(
    bench: Workbench,
    chosen: Sequence[Delivery] | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> ReplayReport:
    """Take in rows that were set aside and keep all rules now, each once, as the next snapshot.

    Rows that are still unfit stay in quarantine with the reasons of now. Two processes take turns.

    Parameters
    ----------
    bench : Workbench
        Dataset, quarantine, store and ledger.
    chosen : sequence of Delivery, optional
        Accepted batches of which rows were set aside; by default all.
    progress : callable, optional
        Told a line for each batch.
    """
    tell = progress or (lambda _: None)
    with locked(bench.settings.home / f"ingest-{bench.dataset.name}.lock"):
        sweep_partial(bench)
        reconcile(bench)
        head = bench.store.head(bench.dataset.name)
        found = [one for one in quarantined(bench) if one.outcome == "quarantined"]
        if chosen is not None:
            wanted = {one.key for one in chosen}
            found = [one for one in found if one.key in wanted]
        if head is None or not found:
            return ReplayReport(head, (), tuple(found))
        # pandas and pandera, only when there is something to judge
        from coldframe.ingest.replaying import replay_pending

        snapshot, taken = replay_pending(bench, found, head, tell)
        return ReplayReport(snapshot, taken, tuple(found))


def find_replays(bench: Workbench, delivery: Delivery) -> tuple[Replay, ...]:
    """Return the replays of rows of a batch, oldest first."""
    of = (delivery.source, delivery.batch)
    found = replays(bench.ledger, bench.dataset.name)
    return tuple(one for one in found if (one.source, one.original) == of)


def may_be_replayed(bench: Workbench, delivery: Delivery) -> bool:
    """Tell whether rows of a batch are set aside by another contract than that of now."""
    if delivery.outcome != "quarantined" or delivery.source not in bench.dataset.sources:
        return False
    now = contract_version(bench.dataset, delivery.source, lib=bench.settings.lib)
    last = find_replays(bench, delivery)
    contract, left = delivery.contract, delivery.rows_quarantined
    if last:
        contract, left = last[-1].contract, last[-1].rows_remaining
    return left > 0 and contract != now
