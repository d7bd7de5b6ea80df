"""Branches of the graph run side by side, and one that breaks takes down no other."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from coldframe.ledger import Ledger, runs

GRAPH = {"first": [], "left": ["first"], "right": ["first"], "last": ["left", "right"]}
HEAD = """
meta: {extract_upstream: false, extract_product: false}
executor:
  dotted_path: coldframe.pipeline.executor.ContentExecutor
  stages:
    first: {inputs: tiny.inputs.first_inputs}
    left: {inputs: tiny.inputs.second_inputs}
    right: {inputs: tiny.inputs.second_inputs}
    last: {inputs: tiny.inputs.second_inputs}
  dataset: "{{dataset}}"
  home: "{{home}}"
  kernels_at_once: "{{kernels_at_once}}"
tasks:
"""
TASK = """
  - name: {name}
    source: notebooks/{name}.ipynb
    upstream: {upstream}
    product_class: StageFile
    params: {{dataset: "{{{{dataset}}}}", home: "{{{{home}}}}"}}
    product:
      nb: "{{{{home}}}}/latest/{{{{dataset}}}}/{name}.ipynb"
      receipt: "{{{{home}}}}/latest/{{{{dataset}}}}/{name}.json"
"""
FINISH = ["from coldframe.notebook import finish", "finish(product)"]


@pytest.fixture
def forked(project):
    """A project whose graph forks and meets again."""
    tasks = [TASK.format(name=n, upstream=json.dumps(before)) for n, before in GRAPH.items()]
    (project.root / "pipeline.yaml").write_text(HEAD + "".join(tasks))
    with (project.root / "env.yaml").open("a") as stream:
        stream.write("kernels_at_once: 2\n")
    for name in GRAPH:
        project.notebook(name, FINISH)
    return project


def meet(folder, mine, other):
    """Code that ends well only if the other notebook is at work at the same time."""
    return f"""
    import time
    from pathlib import Path
    Path({str(folder / mine)!r}).touch()
    end = time.monotonic() + 60
    while not Path({str(folder / other)!r}).exists():
        assert time.monotonic() < end, "nobody else is at work"
        time.sleep(0.01)
    """


def test_branches_run_side_by_side_and_the_last_one_after_both(forked, tmp_path):
    forked.notebook("left", [*FINISH[:1], meet(tmp_path, "l", "r"), *FINISH[1:]])
    forked.notebook("right", [*FINISH[:1], meet(tmp_path, "r", "l"), *FINISH[1:]])
    report = forked.build()
    assert [(stage.stage, stage.outcome) for stage in report.stages] == [
        (name, "ran") for name in GRAPH
    ], str(report)
    ended = {r.stage: (r.started, r.ended) for r in runs(ledger(forked), "tiny")}
    assert ended["last"][0] >= max(ended["left"][1], ended["right"][1])
    assert forked.outcomes(forked.build()) == ["skipped"] * 4


def ledger(project):
    return Ledger.open(project.settings().ledger_url)


def test_a_killed_branch_takes_down_no_other(forked):
    forked.notebook("left", ["import os, signal", "os.kill(os.getpid(), signal.SIGKILL)", *FINISH])
    report = forked.build()
    assert forked.outcomes(report) == ["ran", "failed", "ran", "ran"], str(report)
    assert report.stages[1].notebook.is_file()  # what is left of it
    forked.notebook("left", FINISH)
    assert forked.outcomes(forked.build()) == ["skipped", "ran", "skipped", "skipped"]


def test_an_interrupted_build_leaves_no_kernel_and_is_made_up_for(forked, tmp_path):
    for name in ("left", "right"):
        code = f"""
        import os, time
        from pathlib import Path
        if not Path({str(tmp_path / "calm")!r}).exists():
            _ = Path({str(tmp_path / name)!r}).write_text(str(os.getpid()))
            time.sleep(300)
        """
        forked.notebook(name, [*FINISH[:1], code, *FINISH[1:]])
    child = subprocess.Popen(
        [Path(sys.executable).with_name("ploomber"), "build"], cwd=forked.root,
        env=forked.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    end = time.monotonic() + 120
    while not all(
        (tmp_path / n).exists() and (tmp_path / n).read_text() for n in ("left", "right")
    ):
        assert time.monotonic() < end
        assert child.poll() is None, child.stdout.read()
        time.sleep(0.05)
    kernels = [int((tmp_path / name).read_text()) for name in ("left", "right")]
    os.kill(child.pid, signal.SIGINT)
    said, _ = child.communicate(timeout=30)
    assert child.returncode != 0, said
    until = time.monotonic() + 10
    while any(psutil.pid_exists(pid) for pid in kernels):
        assert time.monotonic() < until, "a kernel outlived the build"
        time.sleep(0.05)
    failed = {r.stage: r.error for r in runs(ledger(forked), "tiny") if r.outcome == "failed"}
    said = "The build was ended while the notebook ran."
    assert failed == {"left": said, "right": said}
    (tmp_path / "calm").touch()
    report = forked.build()
    assert forked.outcomes(report) == ["skipped", "ran", "ran", "ran"], str(report)
