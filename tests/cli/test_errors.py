"""Errors: on stderr, with a remedy and an exit code, without a traceback unless it is asked for."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import samples
from cli.command_line import CommandLine
from cli.test_running import write_notebook

from coldframe.cli.command import Work
from coldframe.cli.interrupt import noted
from coldframe.ledger import deliveries

WRONG = {
    "show nothing": 4,
    "show v9": 4,
    "show 99": 4,
    "lineage v9": 4,
    "land nosuch.csv": 4,
    "import nosuch.tar": 4,
    "approve 99 --reason r": 4,
    "approve 1 --reason r": 7,
    "approve 2 --reason  ": 5,
    "propose --snapshot flights@9 --reason r": 4,
    "propose --snapshot flights@1 --reason r": 5,
    "propose --snapshot flights.reference@1 --reason r": 3,
    "rollback --reason r": 4,
    "rollback --to v9 --reason r": 4,
    "reject 2 --withdraw --reason r": 7,
    "rollback --to champion --reason r": 7,
    "quarantine ffff": 4,
    "quarantine --source nosuch": 4,
    "quarantine export ffff rows.csv": 4,
    "quarantine replay ffff": 4,
    "sweep": 3,
    "sweep --snapshot flights@9": 4,
    "sweep --challenge nothing": 4,
    "sweep --list --challenge spring": 3,
    "sweep --snapshot flights@3 --challenge spring": 3,
    "status --dataset nothing": 4,
    "show flight@3": 4,
    "show Zz": 3,
    "lineage flights@9": 4,
    "lineage flight@3": 4,
    "lineage Zz@3": 3,
    "demo land 1999-01": 4,
    "demo land foo": 4,
    "demo land 2013-01..2013-02": 4,
    "demo run --months 2013-02..2013-01": 4,
}


@pytest.mark.parametrize("line", WRONG)
def test_an_error_says_what_to_do(flights, line):
    words = line.split(" ") if "--reason  " not in line else ["approve", "2", "--reason", " "]
    failed = flights(*words, code=WRONG[line])
    assert failed.stdout == ""
    assert failed.stderr.startswith("Error: ")
    assert "Traceback" not in failed.stderr
    told = json.loads(flights(*words, "--json", code=WRONG[line]).stderr)["error"]
    assert told["exit_code"] == WRONG[line]
    assert told.keys() >= {"type", "what", "remedy"}
    assert told.keys() & {"where", "found", "expected"}
    # a traceback is added, and nothing else is changed
    traced = flights(*words, "--debug", code=WRONG[line])
    assert traced.stderr.startswith("Traceback")
    assert traced.stderr.endswith(failed.stderr)
    traced = json.loads(flights(*words, "--debug", "--json", code=WRONG[line]).stderr)["error"]
    assert traced.pop("traceback").startswith("Traceback")
    assert traced == told


def test_to_show_nothing_is_an_error_with_a_remedy(flights):
    for name in ("", " "):
        error = json.loads(flights("show", name, "--json", code=3).stderr)["error"]
        assert error["what"] == "Show what?"
        assert "coldframe snapshots" in error["remedy"]


def test_what_is_not_there_is_told_with_what_there_is(flights, tmp_path, monkeypatch):
    new = CommandLine(samples.write_project(tmp_path / "new"))
    new.home.mkdir()

    def error(*words, home=flights):
        return json.loads(home(*words, "--json", code=4).stderr)["error"]

    for words in (("show", "99"), ("approve", "99", "--reason", "r")):
        assert error(*words)["expected"] == "one of 1 (trained), 2 (pending)"
        assert "there is none yet" in error(*words, home=new)["expected"]
    assert "v1" in error("show", "v9")["expected"]
    assert "none was trained yet" in error("show", "v9", home=new)["expected"]
    (held,) = flights.json("status")["deliveries"]["held"]
    assert f"{held['batch'][:10]} (flights-2013-04.csv)" in error("quarantine", "zz")["expected"]
    assert "there is none" in error("quarantine", "zz", home=new)["expected"]
    monkeypatch.chdir(flights.root)
    (flights.root / "january.csv").write_text("a\n")
    assert error("land", "januray.csv")["remedy"] == "correct the path; there is january.csv"
    assert error("land", "nosuch/a.csv")["remedy"] == "correct the path"
    assert "--dataset flights" in error("land", "flights", "january.csv")["remedy"]


def test_what_is_no_number_of_a_proposal_is_told_as_such(flights):
    for text in ("abc", "1.5", "٢"):
        for word in ("approve", "reject"):
            told = flights(word, text, "--reason", "r", code=2, width=200).stderr
            assert f"'{text}' is no proposal's number" in told
            assert "coldframe proposals" in told


def test_a_batch_that_was_accepted_is_told_with_the_snapshot_that_holds_it(flights):
    (batch, *_) = (d for d in deliveries(flights.bench.ledger, "flights")
                   if d.outcome == "accepted")  # fmt: skip
    failed = flights("quarantine", batch.batch[:10], "--json", code=4)
    error = json.loads(failed.stderr)["error"]
    assert error["what"] == "This batch was accepted: none of it is in quarantine."
    assert error["where"] == f"{batch.source}/{batch.file}"
    held = flights.json(*error["remedy"].split()[1:])
    assert held["name"] == "flights@1"
    assert held["id"] == batch.snapshot


def test_a_source_that_is_not_there_is_no_empty_list(flights):
    error = json.loads(flights("quarantine", "--source", "nosuch", "--json", code=4).stderr)
    assert error["error"]["expected"] == "flights, weather, arrivals"
    assert len(flights.json("quarantine", "--source", "weather")) == 1


def test_the_remedy_for_a_period_lands_it(flights):
    error = json.loads(flights("demo", "land", "foo", "--json", code=4).stderr)["error"]
    assert error["found"] == "foo"
    assert "2013-01 to 2014-01" in error["expected"]
    assert flights.json(*error["remedy"].split()[1:])["month"] == "2013-01"


def test_wrong_usage_is_code_2(flights):
    flights("approve", "two", "--reason", "r", code=2)
    flights("approve", "2", code=2)
    flights("nothing", code=2)
    for seconds in ("-1", "0"):
        flights("sweep", "--snapshot", "flights@3", "--timeout", seconds, code=2)


def test_a_traceback_only_with_debug(flights):
    plain = flights.process("show", "v9")
    assert plain.returncode == 4
    assert "Traceback" not in plain.stderr
    traced = flights.process("show", "v9", "--debug")
    assert traced.returncode == 4
    assert "NotFoundError" in traced.stderr


def test_what_nobody_foresaw_is_told_with_a_remedy(flights):
    (flights.root / "datasets" / "flights.yaml").chmod(0)
    if os.access(flights.root / "datasets" / "flights.yaml", os.R_OK):
        (flights.root / "datasets" / "flights.yaml").unlink()
        (flights.root / "datasets" / "flights.yaml").mkdir()
    failed = flights("status", code=1)
    assert "coldframe doctor" in failed.stderr
    assert "--debug" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "Traceback" in flights("status", "--debug", code=1).stderr


def test_a_home_that_is_no_folder_is_the_environments_fault(flights, monkeypatch):
    for home in ("/dev/null", "/dev/null/below"):
        error = json.loads(flights("build", "--home", home, "--json", code=9).stderr)["error"]
        assert error["type"] == "EnvironmentFaultError"
        assert home in error["where"]
        assert "--home" in error["remedy"]
    monkeypatch.setenv("COLDFRAME_HOME", "/dev/null")
    assert "no folder" in flights("status", code=9).stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["show", "flights@3"]])
def test_where_the_answer_cannot_be_written_it_says_so_once(flights, words):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            flights.command(*words), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
            env=flights.environment(), check=False,
        )  # fmt: skip
    assert ended.returncode == 9
    told = ended.stderr if "--json" not in words else json.loads(ended.stderr)["error"]["what"]
    assert "The answer cannot be written." in told
    assert "Exception ignored" not in ended.stderr
    assert "should not have happened" not in ended.stderr


def test_the_remedy_for_an_unknown_study_lists_those_there_are(flights):
    error = json.loads(flights("sweep", "--challenge", "nothing", "--json", code=4).stderr)
    assert flights.json(*error["error"]["remedy"].split()[1:]) == []


def test_outside_a_project_the_remedy_is_named(flights, tmp_path):
    failed = flights.process("status", COLDFRAME_ROOT=str(tmp_path / "elsewhere"))
    assert failed.returncode == 4
    assert "COLDFRAME_ROOT" in failed.stderr


def test_a_closed_pipe_is_no_error(flights):
    # more than a pipe holds, so that writing meets the closed end
    reader = subprocess.Popen(
        flights.command("show", "flights@3", "--json"), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=flights.environment(),
    )  # fmt: skip
    reader.stdout.close()
    _, told = reader.communicate(timeout=60)
    assert told == b""
    assert reader.returncode == 141


def test_ctrl_c_ends_with_130_and_a_word(flights):
    """Interrupt a build, seconds of which are left when the first files of the month stand."""
    running = subprocess.Popen(
        flights.command("demo", "run", "--months", "2013-05"), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=flights.environment(), text=True, start_new_session=True,
    )  # fmt: skip
    landed = flights.home / "landing" / "flights" / "arrivals" / "arrivals-2013-04.csv"
    end = time.monotonic() + 60
    while not landed.exists() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.001)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Interrupted" in told
    assert "Traceback" not in told


def test_after_ctrl_c_status_says_that_it_was_interrupted(flights):
    started = flights.root / "started"
    code = f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(100)"
    notebook = write_notebook(flights.root / "mine.ipynb", "product = None", code)
    running = subprocess.Popen(
        flights.command("run", notebook), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=flights.environment(), text=True, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not started.exists() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert flights.json("status")["failed"] == ["run-mine"]
    shown = [line.strip() for line in flights("status", width=None).stdout.splitlines()]
    assert "run-mine was interrupted" in shown
    assert not any("KeyboardInterrupt" in line or "see where" in line for line in shown)


class Dropping:
    """Interrupts its process where Python drops the exception: in a finaliser."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_dropped_is_raised_at_the_next_step():
    steps = []

    def work():
        with noted():
            steps.append("dropped")
            thing = Dropping()
            del thing
            steps.append("runs on")
            Work(None, as_json=False)("next")
            steps.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["dropped", "runs on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
