"""Promise 3: any stage may crash, hang, fill the disk or be poisoned, and the others go on.

They go on with the last good snapshot, and the champion is untouched. The three stages are real,
in short notebooks, in kernels of their own; what goes wrong is real, too. `test_guards.py` sees
these tests go red without their guards.
"""

import shutil

import pytest
import samples
from counts import count
from pipeline.conftest import write_notebook

from coldframe.errors import CorruptionError
from coldframe.ledger import approved, champion_model, decide, models, propose, verdicts
from coldframe.pipeline import build
from coldframe.train import train_challenger

PARAMETERS = {
    "ingest": (), "monitor": ("snapshot", "propose"),
    "train": ("snapshot", "proposal", "model_parameters"),
}  # fmt: skip
WORK = {
    "ingest": """
        from coldframe.ingest import ingest_batches
        report = ingest_batches(bench, progress=progress)
        """,
    "monitor": """
        from coldframe.monitor import monitor_snapshot
        report = monitor_snapshot(bench, snapshot=snapshot, propose=propose)
        """,
    "train": """
        from coldframe.train import train_challenger
        report = train_challenger(bench, proposal=proposal, progress=progress)
        """,
}
FATES = {
    "full": """
        import resource, shutil
        resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))  # no file gets longer
        """,
    "killed": """
        import os
        progress = lambda line: os.kill(os.getpid(), 9)  # when it tells what it does first
        """,
    "judging": """
        import os
        # the challenger is fitted and registered by then
        progress = lambda line: line.startswith("judging") and os.kill(os.getpid(), 9)
        """,
    "sick": "bench = None",
}
CASES = [("ingest", "full"), ("monitor", "sick"), ("train", "judging"),
         ("ingest", "killed"), ("train", "full"), ("train", "killed")]  # fmt: skip


@pytest.fixture(scope="module")
def trained(champion_root, tmp_path_factory):
    """Two months are frozen and a champion has learned from them; a retrain is approved.

    March has landed, so that all three stages are due.
    """
    root = tmp_path_factory.mktemp("isolated") / "project"
    shutil.copytree(champion_root, root, symlinks=True)
    bench = samples.open_bench(root)
    samples.land_sample(bench, ["2013-03"])
    approve(bench, {"max_iter": 6})
    (root / "notebooks").unlink()
    for stage in WORK:
        write_stage(root, stage)
    return root


def approve(bench, parameters):
    head = bench.store.head("flights")
    asked = propose(
        bench.ledger, dataset="flights", snapshot=head.name, snapshot_id=head.id,
        champion=champion_model(bench.ledger, "flights").digest, origin="person",
        parameters=parameters, reasons=["a month has passed"], evidence={},
    )  # fmt: skip
    decide(
        bench.ledger, "flights", asked.number, approved=True, reason="yes", who="jane", how="cli"
    )
    return asked


def write_stage(root, stage, *, fate=""):
    """Write the notebook of a stage, in which something goes wrong perhaps."""
    write_notebook(
        root / "notebooks" / stage / f"{stage}.ipynb",
        [
            "from coldframe.notebook import finish, open_bench\n"
            "bench, progress = open_bench(dataset, home), None",
            *filter(None, [fate]), WORK[stage], "finish(product, **report.to_json())",
        ],
        parameters=("upstream", "product", "dataset", "home", *PARAMETERS[stage]),
    )  # fmt: skip


@pytest.fixture
def bench(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "project", symlinks=True)
    return samples.open_bench(tmp_path / "project")


def run(bench, *, seconds=300):
    """Build, and return what became of each stage."""
    settings = bench.settings.model_copy(update={"notebook_seconds": seconds})
    return {one.stage: one for one in build(settings).stages}


def champion(bench):
    return champion_model(bench.ledger, "flights").name


@pytest.mark.parametrize(("stage", "fate"), CASES[: count(3, len(CASES))], ids=str)
def test_a_stage_that_ends_badly_keeps_no_other_from_its_work(bench, stage, fate):
    before = bench.store.head("flights")
    write_stage(bench.settings.root, stage, fate=FATES[fate])
    came = run(bench)
    assert {name: one.outcome for name, one in came.items()} == {
        name: "failed" if name == stage else "ran" for name in WORK
    }
    head = bench.store.head("flights")
    if stage == "ingest":
        assert head.id == before.id
    else:
        assert head.tables["flights"].rows > before.tables["flights"].rows
    if stage != "monitor":
        assert came["monitor"].result["snapshot"] == head.name
    if stage == "train":
        assert champion(bench) == "v1"
        assert approved(bench.ledger, "flights").snapshot == before.name
    else:
        assert [one.name for one in models(bench.ledger, "flights")] == ["v1", "v2"]
    assert [bench.store.verify(one) for one in bench.store.versions("flights")] == [[]] * (
        2 if stage == "ingest" else 3
    )
    assert bench.ledger.verify() == []
    # mended, it does what it could not do, and the others nothing twice
    write_stage(bench.settings.root, stage)
    again = run(bench)
    assert again[stage].outcome == "ran"
    assert bench.store.head("flights").version == 3
    assert [one.name for one in models(bench.ledger, "flights")] == ["v1", "v2"]


def test_a_stage_that_hangs_is_ended_and_the_others_have_had_their_turn(bench):
    write_stage(bench.settings.root, "train", fate="import time\ntime.sleep(60)")
    for stage in ("ingest", "monitor"):  # quick, for the deadline is theirs, too
        write_notebook(
            bench.settings.root / "notebooks" / stage / f"{stage}.ipynb",
            ["from coldframe.notebook import finish", "finish(product)"],
            parameters=("upstream", "product", "dataset", "home", *PARAMETERS[stage]),
        )
    came = run(bench, seconds=8)
    assert [one.outcome for one in came.values()] == ["ran", "ran", "failed"]
    assert "took longer than 8 s" in came["train"].error
    assert champion(bench) == "v1"


def test_a_poisoned_challenger_is_kept_from_the_champions_place(bench):
    approve(bench, {"max_iter": 1, "learning_rate": 1e-9})
    report = train_challenger(bench)
    assert report.verdict.outcome == "keep"
    assert champion(bench) == "v1"
    (verdict,) = [one for one in verdicts(bench.ledger, "flights") if one.champion is not None]
    assert verdict.gain < 0


def test_a_poisoned_estimator_is_refused_before_it_is_loaded(bench):
    first = champion_model(bench.ledger, "flights")
    second = train_challenger(bench).challenger
    place = bench.models.path(first.estimator)
    place.chmod(0o644)
    place.write_bytes(bench.models.path(second.estimator).read_bytes())
    with pytest.raises(CorruptionError, match="damaged"):
        bench.models.load(first.estimator)
