"""Help: every command explains itself with examples; looking imports nothing heavy."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from coldframe.cli.command import COMMON
from coldframe.cli.reference import leaf_commands, write_reference

ROOT = Path(__file__).parents[2]
HEAVY = (
    "pandas", "numpy", "pyarrow", "sklearn", "scipy", "nannyml", "matplotlib", "optuna", "pandera",
    "skops", "ploomber", "papermill", "IPython", "nbformat", "nbclient", "nbconvert",
)  # fmt: skip
COMMANDS = dict(leaf_commands())


def heavy_modules_after(flights, *words):
    code = f"""
import json, sys
sys.argv = ["coldframe", *{list(words)!r}]
from coldframe.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=flights.environment(),
    )  # fmt: skip
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "words", [["--help"], ["sweep", "--help"], ["demo", "run", "--help"], ["status"],
              ["status", "--json"], ["proposals"], ["models"], ["snapshots"], ["tag"], ["gc"],
              ["new", "--help"], ["land", "--help"], ["check", "--help"], ["pull", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_help_and_status_import_nothing_heavy(prepared, words):
    assert heavy_modules_after(prepared, *words) == []


def test_the_version_is_that_of_the_project(prepared):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert prepared("--version").stdout == f"coldframe {project['version']}\n"
    assert prepared.process("--version").stdout == f"coldframe {project['version']}\n"
    assert "--version" in prepared("--help", width=80).stdout


def test_the_commands_are_those_that_are_promised():
    assert [name.removeprefix("coldframe ") for name in COMMANDS] == [
        "status",
        "new", "land",
        "build", "run", "pull", "snapshots", "show", "diff", "quality", "proposals", "propose",
        "approve",
        "reject", "release", "models", "rollback", "lineage", "sweep", "tag", "gc", "export",
        "import", "publish", "verify", "check", "doctor",
        "demo land", "demo run", "quarantine show", "quarantine export", "quarantine replay",
        "mapping show", "mapping accept", "mapping decline", "mapping undo",
        "kernels status", "kernels stop",
    ]  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_and_the_common_options(prepared, name):
    words = name.split()[1:]
    shown = prepared(*words, "--help", width=80).stdout
    assert f"$ {name}" in shown
    # the fork servers are nobody's home's, and what names a dataset needs no option for it
    without = {"kernels": {"home", "dataset"}, "new": {"dataset"}}
    common = COMMON.keys() - without.get(words[0], set())
    assert {one.name for one in COMMANDS[name].params} & COMMON.keys() == common
    for option in ("--home", "--dataset"):
        assert (option in shown) == (option.removeprefix("--") in common)
    for option in ("--json", "--debug", "--help"):
        assert option in shown
    assert ("COLDFRAME_HOME" in shown) == ("home" in common)
    assert ("COLDFRAME_DATASET" in shown) == ("dataset" in common)
    assert max(map(len, shown.splitlines())) <= 80


def test_the_reference_is_what_the_commands_say():
    written = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert written == write_reference(), "python -m coldframe.cli.reference > docs/commands.md"


def test_the_head_of_the_help_lists_exit_codes_and_examples(prepared):
    shown = prepared("--help", width=80).stdout
    for text in ("Exit codes", "$ coldframe demo run", "Look", "Decide", "Work", "Check"):
        assert text in shown
