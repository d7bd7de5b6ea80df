"""Processes to kill and to crowd, forked from one that has imported everything already.

They are processes like any other (`multiprocessing`'s fork server), but start in milliseconds. The
server itself has run nothing: no thread, no open file, no database is inherited.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing import forkserver

import pytest

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["preloaded"])


class Process:
    """``task(say, *arguments)`` in a process of its own; `say` sends words to here.

    It waits at the line until `go` is called, having loaded all it needs.
    """

    def __init__(self, task: Callable, *arguments: object) -> None:
        ours, theirs = CONTEXT.Pipe()
        with pytest.MonkeyPatch.context() as patch:  # of the server, if it is started now
            patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
            forkserver.ensure_running()
        self._process = CONTEXT.Process(target=_run, args=(theirs, task, arguments))
        self._process.start()
        theirs.close()
        self._words = ours

    def go(self) -> "Process":
        """Wait until it stands at the line, then let it go."""
        assert self._words.recv() == "ready"
        self._words.send("go")
        return self

    def hear(self, seconds: float = 300) -> tuple | None:
        """Return the next words it says; None once it has ended, or if it says none in time."""
        try:
            return self._words.recv() if self._words.poll(seconds) else None
        except (EOFError, OSError):  # ended, perhaps in the middle of a word
            return None

    def wait(self, seconds: float) -> None:
        """Wait for its end, at most so long."""
        self._process.join(seconds)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self._process.pid, number)

    def is_alive(self) -> bool:
        """Tell whether it has not ended yet."""
        return self._process.is_alive()

    def kill(self) -> list[tuple]:
        """Kill it by SIGKILL, unless it has ended; return the words that were not heard yet."""
        self._process.kill()
        return self.end()

    def end(self) -> list[tuple]:
        """Wait for its end; return the words that were not heard yet."""
        words = []
        while (one := self.hear()) is not None:
            words.append(one)
        self._process.join(300)
        return words

    @property
    def returncode(self) -> int | None:
        """How it ended: 0, what it returned, or the signal that killed it, negative."""
        return self._process.exitcode


def _run(words, task: Callable, arguments: tuple) -> None:
    words.send("ready")
    words.recv()
    task(lambda *said: words.send(said), *arguments)
