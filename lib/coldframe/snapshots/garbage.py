"""Garbage collection: takes what killed freezes left behind, and nothing that anybody needs."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coldframe.errors import ConflictError
from coldframe.snapshots.catalogue import Catalogue
from coldframe.snapshots.contents import needed_files
from coldframe.snapshots.manifest import Snapshot
from coldframe.snapshots.objects import MANIFEST, PART

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Garbage:
    """One file that nothing needs: where it is (or was), its size in bytes, and what it is.

    `kind` is ``partial`` (being written when its writer died), ``rows``, ``manifest`` or
    ``record``.
    """

    path: Path
    bytes: int
    kind: str


def collect(
    store: Catalogue,
    *,
    needed: Iterable[str] = (),
    dry_run: bool,
    grace_seconds: float,
    wait_seconds: float,
) -> list[Garbage]:
    """Delete, or only list, files that no version, tag or pin needs.

    Parameters
    ----------
    store : Catalogue
        The store.
    needed : iterable of str
        Ids of more snapshots to keep, for those who keep their own account of what they need.
        One whose manifest is not here is none of this store's.
    dry_run : bool
        Delete nothing.
    grace_seconds : float
        Leave files that are younger, whatever they are.
    wait_seconds : float
        How long to wait for writers; while it works, new ones wait.

    Returns
    -------
    list of Garbage
        What was deleted, or would be, by path.

    Raises
    ------
    ConflictError
        Writers were at work all the time.
    CorruptionError
        A manifest or reference that tells what is needed cannot be read; nothing was deleted.
    """
    if not store.root.exists():
        return []
    with _alone(store.root, wait_seconds):
        kept = {path for root in _roots(store, needed) for path in _files(store, root)}
        oldest = time.time() - grace_seconds
        unneeded = sorted(path for path in _candidates(store.root) if path not in kept)
        states = [(path, path.stat()) for path in unneeded]
        dead = [
            Garbage(path, state.st_size, _kind(path))
            for path, state in states
            if state.st_mtime <= oldest
        ]
        if not dry_run:
            for one in dead:
                one.path.unlink()
    return dead


def _kind(path: Path) -> str:
    if path.parent.name == "tmp":
        return "partial"
    if path.name.endswith(MANIFEST):
        return "manifest"
    return "rows" if path.suffix == PART else "record"


@contextmanager
def _alone(root: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the store's lock alone; asked for politely, so that writers are never kept waiting."""
    deadline = time.monotonic() + wait_seconds
    with (root / "lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise ConflictError(
                        "The store is being written to; garbage was left where it is.",
                        where=str(root),
                        remedy="try again later",
                    ) from None
                time.sleep(POLL_SECONDS)
        yield


def _roots(store: Catalogue, needed: Iterable[str]) -> list[Snapshot]:
    # every folder below refs/, also one whose name this version would not accept
    roots: dict[str, Snapshot] = {}
    for dataset in store.refs.datasets():
        for snapshot in (*store.versions(dataset), *store.tags(dataset).values()):
            roots[snapshot.id] = snapshot
    for ids in store.refs.pins().values():
        roots |= {id_: store.open(id_) for id_ in ids}
    for id_ in needed:
        if id_ not in roots and store.objects.path(id_, MANIFEST).exists():
            roots[id_] = store.open(id_)
    return list(roots.values())


def _files(store: Catalogue, snapshot: Snapshot) -> Iterator[Path]:
    """Yield every file that `snapshot` needs."""
    for one in needed_files(snapshot, store.objects.load):
        yield store.objects.path(one.digest, one.suffix)


def _candidates(root: Path) -> Iterator[Path]:
    yield from (path for path in (root / "objects").glob("*/*") if path.is_file())
    yield from (path for path in (root / "tmp").glob("*") if path.is_file())
