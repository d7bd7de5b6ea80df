"""Files named by the SHA-256 of their bytes: written once, whole or not at all, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldframe.errors import CorruptionError
from coldframe.files import sync_folder
from coldframe.provenance import bytes_digest, canonical_json, file_digest

PART = ".parquet"
RECORD = ".json"
MANIFEST = ".snapshot.json"

RESTORE = (
    "restore the file from a backup or from any copy of the store: its name is its SHA-256, so a"
    " file with that digest is the right one. Or build a new store from the landing folder: the"
    " same deliveries in the same order give the same files"
)


class DigestingFile(io.RawIOBase):
    """A file for writing that knows the SHA-256 of what was written, without reading it again.

    Once a write has failed, later ones do nothing: whoever still tidies up meets no second error
    that would hide the first. `seal` raises the first one again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self._hash = hashlib.sha256()
        self._failure: OSError | None = None
        self.size = 0

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Write all of `data`."""
        view = memoryview(data).cast("B")
        if self._failure is None:
            self._hash.update(view)
            try:
                self._write_all(view)
            except OSError as error:
                self._failure = error
                raise
            self.size += len(view)
        return len(view)

    def _write_all(self, view: memoryview) -> None:
        while view:
            view = view[os.write(self._descriptor, view) :]

    @property
    def digest(self) -> str:
        """SHA-256 of all that was written so far."""
        return self._hash.hexdigest()

    def seal(self, *, durable: bool) -> None:
        """Make the file read-only, and safe from a power cut if `durable`."""
        if self._failure is not None:
            raise self._failure
        os.fchmod(self._descriptor, 0o444)
        if durable:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file, once."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class Objects:
    """Read the content-addressed files of the store at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str, suffix: str) -> Path:
        """Return where the object with `digest` is kept."""
        return self.root / "objects" / digest[:2] / f"{digest}{suffix}"

    def load(self, digest: str, suffix: str = RECORD) -> Mapping[str, Any]:
        """Return the JSON object called `digest`.

        Raises
        ------
        CorruptionError
            It is not there, or its bytes are not those that were stored.
        """
        path = self.path(digest, suffix)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise CorruptionError(
                "A record of the snapshot store is missing.", where=str(path), remedy=RESTORE
            ) from None
        if bytes_digest(data) != digest:
            raise CorruptionError(
                "A record of the snapshot store was damaged.",
                where=str(path),
                expected=digest,
                found=bytes_digest(data),
                remedy=RESTORE,
            )
        record: Mapping[str, Any] = json.loads(data)
        return record


class ObjectWriter(Objects):
    """Add content-addressed files; one writer for each freeze.

    Objects are first written under a temporary name, then linked to their digest. `sync` makes
    all folders that were touched safe, and must come before anything that names the objects.
    """

    def __init__(self, root: Path, *, durable: bool) -> None:
        super().__init__(root)
        self.durable = durable
        self._touched: set[Path] = set()

    @contextlib.contextmanager
    def create(self) -> Iterator[tuple[Path, DigestingFile]]:
        """Open a new temporary file; it is gone afterwards, whatever happened."""
        folder = self.root / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / secrets.token_hex(16)
        stream = DigestingFile(path)
        try:
            yield path, stream
        finally:
            # a name left behind in tmp/ is harmless and is swept later; the error matters more
            with contextlib.suppress(OSError):
                stream.close()
            with contextlib.suppress(OSError):
                path.unlink()

    def adopt(self, temporary: Path, digest: str, suffix: str) -> None:
        """Give the sealed file at `temporary` its name; a sound one of that name is kept."""
        path = self.path(digest, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._touched |= {path.parent, path.parent.parent, self.root}
        try:
            os.link(temporary, path)
        except FileExistsError:
            if file_digest(path) != digest:
                temporary.replace(path)  # damaged since: the right bytes are at hand

    def put(self, record: Mapping[str, Any], suffix: str = RECORD) -> str:
        """Store `record` as canonical JSON; return its digest."""
        data = canonical_json(record)
        with self.create() as (temporary, stream):
            stream.write(data)
            stream.seal(durable=self.durable)
            self.adopt(temporary, stream.digest, suffix)
        return stream.digest

    def sync(self) -> None:
        """Make every object written so far survive a power cut."""
        if self.durable:
            for folder in sorted(self._touched):
                sync_folder(folder)
        self._touched.clear()
