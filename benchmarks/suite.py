"""What every benchmark shares: costs, interleaved rounds, ratios, tables and goals.

A contender is a function that does the work once. Its cost is taken from outside: the wall time,
and the processor time of all processes that worked for it, which are the children that ended and
what the fork server forked. A contender that measures itself returns its `Cost`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from coldframe.kernels import UnavailableError, ask, ensure_server, find_address

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ENDING_SECONDS = 10.0


@dataclass(frozen=True)
class Cost:
    """Seconds that a contender took once, and what it answered."""

    cpu: float
    wall: float
    answer: Any = None

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu + other.cpu, self.wall + other.wall, other.answer)


Contender = Callable[[], Any]
Found = dict[str, list[Cost]]


@contextlib.contextmanager
def own_server() -> Iterator[None]:
    """Give the benchmarks a fork server that nobody else uses; it ends with them."""
    kept = dict(os.environ)
    for name in [n for n in kept if n.startswith("COLDFRAME_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="coldframe-run-") as folder:
        os.environ |= {
            "XDG_RUNTIME_DIR": folder, "PLOOMBER_STATS_ENABLED": "false",
            "NML_DISABLE_USAGE_LOGGING": "1",
        }  # fmt: skip
        try:
            yield
        finally:
            with contextlib.suppress(UnavailableError):
                ask(find_address(), "stop", now=True)
            os.environ.clear()
            os.environ.update(kept)


def _server() -> psutil.Process:
    """Return the fork server when all that it forked has ended, and so is in its account."""
    end = time.monotonic() + ENDING_SECONDS
    while (told := ask(ensure_server(), "status"))["children"] and time.monotonic() < end:
        time.sleep(0.01)
    return psutil.Process(told["pid"])


def _ended() -> float:
    """Return the processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure_cost(contender: Contender) -> Cost:
    """Return what `contender` costs once."""
    server = _server()
    before, began = sum(server.cpu_times()[:4]) + _ended(), time.monotonic()
    own = contender()
    wall = time.monotonic() - began
    if isinstance(own, Cost):
        return own
    after = _server()
    if after.pid != server.pid:
        raise RuntimeError("The fork server was replaced: lib/ was edited while it was measured.")
    return Cost(sum(after.cpu_times()[:4]) + _ended() - before, wall)


def interleave(contenders: Mapping[str, Contender], *, rounds: int, warm_up: int = 1) -> Found:
    """Measure all contenders in turn, round after round; the first `warm_up` do not count.

    Each round has an order of its own, always the same ones: who comes after whom decides how much
    memory, and which files, the machine still has at hand.
    """
    found: Found = {name: [] for name in contenders}
    order = random.Random(0)
    for turn in range(rounds + warm_up):
        for name, contender in order.sample(list(contenders.items()), len(contenders)):
            cost = measure_cost(contender)
            if turn >= warm_up:
                found[name].append(cost)
            print(f"  {name}: {cost.cpu:.2f} s CPU, {cost.wall:.2f} s", file=sys.stderr, flush=True)
    return found


def ratios(found: Found, above: str, below: str, kind: str) -> list[float]:
    """Return how many times as much `above` took as `below`, round by round."""
    pairs = zip(found[above], found[below], strict=True)
    # never by zero: the server's account ticks in hundredths of a second
    return [getattr(a, kind) / max(getattr(b, kind), 0.0001) for a, b in pairs]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median of `values` with the least and the greatest.

    >>> spread([3, 1, 2])
    '2.00 (1.00 to 3.00)'
    """
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def compare(
    what: str, found: Found, reference: str, kinds: Sequence[str] = ("cpu", "wall")
) -> str:  # fmt: skip
    """Return a table of all contenders: ratios to `reference` first, then seconds."""
    named = {"cpu": "processor time", "wall": "wall time"}
    head = [what, *[f"{named[k]}, times that of {reference}" for k in kinds]]
    head += [f"{named[k]}, s" for k in kinds]
    rows = []
    for name, costs in found.items():
        times = [spread(ratios(found, name, reference, kind)) for kind in kinds]
        seconds = [spread([getattr(cost, kind) for cost in costs]) for kind in kinds]
        rows.append([name, *times, *seconds])
    return table(head, rows)


def goal(what: str, values: Sequence[float], *, least: float = 0.0, most: float = 0.0) -> str:
    """Return a line that says whether the median of `values` is where it should be."""
    middle = statistics.median(values)
    met = middle >= least if least else middle <= most
    return f"- **Goal** {what}: {spread(values)}, **{'met' if met else 'NOT MET'}**\n"


def run(words: Sequence[Any], folder: Path = ROOT, **variables: str) -> str:
    """Run a command to its end; return what it printed."""
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, env={**os.environ, **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Worker:
    """A process that imports once and then stays: the limit that a fresh process cannot reach.

    It measures each action itself (see worker.py), so that what it imports does not count.
    """

    def __init__(self, module: str, python: Path = BIN / "python", **variables: str) -> None:
        self._process = subprocess.Popen(
            [python, "-m", module], cwd=ROOT, env={**os.environ, "MPLBACKEND": "agg", **variables},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, action: str, **arguments: Any) -> Cost:
        """Let it do one thing; return what that cost."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"action": action, **arguments}), file=self._process.stdin, flush=True)
        return Cost(**json.loads(self._process.stdout.readline()))

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
