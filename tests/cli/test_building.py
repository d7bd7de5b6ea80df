"""`coldframe build`, `run` and `kernels`, in this process and through the fork server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest
import samples
from cli.command_line import CommandLine
from counts import count

from coldframe.kernels import ask, describe_servers, ensure_server
from coldframe.ledger import runs


def project(tmp_path):
    root = samples.write_project(tmp_path / "project")
    samples.land_sample(samples.open_bench(root), samples.MONTHS[:1])
    return CommandLine(root)


def test_a_build_tells_what_ran_and_that_nothing_is_new(tmp_path):
    flights = project(tmp_path)
    told = flights.json("build")
    assert {s["stage"]: s["outcome"] for s in told["stages"]} == {
        "ingest": "ran", "monitor": "ran", "train": "skipped",
    }  # fmt: skip
    assert "Nothing new: no notebook was executed." in flights("build").stdout


def test_one_notebook_with_parameters(tmp_path):
    flights = project(tmp_path)
    flights("build")
    notebook = samples.ROOT / "notebooks" / "monitor" / "monitor.ipynb"
    told = flights.json("run", notebook, "-p", "snapshot=flights@1", "-p", "propose=false")
    assert told["result"]["snapshot"] == "flights@1"
    assert told["outcome"] == "ran"
    assert runs(flights.bench.ledger, "flights")[-1].stage == "run-monitor"
    wrong = flights("run", notebook, "-p", "snapshot", code=3)
    assert "NAME=VALUE" in wrong.stderr
    unknown = flights("run", notebook, "-p", "colour=red", code=3)
    assert "colour" in unknown.stderr


def test_through_the_fork_server_a_command_says_the_same(tmp_path):
    """Words, exit codes and errors are those of a command that imports all by itself."""
    flights = project(tmp_path)
    ensure_server()
    for words in (["status", "--json"], ["build", "--json"], ["show", "nothing"], ["nonsense"]):
        ended = [flights.process(*words, COLDFRAME_WARM_KERNELS=warm) for warm in ("true", "false")]
        assert ended[0].returncode == ended[1].returncode
        assert ended[0].stderr == ended[1].stderr
        if words[0] != "build":
            assert ended[0].stdout == ended[1].stdout


def test_the_servers_are_listed_and_stopped(tmp_path):
    flights = project(tmp_path)
    address = ensure_server(("json", "shelve"))
    listed = flights.json("kernels", "status")
    assert address.key in {one["key"] for one in listed}
    assert "modules imported" in flights("kernels", "status").stdout
    flights("kernels", "stop")
    assert address.key not in {one["key"] for one in flights.json("kernels", "status")}
    assert "No fork server of this environment runs" in flights("kernels", "stop").stdout


@pytest.fixture
def two_environments(tmp_path, monkeypatch):
    """A server of this environment and one of another, in a folder where no others are."""
    base = Path(tempfile.mkdtemp(prefix="cf-"))  # a socket's path may be 107 characters long
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(base))
    own = ensure_server(("json",))
    second = tmp_path / "environment"
    venv.create(second, with_pip=False)
    code = "from coldframe import kernels; print(kernels.ensure_server(('json',)).key)"
    ended = subprocess.run(
        [second / "bin" / "python", "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(samples.ROOT / "lib")},
    )  # fmt: skip
    yield own.key, ended.stdout.strip()
    for address, _ in describe_servers():
        ask(address, "stop", now=True)
    shutil.rmtree(base)


def test_the_servers_of_another_environment_are_shown_and_left_alone(tmp_path, two_environments):
    own, other = two_environments
    flights = project(tmp_path)

    def listed():
        return {one["key"]: one["own"] for one in flights.json("kernels", "status")}

    assert listed() == {own: True, other: False}
    shown = flights("kernels", "status", width=None).stdout
    assert "of this environment:" in shown
    assert f"of {tmp_path / 'environment' / 'bin' / 'python'}" in shown
    said = flights("kernels", "stop").stdout
    assert "1 server stopped" in said
    assert "1 server of other environments left alone" in said
    assert listed() == {other: False}
    assert flights.json("kernels", "stop") == []
    assert listed() == {other: False}
    assert len(flights.json("kernels", "stop", "--all")) == 1
    assert listed() == {}


def test_many_commands_leave_nothing_behind(tmp_path):
    flights = project(tmp_path)
    address = ensure_server()
    for _ in range(count(3, 100)):
        assert flights.process("status").returncode == 0
    status = subprocess.run(
        [sys.executable, "-c", "import json; from coldframe.kernels import ask, ensure_server; "
         "print(json.dumps(ask(ensure_server(), 'status')))"],
        capture_output=True, text=True, check=True, env=flights.environment(),
    )  # fmt: skip
    told = json.loads(status.stdout)
    assert told["key"] == address.key
    assert told["children"] == []
