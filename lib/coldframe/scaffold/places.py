"""Where deliveries are: files here; or a folder, glob, URL or query, pulled from then on."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.core import has_magic
from pydantic import ValidationError

from coldframe.errors import (
    ColdframeError,
    ConfigurationError,
    EnvironmentFaultError,
    NotFoundError,
)
from coldframe.pulling.filesystems import open_filesystem
from coldframe.pulling.names import safe_name
from coldframe.pulling.objects import list_objects
from coldframe.pulling.variables import conceal, fill_in
from coldframe.pulls import Pull
from coldframe.settings import Settings

MOST_FILES = 5
"""So many files of a folder are looked at, from the first to the last."""
MOST_BYTES = 2**28
"""No further file is fetched once so many bytes have been."""
DATA = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".jsonl", ".ndjson", ".xls", ".ods")
"""How the names of tables end; in a folder of all sorts they are looked at, and nothing else."""
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Deliveries that can be looked at.

    Parameters
    ----------
    origin : str
        Where they are, as it was typed.
    files : tuple of Path
        Some of them, or all; copies, unless they are files here.
    pattern : str
        Names of files like these, for a source's `files`.
    pull : Pull or None
        From where they are pulled; None if they are brought by `coldframe land`.
    doubts : tuple of str
        What was not looked at.
    """

    origin: str
    files: tuple[Path, ...]
    pattern: str
    pull: Pull | None = None
    doubts: tuple[str, ...] = ()


def name_pattern(names: Sequence[str]) -> str:
    """Return the pattern of names like these: what they end with, at the depth where they are.

    Examples
    --------
    >>> name_pattern(["sales.2024.csv"]), name_pattern(["2024/a.csv.gz", "2025/a.csv.gz"])
    ('*.csv', '**/*.csv.gz')
    >>> name_pattern(["a.csv", "b.txt"]), name_pattern(["download"])
    ('*', '*')
    """
    endings = {_ending(name) for name in names}
    folders = "**/" if any("/" in name for name in names) else ""
    return folders + "*" + (endings.pop() if len(endings) == 1 else "")


def _ending(name: str) -> str:
    suffixes = PurePosixPath(name).suffixes
    kept = suffixes[-2:] if suffixes and suffixes[-1].lower() in COMPRESSED else suffixes[-1:]
    return "".join(kept) if all(one[1:].isalnum() for one in kept) else ""


@contextlib.contextmanager
def find_place(settings: Settings, origins: Sequence[str], *, query: str | None) -> Iterator[Place]:
    """Yield the place that `origins` name; what had to be copied for a look is gone afterwards.

    Parameters
    ----------
    settings : Settings
        Whose project folder; a place below it is named relative to it.
    origins : sequence of str
        One file, folder, glob or URL; or several files.
    query : str or None
        A SQL query, for the database that `origins` names.

    Raises
    ------
    NotFoundError
        There is nothing.
    ConfigurationError
        It is no URL of a kind that is known, or several of them.
    EnvironmentFaultError
        It cannot be reached, or is not let in.
    """
    if len(origins) == 1 and (query is not None or _is_elsewhere(origins[0])):
        pull = _declare(settings, origins[0], query)
        with tempfile.TemporaryDirectory(prefix="coldframe-new-") as folder:
            yield _fetch(settings, pull, origins[0], Path(folder))
        return
    files = tuple(Path(one).expanduser() for one in origins)
    for path, origin in zip(files, origins, strict=True):
        if not path.is_file():
            raise _no_file(origin, several=len(files) > 1)
    names = [path.name for path in files]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
    yield Place(
        origin=str(files[0]) if len(files) == 1 else shown, files=files,
        pattern=name_pattern(names),
    )  # fmt: skip


def _is_elsewhere(origin: str) -> bool:
    """Tell whether `origin` is no single file here."""
    path = Path(origin).expanduser()
    if "://" in origin or "${" in origin:
        return True
    return path.is_dir() or (has_magic(origin) and not os.path.lexists(path))


def _no_file(origin: str, *, several: bool) -> ColdframeError:
    if several and _is_elsewhere(origin):
        return ConfigurationError(
            "A new dataset has one source.", where="--from", found=origin,
            expected="several files of one table, or one folder, glob or URL",
            remedy="name one; other tables are sources to be written into the dataset file",
        )  # fmt: skip
    return NotFoundError(
        "There is no such file.", where=origin, found="nothing",
        expected="a file of the data to come, a folder, a glob or a URL",
        remedy="correct the path",
    )  # fmt: skip


