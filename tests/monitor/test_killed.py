"""Killed at any moment and run again, monitoring ends as if it had not been killed."""

import random
import shutil
import signal
from functools import partial

import dying
import pytest
import samples
from counts import count

from coldframe.ledger import decide, proposals
from coldframe.monitor import monitor_snapshot

start = partial(dying.start, "coldframe.monitor.monitor_snapshot")


def state(bench):
    """Everything that monitoring leaves behind, without clock times."""
    standings = proposals(bench.ledger, "flights")
    scored = bench.store.versions("flights.scored")
    return {
        "scored": [one.id for one in scored],
        "proposals": [standing.proposal.to_body() for standing in standings],
        "decisions": [standing.decision and standing.decision.to_body() for standing in standings],
        "standings": [standing.standing for standing in standings],
        "damages": [bench.store.verify(one) for one in scored],
        "ledger": bench.ledger.verify(),
    }


@pytest.fixture(scope="module", params=["seeded", "overdue"])
def whole(request, tmp_path_factory):
    """A project, how often a run that lives touches its files, and the state it ends in."""
    root = request.getfixturevalue(request.param)
    copied = shutil.copytree(root, tmp_path_factory.mktemp("whole") / "project", symlinks=True)
    process = start(copied, 0)
    touched = dying.touches(process)
    return root, touched, state(samples.open_bench(copied))


def test_a_whole_run_leaves_one_proposal_to_act_on(whole):
    _, _, found = whole
    acting = [one for one in found["standings"] if one in ("pending", "approved")]
    assert len(acting) == 1
    assert not found["ledger"]
    assert not any(found["damages"])


@pytest.mark.parametrize("draw", range(count(2, 60)))
def test_killed_and_run_again_ends_the_same(whole, tmp_path, draw):
    root, touched, expected = whole
    copied = shutil.copytree(root, tmp_path / "project", symlinks=True)
    # the last touches are those of freezing and of the ledger
    process = start(copied, random.Random(draw).randint(touched // 2, touched))
    process.end()
    assert process.returncode == -signal.SIGKILL
    bench = samples.open_bench(copied)
    monitor_snapshot(bench)
    assert state(bench) == expected


def test_two_at_once_end_with_one_proposal(overdue, tmp_path):
    copied = shutil.copytree(overdue, tmp_path / "project", symlinks=True)
    processes = [start(copied, 0) for _ in range(2)]
    for process in processes:
        process.end()
        assert process.returncode == 0
    bench = samples.open_bench(copied)
    found = state(bench)
    assert found["standings"].count("pending") == 1
    assert not found["ledger"]
    assert len(found["scored"]) == 1


def test_monitoring_again_after_a_decision_changes_nothing(overdue, tmp_path):
    copied = shutil.copytree(overdue, tmp_path / "project", symlinks=True)
    bench = samples.open_bench(copied)
    number = monitor_snapshot(bench).proposal.number
    decide(
        bench.ledger, "flights", number, approved=False, reason="not now", who="ada", how="cli"
    )  # fmt: skip
    before = state(bench)
    monitor_snapshot(bench)
    assert state(bench) == before
