"""What is in a store: datasets, versions and tags, and what the names people write mean."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

from coldframe.errors import CorruptionError, NotFoundError
from coldframe.snapshots.manifest import FORMAT, Snapshot, snapshot_from
from coldframe.snapshots.names import check_name, check_tag, is_digest
from coldframe.snapshots.objects import MANIFEST, RESTORE, Objects
from coldframe.snapshots.refs import Refs

_PREFIX = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
SHOWN = 8  # how many names a message lists before it stops


class Catalogue:
    """Find snapshots in the store at `root`; changes nothing and takes no lock."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.objects = Objects(self.root)
        self.refs = Refs(self.root)

    def datasets(self) -> list[str]:
        """Return the names of all datasets that have a version."""
        return [name for name in self.refs.datasets() if self.refs.versions(name)]

    def versions(self, dataset: str) -> list[Snapshot]:
        """Return all versions of `dataset`, oldest first; none if it is unknown."""
        check_name("dataset", dataset)
        return [self._version(dataset, number) for number in self.refs.versions(dataset)]

    def head(self, dataset: str) -> Snapshot | None:
        """Return the newest version of `dataset`, or None."""
        check_name("dataset", dataset)
        numbers = self.refs.versions(dataset)
        return self._version(dataset, numbers[-1]) if numbers else None

    def tags(self, dataset: str) -> dict[str, Snapshot]:
        """Return the snapshot that each tag of `dataset` names."""
        check_name("dataset", dataset)
        return {tag: self._tagged(dataset, tag) for tag in self.refs.tags(dataset)}

    def resolve(self, name: str) -> Snapshot:
        """Return the snapshot that `name` means.

        Parameters
        ----------
        name : str
            A version (``flights@7``), the newest (``flights``, ``flights@latest``), a tag
            (``flights@golden``), an id or at least 8 digits of its beginning.

        Raises
        ------
        NotFoundError
            There is no such snapshot; the message lists what there is.
        CorruptionError
            Its reference or manifest was damaged.
        """
        dataset, at, version = name.partition("@")
        if not at and _PREFIX.fullmatch(name) and name not in self.refs.datasets():
            return self._by_id(name)
        check_name("dataset", dataset)
        numbers = self.refs.versions(dataset)
        if version in ("", "latest"):
            if numbers:
                return self._version(dataset, numbers[-1])
        elif version.isdecimal() and version.isascii():
            if int(version) in numbers:
                return self._version(dataset, int(version))
        elif check_tag(version) in self.refs.tags(dataset):  # also if its versions were lost
            return self._tagged(dataset, version)
        if not numbers:
            raise self._unknown(name, "datasets", self.datasets())
        there = [f"{dataset}@{known}" for known in (*numbers, *self.refs.tags(dataset))]
        raise self._unknown(name, "snapshots", there)

    def _unknown(self, name: str, kind: str, there: list[str]) -> NotFoundError:
        more = f" and {len(there) - SHOWN} older" if len(there) > SHOWN else ""
        return NotFoundError(
            f"There is no snapshot '{name}'.",
            where=str(self.root),
            found=f"these {kind}: {', '.join(there[-SHOWN:])}{more}" if there else f"no {kind}",
            remedy="coldframe snapshots",
        )

    def _by_id(self, prefix: str) -> Snapshot:
        folder = self.root / "objects" / prefix[:2]
        found = [path.name.removesuffix(MANIFEST) for path in folder.glob(f"{prefix}*{MANIFEST}")]
        published = []
        for id_ in sorted(found):
            record = self.objects.load(id_, MANIFEST)
            dataset, number = record["dataset"], record["version"]
            # a freeze that was killed may leave a manifest that no version names
            if id_ in (self.refs.read(dataset, "versions", str(number)), *self._tag_ids(dataset)):
                published.append((id_, dataset, number))
        if len(published) == 1:
            return self.open(published[0][0])
        if published:
            names = [f"{dataset}@{number} ({id_})" for id_, dataset, number in published]
            raise NotFoundError(
                f"The beginning '{prefix}' of an id means several snapshots.",
                found=", ".join(names),
                remedy="write more digits",
            )
        raise self._unknown(prefix, "datasets", self.datasets())

    def _tag_ids(self, dataset: str) -> list[str | None]:
        return [self.refs.read(dataset, "tags", tag) for tag in self.refs.tags(dataset)]

    def _version(self, dataset: str, number: int) -> Snapshot:
        id_ = self.refs.read(dataset, "versions", str(number))
        path = self.refs.path(dataset, "versions", str(number))
        if id_ is None:
            raise self._unknown(f"{dataset}@{number}", "datasets", self.datasets())
        snapshot = self.open(id_)
        if (snapshot.dataset, snapshot.version) != (dataset, number):
            raise CorruptionError(
                "A version names the manifest of another.",
                where=str(path),
                expected=f"{dataset}@{number}",
                found=snapshot.name,
                remedy=RESTORE,
            )
        return snapshot

    def _tagged(self, dataset: str, tag: str) -> Snapshot:
        id_ = self.refs.read(dataset, "tags", tag)
        if id_ is None:
            raise self._unknown(f"{dataset}@{tag}", "datasets", self.datasets())
        return self.open(id_)

    def open(self, id_: str) -> Snapshot:
        """Return the snapshot with exactly this id (64 digits), published or not."""
        if not is_digest(id_):
            raise self._unknown(id_, "datasets", self.datasets())
        record = self.objects.load(id_, MANIFEST)
        if record.get("format") != FORMAT:
            raise CorruptionError(
                "A manifest has a format that this version does not know.",
                where=str(self.objects.path(id_, MANIFEST)),
                expected=FORMAT,
                found=str(record.get("format")),
                remedy="install a newer Coldframe",
            )
        path = self.refs.path(record["dataset"], "versions", str(record["version"]))
        frozen_at = None
        with contextlib.suppress(FileNotFoundError):
            if path.read_bytes().startswith(id_.encode()):  # not another's of that number
                frozen_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return snapshot_from(id_, record, load=self.objects.load, frozen_at=frozen_at)
