"""Files brought by hand: copied into the landing folder of the source that takes them."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Literal

from coldframe.errors import (
    ConfigurationError,
    ConflictError,
    EnvironmentFaultError,
    NotFoundError,
)
from coldframe.files import copy_atomically
from coldframe.ingest.landing import Judged
from coldframe.ledger import deliveries
from coldframe.sources import Source
from coldframe.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class BroughtFile:
    """A file that somebody wants ingested.

    Parameters
    ----------
    file : Path
        Where it was.
    source : str
        The source that takes it.
    path : Path
        Where it lies now.
    bytes : int
        Its size.
    outcome : {"landed", "there", "known"}
        It was copied; it lay there already; or its bytes are part of a snapshot already, so that
        nothing was copied.
    """

    file: Path
    source: str
    path: Path
    bytes: int
    outcome: Literal["landed", "there", "known"]


def land_files(
    bench: Workbench, files: Sequence[Path], *, source: str | None = None
) -> tuple[BroughtFile, ...]:
    """Copy files into the landing folder; nothing is judged before the next build.

    All are looked at before the first is copied. A file is there whole or not at all, and none
    that is there is ever replaced.

    Parameters
    ----------
    bench : Workbench
        Whose landing folder.
    files : sequence of Path
        Anywhere on this machine.
    source : str, optional
        Which takes them; by default the one whose pattern matches the name.

    Raises
    ------
    NotFoundError
        There is no such file or source.
    ConfigurationError
        No source takes a file of this name, or several do.
    ConflictError
        Another delivery lies there under the same name.
    EnvironmentFaultError
        A file cannot be read, or the landing folder not be written.
    """
    known = Judged.of(deliveries(bench.ledger, bench.dataset.name)).frozen
    planned = [_plan(bench, file, source, known) for file in files]
    _each_once(planned)
    for one in planned:
        if one.outcome == "landed":
            try:
                copy_atomically(one.file, one.path)
            except FileExistsError as error:
                raise _in_the_way(one) from error
            except OSError as error:
                raise EnvironmentFaultError(
                    "A file cannot be landed.", where=str(one.path), found=error.strerror,
                    remedy="make room, or mend the permissions; what was landed before stays",
                ) from error  # fmt: skip
    return tuple(planned)


def takes(source: Source, name: str) -> bool:
    """Tell whether a file of this name, at the top of the source's folder, is one of its batches.

    Examples
    --------
    >>> from coldframe.sources import Source
    >>> source = Source(files="**/*.csv", key=(), columns={"a": {"type": "integer"}})
    >>> takes(source, "2024.csv"), takes(source, "2024.parquet"), takes(source, ".2024.csv")
    (True, False, False)
    """
    *folders, last = PurePosixPath(source.files).parts
    above = all(part == "**" for part in folders)
    return above and not name.startswith(".") and fnmatchcase(name, last)


def _plan(
    bench: Workbench, file: Path, source: str | None, known: Iterable[tuple[str, str]]
) -> BroughtFile:
    """Return what is to be done with a file, or raise why nothing can be."""
    if not file.is_file():
        raise _no_file(bench, file)
    chosen = _source(bench, file, source)
    path = bench.settings.landing / bench.dataset.name / chosen / file.name
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = file.stat().st_size
        same = path.is_file() and _digest(path) == digest
    except OSError as error:
        raise EnvironmentFaultError(
            "A file cannot be read.", where=str(error.filename or file), found=error.strerror,
            remedy="mend its permissions",
        ) from error  # fmt: skip
    outcome: Literal["landed", "there", "known"] = "landed"
    if (chosen, digest) in known:
        outcome = "known"
    elif same:
        outcome = "there"
    found = BroughtFile(file=file, source=chosen, path=path, bytes=size, outcome=outcome)
    if outcome == "landed" and path.exists():
        raise _in_the_way(found)
    return found


def _no_file(bench: Workbench, file: Path) -> NotFoundError:
    """Return the error for what is no file, with what may have been meant by it."""
    if file.is_dir():
        return NotFoundError(
            "There is no such file.", where=str(file), expected="a file", found="a folder",
            remedy=f"name its files: {shlex.quote(str(file))}/*",
        )  # fmt: skip
    beside = [one.name for one in file.parent.glob("*") if one.is_file()]
    near = [shlex.quote(str(file.with_name(one))) for one in get_close_matches(file.name, beside)]
    remedy = f"correct the path; there is {', '.join(near)}" if near else "correct the path"
    named = str(file) == file.name and bench.settings.root / "datasets" / f"{file}.yaml"
    if named and named.is_file():
        remedy = f"name files only; the dataset is told by --dataset {shlex.quote(str(file))}"
    return NotFoundError(
        "There is no such file.", where=str(file), expected="a file",
        found=f"none of this name in {file.parent.resolve()}", remedy=remedy,
    )  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _source(bench: Workbench, file: Path, named: str | None) -> str:
    """Return the source that takes `file`."""
    sources = bench.dataset.sources
    where = f"datasets/{bench.dataset.name}.yaml"
    if named is not None and named not in sources:
        raise NotFoundError(
            f"There is no source {named!r}.", where=where, expected=f"one of {', '.join(sources)}",
            remedy=f"--source {next(iter(sources))}",
        )  # fmt: skip
    fit = [n for n in ([named] if named else sources) if takes(sources[n], file.name)]
    if len(fit) == 1:
        return fit[0]
    patterns = ", ".join(f"{name}: {one.files}" for name, one in sources.items())
    if fit:
        raise ConfigurationError(
            "More than one source takes a file of this name.", where=file.name,
            found=", ".join(fit), expected="one source", remedy=f"--source {fit[0]}",
        )  # fmt: skip
    raise ConfigurationError(
        "No source takes a file of this name; it would lie there unread.", where=str(file),
        expected=f"a name that matches {where}: {patterns}", found=file.name,
        remedy="rename the file, or change `files` of its source",
    )  # fmt: skip


def _each_once(planned: Sequence[BroughtFile]) -> None:
    """Raise if two of the files would be the same delivery."""
    for place, one in enumerate(planned):
        for other in planned[:place]:
            if one.path == other.path:
                raise ConflictError(
                    "Two files would land under the same name.", where=str(one.path),
                    found=f"{other.file} and {one.file}", remedy="rename one of them",
                )  # fmt: skip


def _in_the_way(one: BroughtFile) -> ConflictError:
    return ConflictError(
        "Another delivery lies there under this name.", where=str(one.path),
        expected="a name of its own for each delivery; a file that has come is never replaced",
        found="other bytes", remedy=f"rename {one.file}",
    )  # fmt: skip
