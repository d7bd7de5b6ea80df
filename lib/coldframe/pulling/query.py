"""The rows that a query has beyond the last pull, as one file, taken once whatever is killed.

1. The rows are written under a hidden name and are on the disk;
2. the state says which file that is and where the next pull begins;
3. the file gets its name;
4. the state says that it has it.

A run that finds a state of 2 first does what is left, from the file that lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from coldframe.errors import ConfigurationError, DataError
from coldframe.files import sync_folder
from coldframe.provenance import file_digest
from coldframe.pulling.database import fetch_in_time, reading
from coldframe.pulling.landing import taken_by, write_partial
from coldframe.pulling.report import PulledFile
from coldframe.pulling.rows import Window, fresh_rows
from coldframe.pulling.state import load_state, save_state
from coldframe.pulling.tally import Tally
from coldframe.pulls import SINCE, Pull

State = dict[str, Any]


def pull_query(
    url: str, pull: Pull, folder: Path, state_file: Path, *, source: str, pattern: str, root: Path,
    tally: Tally, landed: Callable[[str], bool],
) -> None:  # fmt: skip
    """Write the rows that are new since the last pull as one file of JSON Lines into `folder`.

    Parameters
    ----------
    url : str
        Of the database, its variables filled in.
    pull : Pull
        Query, watermark and lookback.
    folder : Path
        The landing folder of the source.
    state_file : Path
        Where is kept what was taken before.
    source : str
        Name of the source, with which the file's name begins.
    pattern : str
        Names that the source takes.
    root : Path
        The project folder, to which a SQLite file is relative.
    tally : Tally
        Told what was done.
    landed : callable
        Tells of a digest whether a file with these bytes was ingested.
    """
    state = _settle(load_state(state_file), folder, state_file, landed, tally)
    if state and state["watermark"] != pull.watermark:
        raise ConfigurationError(
            "The watermark is another column than before.", where="pull.watermark",
            found=str(pull.watermark), expected=str(state["watermark"]),
            remedy=f"put it back, or remove {state_file} to begin anew at since",
        )  # fmt: skip
    number = state.get("number", 0) + 1
    name = f"{source}-{number:06}.jsonl"
    if not taken_by(pattern, name):
        raise ConfigurationError(
            "A pulled query needs a name that its source takes.", where="files", found=pattern,
            expected=f"a pattern that matches {name}, such as *.jsonl",
        )  # fmt: skip
    before = Window.load(pull.lookback, state.get("window", {}))
    after = Window(pull.lookback, before.high)
    counts = {True: 0, False: 0}

    def count(new: bool) -> None:
        counts[new] += 1

    partial = write_partial(folder, _lines(url, pull, before, after, root=root, count=count))
    tally.known += counts[False]
    unchanged = pull.watermark is None and partial.digest == state.get("digest")
    if unchanged or not counts[True]:
        partial.path.unlink()
        return
    now = {
        "watermark": pull.watermark, "number": number, "digest": partial.digest,
        "window": after.to_json(),
    }  # fmt: skip
    file = PulledFile(
        file=name, digest=partial.digest, bytes=partial.bytes, origin="query", rows=counts[True]
    )
    said = {"file": name, "partial": partial.path.name, "rows": file.rows}
    save_state(state_file, {**state, "next": {**now, **said}})
    _publish(partial.path, folder / name)
    tally.files.append(file)
    save_state(state_file, now)


def _publish(partial: Path, path: Path) -> None:
    if path.exists():
        partial.unlink()
        raise DataError(
            "A file with the name of the next pull lies there already.", where=str(path),
            remedy="give it another name",
        )  # fmt: skip
    partial.replace(path)
    sync_folder(path.parent)


def _settle(
    state: State, folder: Path, state_file: Path, landed: Callable[[str], bool], tally: Tally
) -> State:
    """Finish a pull that was killed between its file and its state; return the state after it."""
    said = state.pop("next", None)
    if said is None:
        return state
    name, rows = said.pop("file"), said.pop("rows", None)
    partial, path = folder / said.pop("partial"), folder / name
    if partial.is_file() and file_digest(partial) == said["digest"]:
        _publish(partial, path)
        size = path.stat().st_size
        tally.files.append(
            PulledFile(file=name, digest=said["digest"], bytes=size, origin="query", rows=rows)
        )
    there = path.is_file() and file_digest(path) == said["digest"]
    if there or landed(said["digest"]):
        state = said
    save_state(state_file, state)
    return state


def _lines(
    url: str, pull: Pull, before: Window, after: Window, *, root: Path,
    count: Callable[[bool], None],
) -> Iterator[bytes]:  # fmt: skip
    since = pull.since if before.high is None else before.since
    bound = {SINCE: since} if pull.watermark is not None else {}
    with (
        reading(url, root=root, timeout=pull.timeout) as connection,
        closing(fetch_in_time(connection, pull.query or "", bound, timeout=pull.timeout)) as rows,
    ):
        names = list(next(rows))
        _check_names(names, pull)
        yield from fresh_rows(
            names, rows, watermark=pull.watermark, before=before, after=after, count=count
        )


def _check_names(names: list[str], pull: Pull) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ConfigurationError(
            "The query has columns of the same name.", where="pull.query", found=", ".join(doubled),
            expected="each name once", remedy="name one with AS",
        )  # fmt: skip
    if pull.watermark is not None and pull.watermark not in names:
        raise ConfigurationError(
            "The query does not have its watermark among its columns.", where="pull.query",
            found=", ".join(names), expected=pull.watermark,
        )  # fmt: skip
