"""Small sealed files that name snapshots: versions, tags and pins.

A sealed file has one id on each line and, on its last line, the SHA-256 of what the file is about
and of the ids. So a flipped bit, a lost line or a file copied to another name is found at once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from coldframe.errors import CorruptionError
from coldframe.files import sync_folder
from coldframe.provenance import bytes_digest
from coldframe.snapshots.names import is_digest
from coldframe.snapshots.objects import ObjectWriter


def seal(subject: str, ids: Sequence[str]) -> bytes:
    """Return the bytes of a file about `subject` that names `ids`.

    Examples
    --------
    >>> ids = ["ab" * 32]
    >>> unseal("flights/versions/7", seal("flights/versions/7", ids), Path("7")) == ids
    True
    """
    check = bytes_digest("\n".join([subject, *ids]).encode())
    return "".join(f"{line}\n" for line in [*ids, check]).encode()


def unseal(subject: str, data: bytes, path: Path) -> list[str]:
    """Return the ids in a sealed file; `path` is for the message.

    Raises
    ------
    CorruptionError
        These are not the bytes that `seal` wrote for `subject`.
    """
    lines = data.decode("ascii", "replace").split("\n")
    ids = lines[:-2]
    if not all(is_digest(line) for line in ids) or seal(subject, ids) != data:
        raise CorruptionError(
            "A reference of the snapshot store was damaged.",
            where=str(path),
            expected="ids of snapshots and, on the last line, their check sum",
            found=f"{len(data)} bytes that do not agree with their check sum",
            remedy=(
                "restore the file from a backup or a copy of the store. The manifests"
                " (objects/*/*.snapshot.json) say themselves which dataset and version they are"
            ),
        )
    return ids


class Refs:
    """The version and tag files of the store at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, dataset: str, kind: str, name: str) -> Path:
        """Return the file of a version or a tag (`kind`: ``versions`` or ``tags``)."""
        return self.root / "refs" / dataset / kind / name

    def datasets(self) -> list[str]:
        """Return the names of all datasets that have a folder here."""
        return _entries(self.root / "refs")

    def versions(self, dataset: str) -> list[int]:
        """Return the numbers of all versions, ascending."""
        names = _entries(self.root / "refs" / dataset / "versions")
        return sorted(int(name) for name in names if name.isdecimal() and name.isascii())

    def tags(self, dataset: str) -> list[str]:
        """Return the names of all tags."""
        return _entries(self.root / "refs" / dataset / "tags")

    def read(self, dataset: str, kind: str, name: str) -> str | None:
        """Return the id that a version or tag names, or None if there is no such."""
        path = self.path(dataset, kind, name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        ids = unseal(f"{dataset}/{kind}/{name}", data, path)
        return ids[0] if ids else None

    def create(self, dataset: str, kind: str, name: str, id_: str, writer: ObjectWriter) -> bool:
        """Publish `id_` under a new name; return False if the name is taken, changing nothing.

        The link either appears or fails: this is the compare-and-swap that every commit rests on.
        """
        path = self.path(dataset, kind, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with writer.create() as (temporary, stream):
            stream.write(seal(f"{dataset}/{kind}/{name}", [id_]))
            stream.seal(durable=writer.durable)
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
        if writer.durable:
            for folder in list(path.parents)[:4]:  # versions, dataset, refs, root: all may be new
                sync_folder(folder)
        return True

    def pin(self, owner: str, ids: Sequence[str], writer: ObjectWriter) -> None:
        """Replace the pins of `owner` by `ids`; none removes the file."""
        path = self.root / "pins" / owner
        path.parent.mkdir(parents=True, exist_ok=True)
        if ids:
            with writer.create() as (temporary, stream):
                stream.write(seal(f"pins/{owner}", ids))
                stream.seal(durable=writer.durable)
                temporary.replace(path)
        else:
            path.unlink(missing_ok=True)
        if writer.durable:
            sync_folder(path.parent)
            sync_folder(self.root)

    def pins(self) -> dict[str, tuple[str, ...]]:
        """Return the ids that each owner pinned."""
        pins = {}
        for owner in _entries(self.root / "pins"):
            path = self.root / "pins" / owner
            with contextlib.suppress(FileNotFoundError):  # unpinned since the folder was listed
                pins[owner] = tuple(unseal(f"pins/{owner}", path.read_bytes(), path))
        return pins


def _entries(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except FileNotFoundError:
        return []
