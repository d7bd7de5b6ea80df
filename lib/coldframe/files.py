"""Files that are there whole or not at all: written beside, synced, renamed into place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path


def spell_path(path: Path) -> str:
    """Return `path` as one would type it here: relative if it is below this folder.

    Examples
    --------
    >>> spell_path(Path.cwd() / "my data" / "a.csv"), spell_path(Path("/srv/a.csv"))
    ("'my data/a.csv'", '/srv/a.csv')
    """
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make what was written to the file at `path` survive a power cut."""
    sync_folder(path)  # the system call is the same


def temporary_name(path: Path) -> Path:
    """Return an unused name beside `path`, hidden, on the same file system."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`; a reader sees the old bytes or the new ones, never a mixture.

    Raises
    ------
    OSError
        The disk is full or failing; `path` is then what it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = temporary_name(path)
    try:
        with partial.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the kernel drops it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def copy_atomically(original: Path, path: Path) -> None:
    """Make `path` a copy of the file `original`; never replaces one that is there.

    Raises
    ------
    FileExistsError
        Something is there already.
    OSError
        One cannot be read or the other not written; `path` is then not there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = temporary_name(path)
    try:
        with original.open("rb") as read, partial.open("xb") as stream:
            shutil.copyfileobj(read, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(partial, path)  # unlike a rename, it fails if somebody was faster
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)
