"""The processes of kernels: ours to end, with all that they started."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

import psutil

_stopping = threading.Event()


class KernelWatch:
    """Knows the process of a kernel and ends it, with its descendants, at a deadline.

    The deadline is kept by a thread of its own: nbclient's timeout counts for one cell, and it
    waits for ever for a kernel that never answers.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self.stopped = False
        self.spent: dict[int | None, float] = {}  # by kernel: it is told more than once
        self._leader: int | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def started(self, pid: int | None) -> None:
        """Note the process; jupyter_client makes it the leader of a process group."""
        self._leader = pid
        if self.expired or self.stopped:  # while it was starting
            self.kill()

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the forked kernels that have ended."""
        return sum(self.spent.values())

    def _expire(self) -> None:
        self.expired = True
        self.kill()

    def stop(self) -> None:
        """End the kernel because the build is to end."""
        self.stopped = True
        self.kill()

    def kill(self) -> None:
        """End the kernel, its process group, and descendants that left the group."""
        if self._leader is None:
            return
        victims = []
        with contextlib.suppress(psutil.Error):
            victims = psutil.Process(self._leader).children(recursive=True)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._leader, signal.SIGKILL)
        for victim in victims:
            with contextlib.suppress(psutil.Error):
                victim.kill()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Keep the deadline while inside; nothing of the kernel's group is left afterwards."""
        self._timer.start()
        _watched.add(self)
        self.stopped = _stopping.is_set()
        try:
            yield
        finally:
            self._timer.cancel()
            self.kill()
            _watched.discard(self)


_watched: set[KernelWatch] = set()


@contextlib.contextmanager
def kernels_allowed() -> Iterator[None]:
    """Let kernels run while inside, whatever stopped those of an earlier build."""
    _stopping.clear()
    try:
        yield
    finally:
        _stopping.clear()


def stop_kernels() -> None:
    """End every kernel that this process watches, and those that it is about to start."""
    _stopping.set()
    for watch in list(_watched):
        watch.stop()
