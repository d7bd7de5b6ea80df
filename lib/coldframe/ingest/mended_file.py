"""The file in which a person mends rows that were set aside: a line for each, as it came."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coldframe.errors import ConfigurationError, ConflictError, DataError, NotFoundError
from coldframe.files import write_atomically
from coldframe.ingest.exporting import Exported, defuse
from coldframe.ingest.quarantine import read_quarantine
from coldframe.ledger import Delivery
from coldframe.provenance import bytes_digest
from coldframe.workbench import Workbench

BATCH, LINE, WHY = "coldframe:batch", "coldframe:line", "coldframe:why"
OWN = (BATCH, LINE, WHY)
"""Columns that say which row it is and why it was set aside; the others are those of the batch."""

DEFUSED = re.compile(r"'+[=+\-@\t\r\n]")
FIELD = 2**27  # characters; what a reader let by is let by here

Row = Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class MendedFile:
    """What a person mended.

    Parameters
    ----------
    path : Path
        Where it was read.
    data : bytes
        All of it.
    batch : str
        Digest of the batch whose rows these are.
    columns : tuple of str
        Those of the batch.
    rows : dict of int to tuple of str
        Cells by the line that the row had in the batch.
    """

    path: Path
    data: bytes
    batch: str
    columns: tuple[str, ...]
    rows: Mapping[int, tuple[str, ...]]

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return bytes_digest(self.data)


def spell_cell(cell: str | None) -> str:
    r"""Return a cell as it stands in the file: what a spreadsheet would compute is defused.

    Examples
    --------
    >>> [spell_cell(cell) for cell in ("=1+1", "'=1+1", "-12.5", "'t Hooft", None)]
    ["'=1+1", "''=1+1", '-12.5', "'t Hooft", '']
    """
    if cell is None:
        return ""
    text = f"'{cell}" if DEFUSED.match(cell) else defuse(cell)
    return text.encode("utf-8", "backslashreplace").decode()


def read_cell(text: str) -> str:
    """Return what a cell of the file says: `spell_cell` the other way.

    Examples
    --------
    >>> cells = ["=1+1", "'=1+1", "''=1", "-12.5", "'t Hooft", ""]
    >>> [read_cell(spell_cell(cell)) for cell in cells] == cells
    True
    """
    return text[1:] if DEFUSED.match(text) else text


def rows_aside(bench: Workbench, delivery: Delivery) -> dict[int, Row]:
    """Return the rows that are in quarantine of a batch, by line, as they came."""
    rows = read_quarantine(bench, delivery.source, delivery.batch)
    rows = rows.drop_duplicates("line").dropna(subset=["line", "record"])
    return {
        int(line): json.loads(record)
        for line, record in zip(rows["line"], rows["record"], strict=True)
    }


def export_to_mend(bench: Workbench, delivery: Delivery, path: Path) -> Exported:
    """Write the rows that are in quarantine of a batch to a CSV file, one a line, to be mended.

    Parameters
    ----------
    bench : Workbench
        Where.
    delivery : Delivery
        A batch of which some rows were set aside.
    path : Path
        The file.

    Raises
    ------
    ConflictError
        All of the batch is held: it is mended by a corrected file.
    ConfigurationError
        The file cannot be written.
    """
    refuse_held(delivery)
    rows = rows_aside(bench, delivery)
    broken = read_quarantine(bench, delivery.source, delivery.batch)
    why: dict[int, list[str]] = {}
    for line, rule, column in zip(broken["line"], broken["rule"], broken["column"], strict=True):
        why.setdefault(int(line), []).append(f"{rule} ({column})")
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [
        [delivery.batch, str(line), spell_cell("; ".join(why[line]))]
        + [spell_cell(row.get(name)) for name in columns]
        for line, row in rows.items()
    ]
    try:
        write_atomically(path, spell_lines([[*OWN, *map(spell_cell, columns)], *lines]).encode())
    except OSError as error:
        raise ConfigurationError(
            "The file cannot be written.", where=str(path), found=str(error),
            remedy="name another file: coldframe quarantine export BATCH FILE --mend",
        ) from error  # fmt: skip
    return Exported(len(rows), len(broken))


def refuse_held(delivery: Delivery) -> None:
    """Raise ConflictError if all of a batch is held."""
    if delivery.outcome != "quarantined":
        raise ConflictError(
            "All of this batch is held: rows are mended of a batch that was accepted.",
            where=f"{delivery.source}/{delivery.file}",
            expected="a batch of which some rows were set aside", found="held",
            remedy=f"correct the file and deliver it as {delivery.file}, or mend the contract",
        )  # fmt: skip


def spell_lines(lines: Iterable[Sequence[str]]) -> str:
    r"""Return lines of cells as CSV that reads as it was written.

    >>> spell_lines([["a", "b\r"]])
    'a,"b\r"\r\n'
    """
    stream = io.StringIO()
    # of Python 3.11 and 3.12 a cell is quoted for the characters that end a line, no others
    csv.writer(stream, lineterminator="\r\n").writerows(lines)
    return stream.getvalue()


def read_mended(path: Path) -> MendedFile:
    """Read a file of mended rows; nothing in it is guessed.

    Raises
    ------
    NotFoundError
        There is no such file.
    DataError
        It is not what `export_to_mend` writes: no such CSV, rows of several batches, or one twice.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFoundError(
            "The file cannot be read.", where=str(path), found=error.strerror,
            remedy="coldframe quarantine export BATCH FILE --mend writes one",
        ) from error  # fmt: skip
    usual = csv.field_size_limit(FIELD)
    try:
        text = data.decode("utf-8-sig")  # spreadsheets put a byte-order mark before it
        head, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    except UnicodeDecodeError as error:
        raise _unlike(path, f"byte {error.start:,} is no UTF-8", "text in UTF-8") from error
    except (csv.Error, ValueError) as error:
        raise _unlike(path, str(error), "a header, and rows below it") from error
    finally:
        csv.field_size_limit(usual)  # it is that of the whole process, deliveries' readers included
    return _take_apart(path, data, head, lines)


