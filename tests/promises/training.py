"""A project with two months frozen and a champion that has learned from them."""

from pathlib import Path

import samples

from coldframe.ingest import ingest_batches
from coldframe.ledger import decide, propose
from coldframe.train import train_challenger
from coldframe.workbench import Workbench


def train_first(root: Path) -> Workbench:
    """Ingest January and February, then train and promote the first model on them."""
    bench = samples.open_bench(root)
    for month in ("2013-01", "2013-02"):
        samples.land_sample(bench, [month])
        ingest_batches(bench)
    head = bench.store.head("flights")
    proposal = propose(
        bench.ledger, dataset="flights", snapshot=head.name, snapshot_id=head.id, champion=None,
        origin="policy", parameters={"max_iter": 5}, reasons=["the first"], evidence={},
    )  # fmt: skip
    decide(
        bench.ledger, "flights", proposal.number, approved=True, reason="the first", who="jane",
        how="cli",
    )  # fmt: skip
    train_challenger(bench)
    return bench
