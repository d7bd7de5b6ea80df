"""Rows in quarantine as a file: CSV that a spreadsheet may open, or Parquet."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coldframe.errors import ConfigurationError
from coldframe.files import write_atomically
from coldframe.ingest.quarantine import read_quarantine
from coldframe.ledger import Delivery
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Exported:
    """How many unfit rows were written, and how many reasons, each on a line of its own."""

    rows: int
    reasons: int


def defuse(text: str) -> str:
    r"""Return `text` so that no spreadsheet takes it for a formula: with an apostrophe before it.

    See https://owasp.org/www-community/attacks/CSV_Injection. Numbers stay as they are.

    Examples
    --------
    >>> defuse('=HYPERLINK("http://evil")'), defuse("-12.5"), defuse("-2+3")
    ('\'=HYPERLINK("http://evil")', '-12.5', "'-2+3")
    """
    if text.startswith(FORMULA) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def spell_table(rows: pd.DataFrame) -> str:
    r"""Return broken rules as CSV that a spreadsheet may open.

    >>> import pandas as pd
    >>> print(spell_table(pd.DataFrame({"line": [2], "value": ["=a\r"]})).splitlines()[0])
    line,value
    """
    told = [name for name in ("rule", "column", "value", "record") if name in rows]
    safe = rows.assign(
        **{
            name: rows[name].map(lambda cell: defuse(str(cell)), na_action="ignore")
            for name in told
        }
    )
    stream = io.StringIO()
    # of Python 3.11 and 3.12 a cell is quoted for the characters that end a line, no others
    safe.to_csv(stream, index=False, lineterminator="\r\n")
    return stream.getvalue()


def export_quarantine(bench: Workbench, delivery: Delivery, path: Path) -> Exported:
    """Write what is in quarantine of a batch to a file: a line for each rule that a row breaks.

    In Parquet values are as they came; in CSV those that a spreadsheet would take for a formula
    have an apostrophe before them.

    Parameters
    ----------
    bench : Workbench
        Where.
    delivery : Delivery
        The batch.
    path : Path
        The file; Parquet if its name ends in ``.parquet``.

    Raises
    ------
    ConfigurationError
        The file cannot be written.
    """
    rows = read_quarantine(bench, delivery.source, delivery.batch)
    if path.suffix == ".parquet":
        data: bytes = rows.to_parquet(None, index=False)
    else:
        data = spell_table(rows).encode("utf-8", "backslashreplace")
    try:
        write_atomically(path, data)
    except OSError as error:
        raise ConfigurationError(
            "The file cannot be written.", where=str(path), found=str(error),
            remedy="name another file: coldframe quarantine export BATCH FILE",
        ) from error  # fmt: skip
    return Exported(rows["line"].nunique(), len(rows))
