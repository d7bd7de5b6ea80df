"""Moments written without an offset, read on the clock of a time zone that the contract names."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LOCAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?", re.ASCII
)


def parse_local(text: str, timezone: str) -> datetime | None:
    """Return the one moment at which the clocks of `timezone` show `text`, or None.

    A date alone is its midnight. An hour that the clocks leave out in spring is no moment, one
    that they show twice in autumn is two: neither is guessed.

    Parameters
    ----------
    text : str
        ISO 8601 without offset, at most microseconds.
    timezone : str
        A name of the IANA database.

    Examples
    --------
    >>> parse_local("2013-01-01 05:00", "America/New_York").isoformat()
    '2013-01-01T10:00:00+00:00'
    >>> parse_local("2013-03-10 02:30", "America/New_York") is None  # clocks went from 2 to 3
    True
    """
    if not LOCAL.fullmatch(text):
        return None
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone))
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            return None
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
