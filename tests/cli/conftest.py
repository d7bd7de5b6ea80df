"""A real home of the flights sample: three months, a champion, a proposal, a spoiled file."""

import shutil
from dataclasses import replace

import pytest
import samples
from cli.command_line import CommandLine

from coldframe.ingest import ingest_batches
from coldframe.ledger import decide, propose
from coldframe.train import train_challenger


def propose_retrain(bench, snapshot, **parameters):
    chosen = bench.store.resolve(snapshot)
    return propose(
        bench.ledger, dataset="flights", snapshot=chosen.name, snapshot_id=chosen.id,
        champion=bench.ledger.champion("flights"), origin="policy", parameters=parameters,
        reasons=[f"{chosen.name} has new labels"], evidence={"labelled_rows": 2599},
    )  # fmt: skip


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    root = samples.write_project(tmp_path_factory.mktemp("flights") / "project")
    bench = samples.open_bench(root)
    for month in ("2013-01", "2013-02", "2013-03"):
        samples.land_sample(bench, [month])
        ingest_batches(bench)
    first = propose_retrain(bench, "flights@3")
    decide(
        bench.ledger, "flights", first.number, approved=True, reason="the first model", who="jane",
        how="cli",
    )  # fmt: skip
    train_challenger(bench)
    spoiled = bench.settings.landing / "flights" / "flights" / "flights-2013-04.csv"
    spoiled.write_text("<html>502 \x1b[31mBad Gateway</html>\n")
    ingest_batches(bench)
    propose_retrain(bench, "flights@3", max_iter=20)
    return CommandLine(root)


@pytest.fixture
def flights(prepared, tmp_path, monkeypatch):
    """A copy that a test may change."""
    monkeypatch.delenv("COLDFRAME_HOME", raising=False)
    monkeypatch.setenv("COLDFRAME_USER", "tester")
    root = tmp_path / "project"
    shutil.copytree(prepared.root, root, symlinks=True)
    return replace(prepared, root=root)


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """A project in which nothing has happened yet."""
    monkeypatch.delenv("COLDFRAME_HOME", raising=False)
    return CommandLine(samples.write_project(tmp_path / "project"))
