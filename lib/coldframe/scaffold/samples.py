"""The beginning of a file, read as text: enough to guess from, never the whole of a large one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.errors import DataError, NotFoundError
from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch
from coldframe.scaffold.sniffing import column_names, guess_numbers, sniff_options
from coldframe.sources import Column, Source

if TYPE_CHECKING:
    import pandas as pd

LEAST_ROWS = 1000
SAMPLE_ROWS = 50_000
SAMPLE_CELLS = 2_000_000
LONGEST_NAME = 200
"""Characters of a column's name; YAML allows a key no more than 1,024."""


@dataclass(frozen=True, eq=False)
class Sample:
    """The first rows of a file.

    Parameters
    ----------
    path : Path
        The file.
    frame : DataFrame of shape (n_rows, n_columns)
        Its rows as text, by line; columns without a name are left out.
    whole : bool
        Whether these are all its rows.
    options : dict
        How it is spelled: options of a source other than the usual ones.
    doubts : tuple of str
        What is not certain about that.
    """

    path: Path
    frame: pd.DataFrame
    whole: bool
    options: dict[str, Any]
    doubts: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """Names of files like this one, for a source's `files`."""
        return "*" + "".join(self.path.suffixes[-2:]) if self.path.suffix else "*"


def read_sample(path: Path) -> Sample:
    """Read the beginning of the file at `path`.

    Raises
    ------
    NotFoundError
        There is no such file.
    DataError
        It cannot be read as a table; says why.
    """
    if not path.is_file():
        raise NotFoundError(
            "There is no such file.", where=str(path), expected="a file of the data to come",
            found="a folder" if path.is_dir() else "nothing",
            remedy="name one of its files" if path.is_dir() else "correct the path",
        )  # fmt: skip
    doubts: tuple[str, ...] = ()
    try:
        options = sniff_options(path)
        frame, whole = _read(path, options)
    except UnfitBatchError as error:
        raise _unreadable(path, error) from error
    if not len(frame):
        raise DataError(
            "The file has no rows.", where=str(path), expected="a header and rows below it",
            remedy="name a file that has some",
        )  # fmt: skip
    if options.get("encoding") == "cp1252":
        doubts = ("no UTF-8: taken for cp1252, the Western encoding of Windows",)
    spelling = guess_numbers(frame, options)
    if spelling:
        doubts += ("numbers with a decimal comma: 1,5 is one and a half",)
    return _named(Sample(path, frame, whole, options | spelling, doubts))


def _read(path: Path, options: Mapping[str, Any]) -> tuple[pd.DataFrame, bool]:
    """Return the first rows, and whether they are all."""
    import pandas as pd  # this module is imported where no data is read

    names = column_names(path, options)
    # any column that is there makes a reader content; it keeps the others, too
    columns = {name: Column(type="string", required=False) for name in names or ("a",)}
    source = Source(files="*", key=(), columns=columns, **options)
    pieces: list[pd.DataFrame] = []
    rows = limit = 0
    reading = read_batch(path, source)
    for piece in reading:
        limit = max(LEAST_ROWS, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(piece.columns))))
        pieces.append(piece)
        rows += len(piece)
        if rows > limit:
            break
    frame = pd.concat(pieces).iloc[:limit]
    return frame, rows <= limit and next(reading, None) is None


def _unreadable(path: Path, error: UnfitBatchError) -> DataError:
    return DataError(
        f"The file cannot be read: {error.what}", where=str(path),
        found="; ".join(filter(None, (fault.example for fault in error.faults))) or None,
        expected="a table with a header and as many fields in each row; nothing is repaired",
        remedy="mend the file, or write it anew",
    )  # fmt: skip


def _named(sample: Sample) -> Sample:
    """Return the sample without columns that have no name."""
    names = [str(name) for name in sample.frame.columns]
    long = [name for name in names if len(name) > LONGEST_NAME]
    if long:
        raise DataError(
            "A column's name is too long; the first line may be no header.",
            where=str(sample.path), found=f"{long[0][:60]}… ({len(long[0])} characters)",
            expected=f"at most {LONGEST_NAME} characters",
        )  # fmt: skip
    kept = [name for name in names if name.strip()]
    if not kept:
        raise DataError("No column has a name.", where=str(sample.path), expected="a header")
    doubts = sample.doubts
    if len(kept) < len(names):
        doubts += ("a column without a name is left out; it may be a row number",)
    return Sample(sample.path, sample.frame[kept], sample.whole, sample.options, doubts)
