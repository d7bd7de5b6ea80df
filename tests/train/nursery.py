"""Run as a program: forks a child for each line read, so that children start with all imported.

Lines are JSON: a project folder and what to do, answered by the child's process id; or the id of a
child to wait for, answered by its exit code (negative for the signal that killed it).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import sklearn.ensemble  # noqa: F401
import skops.io  # noqa: F401 - all that takes long, before the first child
from samples import land_sample, open_bench

import coldframe.features  # noqa: F401
import flights.model  # noqa: F401
from coldframe.ingest import ingest_batches
from coldframe.train import challenge, sweep_snapshot, train_challenger


def work(root: str, what: str, options: dict[str, object]) -> None:
    """Do one thing to the project at `root`."""
    bench = open_bench(Path(root))
    if what == "train":
        train_challenger(bench, **options)  # type: ignore[arg-type]
    elif what == "sweep":
        sweep_snapshot(bench, **options)  # type: ignore[arg-type]
    elif what == "challenge":
        challenge(bench, **options)  # type: ignore[arg-type]
    elif what == "ingest":
        land_sample(bench, options["months"])  # type: ignore[arg-type]
        ingest_batches(bench)


def main() -> None:
    """Fork a child a line; several may be at work at once."""
    for line in sys.stdin:
        order = json.loads(line)
        if isinstance(order, int):
            answer = os.waitstatus_to_exitcode(os.waitpid(order, 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                os._exit(run(order))
        print(answer, flush=True)


def run(order: dict[str, object]) -> int:
    """Do what a child has to do; errors go to standard error, which pytest shows."""
    try:
        work(**order)  # type: ignore[arg-type]
    except BaseException as error:  # noqa: BLE001 - whatever it is, the child ends with it
        print(f"child: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    main()
