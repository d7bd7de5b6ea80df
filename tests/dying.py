"""A stage in a process of its own that dies by SIGKILL when it touches its files the nth time."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import samples
import warm

from coldframe.datasets import load_object

TOUCHES = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}


def start(
    stage: str, root: Path, deadline: int, *, seconds: float = 0.0,
    environment: Mapping[str, str] | None = None,
) -> warm.Process:  # fmt: skip
    """Start the function with the dotted path `stage`; it dies at the touch number `deadline`.

    With `seconds` it dies after that time, wherever it is then: by SIGALRM, which nobody hears. At
    0, of either, it lives. `environment` are variables that it finds besides.
    """
    return warm.Process(_live, stage, root, deadline, seconds, dict(environment or {})).go()


def touches(process: warm.Process) -> int:
    """Return how often a process that lived has touched the project's files."""
    ((touched,),) = process.end()
    assert process.returncode == 0
    return touched


def _live(
    say, stage: str, root: Path, deadline: int, seconds: float, environment: dict[str, str]
) -> None:
    os.environ.update(environment)
    function = load_object(stage, where="argv")
    bench = samples.open_bench(Path(root))
    home = str(bench.settings.home)
    touched = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in TOUCHES and arguments and home in str(arguments[0]):
            touched += 1
            if touched == deadline:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    function(bench)
    signal.setitimer(signal.ITIMER_REAL, 0)
    say(touched)
