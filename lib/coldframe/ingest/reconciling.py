"""What a killed run froze without writing it down: the next one does."""

from __future__ import annotations

from coldframe.ingest.landing import Judged
from coldframe.ingest.records import delivery_of, replay_of, settle_replay, write_delivery
from coldframe.ledger import Delivery, deliveries, replays
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench


def reconcile(bench: Workbench) -> tuple[Delivery, ...]:
    """Write down the batches that a killed run froze without saying so; return those delivered.

    Call it under the ingest lock.
    """
    name = bench.dataset.name
    head = bench.store.head(name)
    if head is None:
        return ()
    known = Judged.of(deliveries(bench.ledger, name)).frozen
    known |= {(one.source, one.batch) for one in replays(bench.ledger, name)}
    lost = [record for record in head.batches if (record.source, record.digest) not in known]
    if not lost:
        return ()
    first: dict[str, Snapshot] = {}
    for version in bench.store.versions(name):
        for digest in version.batches.digests:
            first.setdefault(digest, version)
    for record in filter(replay_of, lost):
        settle_replay(bench, record, first[record.digest])
    return tuple(
        write_delivery(bench, delivery_of(name, record), first[record.digest])
        for record in lost
        if replay_of(record) is None
    )
