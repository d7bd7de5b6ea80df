"""The landing folder: which files have come, and which of them nobody has judged yet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coldframe.contracts import contract_versions
from coldframe.ingest.digests import DigestMemory
from coldframe.ledger import Delivery, deliveries
from coldframe.provenance import bytes_digest
from coldframe.workbench import Workbench


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
    """

    source: str
    path: Path
    digest: str


@dataclass(frozen=True)
class LandedBytes:
    """What was found in a landed file when it was opened to be judged.

    Parameters
    ----------
    digest : str
        SHA-256 of these very bytes, whatever the file held when it was listed.
    size : int
        How many they are.
    data : bytes or None
        The bytes; None if they are too many to be read.
    """

    digest: str
    size: int
    data: bytes | None


def read_landed(path: Path, *, limit: int) -> LandedBytes:
    """Return what the file at `path` holds; of one that has more than `limit` bytes, the digest."""
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return LandedBytes(digest, size, None)
        data = stream.read(size)
    return LandedBytes(bytes_digest(data), len(data), data)


@dataclass(frozen=True)
class Judged:
    """Which batches have met their fate, so that they need not be read again.

    Parameters
    ----------
    frozen : frozenset of (source, digest)
        Accepted, under whatever contract.
    held : frozenset of (source, digest, contract)
        Held; a changed contract judges them anew.
    """

    frozen: frozenset[tuple[str, str]]
    held: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, found: Iterable[Delivery]) -> Judged:
        """Read it from the ledger's deliveries."""
        told = list(found)
        return cls(
            frozen=frozenset((d.source, d.batch) for d in told if d.outcome != "held"),
            held=frozenset((d.source, d.batch, d.contract) for d in told if d.outcome == "held"),
        )

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


def pending_batches(bench: Workbench) -> tuple[LandedFile, ...]:
    """Return the landed files that nobody has judged, in the order in which ingest takes them.

    The same bytes under a second name are the same batch. A file that vanished while it was
    looked at, or that cannot be read, is left out.
    """
    versions = contract_versions(bench.dataset, lib=bench.settings.lib)
    judged = Judged.of(deliveries(bench.ledger, bench.dataset.name))
    found: dict[tuple[str, str], LandedFile] = {}
    memory = DigestMemory(
        bench.settings.home / f"landed-{bench.dataset.name}.json", bench.settings.landing
    )
    for source, path in landed_files(bench):
        try:
            digest = memory.digest(path)
        except OSError:
            continue
        if not judged.knows(source, digest, versions[source]):
            found.setdefault((source, digest), LandedFile(source, path, digest))
    memory.save()
    return tuple(found.values())
