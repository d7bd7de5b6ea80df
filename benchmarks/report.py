"""RESULTS.md: one section for each benchmark, with the machine and the versions it ran with."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.suite import ROOT

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
LIBRARIES = ("ploomber", "papermill", "jupyter-client", "ipykernel", "pandas", "pyarrow",
             "scikit-learn", "nannyml", "optuna")  # fmt: skip
INTRODUCTION = """# What was measured

Written by `make bench`; `make bench ARGS="notebooks store rows=100000"` measures some of it anew.

- Contenders take turns, round after round in one run, in an order that changes. A ratio compares
  two of the same round; what is told is the median of the rounds, with the least and the greatest.
- Machines are shared and differ: only ratios say something about another one. Seconds are given so
  that a ratio can be judged.
- Processor time is that of all processes that worked for a contender, the fork server's included.
  The server was started before, and its start counts for nobody: it serves until nobody has used it
  for an hour.
"""


def describe_machine() -> str:
    """Return cores, memory, system and versions; no host, no path."""
    memory = psutil.virtual_memory().total / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"] if os.name == "posix" else os.name
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}; "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, {platform.machine()}; "
        f"Python {platform.python_version()}, {versions}."
    )


def read_sections(path: Path) -> dict[str, str]:
    """Return the sections of an earlier run by name."""
    text = path.read_text("utf-8") if path.is_file() else ""
    parts = re.split(r"^## (\w+)\n", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    found.pop("Goals", None)
    return found


def write_results(path: Path, sections: dict[str, str]) -> None:
    """Write all sections, and before them what they say of goals."""
    lines = [
        f"{line} ({name})"
        for name, text in sections.items()
        for line in text.splitlines()
        if line.startswith("- **Goal**")
    ]
    body = "".join(f"## {name}\n{text.rstrip()}\n\n" for name, text in sections.items())
    goals = "## Goals\n\n" + "\n".join(lines) + "\n\n"
    path.write_text(f"{INTRODUCTION}\n{goals}{body}".rstrip() + "\n", "utf-8")
