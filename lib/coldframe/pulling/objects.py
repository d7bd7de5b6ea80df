"""Objects of a bucket or folder elsewhere: what is new is copied whole into the landing folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from glob import escape
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.core import has_magic

from coldframe.errors import ConfigurationError, DataError, NotFoundError
from coldframe.pulling.filesystems import S3FileSystem, open_filesystem
from coldframe.pulling.landing import publish, taken_by, write_partial
from coldframe.pulling.names import safe_name
from coldframe.pulling.report import PulledFile
from coldframe.pulling.state import load_state, save_state
from coldframe.pulling.tally import Tally
from coldframe.pulling.web import WebFileSystem, web_name

CHUNK = 2**20
SAVED_EVERY = 50
"""So many objects are fetched before the state is written; what a kill loses is fetched again."""
FAILURES = 3
"""After so many objects in a row that could not be fetched, the others wait for another pull."""
TAGS = ("ETag", "etag", "md5", "md5Hash", "checksum", "generation", "version_id", "crc32c")
TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
SETTLED_SECONDS = 60.0
"""An object that was modified later than so long before it was fetched is fetched once more: its
clock may count in seconds only, and a second change within one leaves the same time."""


@dataclass(frozen=True)
class Stamp:
    """What tells an object from what it was: size, times and tags, as its file system spells them.

    Parameters
    ----------
    text : str
        All of them.
    settled : bool
        Whether another object could not have the same.
    """

    text: str
    settled: bool

    @classmethod
    def of(cls, info: Mapping[str, Any], *, now: float) -> Stamp:
        """Read it from what a file system says of an object."""
        said = {name: str(info[name]) for name in ("size", *TAGS, *TIMES) if info.get(name)}
        times = [_seconds(info[name]) for name in TIMES if info.get(name)]
        old = bool(times) and all(at is not None and at < now - SETTLED_SECONDS for at in times)
        tagged = any(name in said for name in TAGS)
        return cls(json.dumps(said, sort_keys=True), tagged or old)


def _seconds(at: object) -> float | None:
    if isinstance(at, datetime):
        return at.timestamp()
    return float(at) if isinstance(at, int | float) else None


def pull_objects(
    url: str, folder: Path, state_file: Path, *, pattern: str, root: Path, home: Path,
    tally: Tally, tell: Callable[[str], None],
) -> None:  # fmt: skip
    """Copy the objects that `url` names and that are new or changed into `folder`.

    Parameters
    ----------
    url : str
        A folder, file or glob, its variables filled in.
    folder : Path
        The landing folder of the source.
    state_file : Path
        Where is kept what was fetched before.
    pattern : str
        Names that the source takes; others are left where they are.
    root, home : Path
        The project folder, to which a plain path is relative; the home folder, out of which
        nothing is pulled.
    tally : Tally
        Told what was done, whatever is raised in between.
    tell : callable
        Told a line for each object.

    Raises
    ------
    ConfigurationError
        It is in the home folder, or an address of a web server whose one file `pattern` does not
        take.
    NotFoundError
        There is nothing at `url`.
    """
    filesystem, path = open_filesystem(url, root=root)
    filesystem.invalidate_cache()
    if filesystem.protocol == ("file", "local") and Path(path).resolve().is_relative_to(home):
        raise ConfigurationError(
            "A source cannot be pulled out of the home folder.", where="pull.url", found=path,
            expected="a folder elsewhere",
        )  # fmt: skip
    found = dict(sorted(list_objects(filesystem, path)))
    if isinstance(filesystem, WebFileSystem):
        _check_web_names(found, pattern)
    before = load_state(state_file).get("objects", {})
    kept = {key: said for key, said in before.items() if key in found}
    failures: list[Exception] = []  # since the last success
    first: Exception | None = None
    unsaved = 0
    try:
        for number, (key, info) in enumerate(found.items(), 1):
            name, stamp = safe_name(key), Stamp.of(info, now=time.time())
            if why := _unwanted(key, name, pattern):
                tally.left.append(why)
                continue
            if kept.get(key) == asdict(stamp) and stamp.settled:
                tally.known += 1
                continue
            tell(f"fetching {name} ({number:,} of {len(found):,})")
            try:
                file = _fetch(filesystem, info["name"], folder, name, pattern)
            except (FileNotFoundError, DataError) as error:
                tally.left.append(_why(name, error))
                continue
            except Exception as error:  # drivers raise what they like
                first = first or error
                failures.append(error)
                if len(failures) == FAILURES:
                    raise
                continue
            failures.clear()
            if file is None:
                tally.known += 1
            else:
                tally.files.append(file)
            kept[key] = asdict(stamp)
            unsaved += 1
            if unsaved == SAVED_EVERY:
                save_state(state_file, {"objects": kept})
                unsaved = 0
    finally:
        if unsaved or kept.keys() != before.keys():
            save_state(state_file, {"objects": kept})
    if first is not None:
        raise first


def _check_web_names(keys: Iterable[str], pattern: str) -> None:
    """Raise where the one file of an address is not taken: nothing would ever come of it."""
    for name in map(safe_name, keys):
        if not taken_by(pattern, name):
            stem, dot, suffix = name.partition(".")
            raise ConfigurationError(
                "The name of the file at this address does not match files.", where="files",
                found=name, expected=f"a name that matches files: {pattern}",
                remedy="files must match the end of the address's path, without the query: such as "
                f"{escape(stem)}*{dot}{escape(suffix)}",
            )  # fmt: skip


def _unwanted(key: str, name: str, pattern: str) -> str | None:
    """Return why an object is left where it is, or None."""
    if any(part.startswith(".") for part in key.split("/")):
        return f"{name} is hidden: still being written, or no file of its own"
    if not taken_by(pattern, name):
        return f"{name} does not match files: {pattern}"
    return None


def _why(name: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{name} was taken away while it was to be fetched"
    return f"{name}: {error}"


def list_objects(
    filesystem: AbstractFileSystem, path: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name (below the first folder that is spelled out) and description of every object.

    What a web server has is named by the end of its path, without the query.

    Raises
    ------
    NotFoundError
        There is no such folder, file or bucket; a glob may match nothing.
    """
    glob = has_magic(path)
    base = path[: min(path.find(c) for c in "*?[" if c in path)] if glob else path + "/"
    base = base.rpartition("/")[0].rstrip("/")
    listed: Mapping[str, Any] = {}
    if glob:
        listed = filesystem.glob(path, detail=True)
    elif filesystem.exists(path):
        info = filesystem.info(path)
        if info["type"] == "file":
            base, listed = base.rpartition("/")[0], {info["name"]: info}
        else:
            listed = filesystem.find(path, detail=True)
    # a bucket has no folders: those of its keys come and go with their objects
    top = base.partition("/")[0] if isinstance(filesystem, S3FileSystem) else base
    if not listed and not filesystem.exists(top):
        raise NotFoundError(
            "There is nothing to be pulled from.", where="pull.url", found=f"no {top}",
            expected="a folder, a file, a bucket or a glob",
        )  # fmt: skip
    for name, info in listed.items():
        if isinstance(filesystem, WebFileSystem):
            yield web_name(name), info
        elif info["type"] == "file":
            yield name.removeprefix(base).removeprefix("/"), info


def _fetch(
    filesystem: AbstractFileSystem, path: str, folder: Path, name: str, pattern: str
) -> PulledFile | None:
    """Copy one object; None if these bytes have landed under this name before."""
    # some file systems say less, or more, of an object that is listed
    before = filesystem.info(path)
    partial = write_partial(folder, _chunks(filesystem, path))
    size, after = before.get("size"), filesystem.info(path)
    torn = size is not None and partial.bytes != size
    if torn or Stamp.of(before, now=0).text != Stamp.of(after, now=0).text:
        partial.path.unlink()
        raise DataError(
            "It changed while it was fetched, or came in part; another pull tries again.",
            expected=f"{size:,} bytes" if size is not None else None,
            found=f"{partial.bytes:,} bytes",
        )  # fmt: skip
    chosen, new = publish(partial, folder, name, pattern=pattern)
    if not new:
        return None
    return PulledFile(file=chosen, digest=partial.digest, bytes=partial.bytes, origin=name)


def _chunks(filesystem: AbstractFileSystem, path: str) -> Iterator[bytes]:
    with filesystem.open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
