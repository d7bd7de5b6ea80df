"""A build pulls before it asks what is due, `coldframe pull` does just that, status asks nobody."""

import json

import samples
import yaml
from cli.command_line import CommandLine
from pulling.orders import csv, landed, write_project

from coldframe.ingest import ingest_inputs
from coldframe.pipeline.stages import Stage
from coldframe.pipeline.turns import take_turn
from coldframe.status import read_status


def project(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.csv").write_bytes(csv((1, 2.5, "a")))
    return write_project(
        tmp_path / "project", orders={"pull": {"url": str(tmp_path / "out")}},
        down={"pull": {"url": "file:///no/such/folder"}},
    )  # fmt: skip


def nothing_to_do(bench):
    assert ingest_inputs(bench)["pending"], "what was pulled is there when it is asked what is due"


def test_the_stage_of_pipeline_yaml_pulls_and_tells_what_is_down(tmp_path):
    bench = project(tmp_path)
    stages = yaml.safe_load((samples.ROOT / "pipeline.yaml").read_text())["executor"]["stages"]
    stage = Stage(
        name="ingest", notebook=tmp_path / "none.ipynb", uses=(), parameters={},
        inputs="pulling.test_first_step.nothing_to_do",
        prepares=stages["ingest"]["prepares"],
    )  # fmt: skip
    told = []
    report = take_turn(stage, bench, forced=False, upstream=None, progress=told.append)
    assert list(landed(bench)) == ["1.csv"]
    assert report.outcome == "skipped"
    assert report.reasons[0] == "nothing for it to do"
    assert "down: not pulled to its end" in report.reasons[1]
    assert any(line.startswith("orders: 1 new") for line in told)


def test_asking_what_is_due_and_status_pull_nothing(tmp_path):
    bench = project(tmp_path)
    read_status(bench)
    assert ingest_inputs(bench)["pending"] == []
    assert landed(bench) == {}


def test_the_command_pulls_and_a_source_that_is_down_is_the_environments_fault(tmp_path):
    bench = project(tmp_path)
    call = CommandLine(bench.settings.root)
    report = json.loads(call("pull", "--json", code=9).stdout)
    orders, down = report["sources"]
    assert [file["file"] for file in orders["files"]] == ["1.csv"]
    assert orders["fault"] is None
    assert "nothing to be pulled from" in down["fault"].lower()
    shown = call("pull", "--source", "orders").stdout
    assert "orders" in shown
    assert "0 new files" in shown
    assert "pulls no such source" in call("pull", "--source", "nope", code=4).stderr
