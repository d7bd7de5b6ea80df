"""Killed at any moment, or run twice at once: training ends in the one right state."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from counts import count
from samples import open_bench
from train.projects import Nursery, approve_retrain

from coldframe.ledger import models, promotions, proposals, verdicts
from coldframe.train import train_challenger

SMALL = {"max_iter": 10}


def state(root: Path) -> list[object]:
    """Return all that must not depend on when and how often training ran."""
    bench = open_bench(root)
    assert bench.ledger.verify() == []
    return [
        models(bench.ledger, "flights"),
        verdicts(bench.ledger, "flights"),
        [
            (move.model, move.previous, move.proposal)
            for move in promotions(bench.ledger, "flights")
        ],
        bench.ledger.champion("flights"),
        [(one.proposal, one.standing) for one in proposals(bench.ledger, "flights")],
        bench.models.digests(),
        [snapshot.id for snapshot in bench.store.versions("flights.reference")],
        bench.store.pins(),
    ]


@pytest.fixture(scope="session")
def template(ingested: Path, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a champion and an approved proposal for another."""
    root = tmp_path_factory.mktemp("approved") / "project"
    shutil.copytree(ingested, root, symlinks=True)
    approve_retrain(open_bench(root), "flights@2", **SMALL)
    assert nursery.wait(nursery.start(root, "train")) == 0
    approve_retrain(open_bench(root), "flights@4", **SMALL)
    return root


@pytest.fixture
def approved(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(template, tmp_path / "project", symlinks=True))


@pytest.fixture(scope="session")
def finished(
    template: Path, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[object], float]:
    """What an undisturbed training leaves, and how many seconds it takes."""
    root = tmp_path_factory.mktemp("finished") / "project"
    shutil.copytree(template, root, symlinks=True)
    begin = time.monotonic()
    assert nursery.wait(nursery.start(root, "train")) == 0
    return state(root), time.monotonic() - begin


@pytest.mark.parametrize("seed", range(count(4, 60)))
def test_killed_training_goes_on_where_it_was(
    seed: int, approved: Path, nursery: Nursery, finished: tuple[list[object], float]
) -> None:
    expected, seconds = finished
    draw = random.Random(seed)
    # the first kills spread over the whole run, the later ones fall wherever they fall
    moments = [seconds * (seed % 4 + draw.random()) / 4, seconds * draw.random()]
    for moment in moments:
        if nursery.run_until(moment, approved, "train") == 0:
            break
    bench = open_bench(approved)
    if proposals(bench.ledger, "flights")[-1].standing == "approved":
        train_challenger(bench)
    assert state(approved) == expected


def test_two_trainings_of_one_approval_promote_once(
    approved: Path, nursery: Nursery, finished: tuple[list[object], float]
) -> None:
    children = [nursery.start(approved, "train", proposal=2) for _ in range(2)]
    assert [nursery.wait(child) for child in children] == [0, 0]
    assert state(approved) == finished[0]
    assert len(promotions(open_bench(approved).ledger, "flights")) == 2


def test_an_experiment_beside_an_approved_training_disturbs_nothing(
    approved: Path, nursery: Nursery, finished: tuple[list[object], float]
) -> None:
    children = [
        nursery.start(approved, "train", proposal=2),
        nursery.start(approved, "train", snapshot="flights@3", parameters={"max_iter": 11}),
    ]
    assert [nursery.wait(child) for child in children] == [0, 0]
    ledger = open_bench(approved).ledger
    assert ledger.champion("flights") == finished[0][3]
    assert len(models(ledger, "flights")) == 3
    assert len(promotions(ledger, "flights")) == 2
