"""Projects whose models give numbers and classes, each with a champion; a copy for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tasks.answers import cards, cars, land, open_bench, write_project

from coldframe.ingest import ingest_batches
from coldframe.monitor import monitor_snapshot
from coldframe.train import train_challenger
from coldframe.workbench import Workbench

Opened = Callable[..., Workbench]


@pytest.fixture(scope="session")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cars of 24 days, all sold, and the first model of their prices in force."""
    root = write_project(tmp_path_factory.mktemp("cars") / "project")
    bench = open_bench(root, "cars")
    rows = cars()[:3000]
    land(bench, "cars", "1.csv", rows.drop(columns="price"))
    land(bench, "prices", "1.csv", rows[["id", "price"]])
    ingest_batches(bench)
    monitor_snapshot(bench)
    train_challenger(bench)
    return root


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Applications of four months, all decided, and the first model of them in force."""
    root = write_project(tmp_path_factory.mktemp("cards") / "project")
    bench = open_bench(root, "cards")
    rows = cards()[:3000]
    land(bench, "applications", "1.csv", rows.drop(columns="card"))
    land(bench, "cards", "1.csv", rows[["id", "card"]])
    ingest_batches(bench)
    monitor_snapshot(bench)
    train_challenger(bench)
    return root


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Return a function that copies a project and opens a dataset of the copy."""

    def copy_and_open(root: Path, name: str) -> Workbench:
        return open_bench(shutil.copytree(root, tmp_path / "project", symlinks=True), name)

    return copy_and_open
