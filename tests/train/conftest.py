"""A project with a sample of the real flights, ingested month by month; a fresh copy a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples import land_sample, open_bench, write_project
from train.projects import Nursery, approve_retrain

from coldframe.ingest import ingest_batches
from coldframe.ledger import Proposal
from coldframe.workbench import Workbench

MONTHS = ("2013-01", "2013-02", "2013-03", "2013-04")

Approve = Callable[..., Proposal]


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with snapshots flights@1 to flights@4."""
    root = write_project(tmp_path_factory.mktemp("flights") / "project")
    bench = open_bench(root)
    for month in MONTHS:
        land_sample(bench, [month])
        ingest_batches(bench)
    return root


@pytest.fixture
def project(ingested: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(ingested, tmp_path / "project", symlinks=True))


@pytest.fixture
def bench(project: Path) -> Workbench:
    """The copy, opened."""
    return open_bench(project)


@pytest.fixture
def approve(bench: Workbench) -> Approve:
    """Return a function that proposes and approves a retrain on a snapshot."""

    def do(snapshot: str = "flights@3", **parameters: object) -> Proposal:
        return approve_retrain(bench, snapshot, **parameters)

    return do


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Start the program that starts the children."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("nursery.py"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:  # fmt: skip
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
