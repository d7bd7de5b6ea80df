"""Which sheet of a workbook holds the rows: the one that was named, or the first with some."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.faults import UnfitBatchError
from coldframe.readers import excel, ods
from coldframe.readers.sheets import Head
from coldframe.sources import BatchRules

KINDS: Mapping[str, Callable[..., dict[str, Head]]] = {
    "excel": excel.read_heads,
    "ods": ods.read_heads,
}
SHOWN = 5


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

    Examples
    --------
    >>> choose_sheet(Path("a.csv"), "csv", None)
    (None, '')
    """
    if kind not in KINDS:
        if sheet is not None:
            raise ConfigurationError(
                "Only workbooks have sheets.", where=f"--sheet, {path.name}",
                found=f"{sheet!r} of a file of kind {kind}", expected=f"kind {' or '.join(KINDS)}",
                remedy="leave --sheet out",
            )  # fmt: skip
        return None, ""
    try:
        heads = _heads(path, kind)
    except UnfitBatchError:  # its reader says what is wrong with it
        heads = {}
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
    chosen = next((name for name in names if heads[name].followed), names[0])
    others = _shown([name for name in names if name != chosen])
    return chosen, f"{chosen!r}, the first sheet with rows, of {len(names)}; {others}: see --sheet"


def read_sheet_header(path: Path, kind: str, sheet: str | None) -> list[str]:
    """Return what the first row of a sheet says; of none in particular, of the first.

    Raises
    ------
    UnfitBatchError
        The workbook is none, or inflates to more than a source allows by default.
    KeyError, StopIteration
        There is no such sheet, or none at all.

    Examples
    --------
    >>> import openpyxl, tempfile
    >>> path, made = Path(tempfile.mkdtemp()) / "a.xlsx", openpyxl.Workbook()
    >>> made.active.append(["code", 2013])
    >>> made.save(path)
    >>> read_sheet_header(path, "excel", None)
    ['code', '2013']
    """
    heads = _heads(path, kind)
    return list(heads[sheet if sheet is not None else next(iter(heads))].names)


def _heads(path: Path, kind: str) -> dict[str, Head]:
    return KINDS[kind](path, limit=BatchRules().bytes)


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return ", ".join(map(repr, names[:SHOWN])) + more
