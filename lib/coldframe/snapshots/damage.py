"""What is wrong with a store: every file that a snapshot needs, looked at byte by byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coldframe.errors import CorruptionError
from coldframe.provenance import file_digest
from coldframe.snapshots.manifest import Part, Snapshot
from coldframe.snapshots.objects import MANIFEST, PART, RECORD, RESTORE, Objects


@dataclass(frozen=True, slots=True)
class Damage:
    """One file that is not what it should be.

    `kind` is ``missing``, ``size``, ``digest`` or ``reference``; `path` is relative to the store.
    """

    kind: str
    path: str
    what: str
    expected: str
    found: str
    needed_by: str
    remedy: str = RESTORE

    def error(self) -> CorruptionError:
        """Return this damage as an error to raise."""
        return CorruptionError(
            f"{self.what} (needed by {self.needed_by})",
            where=self.path,
            expected=self.expected,
            found=self.found,
            remedy=self.remedy,
        )


def inspect_file(
    objects: Objects,
    digest: str,
    suffix: str,
    what: str,
    *,
    needed_by: str,
    size: int | None = None,
) -> Damage | None:
    """Return what is wrong with one object, or None."""
    path = objects.path(digest, suffix)
    place = str(path.relative_to(objects.root))
    try:
        actual = path.stat().st_size
        if size is not None and actual != size:
            sizes = f"{size} bytes", f"{actual} bytes"
            return Damage("size", place, f"{what} has another size.", *sizes, needed_by)
        found = file_digest(path)
    except FileNotFoundError:
        return Damage("missing", place, f"{what} is missing.", digest, "nothing", needed_by)
    except OSError as error:
        return Damage("missing", place, f"{what} is unreadable.", digest, str(error), needed_by)
    if found == digest:
        return None
    return Damage("digest", place, f"{what} was changed.", f"SHA-256 {digest}", found, needed_by)


def inspect_parts(objects: Objects, parts: Iterable[Part], needed_by: str) -> Iterator[Damage]:
    """Yield what is wrong with the Parquet files `parts`."""
    for part in parts:
        damage = inspect_file(
            objects, part.digest, PART, "A part", needed_by=needed_by, size=part.bytes
        )
        if damage:
            yield damage


def inspect_snapshot(objects: Objects, snapshot: Snapshot) -> Iterator[Damage]:
    """Yield what is wrong with the manifest, segments, part infos and parts of `snapshot`."""
    name = snapshot.name
    damage = inspect_file(objects, snapshot.id, MANIFEST, "A manifest", needed_by=name)
    if damage:
        yield damage
    listings = [table.listing for table in snapshot.tables.values()]
    for listing in (*listings, snapshot.batches.listing):
        broken = []
        try:
            for digest in listing.segments(objects.load):
                damage = inspect_file(objects, digest, RECORD, "A segment", needed_by=name)
                broken += [damage] if damage else []
        except CorruptionError:
            pass  # the segment that could not be opened was just noted; what is below is unknown
        yield from broken
        if broken or listing is snapshot.batches.listing:
            continue
        parts = [Part(**record) for record in listing.iterate(objects.load)]
        for part in parts:
            damage = inspect_file(objects, part.info, RECORD, "A part's info", needed_by=name)
            if damage:
                yield damage
        yield from inspect_parts(objects, parts, name)


def reference_damage(error: CorruptionError, root: Path, needed_by: str) -> Damage:
    """Return as damage what kept a snapshot from being opened at all."""
    place = Path(error.where or "")
    return Damage(
        kind="reference" if "refs" in place.parts or "pins" in place.parts else "digest",
        path=str(place.relative_to(root)) if place.is_relative_to(root) else str(place),
        what=error.what,
        expected=error.expected or "the file as it was stored",
        found=error.found or "nothing",
        needed_by=needed_by,
        remedy=error.remedy or RESTORE,
    )
