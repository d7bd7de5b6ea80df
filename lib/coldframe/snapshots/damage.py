"""What is wrong with a store: every file that a snapshot needs, looked at byte by byte."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from coldframe.errors import CorruptionError
from coldframe.provenance import file_digest
from coldframe.snapshots.catalogue import Catalogue
from coldframe.snapshots.lists import Listing
from coldframe.snapshots.manifest import Part, Snapshot
from coldframe.snapshots.objects import MANIFEST, PART, RECORD, RESTORE, Objects
from coldframe.snapshots.threads import side_by_side

Need: TypeAlias = tuple[str, str, str, int | None]
"""Digest, suffix, kind for messages, and size in bytes if a manifest says it, of a file."""


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
    digest_of: Callable[[Path], str] | None = None,
) -> Damage | None:
    """Return what is wrong with one object, or None if it is as it was stored.

    Parameters
    ----------
    objects : Objects
        Where it is kept.
    digest : str
        Its name: the SHA-256 that its bytes must have.
    suffix : {".parquet", ".json", ".snapshot.json"}
        The rest of its name.
    what : str
        Its kind, for the message.
    needed_by : str
        The snapshot that needs it, for the message.
    size : int, optional
        How many bytes it must have, if a manifest says so; compared before its digest.
    digest_of : callable, optional
        Reads the file at a path and returns its digest; by default `file_digest`.

    Examples
    --------
    >>> import tempfile
    >>> from coldframe.snapshots.objects import ObjectWriter
    >>> writer = ObjectWriter(Path(tempfile.mkdtemp()), durable=False)
    >>> digest = writer.put({"name": "Tom"})
    >>> inspect_file(writer, digest, RECORD, "A record", needed_by="pets@1") is None
    True
    >>> writer.path(digest, RECORD).unlink()
    >>> inspect_file(writer, digest, RECORD, "A record", needed_by="pets@1").what
    'A record is missing.'
    """
    path = objects.path(digest, suffix)
    place = str(path.relative_to(objects.root))
    try:
        actual = path.stat().st_size
        if size is not None and actual != size:
            sizes = f"{size} bytes", f"{actual} bytes"
            return Damage("size", place, f"{what} has another size.", *sizes, needed_by)
        found = (digest_of or file_digest)(path)
    except FileNotFoundError:
        return Damage("missing", place, f"{what} is missing.", digest, "nothing", needed_by)
    except OSError as error:
        return Damage("missing", place, f"{what} is unreadable.", digest, str(error), needed_by)
    if found == digest:
        return None
    return Damage("digest", place, f"{what} was changed.", f"SHA-256 {digest}", found, needed_by)


def inspect_parts(objects: Objects, parts: Iterable[Part], needed_by: str) -> Iterator[Damage]:
    """Yield what is wrong with the Parquet files `parts`."""
    needs = [(part.digest, PART, "A part", part.bytes) for part in parts]
    yield from _inspect_files(objects, needs, needed_by)


def inspect_snapshot(
    objects: Objects, snapshot: Snapshot, seen: set[str] | None = None
) -> Iterator[Damage]:
    """Yield what is wrong with the manifest, segments, part infos and parts of `snapshot`.

    Objects in `seen` are passed over, and those looked at are added to it.
    """
    seen = set() if seen is None else seen
    needs = []
    for need in _needs(objects, snapshot, seen):
        if need[0] not in seen:
            seen.add(need[0])
            needs.append(need)
    yield from _inspect_files(objects, needs, snapshot.name)


def _inspect_files(objects: Objects, needs: Sequence[Need], needed_by: str) -> Iterator[Damage]:
    def inspect(need: Need) -> Damage | None:
        digest, suffix, what, size = need
        return inspect_file(objects, digest, suffix, what, needed_by=needed_by, size=size)

    yield from filter(None, side_by_side(inspect, needs))


def _needs(objects: Objects, snapshot: Snapshot, seen: Container[str]) -> Iterator[Need]:
    """Yield digest, suffix, kind and size of every object; below a broken segment, nothing.

    Below a segment in `seen` there is nothing either: versions share most of their segments, and
    would each cost the whole history otherwise.
    """
    yield snapshot.id, MANIFEST, "A manifest", None
    for table in snapshot.tables.values():
        for digest, item in _unseen(objects, table.listing, seen):
            if digest:
                yield digest, RECORD, "A segment", None
            else:
                part = Part(**item)
                yield part.info, RECORD, "A part's info", None
                yield part.digest, PART, "A part", part.bytes
    for digest, _ in _unseen(objects, snapshot.batches.listing, seen):
        if digest:
            yield digest, RECORD, "A segment", None


def _unseen(
    objects: Objects, listing: Listing, seen: Container[str]
) -> Iterator[tuple[str | None, Any]]:
    """Yield the digest of each segment that is not in `seen`, and the items in and beside them."""
    todo = [(entry, depth) for depth, level in enumerate(listing.levels) for entry in level]
    while todo:
        entry, depth = todo.pop()
        if depth == 0:
            yield None, entry
        elif entry not in seen:
            yield entry, None
            # a broken one was yielded before it is opened, and will be reported
            with contextlib.suppress(CorruptionError):
                todo += [(below, depth - 1) for below in objects.load(entry)["items"]]


def inspect_name(
    store: Catalogue, name: str, *, expected: Snapshot | str, seen: set[str] | None = None
) -> Iterator[Damage]:
    """Yield what is wrong with the snapshot that `name` means, its reference included."""
    try:
        found = store.resolve(name)
        if isinstance(expected, Snapshot) and found.id != expected.id:
            found = store.open(expected.id)
    except CorruptionError as error:
        yield _reference_damage(error, store.root, name)
        return
    yield from inspect_snapshot(store.objects, found, seen)


def inspect_store(
    store: Catalogue, progress: Callable[[str], None] = lambda _: None
) -> list[Damage]:
    """Return what is wrong with any version, tag or pin, each damaged file once.

    `progress` is told the name of each version and tag before it is looked at.
    """
    seen: set[str] = set()
    damages: list[Damage] = []
    for dataset in store.refs.datasets():
        for name in (*store.refs.versions(dataset), *store.refs.tags(dataset)):
            name_ = f"{dataset}@{name}"
            progress(name_)
            damages += inspect_name(store, name_, expected=name_, seen=seen)
    try:
        pins = store.refs.pins()
    except CorruptionError as error:
        damages.append(_reference_damage(error, store.root, "a pin"))
        pins = {}
    for owner, ids in pins.items():
        for id_ in ids:
            try:
                damages += inspect_snapshot(store.objects, store.open(id_), seen)
            except CorruptionError as error:
                damages.append(_reference_damage(error, store.root, f"the pin of {owner}"))
    return list({found.path: found for found in reversed(damages)}.values())[::-1]


def _reference_damage(error: CorruptionError, root: Path, needed_by: str) -> Damage:
    """Return as damage what kept a snapshot from being opened at all."""
    place = Path(error.where or "")
    return Damage(
        kind="reference" if {"refs", "pins"} & set(place.parts) else "digest",
        path=str(place.relative_to(root)) if place.is_relative_to(root) else str(place),
        what=error.what,
        expected=error.expected or "the file as it was stored",
        found=error.found or "nothing",
        needed_by=needed_by,
        remedy=error.remedy or RESTORE,
    )
