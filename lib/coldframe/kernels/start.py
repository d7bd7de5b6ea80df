"""A fork server's start: one for each address, everything imported, one thread."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from pathlib import Path
from typing import NoReturn

from coldframe.kernels.address import Address
from coldframe.kernels.memory import settle_memory
from coldframe.kernels.preloaded import preload
from coldframe.kernels.server import Fork, Server, count_threads
from coldframe.kernels.sockets import remove_dead_sockets


def take_lock(path: Path) -> int | None:
    """Return a descriptor of the locked file, or None if somebody else has locked it."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        os.close(lock)  # it was removed while we waited; the next one has another file


def remove_traces(address: Address) -> None:
    """Remove sockets, logs and locks of servers that are gone, those of other environments."""
    remove_dead_sockets(address.folder)
    files = (path for path in address.folder.iterdir() if path.is_file() or path.is_socket())
    for key in {path.stem for path in files} - {address.key}:
        path = address.folder / f"{key}.lock"
        lock = take_lock(path)
        if lock is not None:
            for suffix in (".sock", ".log", ".lock"):
                path.with_suffix(suffix).unlink(missing_ok=True)
            os.close(lock)


def main(folder: str, key: str, idle: str, *modules: str) -> NoReturn:
    """Import, listen, fork; returns never, neither in the server nor in a child."""
    address = Address(Path(folder), key, modules)
    lock = take_lock(address.lock)
    if lock is None:
        os._exit(0)  # there is one already, or about to be
    if os.fork():
        os._exit(0)  # whoever started us waits for this; the lock stays with the fork
    remove_traces(address)
    # what earlier servers said is of no use, and the log is ours now
    os.ftruncate(sys.stderr.fileno(), 0)
    preloaded = preload(modules)
    settle_memory()
    if count_threads() > 1:
        print("a library started a thread; a forked copy would lack it", file=sys.stderr)  # noqa: T201
        os._exit(1)
    request, descriptors, lesson = None, list[int](), None
    try:
        Server(address, lock=lock, idle=float(idle), preloaded=preloaded).serve()
    except Fork as fork:
        request, descriptors, lesson = fork.request, fork.descriptors, fork.lesson
    # outside of the handler: else every traceback of the child would show the request as its
    # context, and with it all variables, passwords among them
    if request is not None:
        from coldframe.kernels.child import become

        become(request, descriptors, preloaded, lesson)
    os._exit(0)
