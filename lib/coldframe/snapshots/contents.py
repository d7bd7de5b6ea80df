"""Every file that makes up a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coldframe.snapshots.manifest import Load, Part, Snapshot
from coldframe.snapshots.objects import MANIFEST, PART, RECORD


@dataclass(frozen=True, slots=True)
class Needed:
    """One file of a snapshot: digest, suffix, and its size in bytes where a manifest says it."""

    digest: str
    suffix: str
    size: int | None = None


def needed_files(snapshot: Snapshot, load: Load) -> Iterator[Needed]:
    """Yield every file that `snapshot` needs, its manifest first; some more than once.

    Parameters
    ----------
    snapshot : Snapshot
        Which.
    load : callable
        Fetches a segment by its digest.
    """
    yield Needed(snapshot.id, MANIFEST)
    for digest in snapshot.batches.listing.segments(load):
        yield Needed(digest, RECORD)
    for table in snapshot.tables.values():
        for digest in table.listing.segments(load):
            yield Needed(digest, RECORD)
        for record in table.listing.iterate(load):
            part = Part(**record)
            yield Needed(part.digest, PART, part.bytes)
            yield Needed(part.info, RECORD)
