"""A number and one of several classes, with a time and without: typed from new to a champion."""

import pytest
from cli.command_line import CommandLine
from scaffold.conftest import write_own_project
from sklearn.datasets import load_diabetes
from tasks.answers import cards

from coldframe.datasets import load_dataset
from coldframe.ledger import champion_model
from coldframe.settings import load_settings
from coldframe.workbench import Workbench


def patients():
    """Return scikit-learn's diabetes records, with a number and no time."""
    rows = load_diabetes(as_frame=True, scaled=False).frame
    sex = rows["sex"].map({1.0: "f", 2.0: "m"})
    return rows.assign(sex=sex, patient=range(1, len(rows) + 1)).rename(
        columns={"target": "disease progression"}
    )


SETS = {
    "diabetes": (patients, "disease progression", "regression", "mae", None, "nothing will alert"),
    "credit": (
        lambda: cards()[:1500], "card", "multiclass", "roc_auc_ovr", "applied", "All is well",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One project for both: its fork server starts once."""
    return write_own_project(tmp_path_factory.mktemp("own") / "project")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SETS)
def test_from_new_to_a_champion(root, monkeypatch, name):
    rows, target, task, metric, time, well = SETS[name]
    monkeypatch.delenv("COLDFRAME_HOME", raising=False)
    monkeypatch.syspath_prepend(str(root / "lib"))
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLDFRAME_DATASET", name)
    rows().to_csv(root / f"{name}.csv", index=False)
    call = CommandLine(root)
    told = call("new", name, "--from", f"{name}.csv", "--target", target).stdout
    assert f"{task}, of column {target}" in told
    assert (time or "rows stand as they are delivered") in told
    call("land", f"{name}.csv")
    assert well in " ".join(call("check").stdout.split())
    call("build")
    call("approve", "1", "--reason", "the first model")
    call("build")
    settings = load_settings(root=root, home=root / "home")
    bench = Workbench(settings=settings, dataset=load_dataset(settings, name))
    champion = champion_model(bench.ledger, name)
    assert (champion.name, champion.snapshot) == ("v1", f"{name}@1")
    assert metric in champion.metrics
    assert bench.store.head(name).rows == len(rows())
