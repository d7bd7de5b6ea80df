"""A draft becomes files: all of them or none, and never over what somebody has written."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coldframe.errors import ConflictError, EnvironmentFaultError
from coldframe.files import sync_folder, temporary_name
from coldframe.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files of a new dataset.

    Parameters
    ----------
    files : tuple of Path
        What was written.
    backups : tuple of Path
        Where what was there before is kept.
    """

    files: tuple[Path, ...]
    backups: tuple[Path, ...] = ()


def write_files(
    settings: Settings, name: str, *, dataset: str, code: Mapping[str, str], force: bool = False
) -> Written:
    """Write datasets/NAME.yaml and lib/NAME; a dataset is there once its YAML is, which comes last.

    Parameters
    ----------
    settings : Settings
        Whose project folder.
    name : str
        Of the dataset.
    dataset : str
        Text of the YAML file.
    code : mapping of str to str
        Text of each module by its file name.
    force : bool, default=False
        Whether what is there may be moved aside, to a backup beside it.

    Raises
    ------
    ConflictError
        There is such a dataset, or such a package with other contents.
    EnvironmentFaultError
        A file cannot be written; then none is.
    """
    path, package = settings.root / "datasets" / f"{name}.yaml", settings.lib / name
    try:
        return _write(path, package, dataset, code, force=force)
    except FileExistsError as error:  # somebody was faster
        raise _there_already([path]) from error
    except OSError as error:
        raise EnvironmentFaultError(
            "The dataset cannot be written.", where=str(error.filename or path),
            found=error.strerror, remedy="make room, or mend the permissions; nothing was written",
        ) from error  # fmt: skip


def _write(
    path: Path, package: Path, dataset: str, code: Mapping[str, str], *, force: bool
) -> Written:
    # a run that was killed between the two leaves the package alone: the same again is no conflict
    left = package.is_dir() and not path.exists() and _holds(package, code)
    taken = [one for one in (path, package) if os.path.lexists(one)]
    taken = [one for one in taken if not (left and one == package)]
    if taken and not path.exists():
        raise ConflictError(
            "There is a package of that name, which is of no dataset.", where=str(package),
            expected=f"it to belong to {path}", found="no such file",
            remedy="choose another name, or take the package away",
        )  # fmt: skip
    if taken and not force:
        raise _there_already(taken)
    with _prepared(path, package, dataset, code) as (text, folder):
        moved: list[tuple[Path, Path]] = []
        try:
            for one in taken:
                moved.append((one, one.rename(_free(one))))
            if not left:
                folder.rename(package)
                moved.append((folder, package))
            os.link(text, path)
        except BaseException:
            for before, now in reversed(moved):
                now.rename(before)
            raise
        sync_folder(path.parent)
        sync_folder(package.parent)
    files = (path, *(package / one for one in code))
    return Written(files=files, backups=tuple(now for one, now in moved if one in taken))


def _there_already(taken: Sequence[Path]) -> ConflictError:
    return ConflictError(
        "There is such a dataset already; what somebody has written is never replaced.",
        where=" and ".join(map(str, taken)), expected="a name that is free",
        remedy="choose another name, or --force, which keeps what is there as a backup",
    )  # fmt: skip


@contextlib.contextmanager
def _prepared(
    path: Path, package: Path, dataset: str, code: Mapping[str, str]
) -> Iterator[tuple[Path, Path]]:
    """Write everything under hidden names beside where it belongs; yield file and folder."""
    text, folder = temporary_name(path), temporary_name(package)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True)
        for name, content in code.items():
            _write_new(folder / name, content)
        sync_folder(folder)
        _write_new(text, dataset)
        yield text, folder
    finally:
        text.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _holds(package: Path, code: Mapping[str, str]) -> bool:
    """Tell whether a package is of exactly these modules."""
    found = {one.name for one in package.iterdir() if one.name != "__pycache__"}
    return found == set(code) and all(
        (package / name).is_file() and (package / name).read_text("utf-8") == text
        for name, text in code.items()
    )


def _free(path: Path) -> Path:
    """Return a name beside `path` for its backup."""
    number = 1
    while os.path.lexists(found := path.with_name(f"{path.name}.backup-{number}")):
        number += 1
    return found
