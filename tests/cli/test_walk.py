"""What the README says, done in a folder of one's own, at full size, with the real commands.

The months of ``make run``, then each of the ways of use, a month with three spoiled files, an
approval, the way back, and a sweep beside a build.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import samples
from ingest.test_spoiled import PAGE, lose_half_the_columns, mix_hours_and_minutes

from coldframe.features import feature_matrix
from coldframe.ledger import champion_model, pending
from coldframe.models import predict_probability
from coldframe.pipeline.cells import read_cells
from coldframe.train import studies

pytestmark = pytest.mark.timeout(3600)

SPOILS = {
    "flights/flights-2013-09.csv": lose_half_the_columns,
    "arrivals/arrivals-2013-08.csv": mix_hours_and_minutes,
    "weather/weather-2013-09.csv": lambda _: PAGE,
}


def readme_commands():
    """Return the commands of the README's four ways of use; those of make are run by others."""
    text = (samples.ROOT / "README.md").read_text("utf-8").split("## Four ways of use")[1]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("make ")]


class Terminal:
    """A person's terminal in a project folder, the environment active; it keeps what was typed."""

    def __init__(self, root):
        self.root = root
        self.typed = []

    @property
    def bench(self):
        return samples.open_bench(self.root)

    @property
    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COLDFRAME_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "PATH": path, "PLOOMBER_STATS_ENABLED": "false", "COLUMNS": "100"}

    def start(self, command):
        self.typed.append(command)
        return subprocess.Popen(
            shlex.split(command), cwd=self.root, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def end(self, process):
        said, _ = process.communicate(timeout=900)
        assert process.returncode == 0, said
        return said

    def type(self, command):
        return self.end(self.start(command))

    def json(self, command):
        return json.loads(self.type(f"{command} --json"))

    def build(self, command="coldframe build"):
        """Type a build; return the stages that ran, read from their last runs."""
        before = self.runs()
        said = self.type(command)
        return {stage for stage, run in self.runs().items() if run != before.get(stage)}, said

    def runs(self):
        return {run["stage"]: run["run"] for run in self.json("coldframe status")["runs"]}


@pytest.fixture
def terminal(tmp_path):
    minimum = {"minimum_labelled_rows": 30_000}
    return Terminal(samples.write_project(tmp_path / "project", policy=minimum))


def probabilities(bench):
    """Return what the model in force says of every row of flights@7, in bytes."""
    champion = champion_model(bench.ledger, "flights")
    frame = bench.frame(bench.store.resolve("flights@7"))
    estimator = bench.models.load(champion.estimator)
    return predict_probability(estimator, feature_matrix(bench.dataset, frame)).tobytes()


def test_the_readme_walked_through(terminal):
    bench = terminal.bench
    store, ledger = bench.store, bench.ledger

    # make run: the months of the demonstration
    said = terminal.type("coldframe demo run")
    assert [snapshot.name for snapshot in store.versions("flights")] == [
        f"flights@{number}" for number in range(1, 8)
    ]
    first = champion_model(ledger, "flights")
    assert (first.name, first.snapshot) == ("v1", "flights@3")
    waiting = pending(ledger, "flights")
    assert waiting.snapshot == "flights@7"
    assert f"coldframe approve {waiting.number} --reason" in said
    page = bench.settings.home / "latest" / "flights" / "monitor.html"
    assert str(page) in said
    assert page.read_text("utf-8").count("<img ") == 2

    # again: nothing new
    assert "no notebook was executed" in terminal.type("coldframe demo run")

    # a batch job: an experiment beside production
    terminal.type("papermill notebooks/train/train.ipynb out.ipynb -p snapshot flights@4")
    found = "".join(read_cells(terminal.root / "out.ipynb")[-1]["outputs"][0]["data"]["text/plain"])
    assert "'snapshot': 'flights@4'" in found
    assert "'promoted': False" in found
    ran, _ = terminal.build()
    assert ran == set()
    assert champion_model(ledger, "flights") == first

    # one more month: ingest and monitor, never train
    terminal.type("coldframe demo land 2013-08")
    ran, _ = terminal.build("ploomber build")
    assert ran == {"ingest", "monitor"}
    waiting = pending(ledger, "flights")
    assert waiting.snapshot == "flights@8"

    # a month of spoiled files: nothing of it is frozen, and status says what happened
    terminal.type("coldframe demo land 2013-09")
    landing = bench.settings.landing / "flights"
    good = {landing / name: (landing / name).read_bytes() for name in SPOILS}
    for name, spoil in SPOILS.items():
        (landing / name).write_bytes(spoil(good[landing / name]))
    before = store.head("flights")
    ran, _ = terminal.build()
    assert "train" not in ran
    assert store.head("flights") == before
    told = terminal.json("coldframe status")
    held = {f"{one['source']}/{one['file']}" for one in told["deliveries"]["held"]}
    assert held == set(SPOILS)
    shown = terminal.type("coldframe status")
    for words in ("missing", "too many unfit rows", "the file is no CSV"):
        assert words in " ".join(shown.split())
    assert champion_model(ledger, "flights") == first
    assert pending(ledger, "flights") == waiting

    # an approver: training sees exactly the approved snapshot
    said_before = probabilities(bench)
    assert waiting.snapshot in terminal.type("coldframe proposals")
    number = waiting.number
    terminal.type(f'coldframe approve {number} --reason "a season has passed"')
    ran, _ = terminal.build()
    assert ran == {"train"}
    second = champion_model(ledger, "flights")
    assert second.snapshot_id == waiting.snapshot_id
    assert second.proposal == number
    ran, _ = terminal.build()
    assert ran == {"monitor"}  # with the new champion
    assert probabilities(bench) != said_before

    # the way back: model, snapshot, reference, and every probability to the last bit
    terminal.type('coldframe rollback --reason "late flights were missed"')
    assert champion_model(ledger, "flights") == first
    assert probabilities(bench) == said_before
    ran, _ = terminal.build()
    assert ran == {"monitor"}
    receipt = json.loads(page.with_suffix(".json").read_text("utf-8"))
    assert receipt["result"]["champion"] == first.name

    # an experimenter sweeps an older snapshot while the mended files are ingested
    for path, data in good.items():
        path.write_bytes(data)
    sweep = terminal.start("coldframe sweep --snapshot flights@3 --trials 10 --study spring")
    ran, _ = terminal.build()
    assert {"ingest", "monitor"} <= ran
    terminal.end(sweep)
    (study,) = studies(bench)
    assert (study.snapshot, len(study.complete)) == ("flights@3", 10)
    assert store.head("flights").name == "flights@9"
    assert terminal.json("coldframe status")["deliveries"]["held"] == []
    terminal.type("coldframe sweep --challenge spring")
    assert champion_model(ledger, "flights") == first
    assert json.loads(terminal.type("coldframe verify --json"))

    # a retrain that nobody proposed
    terminal.type('coldframe propose --reason "the feed is mended"')
    asked = pending(ledger, "flights")
    assert (asked.snapshot, asked.origin) == ("flights@9", "person")

    typed = [command.replace(f"approve {number} ", "approve 3 ") for command in terminal.typed]
    assert [command for command in readme_commands() if command not in typed] == []
