"""Killed at any moment and run again, ingest ends in the state of a run that was not killed."""

import random
import shutil
import signal
from functools import partial
from pathlib import Path

import dying
import pytest
import samples
from counts import count

from coldframe.ingest import ingest_batches, pending_batches
from coldframe.ledger import deliveries
from coldframe.provenance import file_digest
from coldframe.workbench import Workbench

start = partial(dying.start, "coldframe.ingest.ingest_batches")


def state(bench: Workbench) -> dict[str, object]:
    """Everything that ingest leaves behind, without clock times and file names drawn by lot."""
    folder = bench.settings.home / "quarantine"
    found = [one.to_body() for one in deliveries(bench.ledger, "flights")]
    return {
        "snapshots": [one.id for one in bench.store.versions("flights")],
        "deliveries": sorted(found, key=lambda body: (body["source"], body["file"])),
        "quarantine": {
            str(path.relative_to(folder)): file_digest(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
        "pending": pending_batches(bench),
        "damages": [bench.store.verify(one) for one in bench.store.versions("flights")],
        "ledger": bench.ledger.verify(),
    }


@pytest.fixture(scope="module")
def landed(tmp_path_factory) -> Path:
    """A project with one month frozen; the next has landed, with a spoiled file in it."""
    root = samples.write_project(tmp_path_factory.mktemp("killed") / "project")
    bench = samples.open_bench(root)
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    path = bench.settings.landing / "flights" / "arrivals" / "arrivals-2013-01.csv"
    path.write_bytes(path.read_bytes()[:5000])
    return root


@pytest.fixture(scope="module")
def whole(landed: Path, tmp_path_factory) -> tuple[int, dict[str, object]]:
    """How often a run that lives touches files, and the state it ends in."""
    root = copy(landed, tmp_path_factory.mktemp("whole"))
    process = start(root, 0)
    touched = dying.touches(process)
    return touched, state(samples.open_bench(root))


def copy(landed: Path, folder: Path) -> Path:
    return shutil.copytree(landed, folder / "project", symlinks=True)


def test_the_state_of_a_whole_run_is_as_expected(whole):
    _, found = whole
    assert len(found["snapshots"]) == 2
    outcomes = {body["file"]: body["outcome"] for body in found["deliveries"]}
    assert outcomes["weather-2013-02.csv"] == "quarantined"
    assert outcomes["arrivals-2013-01.csv"] == "held"
    assert not found["pending"]
    assert not found["ledger"]


@pytest.mark.parametrize("draw", range(count(5, 100)))
def test_killed_and_run_again_ends_the_same(landed, whole, tmp_path, draw):
    touched, expected = whole
    root = copy(landed, tmp_path)
    process = start(root, random.Random(draw).randint(1, touched))
    process.end()
    assert process.returncode == -signal.SIGKILL
    bench = samples.open_bench(root)
    ingest_batches(bench)
    assert state(bench) == expected


def test_two_at_once_end_like_one(landed, whole, tmp_path):
    root = copy(landed, tmp_path)
    processes = [start(root, 0) for _ in range(2)]
    for process in processes:
        process.end()
        assert process.returncode == 0
    assert state(samples.open_bench(root)) == whole[1]


def test_batches_that_are_frozen_but_not_in_the_ledger_are_written_down(landed, whole, tmp_path):
    root = copy(landed, tmp_path)
    bench = samples.open_bench(root)
    ingest_batches(bench)
    (bench.settings.home / "ledger.db").unlink()
    lost = samples.open_bench(root)
    report = ingest_batches(lost)
    assert not report.frozen_new
    found = state(lost)
    assert found["snapshots"] == whole[1]["snapshots"]
    assert {body["file"]: body["snapshot"] for body in found["deliveries"]} == {
        body["file"]: body["snapshot"] for body in whole[1]["deliveries"]
    }
