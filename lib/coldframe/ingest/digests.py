"""Digests of landed files, remembered: a look at the landing folder reads only what is new.

The memory only saves time. It may be lost at any moment, and what ingest judges and freezes is
named by a digest of the very bytes that it has read (`landing.copy_landed`).
"""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

from coldframe.files import write_atomically
from coldframe.provenance import file_digest

SETTLED_SECONDS = 2.0
"""A file that was touched later than so long ago is always read: a clock of a file system may
tick so slowly that a second change within one tick leaves the same times."""

Stamp = tuple[int, ...]


class DigestMemory:
    """Digests by the path, size, times and inode that a file had when it was read.

    Several processes may remember in the same file; the last one wins, and the others read again.

    Parameters
    ----------
    path : Path
        Where they are kept.
    folder : Path
        Paths are remembered relative to it, so that the home folder can be moved.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder = path, folder
        self._known = _load(path)
        self._seen: dict[str, tuple[Stamp, str]] = {}

    def digest(self, path: Path) -> str:
        """Return the digest of the file at `path`, from memory if nothing has touched it.

        Raises
        ------
        OSError
            It is gone, or cannot be read.
        """
        name = path.relative_to(self._folder).as_posix()
        now = time.time()
        stamp, settled = _look(path, now)
        found, digest = self._known.get(name, ((), ""))
        if not (settled and found == stamp):
            digest = file_digest(path)
        if settled and _look(path, now)[0] == stamp:
            self._seen[name] = (stamp, digest)
        return digest

    def save(self) -> None:
        """Remember the files that were asked for since, if this folder can be written."""
        if self._seen != self._known:
            text = json.dumps(
                {name: [*stamp, digest] for name, (stamp, digest) in self._seen.items()}
            )
            with contextlib.suppress(OSError):
                write_atomically(self._path, text.encode())


def _look(path: Path, now: float) -> tuple[Stamp, bool]:
    """Return what tells a file from what it was before, and whether it was left alone since.

    The time of change is looked at, too: that of modification can be set back, and copying in
    place with the times of the source (`cp -p`) does so.
    """
    about = path.stat()
    times = about.st_mtime_ns, about.st_ctime_ns
    return (about.st_size, *times, about.st_ino), max(times) < (now - SETTLED_SECONDS) * 1e9


def _load(path: Path) -> dict[str, tuple[Stamp, str]]:
    """Return what is remembered at `path`; nothing if that is not what `save` wrote."""
    try:
        told = json.loads(path.read_bytes())
        return {name: (tuple(map(int, entry[:-1])), str(entry[-1])) for name, entry in told.items()}
    except (OSError, ValueError, OverflowError, AttributeError, TypeError, IndexError):
        return {}
