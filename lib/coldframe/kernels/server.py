"""The fork server: imports the heavy libraries once, then forks a fresh process for each request.

It has one thread, for a fork copies no other. It dies when nobody has used it for a while, and
when the environment is no longer the one that it has imported; what it forked may end first.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldframe.kernels.address import Address, environment_key
from coldframe.kernels.prefault import Lesson, Prefault, name_kind
from coldframe.kernels.preloaded import Preloaded
from coldframe.kernels.wire import Inbox, Message, WireError, check_peer, send

TICK = 5.0  # seconds between two looks at the clock and the environment
SILENCE = 10.0  # seconds after which a connection without a request is dropped


class Fork(BaseException):
    """Raised in a forked child, to unwind the server's stack; no error."""

    def __init__(self, request: Message, descriptors: list[int], lesson: Lesson | None) -> None:
        self.request = request
        self.descriptors = descriptors
        self.lesson = lesson


def count_threads() -> int:
    """Return how many threads this process has, those of C libraries included."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@dataclass
class Child:
    """A forked process: what it is for, who wants to hear of its end, and what it shall tell."""

    pid: int
    kind: str
    where: str
    started: float
    inbox: Inbox | None
    lesson: Lesson | None


class Server:
    """Answers on a Unix socket.

    A connection carries one request. ``status`` is answered at once. ``stop`` lets the server
    end when its children have ended, or kills them. ``kernel`` and ``call`` fork: the answer is
    the process id, later the exit code with the resources used; if the client hangs up before,
    the child's process group is killed.

    Parameters
    ----------
    address : Address
        Where to listen.
    lock : int
        Descriptor of its lock, held until it takes no more requests.
    idle : float
        Seconds without a child or request after which it ends.
    preloaded : Preloaded
        What was imported, and what could not be.
    """

    def __init__(self, address: Address, *, lock: int, idle: float, preloaded: Preloaded) -> None:
        self.address = address
        self.lock = lock
        self.idle = idle
        self.preloaded = preloaded
        self.prefault = Prefault.of_this_process()
        self.selector = selectors.DefaultSelector()
        self.children: dict[int, Child] = {}
        self.waiting: dict[Inbox, float] = {}
        self.served = 0
        self.retiring = False
        self.started = self.used = time.monotonic()
        self._listener: socket.socket | None = None
        self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Listen until there is nothing left to live for.

        Raises
        ------
        Fork
            In a child.
        """
        self._listen()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.selector.register(self._wake[0], selectors.EVENT_READ, self._reap)
        looked = time.monotonic()
        while self.children or self.waiting or not self.retiring:
            ready = self.selector.select(min(TICK, self.idle))
            for key, _ in ready:
                key.data(key.fileobj)
            now = time.monotonic()
            if ready or self.children:
                self.used = now
            if now - looked >= min(TICK, self.idle):
                looked = now
                self._look_around(now)

    def _look_around(self, now: float) -> None:
        """Drop those who say nothing; retire if nobody came for long, or the world changed."""
        for inbox in [one for one, since in self.waiting.items() if now - since > SILENCE]:
            self._drop(inbox)
        if not self.retiring and (now - self.used >= self.idle or not self._is_current()):
            self._retire()

    def _is_current(self) -> bool:
        """Tell whether a client of today would still ask this server, and get today's code."""
        same = environment_key(self.address.preload) == self.address.key
        return same and self.preloaded.is_unchanged()

    def _listen(self) -> None:
        """Appear under our name, by rename: whoever finds the socket finds it ready."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        temporary = self.address.socket.with_suffix(f".{os.getpid()}")
        before = os.umask(0o177)  # 0600: only this user may connect
        try:
            self._listener.bind(str(temporary))
        finally:
            os.umask(before)
        self._listener.listen(128)
        temporary.rename(self.address.socket)
        self.selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _retire(self) -> None:
        """Take no more requests but those under way; the loop ends with the last child."""
        self.retiring = True
        if self._listener is not None:
            self.address.socket.unlink(missing_ok=True)
            self._listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._accept(self._listener)
            self.selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
            os.close(self.lock)  # the next one may start

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setblocking(True)
        inbox = Inbox(connection)
        try:
            check_peer(connection)
        except WireError:
            inbox.close()
            return
        self.waiting[inbox] = time.monotonic()
        self.selector.register(connection, selectors.EVENT_READ, lambda _: self._request(inbox))

    def _drop(self, inbox: Inbox) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(inbox.connection)
        self.waiting.pop(inbox, None)
        inbox.close()

    def _request(self, inbox: Inbox) -> None:
        """Read from a connection that has not asked for anything yet."""
        try:
            request = inbox.read()
        except (WireError, OSError):
            self._drop(inbox)
            return
        if request is None:
            return
        kind = request.get("kind")
        if kind in ("kernel", "call"):
            self._fork(request, inbox)
            return
        if kind == "stop":
            self._retire()
            for pid in [*self.children] if request.get("now") else []:
                self._kill(pid)
        with contextlib.suppress(OSError):
            send(inbox.connection, self.describe())
        self._drop(inbox)

    def describe(self) -> Message:
        """Return what there is to know of this server."""
        now = time.monotonic()
        return {
            "pid": os.getpid(), "key": self.address.key, "python": sys.executable,
            "seconds": round(now - self.started, 1), "served": self.served,
            "threads": count_threads(), "modules": len(sys.modules),
            "failed": self.preloaded.failed, "learnt": sorted(self.prefault.known),
            "children": [
                {"pid": c.pid, "kind": c.kind, "where": c.where,
                 "seconds": round(now - c.started, 1)}
                for c in self.children.values()
            ],
        }  # fmt: skip

    def _fork(self, request: Message, inbox: Inbox) -> None:
        del self.waiting[inbox]
        request["kernels"] = 1 + sum(child.kind == "kernel" for child in self.children.values())
        kind = name_kind(request)
        lesson = self.prefault.lesson(kind)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self.prefault.copy_pages(kind)
            descriptors, inbox.descriptors = inbox.descriptors, []
            self._forget_in_child()
            raise Fork(request, descriptors, lesson)
        for descriptor in inbox.descriptors:
            os.close(descriptor)
        inbox.descriptors = []
        self.served += 1
        self.children[pid] = Child(
            pid, request["kind"], str(request.get("cwd", "")), time.monotonic(), inbox, lesson
        )
        self.selector.modify(
            inbox.connection, selectors.EVENT_READ, lambda _: self._hang_up(pid, inbox)
        )
        with contextlib.suppress(OSError):  # it hung up: the next event says so
            send(inbox.connection, {"pid": pid})

    def _hang_up(self, pid: int, inbox: Inbox) -> None:
        """End the child of a client that is gone, with whatever it started in its group."""
        with contextlib.suppress(WireError, OSError):
            if inbox.read() is not None:
                return  # it said something it has no reason to say
        self._drop(inbox)
        if child := self.children.get(pid):
            child.inbox = None
            self._kill(pid)

    @staticmethod
    def _kill(pid: int) -> None:
        for end in (os.killpg, os.kill):  # just forked, it may have no group of its own yet
            with contextlib.suppress(ProcessLookupError):
                end(pid, signal.SIGKILL)

    def _reap(self, wake: int) -> None:
        """Tell the clients of children that ended."""
        with contextlib.suppress(BlockingIOError):
            os.read(wake, 4096)
        for pid, status, usage in _ended():
            child = self.children.pop(pid, None)
            if child is not None and child.lesson is not None:
                self.prefault.learn(child.lesson)
            if child is None or child.inbox is None:
                continue
            said = {
                "exit": os.waitstatus_to_exitcode(status),
                "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
                "peak_bytes": usage.ru_maxrss * 1024,
            }
            with contextlib.suppress(OSError):
                send(child.inbox.connection, said)
            self._drop(child.inbox)

    def _forget_in_child(self) -> None:
        """Close all that is the server's, in a child."""
        signal.set_wakeup_fd(-1)
        for key in list(self.selector.get_map().values()):
            # a socket object would be closed twice: once here, once by the collector
            held: Any = key.fileobj
            with contextlib.suppress(OSError):
                os.close(held) if isinstance(held, int) else held.close()
        os.close(self._wake[1])
        if self._listener is not None:
            os.close(self.lock)
        self.selector.close()


def _ended() -> Iterator[tuple[int, int, Any]]:
    """Yield each child that has ended, with its status and the resources it used."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, status, usage
