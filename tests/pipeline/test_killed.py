"""Killed with SIGKILL at any moment and built again, the end is that of a build never killed."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
from counts import count

from coldframe.ledger import Ledger, runs

HERE = Path(__file__).parent


def start(project):
    return subprocess.Popen(
        [sys.executable, str(HERE / "build_and_die.py"), str(project.root)],
        env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def kernels(project):
    """Return the kernels that work in this project."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        environ, words = process.info["environ"] or {}, process.info["cmdline"] or []
        if environ.get("COLDFRAME_ROOT") == str(project.root) and "ipykernel_launcher" in words:
            found.append(process)
    return found


def no_kernel_is_left(project):
    """Wait until the kernels of a killed parent have seen that it is gone."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not kernels(project):
            return True
        time.sleep(0.2)
    return False


def consume(project):
    """Make notebooks that use up what made them due, as the real stages do."""
    world = project.root / "world"
    for name, said in (("first", "landed"), ("third", "approved")):
        project.notebook(name, [
            "from pathlib import Path\nfrom coldframe.notebook import finish",
            f"Path({str(world / said)!r} + '.json').write_text('{{}}')\n"
            f"Path({str(world)!r}, 'done-{name}').write_text('once')",
            "import time\ntime.sleep(0.3)",
            f"finish(product, stage={name!r})",
        ])  # fmt: skip
    project.say("landed", ["a"])
    project.say("approved", {"proposal": 1})


def test_a_build_killed_at_any_moment_is_finished_by_the_next(project):
    consume(project)
    chance = random.Random(2013)
    started = time.monotonic()
    whole = start(project)
    whole.communicate(timeout=300)
    assert whole.returncode == 0
    span = time.monotonic() - started
    expected = {name: project.receipt(name).exists() for name in ("first", "second", "third")}
    assert all(expected.values())

    for _ in range(count(2, 40)):
        for name in expected:
            project.receipt(name).unlink(missing_ok=True)
        consume(project)
        process = start(project)
        time.sleep(chance.uniform(0.3, 1.0) * span)
        process.kill()
        process.communicate()
        assert no_kernel_is_left(project)
        for name in expected:  # a receipt vouches for what is there
            if project.receipt(name).exists():
                json.loads(project.latest(f"{name}.ipynb").read_text())
        assert project.build().failed == ()
        assert {name: project.receipt(name).exists() for name in expected} == expected
        assert project.outcomes(project.build()) == ["skipped"] * 3
        assert not list(project.home.glob("runs/*/.*"))
        assert not list(project.home.glob("latest/*/*.begun"))
    assert Ledger.open(project.settings().ledger_url).verify() == []


def test_a_stage_killed_after_it_used_up_its_inputs_still_gets_its_receipt(project):
    """A proposal that is trained does not wait for training any more; its report does."""
    consume(project)
    cells = json.loads((project.root / "notebooks/third.ipynb").read_text())
    cells["cells"][4]["source"] = "import time\ntime.sleep(60)"
    (project.root / "notebooks/third.ipynb").write_text(json.dumps(cells))
    process = start(project)
    done = project.root / "world" / "done-third"
    while not done.exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert no_kernel_is_left(project)
    assert not project.receipt("third").exists()

    assert json.loads((project.root / "world/approved.json").read_text()) == {}
    cells["cells"][4]["source"] = "import time"
    (project.root / "notebooks/third.ipynb").write_text(json.dumps(cells))
    report = project.build()
    assert report.stages[2].outcome == "ran"
    assert report.stages[2].reasons == ("its last run was killed",)
    assert project.receipt("third").exists()
    # what the killed run left is where failed runs are
    (partial,) = (project.home / "failed" / "third").iterdir()
    assert "killed" in (partial / "error.txt").read_text()
    assert len(runs(Ledger.open(project.settings().ledger_url), "tiny", stage="third")) == 1


def test_two_builds_take_turns(project):
    first = start(project)
    assert first.stdout.readline() == "begins\n"
    second = start(project)
    said = [process.communicate(timeout=300)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    ledger = Ledger.open(project.settings().ledger_url)
    assert len(runs(ledger, "tiny")) == 2, said
