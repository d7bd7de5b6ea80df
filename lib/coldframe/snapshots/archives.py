"""One snapshot as one file: a plain tar that has exactly one right spelling.

The first entry, ``coldframe.json``, names the snapshot and lists the files; they follow in that
order, by the paths that they have in a store. Owners, times and modes are fixed, nothing is
compressed (parts are already), so that a snapshot has the same archive everywhere. A reader
compares each header with the only one that there can be: links, other names and inflated sizes
have no way in.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from coldframe.errors import ConflictError, CorruptionError, NotFoundError
from coldframe.files import sync_folder, temporary_name
from coldframe.provenance import canonical_json, file_digest
from coldframe.snapshots.catalogue import Catalogue
from coldframe.snapshots.contents import needed_files
from coldframe.snapshots.manifest import Snapshot
from coldframe.snapshots.objects import RESTORE, DigestingFile

FORMAT = "coldframe.archive/1"
INDEX = "coldframe.json"
BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
CHUNK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """An archive: its file, the snapshot in it, its size in bytes and its SHA-256."""

    path: Path
    snapshot: Snapshot
    bytes: int
    digest: str


def export_snapshot(store: Catalogue, snapshot: Snapshot, path: Path, *, durable: bool) -> Archive:
    """Write `snapshot` to a new file at `path`: all of it or nothing, every digest compared.

    Raises
    ------
    ConflictError
        There is another file at `path`.
    CorruptionError
        A file of the snapshot was damaged or is missing; nothing was written.
    """
    path = Path(path).absolute()
    if not path.parent.is_dir():
        raise NotFoundError("There is no folder for the archive.", where=str(path.parent))
    files = _files_of(store, snapshot)
    partial = temporary_name(path)
    stream = DigestingFile(partial)
    try:
        for block in _spell(store, snapshot, files):
            stream.write(block)
        stream.seal(durable=durable)
        try:
            os.link(partial, path)
        except FileExistsError:
            _expect(path, stream.digest)
    finally:
        stream.close()
        partial.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)
    return Archive(path, snapshot, stream.size, stream.digest)


def _expect(path: Path, digest: str) -> None:
    """Raise ConflictError unless the file at `path` is this very archive already."""
    if file_digest(path) != digest:
        raise ConflictError(
            "There is another file of that name.", where=str(path),
            remedy="choose another name, or delete the file first",
        )  # fmt: skip


def _files_of(store: Catalogue, snapshot: Snapshot) -> dict[str, int]:
    """Return path in the archive and size of every file of `snapshot`, in order."""
    found: dict[str, int] = {}
    for one in needed_files(snapshot, store.objects.load):
        path = store.objects.path(one.digest, one.suffix)
        try:
            found[str(path.relative_to(store.root).as_posix())] = path.stat().st_size
        except FileNotFoundError:
            raise CorruptionError(
                f"A file is missing (needed by {snapshot.name}).", where=str(path), remedy=RESTORE
            ) from None
    return dict(sorted(found.items()))


def _spell(store: Catalogue, snapshot: Snapshot, files: Mapping[str, int]) -> Iterator[bytes]:
    """Yield the bytes of an archive."""
    listed = [[name, size] for name, size in files.items()]
    index = canonical_json({"format": FORMAT, "snapshot": snapshot.id, "files": listed})
    yield entry_header(INDEX, len(index)) + index + padding(len(index))
    for name, size in files.items():
        yield entry_header(name, size)
        path, digest, length = store.root / name, sha256(), 0
        with path.open("rb") as source:
            while block := source.read(CHUNK):
                digest.update(block)
                length += len(block)
                yield block
        if length != size or digest.hexdigest() != digest_in(name):
            raise CorruptionError(
                f"A file was changed (needed by {snapshot.name}).", where=str(path),
                expected=digest_in(name), found=digest.hexdigest(), remedy=RESTORE,
            )  # fmt: skip
        yield padding(size)
    yield END


def entry_header(name: str, size: int) -> bytes:
    """Return the only header that an entry of this name and size can have."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o444
    return entry.tobuf(tarfile.PAX_FORMAT)


def padding(size: int) -> bytes:
    """Return the zeros between the end of an entry and the next block."""
    return bytes(-size % BLOCK)


def digest_in(name: str) -> str:
    """Return the digest that the path of a file says."""
    return name.rpartition("/")[2].partition(".")[0]
