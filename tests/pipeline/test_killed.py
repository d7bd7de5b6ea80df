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


def kill_third_after_it_consumed(project):
    """Kill a build when its third stage has used up what made it due."""
    consume(project)
    book = project.root / "notebooks/third.ipynb"
    cells = json.loads(book.read_text())
    cells["cells"][4]["source"] = "import time\ntime.sleep(60)"
    book.write_text(json.dumps(cells))
    process = start(project)
    while not (project.root / "world" / "done-third").exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert no_kernel_is_left(project)


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
    kill_third_after_it_consumed(project)
    assert not project.receipt("third").exists()

    assert json.loads((project.root / "world/approved.json").read_text()) == {}
    book = project.root / "notebooks/third.ipynb"
    book.write_text(book.read_text().replace("time.sleep(60)", "time.sleep(0)"))
    report = project.build()
    assert report.stages[2].outcome == "ran"
    assert report.stages[2].reasons == ("its last run did not come to its end",)
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


def test_a_killed_stage_whose_inputs_are_void_by_now_is_not_run_again(project):
    """The proposal of a killed training may be withdrawn meanwhile; only the stage can tell."""
    text = (project.root / "pipeline.yaml").read_text()
    inputs = "inputs: tiny.inputs.third_inputs"
    text = text.replace(inputs, f"{inputs}, resumes: tiny.inputs.still_stands")
    (project.root / "pipeline.yaml").write_text(text)
    with (project.root / "lib/tiny/inputs.py").open("a") as stream:
        stream.write(
            "\n\ndef still_stands(bench, begun):\n"
            "    return begun['proposal'] not in _read(bench, 'withdrawn')\n"
        )
    kill_third_after_it_consumed(project)
    project.say("withdrawn", [1])
    report = project.build()
    assert report.stages[2].outcome == "skipped", str(report)
    assert report.stages[2].reasons == ("nothing for it to do",)
    assert not list(project.home.glob("latest/*/*.begun"))
    assert (project.home / "failed" / "third").is_dir()
    # and so it stays, whatever the function would say now
    project.say("withdrawn", [])
    assert project.build().stages[2].outcome == "skipped"


def test_a_notebook_run_by_itself_is_left_alone_by_a_build_beside_it(project):
    settled = project.root / "world" / "alone"
    project.notebook("alone", [
        "import time\nfrom pathlib import Path\nfrom coldframe.notebook import finish",
        f"Path({str(settled)!r}).mkdir(parents=True)\n"
        f"while not Path({str(settled)!r}, 'go').exists():\n    time.sleep(0.05)",
        "finish(product, well=True)",
    ])  # fmt: skip
    code = (
        "import sys; from pathlib import Path; from coldframe.settings import Settings\n"
        "from coldframe.pipeline import run_notebook\n"
        "root = Path(sys.argv[1])\n"
        "settings = Settings(root=root, dataset='tiny')\n"
        "print(run_notebook(settings, notebook=root / 'notebooks/alone.ipynb', stage='alone'))"
    )
    alone = subprocess.Popen(
        [sys.executable, "-c", code, str(project.root)], env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    while not settled.exists():
        assert alone.poll() is None, alone.stdout.read()
        time.sleep(0.05)
    # one that was killed stands beside it
    dead = project.home / "runs" / "alone" / ".dead.partial"
    dead.mkdir()
    assert project.build().failed == ()
    assert len(list(project.home.glob("runs/alone/.*.partial"))) == 1
    (settled / "go").touch()
    said, _ = alone.communicate(timeout=120)
    assert alone.returncode == 0, said
    assert [path.name for path in (project.home / "failed" / "alone").iterdir()] == ["dead"]
    assert project.receipt("alone").exists()
    (told,) = runs(Ledger.open(project.settings().ledger_url), "tiny", stage="alone")
    assert told.outcome == "succeeded"