def _declare(settings: Settings, origin: str, query: str | None) -> Pull:
    """Return how a source says that its deliveries are pulled from `origin`."""
    url = origin
    if "://" not in origin and "${" not in origin:  # a plain path is relative to the project
        path = Path(origin).expanduser().absolute()
        inside = path.is_relative_to(settings.root)
        url = str(path.relative_to(settings.root) if inside else path)
    try:
        return Pull(url=url, query=query)
    except ValidationError as error:
        told = error.errors()[0]
        said = told.get("ctx", {}).get("error")
        raise ConfigurationError(
            "Deliveries cannot be pulled so.",
            where="--query" if "query" in told["loc"] else "--from",
            expected=str(said.args[0] if said else told["msg"]),
        ) from error  # fmt: skip


def _fetch(settings: Settings, pull: Pull, origin: str, folder: Path) -> Place:
    """Copy some of the files at a place into `folder`."""
    where = f"--from {origin}"
    url = fill_in(pull, where=where)
    try:
        if pull.query is not None:
            return _ask(settings, url, pull, folder)
        return _copy(settings, url, pull, folder)
    except ColdframeError as error:
        raise type(error)(
            conceal(error.what, pull), where=where, expected=error.expected,
            found=conceal(error.found or "", pull) or None, remedy=error.remedy,
        ) from None  # fmt: skip
    except Exception as error:  # noqa: BLE001  # drivers raise what they like
        raise EnvironmentFaultError(
            "The place cannot be looked at now.", where=where,
            found=conceal(f"{type(error).__name__}: {error}", pull),
            remedy="try again once it can be reached; nothing was written",
        ) from None  # fmt: skip


def _ask(settings: Settings, url: str, pull: Pull, folder: Path) -> Place:
    """Ask the database once, as each pull will."""
    from coldframe.pulling.query import pull_query  # SQLAlchemy, for queries only
    from coldframe.pulling.tally import Tally

    tally = Tally()
    pull_query(
        url, pull, folder / "rows", folder / "state.json", source="rows", pattern="*.jsonl",
        root=settings.root, tally=tally, landed=_never,
    )  # fmt: skip
    if not tally.files:
        raise NotFoundError("The query has no rows.", expected="some, to guess from")
    files = tuple(folder / "rows" / one.file for one in tally.files)
    return Place(origin=pull.url, files=files, pattern="*.jsonl", pull=pull)


def _never(digest: str) -> bool:
    del digest  # nothing of a look has been ingested
    return False


def _copy(settings: Settings, url: str, pull: Pull, folder: Path) -> Place:
    filesystem, path = open_filesystem(url, root=settings.root)
    if filesystem.protocol == ("file", "local"):
        inside = Path(path).resolve().is_relative_to(settings.home)
        if inside:
            raise ConfigurationError(
                "A source cannot be pulled out of the home folder.", found=path,
                expected="a file or a folder elsewhere",
            )  # fmt: skip
    found = {
        key: info for key, info in sorted(list_objects(filesystem, path))
        if not any(part.startswith(".") for part in key.split("/"))
    }  # fmt: skip
    if not found:
        raise NotFoundError("There are no files.", expected="at least one to guess from")
    alike, doubts = _alike(found)
    chosen = _spread(alike)
    files: list[Path] = []
    fetched = 0
    for number, key in enumerate(chosen):
        if fetched < MOST_BYTES:
            target = folder / str(number) / safe_name(PurePosixPath(key).name)
            target.parent.mkdir()
            with filesystem.open(found[key]["name"], "rb") as stream, target.open("wb") as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
            fetched += target.stat().st_size
            files.append(target)
    if len(files) < len(alike):
        doubts = (*doubts, f"{len(files)} of {len(alike):,} files were looked at")
    return Place(
        origin=pull.url, files=tuple(files), pattern=name_pattern(alike), pull=pull, doubts=doubts
    )  # fmt: skip


def _alike(found: Mapping[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    """Return the names that end as most do, and what is said of the others."""
    usual = [key for key in found if _ending(key).lower().startswith(DATA)]
    endings = Counter(_ending(key) for key in usual or found)
    most = max(endings, key=lambda one: endings[one])
    others = [key for key in found if _ending(key) != most]
    if not others:
        return list(found), ()
    are = "file is" if len(others) == 1 else "files are"
    told = f"{len(others):,} {are} left where they are, {others[0]} for one"
    return [key for key in found if _ending(key) == most], (told,)


def _spread(names: Sequence[str]) -> list[str]:
    """Return some of the names, from the first to the last.

    Examples
    --------
    >>> _spread("abcdefghi"), _spread("ab")
    (['a', 'c', 'e', 'g', 'i'], ['a', 'b'])
    """
    if len(names) <= MOST_FILES:
        return list(names)
    step = (len(names) - 1) / (MOST_FILES - 1)
    return [names[round(step * place)] for place in range(MOST_FILES)]
