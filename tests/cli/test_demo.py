"""The demonstration: month after month through real notebooks, killed and started again."""

import json
import random
import signal
import subprocess
import time

import pytest
import samples
from cli.command_line import CommandLine
from counts import count

from coldframe.cli.demo import period_line
from coldframe.cli.terminal import make_console
from coldframe.demo import PeriodReport, select_periods
from coldframe.errors import ColdframeError
from coldframe.ledger import deliveries, models, proposals
from flights import feed

pytestmark = pytest.mark.timeout(1800)


def make_project(root):
    samples.write_project(root, policy={"minimum_labelled_rows": 500})
    path = root / "datasets" / "flights.yaml"
    path.write_text(path.read_text().replace("flights.feed", "cli.small_feed"))
    return CommandLine(root)


def state(project):
    """Everything that counts: what is frozen, delivered, trained, proposed, in force."""
    bench = project.bench
    return {
        "snapshots": [s.id for s in bench.store.versions("flights")],
        "deliveries": sorted(d.key for d in deliveries(bench.ledger, "flights")),
        "models": [m.digest for m in models(bench.ledger, "flights")],
        "champion": bench.ledger.champion("flights"),
        "proposals": [
            (s.standing, s.proposal.snapshot_id, s.proposal.reasons)
            for s in proposals(bench.ledger, "flights")
        ],
    }


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("demo") / "project")
    ended = project.process("demo", "run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return project, ended.stdout


def test_it_says_what_happened_each_month_and_what_to_do_next(done):
    project, shown = done
    lines = shown.splitlines()
    assert lines[0].startswith("2013-01  ingested 2 files: flights@1")
    assert any(line.startswith("2013-02  ingested 3 files: flights@2") for line in lines)
    assert "trained v1, promoted" in shown
    assert "1 of 2,010 rows set aside" in shown
    assert str(project.home / "latest" / "flights" / "monitor.html") in shown
    assert (project.home / "latest" / "flights" / "monitor.html").is_file()
    assert "coldframe demo land MONTH" in shown


def test_again_with_nothing_new_it_executes_no_notebook_and_says_so(done):
    project, _ = done
    before = state(project)
    again = project.process("demo", "run")
    assert again.returncode == 0
    assert "no notebook was executed" in again.stdout
    told = json.loads(project.process("demo", "run", "--json").stdout)
    assert told["executed"] == 0
    assert [period["period"] for period in told["periods"]] == ["2013-01", "2013-02", ""]
    assert state(project) == before


@pytest.mark.parametrize("attempt", range(count(1, 12)))
def test_killed_anywhere_and_started_again_it_ends_the_same(done, tmp_path, attempt):
    project = make_project(tmp_path / "project")
    moment = random.Random(attempt)
    for _ in range(count(2, 4)):
        running = subprocess.Popen(
            project.command("demo", "run"), env=project.environment(), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(moment.uniform(2, 20))
        running.send_signal(signal.SIGKILL)
        running.wait(60)
    ended = project.process("demo", "run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert state(project) == state(done[0])


def test_landing_a_month_builds_nothing(tmp_path):
    project = make_project(tmp_path / "project")
    told = project.json("demo", "land", "2013-01")
    assert [path.rpartition("/")[2] for path in told["files"]] == [
        "flights-2013-01.csv", "weather-2013-01.csv",
    ]  # fmt: skip
    status = project.json("status")
    assert len(status["landed"]) == 2
    assert status["snapshot"] is None
    assert "coldframe build" in project("demo", "land", "2013-01").stdout


def test_a_dataset_without_a_demonstration_says_so(tmp_path):
    project = make_project(tmp_path / "project")
    path = project.root / "datasets" / "flights.yaml"
    path.write_text(path.read_text().replace("demo: cli.small_feed", ""))
    assert "no demonstration data" in project("demo", "land", "2013-01", code=3).stderr


def test_spans_of_periods():
    assert select_periods(feed, "2013-02..2013-04") == ["2013-02", "2013-03", "2013-04"]
    assert select_periods(feed, "2013-12") == ["2013-12"]
    assert select_periods(feed, None) == feed.default_periods()
    for wrong in ("", "2013-02..", "..2013-02", "2013-03..2013-02", "2013-02..2099-01", "all"):
        with pytest.raises(ColdframeError):
            select_periods(feed, wrong)


def test_a_month_that_was_done_is_one_line():
    console = make_console()
    with console.capture() as shown:
        console.print(period_line(PeriodReport(period="2013-01")))
    assert shown.get().split() == ["2013-01", "done", "before"]
