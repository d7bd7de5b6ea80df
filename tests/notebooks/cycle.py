"""A project with a sample of the real flights, taken through the graph until a proposal waits."""

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import samples

from coldframe.pipeline import build

FIRST, LATER = samples.MONTHS[:3], samples.MONTHS[3:6]


def build_sample(root, months):
    """Land `months` of the sample and build once."""
    bench = samples.open_bench(root)
    samples.land_sample(bench, months)
    report = build(bench.settings)
    report.raise_for_failure()
    return report


@cache
def proposed_project() -> Path:
    """Return a project with a champion and a proposal that waits; made once, to be copied."""
    parent = tempfile.TemporaryDirectory(prefix="coldframe-proposed-")
    atexit.register(parent.cleanup)
    root = samples.write_project(Path(parent.name) / "project", policy={"every_days": 60})
    build_sample(root, FIRST)
    build_sample(root, LATER)
    return root


def copy_project(root: Path, target: Path) -> Path:
    """Return a copy of a project, its home folder included."""
    return Path(shutil.copytree(root, target, symlinks=True))


def environment(root: Path, **more: str) -> dict[str, str]:
    """Return the variables for a process that works in the project at `root`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COLDFRAME_")}
    return {
        **kept, "COLDFRAME_ROOT": str(root), "PYTHONPATH": str(samples.ROOT / "lib"),
        "PLOOMBER_STATS_ENABLED": "false", "NML_DISABLE_USAGE_LOGGING": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **more,
    }  # fmt: skip
