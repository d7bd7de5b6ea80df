"""The snapshot store: freeze, read, verify, tag and pin."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import EllipsisType

from coldframe.errors import ConflictError
from coldframe.snapshots import garbage
from coldframe.snapshots.additions import Addition, batch_records, check_parent, plain_json
from coldframe.snapshots.archives import Archive, export_snapshot
from coldframe.snapshots.garbage import Garbage
from coldframe.snapshots.importing import import_snapshot, read_archive
from coldframe.snapshots.manifest import JSON, Base, BatchRecord, Snapshot
from coldframe.snapshots.names import check_name, check_tag
from coldframe.snapshots.objects import MANIFEST, ObjectWriter
from coldframe.snapshots.verified import VerifiedCatalogue


class SnapshotStore(VerifiedCatalogue):
    """Frozen versions of datasets, in one folder that can be moved and copied.

    Parameters
    ----------
    root : Path
        The folder; made when something is first frozen.
    durable : bool, default=True
        Whether a snapshot survives a power cut as soon as `freeze` returns. Without it, freezing
        is several times faster; use it for tests only.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> store = SnapshotStore(Path(tempfile.mkdtemp()), durable=False)
    >>> first = store.freeze("pets", [Addition("cats", pd.DataFrame({"name": ["Tom"]}))])
    >>> second = store.freeze("pets", [Addition("cats", pd.DataFrame({"name": ["Kit"]}))])
    >>> second.name, second.tables["cats"].rows
    ('pets@2', 2)
    >>> store.read("pets@1", "cats")
      name
    0  Tom
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        super().__init__(root)
        self.durable = durable

    @contextmanager
    def _writing(self) -> Iterator[ObjectWriter]:
        """Keep garbage collection away; any number of writers may be at work together."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield ObjectWriter(self.root, durable=self.durable)

    def freeze(
        self,
        dataset: str,
        additions: Sequence[Addition],
        *,
        contract: str | None = None,
        about: Mapping[str, JSON] | None = None,
        batches: Sequence[BatchRecord] = (),
        expected_parent: Snapshot | str | EllipsisType | None = ...,
        base: Base = "append",
    ) -> Snapshot:
        """Publish the next version of `dataset` and return it; all of it or nothing.

        Parameters
        ----------
        dataset : str
            Its name.
        additions : sequence of Addition
            Rows to append, in the order of delivery.
        contract : str, optional
            Version of the rules that these rows were judged by.
        about : mapping, optional
            Anything else about this version, as JSON; no clock, host or path, since it is part
            of the id.
        batches : sequence of BatchRecord, optional
            The deliveries. One that is in the history already is left out with its rows, so that
            freezing twice is freezing once. A batch that only an addition names is recorded with
            the table as its source.
        expected_parent : Snapshot, str (id) or None, optional
            The version to build on (None: there is none yet). If not given, the newest is taken,
            also when others publish meanwhile.
        base : {"append", "empty"}, default="append"
            With ``"empty"``, tables and batches start from nothing instead of the newest version.

        Returns
        -------
        Snapshot
            The new version; or the newest one, if nothing was added to it.

        Raises
        ------
        ConflictError
            `expected_parent` is not the newest version (any more).
        DataError
            A column cannot be stored, or changed its type in a way that would change values.
        """
        # pyarrow is needed from here on, and only here
        from coldframe.snapshots.parts import write_parts
        from coldframe.snapshots.versions import next_manifest

        check_name("dataset", dataset)
        told = plain_json(about or {})
        records = batch_records(additions, batches)
        with self._writing() as writer:
            head = self.head(dataset)
            known = head.batches.digests if head and base == "append" else frozenset()
            fresh = [one for one in additions if one.batch not in known]
            written = [part for one in fresh for part in write_parts(one, writer)]
            while True:
                manifest = next_manifest(
                    dataset,
                    head,
                    written,
                    records,
                    contract=contract,
                    about=told,
                    base=base,
                    put=writer.put,
                )
                if manifest is None:
                    assert head is not None  # noqa: S101 - only a head can already say it all
                    return head
                if not isinstance(expected_parent, EllipsisType):
                    check_parent(dataset, head, expected_parent)
                id_ = writer.put(manifest, MANIFEST)
                writer.sync()
                number = str(head.version + 1 if head else 1)
                if self.refs.create(dataset, "versions", number, id_, writer):
                    return self.open(id_)
                head = self.head(dataset)  # somebody was faster: build on theirs

    def tag(self, name: str, snapshot: Snapshot | str) -> Snapshot:
        """Give `snapshot` a name in its dataset, for good (``golden`` makes ``flights@golden``).

        Raises
        ------
        ConflictError
            The tag names another snapshot; tags never move.
        """
        check_tag(name)
        found = self.resolve(snapshot if isinstance(snapshot, str) else snapshot.id)
        with self._writing() as writer:
            self._tag(name, found, writer)
        return found

    def _tag(self, name: str, found: Snapshot, writer: ObjectWriter) -> None:
        if not self.refs.create(found.dataset, "tags", name, found.id, writer):
            self._check_tag_is_free(name, found)

    def _check_tag_is_free(self, name: str, found: Snapshot) -> None:
        """Raise ConflictError if the tag `name` names another snapshot than `found`."""
        named = self.refs.read(found.dataset, "tags", name)
        if named not in (None, found.id):
            raise ConflictError(
                f"The tag '{name}' already names another snapshot, and tags never move.",
                expected=f"{found.name} ({found.id})",
                found=f"{self.tags(found.dataset)[name].name} ({named})",
                remedy="choose another name",
            )

    def export_archive(self, snapshot: Snapshot | str, path: Path) -> Archive:
        """Write `snapshot` with all its files to one new file; see `archives.export_snapshot`.

        The bytes depend on the snapshot alone: exported again, anywhere, it is the same file.
        """
        found = self.resolve(snapshot) if isinstance(snapshot, str) else snapshot
        return export_snapshot(self, found, path, durable=self.durable)

    def import_archive(self, path: Path, *, tag: str | None = None) -> Snapshot:
        """Publish the snapshot in an archive; importing it again changes nothing.

        It gets the version number that its manifest says, if the dataset has no version yet, or
        if the version before or after it here is its neighbour. Otherwise it would replace
        somebody's history: then it needs a `tag`, and is published under that name alone.

        Parameters
        ----------
        path : Path
            The file. All of it is compared with its digests before anything is written.
        tag : str, optional
            A name to give to the snapshot, for good.

        Raises
        ------
        ConflictError
            Its version number here is another's, and there is no tag; or the tag is another's.
        CorruptionError
            It is no sound archive.
        NotFoundError
            There is no such file.
        """
        if tag is not None:
            check_tag(tag)
        found = read_archive(Path(path))
        if tag is not None:
            self._check_tag_is_free(tag, found)
        with self._writing() as writer:
            import_snapshot(self, Path(path), found, writer, tag=tag)
            if tag is not None:
                self._tag(tag, found, writer)
        return self.open(found.id)

    def pin(self, owner: str, ids: Iterable[str]) -> None:
        """Keep exactly the snapshots `ids` from garbage collection for `owner` (a model, say)."""
        check_name("pin's owner", owner)
        with self._writing() as writer:  # so that none is collected while it is being pinned
            self.refs.pin(owner, sorted({self.open(id_).id for id_ in ids}), writer)

    def pins(self) -> dict[str, tuple[str, ...]]:
        """Return the ids that each owner pinned."""
        return self.refs.pins()

    def collect_garbage(
        self,
        *,
        needed: Iterable[str] = (),
        dry_run: bool = False,
        grace_seconds: float = 3600.0,
        wait_seconds: float = 60.0,
    ) -> list[Garbage]:
        """Delete (or only list) files that no version, tag or pin needs; see `garbage.collect`."""
        return garbage.collect(
            self,
            needed=needed,
            dry_run=dry_run,
            grace_seconds=grace_seconds,
            wait_seconds=wait_seconds,
        )
