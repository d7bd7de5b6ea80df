"""A project with a sample of the real flights and a champion; a copy for each test."""

import shutil

import pytest
import samples
from monitor.months import ingest

from coldframe.monitor import monitor_snapshot
from coldframe.train import train_challenger

FIRST, LATER = ("2013-01", "2013-02", "2013-03"), ("2013-04", "2013-05", "2013-06")


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """Three months ingested: enough labels for a first model, which nobody has proposed yet."""
    root = samples.write_project(tmp_path_factory.mktemp("seeded") / "project")
    ingest(samples.open_bench(root), FIRST)
    return root


@pytest.fixture(scope="session")
def grown(seeded, tmp_path_factory):
    """The first model proposed, approved by the policy's word, trained and in force."""
    root = shutil.copytree(seeded, tmp_path_factory.mktemp("grown") / "project", symlinks=True)
    bench = samples.open_bench(root)
    monitor_snapshot(bench)
    train_challenger(bench)
    return root


@pytest.fixture(scope="session")
def overdue(grown, tmp_path_factory):
    """Three more months ingested but not monitored: a retrain is due by then."""
    root = shutil.copytree(grown, tmp_path_factory.mktemp("overdue") / "project", symlinks=True)
    ingest(samples.open_bench(root), LATER)
    return root


@pytest.fixture
def opened(tmp_path):
    """Return a function that copies a project and opens the copy, with another policy if given."""

    def copy_and_open(root, **policy):
        copied = shutil.copytree(root, tmp_path / f"project{len(list(tmp_path.iterdir()))}",
                                 symlinks=True)  # fmt: skip
        bench = samples.open_bench(copied)
        changed = bench.dataset.policy.model_copy(update=policy)
        dataset = bench.dataset.model_copy(update={"policy": changed})
        return type(bench)(settings=bench.settings, dataset=dataset)

    return copy_and_open
