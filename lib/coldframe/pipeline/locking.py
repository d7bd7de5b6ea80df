"""One build at a time in a home folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def build_lock(home: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other build works in `home`, and keep others waiting meanwhile.

    Two builds at once would do no harm to data, which is written by compare-and-swap, but each
    would run what the other runs. The kernel drops the lock of a process that dies.

    Parameters
    ----------
    home : Path
        The home folder.
    progress : callable
        Told if there is another one to be waited for.
    """
    path = home / ".build.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            progress(f"waiting for another build in {home} ({stream.read().strip() or 'unknown'})")
            fcntl.flock(stream, fcntl.LOCK_EX)
        stream.truncate(0)
        stream.write(f"process {os.getpid()}")
        stream.flush()
        yield
