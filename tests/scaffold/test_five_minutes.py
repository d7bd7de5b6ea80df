"""The README's five minutes, typed: census records that nobody has prepared for us."""

import re
import shlex
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
import samples
from cli.test_walk import Terminal
from scaffold.conftest import write_own_project

from coldframe.datasets import load_dataset
from coldframe.ledger import champion_model
from coldframe.settings import load_settings
from coldframe.workbench import Workbench

pytestmark = pytest.mark.timeout(1800)

EVERY = 60
DATA = Path(find_spec("nannyml").origin).parent / "datasets" / "data"


def readme_commands():
    text = (samples.ROOT / "README.md").read_text("utf-8")
    text = text.split("## Your own data, in five minutes")[1].split("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.split(" #")[0].strip() for line in block.splitlines()]


def write_census(folder):
    """Write the US census records of employment that come with NannyML, a year in each file."""
    first = pd.read_parquet(DATA / "employment_MA_reference.pq")
    later = pd.read_parquet(DATA / "employment_MA_analysis.pq")
    labels = pd.read_parquet(DATA / "employment_MA_analysis_target.pq")
    later = later.merge(labels, on="id", validate="one_to_one")
    rows = pd.concat([first, later]).drop(columns=["prediction", "predicted_probability"])
    for year, some in rows.iloc[::EVERY].groupby("year"):
        some.to_csv(folder / f"census-{year}.csv", index=False)


@dataclass
class OwnTerminal(Terminal):
    """A terminal in which variables can be exported, in a project whose lib/ is its own."""

    root: Path
    typed: list = field(default_factory=list)
    exported: dict = field(default_factory=dict)

    @property
    def environment(self):
        return {**super().environment, "PYTHONPATH": str(self.root / "lib"), **self.exported}

    def type(self, command):
        if command.startswith("export "):
            name, _, value = shlex.split(command)[1].partition("=")
            self.exported[name] = value
            return ""
        return super().type(command)


def test_the_five_minutes_of_the_readme(tmp_path, monkeypatch):
    root = write_own_project(tmp_path / "project")
    monkeypatch.syspath_prepend(str(root / "lib"))
    write_census(root)
    terminal = OwnTerminal(root)
    said = {}
    for command in readme_commands():
        said[command] = terminal.type(command)
    settings = load_settings(root=root, home=root / "home")
    bench = Workbench(settings=settings, dataset=load_dataset(settings, "census"))
    champion = champion_model(bench.ledger, "census")
    assert (champion.name, champion.snapshot, champion.proposal) == ("v1", "census@1", 1)
    assert champion.metrics["roc_auc"] > 0.7
    snapshot = bench.store.head("census")
    assert snapshot.rows > 2000
    years = bench.frame(snapshot)["time"].dt.year.value_counts()
    assert sorted(years.index) == [2015, 2016]
    made = said[readme_commands()[0]]
    for words in (
        "binary, of column employed",
        "id (guessed)",
        "year, a year",
        "lib/census/model.py",
    ):
        assert words in made
    assert "All is well" in said["coldframe check"] or "It works" in said["coldframe check"]
