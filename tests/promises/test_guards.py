"""A promise's test is worth something if it goes red without its guard: each guard is taken out.

In a copy of the project, by an edit of a line that must be there, in a process of its own.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from counts import count

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Guard:
    """A line of lib/ that keeps a promise, what is left without it, and the test to go red."""

    file: str
    line: str
    without: str
    test: str


GUARDS = (
    Guard(
        "contracts/judging.py", 'unfit = typed.index.isin(failures["line"])',
        "unfit = typed.index.isin([])", "test_quality.py::test_a_bad_row_is_set_aside",
    ),
    Guard(
        "contracts/evolving.py", "return Typed({**typed.columns, **new}, typed.index)",
        "return typed", "test_new_sources.py::test_a_new_column_is_kept",
    ),
    Guard(
        "snapshots/reading.py", "    if found:\n        raise found.error()\n", "",
        "test_versioning.py::test_a_damaged_byte",
    ),
    Guard(
        "contracts/batches.py", "if quarantined > source.batch.quarantined * rows:", "if False:",
        "test_quality.py::test_a_bad_batch_is_held",
    ),
    Guard(
        "readers/_base.py", "if column.required and name not in names", "if False",
        "test_quality.py::test_a_bad_file_is_held",
    ),
    Guard(
        "ingest/stage.py", "contract=record_digest(versions)", "contract=None",
        "test_quality.py::test_the_version_of_the_rules",
    ),
    Guard(
        "contracts/evolving.py", "if name not in delivered and not column.required", "if False",
        "test_new_sources.py::test_a_lost_column",
    ),
    Guard(
        "ingest/judging.py", "return history.type_faults(source)", "return ()",
        "test_new_sources.py::test_a_changed_type",
    ),
    Guard(
        "workbench.py", "known.with_name(word.column, word.delivered)", "known",
        "test_new_sources.py::test_a_renamed_column",
    ),
    Guard(
        "pipeline/turns.py", "return _failed(stage, run, error)", "raise",
        "test_isolation.py::test_a_stage_that_ends_badly",
    ),
    Guard(
        "pipeline/watch.py", "self._timer.start()", "self._timer = threading.Timer(0, print)",
        "test_isolation.py::test_a_stage_that_hangs",
    ),
    Guard(
        "train/verdict.py", "gain >= rules.minimum_gain, [", "True, [",
        "test_isolation.py::test_a_poisoned_challenger",
    ),
    Guard(
        "models/files.py", "if found != path.stem:", "if False:",
        "test_isolation.py::test_a_poisoned_estimator",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("guards") / "project"
    for name in ("lib", "tests", "datasets", "notebooks"):
        shutil.copytree(
            ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_*")
        )
    for name in ("pyproject.toml", "env.yaml", "pipeline.yaml"):
        shutil.copyfile(ROOT / name, root / name)
    return root


def run(root, test):
    """Run one promise's test in the project at `root`."""
    file, _, name = test.partition("::")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", name,
         f"tests/promises/{file}"],
        cwd=root, capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([f"{root}/lib", f"{root}/tests"]),
             "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS[: count(2, len(GUARDS))], ids=lambda one: one.test)
def test_without_its_guard_the_promise_is_seen_to_be_broken(copy, guard):
    path = copy / "lib" / "coldframe" / guard.file
    whole = path.read_text("utf-8")
    assert guard.line in whole, f"the guard has moved: {guard.file}, {guard.line}"
    path.write_text(whole.replace(guard.line, guard.without), encoding="utf-8")
    try:
        ended = run(copy, guard.test)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert " failed" in ended.stdout


@pytest.mark.parametrize("guard", GUARDS, ids=lambda one: one.test)
def test_every_guard_is_where_it_is_looked_for(guard):
    text = (ROOT / "lib" / "coldframe" / guard.file).read_text("utf-8")
    assert guard.line in text
