"""Errors: on stderr, with a remedy and an exit code, without a traceback unless it is asked for."""

import json
import os
import signal
import subprocess
import time

import pytest

from coldframe.cli.command import Work
from coldframe.cli.interrupt import noted

WRONG = {
    "show nothing": 4,
    "show v9": 4,
    "show 99": 4,
    "lineage v9": 4,
    "approve 99 --reason r": 4,
    "approve 1 --reason r": 7,
    "approve 2 --reason  ": 5,
    "rollback --reason r": 4,
    "rollback --to v9 --reason r": 4,
    "quarantine ffff": 4,
    "quarantine --export rows.csv": 3,
    "sweep": 3,
    "sweep --snapshot flights@9": 4,
    "sweep --challenge nothing": 4,
    "status --dataset nothing": 4,
    "demo land 1999-01": 4,
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
    assert told.keys() >= {"type", "what"}
    assert told.keys() & {"where", "found", "expected", "remedy"}


def test_wrong_usage_is_code_2(flights):
    flights("approve", "two", "--reason", "r", code=2)
    flights("approve", "2", code=2)
    flights("nothing", code=2)


def test_a_traceback_only_with_debug(flights):
    plain = flights.process("show", "v9")
    assert plain.returncode == 4
    assert "Traceback" not in plain.stderr
    assert "NotFoundError" in flights.process("show", "v9", "--debug").stderr


def test_what_nobody_foresaw_is_told_with_a_remedy(flights):
    (flights.root / "datasets" / "flights.yaml").chmod(0)
    if os.access(flights.root / "datasets" / "flights.yaml", os.R_OK):
        (flights.root / "datasets" / "flights.yaml").unlink()
        (flights.root / "datasets" / "flights.yaml").mkdir()
    failed = flights("status", code=1)
    assert "coldframe doctor" in failed.stderr
    assert "--debug" in failed.stderr
    assert "Traceback" not in failed.stderr


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
