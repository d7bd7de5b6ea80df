"""Many notebooks: nothing is left of them, and whatever ends one is told, soon and as a failure."""

import random
import time
from pathlib import Path

import psutil
import pytest
from counts import count
from jupyter_core.paths import jupyter_runtime_dir

from coldframe.errors import NotebookError
from coldframe.kernels import ask, ensure_server
from coldframe.ledger import Ledger, runs
from coldframe.pipeline import run_notebook

SOON = 10.0
"""Seconds after which the end of a kernel has been told, on the busiest machine."""
NOTE = """
import os, signal, sys, threading, time
from pathlib import Path
note = Path({note!r})
def end(what):
    note.write_text(str(time.monotonic()))
    what()
"""
ENDINGS = {
    "exit": "end(lambda: sys.exit(0))",
    "exit at once": "end(lambda: os._exit(0))",
    "exit with a code": "end(lambda: os._exit(3))",
    "killed": "end(lambda: os.kill(os.getpid(), signal.SIGKILL))",
    "terminated": "end(lambda: os.kill(os.getpid(), signal.SIGTERM))",
    "aborted": "end(os.abort)",
    "segmentation fault": "import ctypes\nend(lambda: ctypes.string_at(0))",
    "killed in the middle": "threading.Timer({delay}, lambda: end(lambda: os.kill(os.getpid(),"
    " signal.SIGKILL))).start()\ntime.sleep(600)",
    "killed by its child": "end(lambda: os.system(f'kill -9 {{os.getpid()}}'))\ntime.sleep(600)",
    "out of time": "time.sleep(600)",
    "out of time, deaf": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nwhile True: pass",
}


def alone(project, seconds=120.0):
    return run_notebook(
        project.settings(notebook_seconds=seconds),
        notebook=project.root / "notebooks/alone.ipynb", stage="alone",
    )  # fmt: skip


def held():
    """Return what could leak: descriptors and processes, here and in the server, and files."""
    server, mine = psutil.Process(ask(ensure_server(), "status")["pid"]), psutil.Process()
    connections = [p.name for p in Path(jupyter_runtime_dir()).glob("kernel-*.json")]
    return {
        "descriptors of the server": descriptors(server), "kernels": len(server.children()),
        "descriptors": mine.num_fds(), "children": len(mine.children()),
        "threads": mine.num_threads(), "connection files": len(connections),
    }  # fmt: skip


def descriptors(server):
    """Return how many it has when it has hung up on us, which it does after it has answered."""
    looks = []
    for _ in range(5):
        looks.append(server.num_fds())
        time.sleep(0.01)
    return min(looks)


def settled(before, seconds=20):
    """Return what is held now; what is still being let go of has its time."""
    end = time.monotonic() + seconds
    while any((now := held())[name] > before[name] for name in before):
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return now


def test_nothing_is_left_of_many_notebooks(project):
    project.notebook("alone", ["from coldframe.notebook import finish", "finish(product)"])
    for _ in range(3):
        alone(project)  # what is kept once, as zmq's context is
    before = settled(dict.fromkeys(held(), 0), seconds=2)
    wanted = count(12, 1000)
    for _ in range(wanted):
        alone(project)
    now = settled(before)
    assert {name: now[name] for name in now if now[name] > before[name]} == {}
    told = runs(Ledger.open(project.settings().ledger_url), "tiny", stage="alone")
    assert [run.outcome for run in told] == ["succeeded"] * (wanted + 3)
    assert all(run.cpu_seconds and run.cpu_seconds > 0 for run in told)


def test_the_processor_time_of_a_forked_kernel_is_counted_once(project):
    project.notebook("alone", [
        "import time\nfrom coldframe.notebook import finish",
        "end = time.process_time() + 1\nwhile time.process_time() < end:\n    pass",
        "finish(product)",
    ])  # fmt: skip
    alone(project)
    (run,) = runs(Ledger.open(project.settings().ledger_url), "tiny", stage="alone")
    assert 1 < run.cpu_seconds < 1.9


def test_whatever_ends_a_notebook_is_told_soon_and_as_a_failure(project, tmp_path):
    before, slowest = None, 0.0
    draw = random.Random(20131)
    names = list(ENDINGS)
    for number in range(count(len(names), 200)):
        how = names[number % len(names)]
        note, limit = tmp_path / "note", 1.5
        code = ENDINGS[how].format(delay=draw.uniform(0, 0.5))
        project.notebook("alone", [
            "from coldframe.notebook import finish", NOTE.format(note=str(note)), code,
            "finish(product)",
        ])  # fmt: skip
        note.unlink(missing_ok=True)
        began = time.monotonic()
        with pytest.raises(NotebookError):
            alone(project, seconds=limit if "time" in how else 120.0)
        died = float(note.read_text()) if note.exists() else began + limit
        slowest = max(slowest, time.monotonic() - died)
        assert time.monotonic() - died < SOON, how
        assert not project.receipt("alone").exists(), how
        if before is None:
            before = held()
    now = settled(before)
    assert {name: now[name] for name in now if now[name] > before[name]} == {}
    print(f"the slowest end was told after {slowest:.2f} s")
    outcomes = {r.outcome for r in runs(Ledger.open(project.settings().ledger_url), "tiny")}
    assert outcomes == {"failed"}
