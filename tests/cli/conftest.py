"""A real home of the flights sample: three months, a champion, a proposal, a spoiled file."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import samples
from typer.testing import CliRunner

from coldframe.cli.app import app
from coldframe.ingest import ingest_batches
from coldframe.ledger import decide, propose
from coldframe.train import train_challenger

ROOT = Path(__file__).parents[2]
START = "from coldframe.cli import main; main()"


@dataclass(frozen=True)
class CommandLine:
    """Call commands on one project folder, in this process or in one of their own."""

    root: Path

    @property
    def bench(self):
        return samples.open_bench(self.root)

    @property
    def home(self):
        return self.root / "home"

    def __call__(self, *words, code=0, width=100):
        env = {"COLDFRAME_ROOT": str(self.root), "COLUMNS": str(width)}
        result = CliRunner().invoke(app, [str(word) for word in words], env=env)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def json(self, *words, code=0):
        return json.loads(self(*words, "--json", code=code).stdout)

    def command(self, *words):
        return [sys.executable, "-c", START, *map(str, words)]

    def environment(self, **more):
        path = os.pathsep.join([str(ROOT / "lib"), str(ROOT / "tests")])
        return {
            **os.environ,
            "PYTHONPATH": path,
            "COLDFRAME_ROOT": str(self.root),
            "COLUMNS": "100",
        } | more

    def process(self, *words, **more):
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, env=self.environment(**more),
            timeout=300, check=False,
        )  # fmt: skip


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
