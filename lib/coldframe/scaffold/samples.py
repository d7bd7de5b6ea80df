"""The beginning of a file, read as text: enough to guess from, never the whole of a large one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.errors import DataError
from coldframe.faults import UnfitBatchError
from coldframe.readers import read_batch
from coldframe.scaffold.places import Place
from coldframe.scaffold.sniffing import column_names, guess_numbers, sniff_options
from coldframe.scaffold.workbooks import choose_sheet
from coldframe.sources import UNDECLARED, Column, Source

if TYPE_CHECKING:
    import pandas as pd

LEAST_ROWS = 1000
SAMPLE_ROWS = 50_000
SAMPLE_CELLS = 2_000_000
LONGEST_NAME = 200
"""Characters of a column's name; YAML allows a key no more than 1,024."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """The first rows of a delivery, or of several.

    Parameters
    ----------
    place : Place
        Where they are.
    frame : DataFrame of shape (n_rows, n_columns)
        Their rows as text, by line; columns without a name are left out.
    whole : bool
        Whether these are all rows.
    options : dict
        How they are spelled: options of a source other than the usual ones.
    partly : tuple of str
        Columns that some of the files do not have.
    doubts : tuple of str
        What is not certain about that.
    """

    place: Place
    frame: pd.DataFrame
    whole: bool
    options: dict[str, Any]
    partly: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Where the files are, as it was typed."""
        return self.place.origin

    @property
    def counted(self) -> str:
        """What the index of the rows counts: the lines of one file, or the rows of several."""
        return "line" if len(self.place.files) == 1 else "row"


def read_sample(place: Place, *, sheet: str | None = None) -> Sample:
    """Read the beginning of the files at a place; all are spelled as the first is.

    Parameters
    ----------
    place : Place
        Where they are.
    sheet : str, optional
        Which of a workbook's; by default the first with rows.

    Raises
    ------
    DataError
        They cannot be read as one table; says why.
    NotFoundError
        There is no such sheet.
    ConfigurationError
        A sheet is named of what is no workbook.
    """
    first, *others = place.files
    share = len(place.files)
    options, frame, whole, doubt = _first(place, first, share, sheet)
    doubts = (*place.doubts, *([doubt] if doubt else []))
    partly: tuple[str, ...] = ()
    if others:
        frames = [frame]
        for path in others:
            try:
                one, all_read = _read(path, options, share=share)
            except UnfitBatchError as error:
                raise _unreadable(f"{place.origin}, {path.name}", error) from error
            frames.append(one)
            whole = whole and all_read
        partly = _partly(place, frames)
        frame = _joined(frames)
    if not len(frame):
        raise DataError(
            "The file has no rows.", where=place.origin, expected="a header and rows below it",
            remedy="name a file that has some",
        )  # fmt: skip
    if options.get("encoding") == "cp1252":
        doubts += ("no UTF-8: taken for cp1252, the Western encoding of Windows",)
    spelling = guess_numbers(frame, options)
    if spelling:
        doubts += ("numbers with a decimal comma: 1,5 is one and a half",)
    whole = whole and not place.doubts
    sample = Sample(
        place=place, frame=frame, whole=whole, options=options | spelling, partly=partly,
        doubts=doubts,
    )  # fmt: skip
    return _named(sample)


def _first(
    place: Place, path: Path, share: int, sheet: str | None
) -> tuple[dict[str, Any], pd.DataFrame, bool, str]:
    """Return how the first file is spelled, its first rows, whether they are all, and a doubt."""
    try:
        options = sniff_options(path)
        chosen, doubt = choose_sheet(path, options.get("kind", "csv"), sheet)
        if chosen is not None:
            options["sheet"] = chosen
        return options, *_read(path, options, share=share), doubt
    except UnfitBatchError as error:
        several = f", {path.name}" if len(place.files) > 1 else ""
        raise _unreadable(f"{place.origin}{several}", error) from error


