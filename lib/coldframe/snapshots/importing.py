"""Archives read and checked, to the last byte, before anything of them is published."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from coldframe.errors import ConflictError, CorruptionError, NotFoundError
from coldframe.provenance import canonical_json
from coldframe.snapshots.archives import (
    BLOCK,
    CHUNK,
    END,
    FORMAT,
    INDEX,
    digest_in,
    entry_header,
    padding,
)
from coldframe.snapshots.catalogue import Catalogue
from coldframe.snapshots.contents import needed_files
from coldframe.snapshots.forms import check_manifest
from coldframe.snapshots.manifest import FORMAT as MANIFEST_FORMAT
from coldframe.snapshots.manifest import Snapshot, snapshot_from
from coldframe.snapshots.names import is_digest
from coldframe.snapshots.objects import MANIFEST, PART, ObjectWriter

LARGEST_INDEX = 1 << 28
LARGEST_RECORD = 1 << 26
AGAIN = "export the snapshot again, and compare the file's SHA-256 after it was sent"
_NAME = re.compile(r"objects/([0-9a-f]{2})/((?:\1)[0-9a-f]{62})(\.parquet|\.snapshot\.json|\.json)")


def read_archive(path: Path, writer: ObjectWriter | None = None) -> Snapshot:
    """Read and check all of an archive; return its snapshot. With a `writer`, keep its files.

    Raises
    ------
    NotFoundError
        There is no such file.
    CorruptionError
        It is no archive, was damaged, or lacks a file; whatever it is, no byte that does not agree
        with its digest was kept.
    """
    try:
        stream = path.open("rb")
    except (FileNotFoundError, IsADirectoryError):
        raise NotFoundError(
            "There is no such archive.", where=str(path), expected="a file",
            found="a folder" if path.is_dir() else "nothing",
            remedy="correct the path; coldframe export SNAPSHOT FILE writes an archive",
        ) from None  # fmt: skip
    with stream:
        return _Reading(path, stream, writer).snapshot()


class _Reading:
    """One reading of one archive."""

    def __init__(self, path: Path, stream: IO[bytes], writer: ObjectWriter | None) -> None:
        self.path, self.stream, self.writer = path, stream, writer
        self.records: dict[str, bytes] = {}
        self.sizes: dict[tuple[str, str], int] = {}

    def snapshot(self) -> Snapshot:
        index = self._index()
        for name, size in index["files"]:
            self._take_header(name, size)
            self._entry(name, size)
        if self.stream.read(len(END) + 1) != END:
            raise self._damaged("the end of the archive", "something else, or nothing")
        try:
            return self._complete(index["snapshot"])
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            told = str(error) if type(error) is ValueError else repr(error)
            raise self._damaged("a manifest such as freeze writes", told) from error

    def _index(self) -> dict[str, Any]:
        """Return the list of files, well formed; sizes are those of the archive's entries."""
        start = self.stream.read(BLOCK)
        try:
            size = tarfile.TarInfo.frombuf(start, "utf-8", "strict").size
        except (tarfile.TarError, UnicodeDecodeError) as error:
            raise self._damaged("an archive of a snapshot", str(error)) from error
        if start != entry_header(INDEX, size) or size > LARGEST_INDEX:
            raise self._damaged(f"an archive that begins with {INDEX}", "another file")
        data = self._read(size)
        try:
            index: dict[str, Any] = json.loads(data)
            files = index["files"]
            named = [name for name, _ in files]
            sound = (
                canonical_json(index) == data and index.keys() == {"format", "snapshot", "files"}
                and is_digest(index["snapshot"]) and named == sorted(set(named))
                and all(_NAME.fullmatch(name) for name in named)
                and all(type(length) is int and length >= 0 for _, length in files)
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._damaged("a list of files", repr(error)) from error
        if index["format"] != FORMAT or not sound:
            raise self._damaged(f"a list of files in the format {FORMAT}", "another one")
        return index

    def _take_header(self, name: str, size: int) -> None:
        expected = entry_header(name, size)
        if self.stream.read(len(expected)) != expected:
            raise self._damaged(f"the entry {name} of {size} bytes, a plain file", "another entry")

    def _entry(self, name: str, size: int) -> None:
        """Compare one file with its digest; keep it if there is a writer."""
        digest, suffix = digest_in(name), name[name.index(".") :]
        if suffix != PART:
            if size > LARGEST_RECORD:
                raise self._damaged(f"a record of at most {LARGEST_RECORD} bytes", f"{size} bytes")
            data = self._read(size)
            self._agree(name, sha256(data).hexdigest())
            self.records[digest + suffix] = data
            blocks: Iterator[bytes] = iter([data])
        else:
            blocks = self._blocks(size)
        self.sizes[digest, suffix] = size
        if self.writer is None:
            found = sha256()
            for block in blocks:
                found.update(block)
            self._agree(name, found.hexdigest())
            return
        with self.writer.create() as (temporary, stream):
            for block in blocks:
                stream.write(block)
            self._agree(name, stream.digest)
            stream.seal(durable=self.writer.durable)
            self.writer.adopt(temporary, digest, suffix)

    def _agree(self, name: str, found: str) -> None:
        if found != digest_in(name):
            raise self._damaged(f"{name}", f"bytes with the SHA-256 {found}")

    def _blocks(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            block = self.stream.read(min(CHUNK, left))
            if not block:
                raise self._damaged(f"{left} more bytes", "the end of the file")
            left -= len(block)
            yield block
        if self.stream.read(-size % BLOCK) != padding(size):
            raise self._damaged("zeros up to the next block", "something else, or nothing")

    def _read(self, size: int) -> bytes:
        return b"".join(self._blocks(size))

    def _complete(self, id_: str) -> Snapshot:
        """Return the snapshot, all of whose files were there and no others."""
        record = json.loads(self.records[id_ + MANIFEST])
        if record["format"] != MANIFEST_FORMAT:
            raise self._damaged(f"a manifest in the format {MANIFEST_FORMAT}", "another one")
        check_manifest(id_, self.records)

        def load(digest: str) -> Mapping[str, Any]:
            found: Mapping[str, Any] = json.loads(self.records[f"{digest}.json"])
            return found

        snapshot = snapshot_from(id_, record, load=load, frozen_at=None)
        needed = {(one.digest, one.suffix): one.size for one in needed_files(snapshot, load)}
        if needed.keys() != self.sizes.keys():
            raise self._damaged(
                f"the {len(needed)} files of {snapshot.name}", f"{len(self.sizes)} files"
            )
        for key, size in needed.items():
            if size is not None and size != self.sizes[key]:
                raise self._damaged(f"a part of {size} bytes", f"{self.sizes[key]} bytes")
        return snapshot

    def _damaged(self, expected: str, found: str) -> CorruptionError:
        return CorruptionError(
            "This is no sound archive of a snapshot; nothing was imported.",
            where=str(self.path), expected=expected, found=found, remedy=AGAIN,
        )  # fmt: skip


def import_snapshot(
    store: Catalogue, path: Path, found: Snapshot, writer: ObjectWriter, *, tag: str | None
) -> None:
    """Publish `found`, which `read_archive` read at `path`; see `SnapshotStore.import_archive`."""
    dataset, number = found.dataset, str(found.version)
    fits = _continues(store, found)
    if not fits and tag is None:
        raise _conflict(store, found)
    if read_archive(path, writer).id != found.id:
        raise ConflictError("The archive was changed while it was imported.", where=str(path))
    writer.sync()
    if fits and not store.refs.create(dataset, "versions", number, found.id, writer):
        taken = store.refs.read(dataset, "versions", number)
        if taken != found.id and tag is None:  # somebody was faster
            raise _conflict(store, found)


def _continues(store: Catalogue, found: Snapshot) -> bool:
    """Tell whether `found` belongs at its number: where there is none yet, or in one line."""
    refs, number = store.refs, found.version
    numbers = refs.versions(found.dataset)
    if number in numbers:
        return refs.read(found.dataset, "versions", str(number)) == found.id
    if not numbers:
        return True
    if number - 1 in numbers:
        return refs.read(found.dataset, "versions", str(number - 1)) == found.parent
    if number + 1 in numbers:
        return store.resolve(f"{found.dataset}@{number + 1}").parent == found.id
    return False


def _conflict(store: Catalogue, found: Snapshot) -> ConflictError:
    numbers = store.refs.versions(found.dataset)
    there = store.refs.read(found.dataset, "versions", str(found.version))
    return ConflictError(
        f"{found.name} does not continue what is here; nothing was published.",
        where=str(store.root),
        expected=f"{found.id}, or a version before or after it",
        found=f"{found.name} is {there}"
        if there
        else f"versions up to {numbers[-1]}, another line",
        remedy="give it a name of its own: coldframe import FILE --tag NAME",
    )
