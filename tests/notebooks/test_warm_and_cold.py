"""What comes out does not depend on how kernels are started."""

import samples
from notebooks.cycle import FIRST, LATER, build_sample, proposed_project

from coldframe.ledger import models, pending, runs

STAGES = 5  # ingest, monitor, train; then ingest and monitor


def made_by(bench):
    """Return what two builds made: every snapshot, the model, the proposal, the stages' results."""
    store = bench.store
    evidence = dict(pending(bench.ledger, "flights").evidence)
    assert evidence.pop("expected_cost_seconds") > 0  # measured, and so never the same
    return {
        "snapshots": {
            name: [snapshot.id for snapshot in store.versions(name)] for name in store.datasets()
        },
        "models": [(m.digest, m.estimator, m.metrics) for m in models(bench.ledger, "flights")],
        "proposal": evidence,
        "said": [(run.stage, run.result) for run in runs(bench.ledger, "flights")[:STAGES]],
    }


def test_warm_and_cold_kernels_give_the_same(tmp_path, monkeypatch):
    warm = samples.open_bench(proposed_project())
    monkeypatch.setenv("COLDFRAME_WARM_KERNELS", "false")
    root = samples.write_project(tmp_path / "project", policy={"every_days": 60})
    ran = [run for months in (FIRST, LATER) for run in build_sample(root, months).ran]
    assert len(ran) == STAGES
    cold = samples.open_bench(root)
    assert made_by(cold) == made_by(warm)
    # the check has teeth: these kernels did import everything themselves
    taken = [runs(bench.ledger, "flights")[:STAGES] for bench in (cold, warm)]
    for alone, forked in zip(*taken, strict=True):
        assert alone.cpu_seconds > forked.cpu_seconds
