"""The landing folder: which files have come, and which of them nobody has judged yet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from coldframe.contracts import contract_versions
from coldframe.ingest.digests import DigestMemory
from coldframe.ingest.quarantine import kept_file
from coldframe.ledger import Delivery, Release, deliveries, releases
from coldframe.workbench import Workbench

CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder.

    Parameters
    ----------
    source : str
        The source in whose folder it lies.
    path : Path
        Where it is.
    digest : str
        SHA-256 of its bytes when it was looked at; the batch's true name.
    kept_of : str or None
        For a copy that quarantine kept of a released batch whose file has left the landing
        folder: the name that it was delivered under.
    """

    source: str
    path: Path
    digest: str
    kept_of: str | None = None


@dataclass(frozen=True)
class LandedCopy:
    """A landed file as it was when it was taken to be judged, in a place where nobody writes.

    Parameters
    ----------
    digest : str
        SHA-256 of these very bytes, whatever the file held when it was listed.
    size : int
        How many they are.
    path : Path or None
        Where they are; None if they are too many to be judged, and were not copied.
    """

    digest: str
    size: int
    path: Path | None


def copy_landed(path: Path, folder: Path, *, limit: int) -> LandedCopy | None:
    """Copy the file at `path` into `folder`; of one that has more than `limit` bytes, the digest.

    What is judged and what is digested are the same bytes, though somebody may still write to the
    file.

    Returns
    -------
    LandedCopy or None
        None if the file is gone or cannot be read.

    Raises
    ------
    OSError
        The copy cannot be written.
    """
    try:
        stream = path.open("rb")
    except OSError:
        return None
    with stream:
        if os.fstat(stream.fileno()).st_size > limit:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return LandedCopy(digest, os.fstat(stream.fileno()).st_size, None)
        digesting, size, target = hashlib.sha256(), 0, folder / path.name
        with target.open("xb") as copy:
            while chunk := _read(stream):
                digesting.update(chunk)
                size += copy.write(chunk)
        if chunk is None:
            return None
        return LandedCopy(digesting.hexdigest(), size, target)


def _read(stream: BinaryIO) -> bytes | None:
    try:
        return stream.read(CHUNK)
    except OSError:  # a failing disk; the file waits
        return None


@dataclass(frozen=True)
class Judged:
    """Which batches have met their fate, so that they need not be read again.

    Parameters
    ----------
    frozen : frozenset of (source, digest)
        Accepted, under whatever contract.
    held : frozenset of (source, digest, contract)
        Held and not released; a changed contract judges them anew.
    """

    frozen: frozenset[tuple[str, str]]
    held: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, found: Iterable[Delivery], released: Iterable[Release] = ()) -> Judged:
        """Read it from the ledger's deliveries and releases.

        A release has a held batch judged once more; what comes of that is final.
        """
        told = list(found)
        open_ = {(r.source, r.batch, r.contract) for r in released}
        held = [d for d in told if d.outcome == "held"]
        return cls(
            frozen=frozenset((d.source, d.batch) for d in told if d.outcome != "held"),
            held=frozenset((d.source, d.batch, d.contract) for d in held if d.released)
            | (frozenset((d.source, d.batch, d.contract) for d in held) - open_),
        )

    @classmethod
    def read(cls, bench: Workbench) -> Judged:
        """Read it from the ledger of `bench`."""
        name = bench.dataset.name
        return cls.of(deliveries(bench.ledger, name), releases(bench.ledger, name))

    def knows(self, source: str, digest: str, contract: str) -> bool:
        """Return whether this batch needs no judgement."""
        return (source, digest) in self.frozen or (source, digest, contract) in self.held


def landed_files(bench: Workbench) -> Iterator[tuple[str, Path]]:
    """Yield source and path of every landed file: in the order of sources, then of names.

    Hidden files are left out: they are still being written.
    """
    for source, declared in bench.dataset.sources.items():
        folder = bench.settings.landing / bench.dataset.name / source
        found = [path for path in folder.glob(declared.files) if path.is_file()]
        for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix()):
            if not any(part.startswith(".") for part in path.relative_to(folder).parts):
                yield source, path


def unreadable_files(bench: Workbench) -> tuple[Path, ...]:
    """Return landed files that this process may not read; they wait until it may."""
    return tuple(path for _, path in landed_files(bench) if not os.access(path, os.R_OK))


def remember_digests(bench: Workbench) -> DigestMemory:
    """Return the digests of landed files that are remembered in the home folder."""
    path = bench.settings.home / f"landed-{bench.dataset.name}.json"
    return DigestMemory(path, bench.settings.landing)


def pending_batches(bench: Workbench) -> tuple[LandedFile, ...]:
    """Return the landed files that nobody has judged, in the order in which ingest takes them.

    The same bytes under a second name are the same batch. A file that vanished while it was
    looked at, or that cannot be read, is left out.
    """
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    judged = Judged.read(bench)
    found: dict[tuple[str, str], LandedFile] = {}
    memory = remember_digests(bench)
    for source, path in landed_files(bench):
        try:
            digest = memory.digest(path)
        except OSError:
            continue
        if not judged.knows(source, digest, versions[source]):
            found.setdefault((source, digest), LandedFile(source, path, digest))
    memory.save()
    # a released batch whose file has gone is taken from the copy that quarantine kept
    for release in releases(bench.ledger, bench.dataset.name):
        name, contract = (release.source, release.batch), versions.get(release.source)
        if name in found or contract != release.contract or judged.knows(*name, contract):
            continue
        if copy := kept_file(bench, *name):
            found[name] = LandedFile(release.source, copy, release.batch, kept_of=release.file)
    return tuple(found.values())
