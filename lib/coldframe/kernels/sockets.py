"""Where a kernel and whoever runs it talk: sockets in a folder that only this user may enter."""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from pathlib import Path

from coldframe.kernels.address import UnavailableError, runtime_folder

FOLDER = "sockets"
LONGEST = 100  # bytes of a socket's path, of which the system takes 107
OLD = 3600.0


def new_sockets() -> Path:
    """Return what the paths of one kernel's sockets begin with, each followed by ``-NUMBER``.

    Raises
    ------
    UnavailableError
        There is no safe folder for them, or its path is too long.
    """
    folder = runtime_folder() / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be used: {error}") from error
    prefix = folder / secrets.token_hex(8)
    if len(bytes(prefix)) > LONGEST - 2:
        raise UnavailableError(f"{folder} is too long for sockets")
    return prefix


def remove_dead_sockets(folder: Path) -> None:
    """Remove sockets whose kernel was killed: old ones where nobody listens."""
    with contextlib.suppress(FileNotFoundError):
        for path in (folder / FOLDER).iterdir():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - OLD and not _answers(path):
                    path.unlink()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            return False
    return True
