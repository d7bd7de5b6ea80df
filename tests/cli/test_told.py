"""What README and CHANGELOG say of files, months and commands is so."""

import shlex
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import samples
from cli.test_walk import readme_commands

from coldframe.cli.reference import leaf_commands
from flights import feed


def test_what_the_readmes_papermill_writes_is_not_committed(tmp_path):
    written = [
        shlex.split(command)[2] for command in readme_commands() if command.startswith("papermill")
    ]
    assert written == ["out.ipynb"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copy(samples.ROOT / ".gitignore", tmp_path)

    def ignored(name):
        return subprocess.run(["git", "check-ignore", "-q", name], cwd=tmp_path).returncode == 0

    assert [name for name in written if not ignored(name)] == []
    assert not ignored("notebooks/train/train.ipynb")
    assert not ignored("notebooks/out.ipynb")


def test_the_changelog_says_which_months_and_which_commands_there_are():
    text = " ".join((samples.ROOT / "CHANGELOG.md").read_text("utf-8").split())
    months = [date.fromisoformat(f"{period}-01") for period in feed.default_periods()]
    assert f"{months[0]:%B} to {months[-1]:%B %Y}" in text
    words = {word for name, _ in leaf_commands() for word in name.split()}
    assert {"tag", "gc"} <= words


def test_what_the_readme_says_to_root_is_what_jupyter_and_make_take():
    text = (samples.ROOT / "README.md").read_text("utf-8")
    (said,) = (word for word in text.split("`") if word.startswith("make lab ARGS="))
    argument = said.partition("ARGS=")[2]
    shown = subprocess.run(
        ["make", "-n", *shlex.split(said)[1:]], cwd=samples.ROOT, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert f"jupyter lab {argument}" in shown
    known = subprocess.run(
        [Path(sys.executable).with_name("jupyter"), "lab", "--help"], capture_output=True,
        text=True, check=True,
    ).stdout  # fmt: skip
    assert argument in known.split()
