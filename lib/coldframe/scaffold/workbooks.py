"""Which sheet of a workbook holds the rows: the one that was named, or the first with some."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from python_calamine import CalamineWorkbook, SheetTypeEnum

from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.readers.ods import read_heads

KINDS = ("excel", "ods")
SHOWN = 5
LONGEST = 1 << 22
"""Characters of the first rows."""


def choose_sheet(path: Path, kind: str, sheet: str | None) -> tuple[str | None, str]:
    """Return the sheet to be declared, None if there is but one, and the doubt.

    Parameters
    ----------
    path : Path
        The workbook; of a damaged one its reader says what is wrong.
    kind : str
        What the file is.
    sheet : str or None
        The sheet that was asked for.

    Raises
    ------
    NotFoundError
        There is no such sheet.
    ConfigurationError
        The file is no workbook.
    """
    if kind not in KINDS:
        if sheet is not None:
            raise ConfigurationError(
                "Only workbooks have sheets.", where=f"--sheet, {path.name}",
                found=f"{sheet!r} of a file of kind {kind}", expected=f"kind {' or '.join(KINDS)}",
                remedy="leave --sheet out",
            )  # fmt: skip
        return None, ""
    heads = _known_heads(path, kind)
    names = list(heads)
    if sheet is not None:
        if names and sheet not in names:
            raise NotFoundError(
                f"The workbook has no sheet {sheet!r}.", where=f"--sheet, {path.name}",
                expected=_shown(names), remedy="name one of these",
            )  # fmt: skip
        return sheet, ""
    if len(names) < 2:
        return None, ""
    chosen = next((name for name in names if len(heads[name]) > 1), names[0])  # a header, and rows
    others = _shown([name for name in names if name != chosen])
    return chosen, f"{chosen!r}, the first sheet with rows, of {len(names)}; {others}: see --sheet"


def read_sheet_header(path: Path, kind: str, sheet: str | None) -> list[str]:
    """Return the first row of a sheet; of none in particular, of the first."""
    heads = _heads(path, kind)
    rows = heads[sheet if sheet is not None else next(iter(heads))]
    return rows[0] if rows else []


def _known_heads(path: Path, kind: str) -> dict[str, list[list[str]]]:
    """Return the first rows of each sheet; nothing of a damaged workbook."""
    try:
        return _heads(path, kind)
    except Exception:  # noqa: BLE001 - its reader says what is wrong with it
        return {}


def _heads(path: Path, kind: str) -> dict[str, list[list[str]]]:
    if kind == "ods":
        return read_heads(path, limit=LONGEST)
    book = CalamineWorkbook.from_path(path)
    sheets = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    rows = {name: islice(book.get_sheet_by_name(name).iter_rows(), 2) for name in sheets}
    return {name: [[str(cell) for cell in row] for row in some] for name, some in rows.items()}


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return ", ".join(map(repr, names[:SHOWN])) + more
