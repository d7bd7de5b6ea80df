"""A stage in a process of its own that dies by SIGKILL when it touches its files the nth time.

``dying.py DOTTED_PATH MODULE...`` imports the modules and then forks such processes on demand (see
`Forks`): each costs what the function costs, and no start.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import samples
import warm

from coldframe.datasets import load_object

TOUCHES = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"}


def start(stage: str, root: Path, deadline: int) -> warm.Process:
    """Start the function with the dotted path `stage`; it dies at the touch number `deadline`."""
    return warm.Process(_touch_and_tell, stage, root, deadline).go()


def touches(process: warm.Process) -> int:
    """Return how often a process that lived has touched the project's files."""
    ((touched,),) = process.end()
    assert process.returncode == 0
    return touched


def _touch_and_tell(say, stage: str, root: Path, deadline: int) -> None:
    say(touch_until(stage, root, deadline))


@dataclass(frozen=True)
class Death:
    """How one process is to die.

    Parameters
    ----------
    root : str
        Of the project.
    touch : int
        At which touch of the project's files; 0: at none.
    seconds : float
        After which time, wherever it is then (by SIGALRM, which nobody hears); 0: at no time.
    """

    root: str
    touch: int = 0
    seconds: float = 0.0


class Forks:
    """One process that has everything imported and forks those that die; see `forks`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *deaths: Death) -> list[tuple[int, int]]:
        """Run the function once for each death, all at once; return exit codes and touches."""
        print(json.dumps([asdict(death) for death in deaths]), file=self._process.stdin, flush=True)
        return [tuple(one) for one in json.loads(self._process.stdout.readline())]


@contextlib.contextmanager
def forks(stage: str, *modules: str) -> Iterator[Forks]:
    """Yield what runs the function with the dotted path `stage`, the `modules` imported."""
    paths = os.pathsep.join(str(samples.ROOT / name) for name in ("lib", "tests"))
    with subprocess.Popen(
        [sys.executable, __file__, stage, *modules], env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield Forks(process)
        process.stdin.close()


def serve(stage: str, modules: Sequence[str]) -> None:
    """Fork for each line of deaths on the standard input, and tell of them in one line."""
    for module in modules:
        importlib.import_module(module)
    for line in sys.stdin:
        running = [_fork(stage, Death(**said)) for said in json.loads(line)]
        told = []
        for pid, stream in running:
            with stream:
                touched = int(stream.read() or 0)
            told.append((os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), touched))
        print(json.dumps(told), flush=True)


def _fork(stage: str, death: Death) -> tuple[int, IO[str]]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, os.fdopen(reading)
    code = 1
    try:
        signal.setitimer(signal.ITIMER_REAL, death.seconds)
        touched = touch_until(stage, Path(death.root), death.touch)
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.write(writing, str(touched).encode())
        code = 0
    except BaseException:  # noqa: BLE001  # told; and no child goes on as its parent
        traceback.print_exc()
    finally:
        os._exit(code)  # nothing that the parent has begun is ended by a child


def touch_until(stage: str, root: Path, deadline: int) -> int:
    """Call the function and return how often it touched the project's files, if it lives."""
    function = load_object(stage, where="argv")
    bench = samples.open_bench(root)
    home = str(bench.settings.home)
    touched = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in TOUCHES and arguments and home in str(arguments[0]):
            touched += 1
            if touched == deadline:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    function(bench)
    return touched


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
