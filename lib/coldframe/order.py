"""The order of rows: by their own time, or, where they have none, by delivery.

Rows without a time are numbered by the first delivery of their key, so that a correction moves no
row. Inside, row 7 is the seventh second of 1970: whatever works on moments works on row numbers,
and nothing else needs to know. Outside it is spelled ``row 7``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from coldframe.sections import Features

if TYPE_CHECKING:
    import pandas as pd

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROW = "row "


def spell_place(features: Features, moment: datetime) -> str:
    """Return where a row stands: its moment in ISO 8601, or its number.

    Examples
    --------
    >>> timed = Features(function="a.b", rows="r", time="t", key=("k",), target="y")
    >>> spell_place(timed, datetime(2013, 3, 1, tzinfo=UTC))
    '2013-03-01T00:00:00+00:00'
    >>> spell_place(timed.model_copy(update={"time": None}), EPOCH + timedelta(seconds=1200))
    'row 1200'
    """
    return moment.isoformat() if features.time else f"{ROW}{row_number(moment)}"


def row_number(moment: datetime) -> int:
    """Return the number of the row that stands at `moment`."""
    return round((moment - EPOCH) / timedelta(seconds=1))


def read_place(text: str) -> datetime:
    """Return the moment that `spell_place` spelled; without zone it is UTC.

    Examples
    --------
    >>> read_place("row 7").isoformat(), read_place("2013-03-01T00:00:00").isoformat()
    ('1970-01-01T00:00:07+00:00', '2013-03-01T00:00:00+00:00')
    """
    if text.startswith(ROW):
        return EPOCH + timedelta(seconds=int(text.removeprefix(ROW)))
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shorten_place(text: str) -> str:
    """Return a place as pages tell it: the day, or the number of the row.

    Examples
    --------
    >>> shorten_place("2013-03-01T00:00:00+00:00"), shorten_place("row 1200")
    ('2013-03-01', 'row 1,200')
    """
    if text.startswith(ROW):
        return f"{ROW}{int(text.removeprefix(ROW)):,}"
    return text[:10]


def in_blocks(column: pd.Series, rows: int) -> pd.Series:
    """Return row numbers as the days since 1970 of blocks of so many rows.

    For what cuts time into days only.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers = pd.Series(pd.to_datetime([1, 500, 501], unit="s", utc=True))
    >>> in_blocks(numbers, 500).dt.day.tolist()
    [1, 1, 2]
    """
    import pandas as pd

    seconds = (column - pd.Timestamp(EPOCH)) // pd.Timedelta(seconds=1)
    return pd.Timestamp(EPOCH) + pd.to_timedelta((seconds - 1) // rows, unit="D")


def name_block(number: int, rows: int) -> str:
    """Return the name of a block of rows, the first being number 0.

    Examples
    --------
    >>> name_block(0, 500), name_block(12, 500)
    ('1-500', '6001-6500')
    """
    return f"{number * rows + 1}-{(number + 1) * rows}"
