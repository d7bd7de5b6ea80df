"""Files that landed where no source looks for them: nothing happens to them, and that is told."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from coldframe.ingest.landing import landed_files
from coldframe.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class StrayFile:
    """A file in the landing folder that matches no source, and is left as it is.

    Parameters
    ----------
    path : Path
        Where it lies, below the landing folder.
    expected : str
        Which name and folder would make it a batch.
    """

    path: Path
    expected: str


def stray_files(bench: Workbench) -> tuple[StrayFile, ...]:
    """Return the files that no source of this dataset takes, nor could one of another dataset.

    Looked for below the dataset's own folder, at the top of the landing folder, and in folders of
    the landing folder that have no dataset's name. Hidden files are left out: they are still
    being written.
    """
    landing, name = bench.settings.landing, bench.dataset.name
    sources = {
        source: f"{name}/{source}/{declared.files}"
        for source, declared in bench.dataset.sources.items()
    }
    others = {path.stem for path in (bench.settings.root / "datasets").glob("*.yaml")} - {name}
    taken = {path for _, path in landed_files(bench)}
    found = [*_files(landing, others | {name}), *_files(landing / name, sources)]
    stray = [StrayFile(path=p.relative_to(landing), expected=_any(sources)) for p in found]
    stray += [
        StrayFile(path=path.relative_to(landing), expected=pattern)
        for source, pattern in sources.items()
        for path in _files(landing / name / source) if path not in taken
    ]  # fmt: skip
    return tuple(sorted(stray, key=lambda one: one.path.as_posix()))


def _any(sources: dict[str, str]) -> str:
    return " or ".join(sources.values())


def _files(folder: Path, without: Container[str] = ()) -> Iterator[Path]:
    """Yield all files below `folder` that are not hidden, leaving out its folders in `without`."""
    top = os.fspath(folder)
    for place, folders, files in os.walk(top):
        known = without if place == top else ()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in known]
        yield from (Path(place, name) for name in files if not name.startswith("."))
