"""`coldframe build`, `run` and `kernels`, in this process and through the fork server."""

import json
import subprocess
import sys

import samples
from cli.command_line import CommandLine
from counts import count

from coldframe.kernels import ensure_server
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
    assert flights.json("kernels", "status") == []
    assert "No fork server runs" in flights("kernels", "stop").stdout


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