def _take_apart(
    path: Path, data: bytes, head: Sequence[str], lines: Sequence[Sequence[str]]
) -> MendedFile:
    names = [read_cell(name) for name in head]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled or not {BATCH, LINE} <= set(names):
        found = f"twice: {', '.join(doubled)}" if doubled else ", ".join(names)
        raise _unlike(path, f"{found:.300}", f"columns {BATCH} and {LINE}, and no name twice")
    place, batch = names.index(LINE), names.index(BATCH)
    own = [number for number, name in enumerate(names) if name not in OWN]
    rows: dict[int, tuple[str, ...]] = {}
    for row, cells in enumerate(lines, start=2):
        if len(cells) != len(names):
            raise _unlike(path, f"row {row} has {len(cells)} fields", f"{len(names)} fields")
        said = cells[place].strip()
        line = int(said) if said.isascii() and said.isdigit() else 0
        if line < 1 or line in rows:
            raise _unlike(path, f"row {row}: {said!r:.60}", f"in {LINE} a line, each once")
        rows[line] = tuple(read_cell(cells[number]) for number in own)
    batches = sorted({cells[batch].strip() for cells in lines})
    if len(batches) != 1:
        raise _unlike(path, f"{len(batches)} batches", f"rows of one batch in {BATCH}")
    return MendedFile(
        path=path, data=data, batch=batches[0], columns=tuple(names[n] for n in own), rows=rows
    )


def _unlike(path: Path, found: str, expected: str) -> DataError:
    return DataError(
        "This is no file of mended rows; nothing was taken.", where=str(path), found=found,
        expected=expected,
        remedy="coldframe quarantine export BATCH FILE --mend writes one; save it as CSV, with "
        "commas, in UTF-8",
    )  # fmt: skip


def changed_cells(mended: MendedFile, aside: Mapping[int, Row]) -> Iterator[tuple[int, str]]:
    """Yield line and column of each cell that says something else than the row that came."""
    for line, cells in mended.rows.items():
        for name, cell in zip(mended.columns, cells, strict=True):
            if line in aside and not _same(cell, aside[line].get(name)):
                yield line, name


def take_over(mended: MendedFile, line: int, row: Row) -> dict[str, str | None]:
    """Return a mended row; a cell that nobody changed is what came, also where that is a null."""
    cells = dict(zip(mended.columns, mended.rows[line], strict=True))
    return {name: row[name] if _same(cells[name], row[name]) else cells[name] for name in row}


def _same(cell: str, came: str | None) -> bool:
    return cell == read_cell(spell_cell(came))