def _partly(place: Place, frames: list[pd.DataFrame]) -> tuple[str, ...]:
    """Return the columns that some files lack; files that share too few are of two tables."""
    known = [set(map(str, one.columns)) for one in frames]
    common, union = set.intersection(*known), set.union(*known)
    if len(common) * 2 < len(union):
        raise DataError(
            "The files are of different tables.", where=place.origin,
            found=f"{len(common)} of {len(union)} columns are in all of them",
            expected="deliveries of one table; a new dataset has one source",
            remedy="name the files of one; others are sources to be written into the dataset file",
        )  # fmt: skip
    return tuple(str(name) for name in _joined(frames).columns if str(name) not in common)


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd  # this module is imported where no data is read

    joined = pd.concat(frames, ignore_index=True)
    return joined.set_axis(joined.index + 1).rename_axis("line")


def _read(path: Path, options: Mapping[str, Any], *, share: int) -> tuple[pd.DataFrame, bool]:
    """Return the first rows, and whether they are all."""
    import pandas as pd  # this module is imported where no data is read

    names = column_names(path, options)
    _refuse_reserved(names, str(path.name))
    # any column that is there makes a reader content; it keeps the others, too
    columns = {name: Column(type="string", required=False) for name in names or ("a",)}
    source = Source(files="*", key=(), columns=columns, **options)
    pieces: list[pd.DataFrame] = []
    rows = limit = 0
    reading = read_batch(path, source)
    for piece in reading:
        cells = SAMPLE_CELLS // max(1, len(piece.columns))
        limit = max(LEAST_ROWS, min(SAMPLE_ROWS, cells) // share)
        pieces.append(piece)
        rows += len(piece)
        if rows > limit:
            break
    frame = pd.concat(pieces).iloc[:limit]
    return frame, rows <= limit and next(reading, None) is None


def _unreadable(where: str, error: UnfitBatchError) -> DataError:
    if any(fault.rule == "encoding" for fault in error.faults):
        return DataError(
            "The file cannot be read: It is text of no encoding that is guessed.", where=where,
            expected="UTF-8, UTF-16 with its mark, or cp1252; or Parquet, JSON Lines or Excel",
            remedy="write it anew as UTF-8, if it is a table at all",
        )  # fmt: skip
    if any(fault.rule == "sheet" for fault in error.faults):
        return DataError(
            "The file cannot be read: It lacks the sheet that is read of the others.", where=where,
            found="; ".join(filter(None, (fault.example for fault in error.faults))) or None,
            expected="a sheet of one name in each file",
            remedy="name one that all have with --sheet, or rename it in the file",
        )  # fmt: skip
    return DataError(
        f"The file cannot be read: {error.what}", where=where,
        found="; ".join(filter(None, (fault.example for fault in error.faults))) or None,
        expected="a table with a header and as many fields in each row; nothing is repaired",
        remedy=error.remedy or "mend the file, or write it anew",
    )  # fmt: skip


def _named(sample: Sample) -> Sample:
    """Return the sample without columns that have no name."""
    names = [str(name) for name in sample.frame.columns]
    long = [name for name in names if len(name) > LONGEST_NAME]
    if long:
        raise DataError(
            "A column's name is too long; the first line may be no header.",
            where=sample.origin, found=f"{long[0][:60]}… ({len(long[0])} characters)",
            expected=f"at most {LONGEST_NAME} characters",
        )  # fmt: skip
    _refuse_reserved(names, sample.origin)
    kept = [name for name in names if name.strip()]
    if not kept:
        raise DataError("No column has a name.", where=sample.origin, expected="a header")
    doubts = sample.doubts
    if len(kept) < len(names):
        doubts += ("a column without a name is left out; it may be a row number",)
    return replace(sample, frame=sample.frame[kept], doubts=doubts)


def _refuse_reserved(names: list[str], where: str) -> None:
    """Raise if a column bears a name that the gate gives to columns of no contract."""
    taken = [name for name in names if name.startswith(UNDECLARED)]
    if taken:
        raise DataError(
            "A column has a name that is kept for columns which no contract declares.",
            where=where, found=", ".join(repr(name[:60]) for name in taken[:3]),
            expected=f"names that do not begin with {UNDECLARED}",
            remedy="rename the column in the file, or leave it out",
        )  # fmt: skip
