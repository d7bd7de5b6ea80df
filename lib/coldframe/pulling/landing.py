"""A pulled file's way into the landing folder: hidden until it is whole, never over another."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fsspec.utils import glob_translate

from coldframe.errors import DataError
from coldframe.files import sync_folder
from coldframe.provenance import file_digest
from coldframe.pulling.names import numbered

PARTIAL = ".pulling"
MOST_VERSIONS = 999


@dataclass(frozen=True)
class PartialFile:
    """Bytes that were fetched and are on the disk, under a hidden name."""

    path: Path
    digest: str
    bytes: int


def sweep_partials(folder: Path) -> None:
    """Remove what a killed pull left in `folder`; call it with the lock held."""
    for path in folder.glob(f".*{PARTIAL}"):
        path.unlink(missing_ok=True)


def write_partial(folder: Path, chunks: Iterable[bytes]) -> PartialFile:
    """Write `chunks` under a hidden name in `folder`, and see them on the disk.

    Whatever `chunks` raises leaves nothing behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{secrets.token_hex(8)}{PARTIAL}"
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return PartialFile(path, digest.hexdigest(), size)


def taken_by(pattern: str, name: str) -> bool:
    """Tell whether a file called `name` in its source's folder matches the source's `files`.

    Examples
    --------
    >>> taken_by("*.csv", "a.csv"), taken_by("*.csv", "2013/a.csv"), taken_by("**/*.csv", "a.csv")
    (True, False, True)
    """
    return re.fullmatch(glob_translate(pattern), name) is not None


def publish(partial: PartialFile, folder: Path, name: str, *, pattern: str) -> tuple[str, bool]:
    """Give a fetched file its name; return the name, and whether the file is new.

    If another file has it, the next number is taken; if one of them has the same bytes, that is
    the file and the fetched one goes.

    Raises
    ------
    DataError
        The name with a number does not match the `pattern` of the source.
    """
    for number in range(1, MOST_VERSIONS):
        chosen = name if number == 1 else numbered(name, number)
        path = folder / chosen
        if not path.exists():
            break
        if path.is_file() and file_digest(path) == partial.digest:
            partial.path.unlink()
            return chosen, False
    if not taken_by(pattern, chosen):
        partial.path.unlink()
        raise DataError(
            "A changed object needs a name that its source takes.", where=name, found=chosen,
            expected=f"a name that matches files: {pattern}", remedy="widen files in the YAML",
        )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.path.replace(path)
    sync_folder(path.parent)
    return chosen, True
