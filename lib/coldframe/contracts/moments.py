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
    try:
        local = _on_clock(text, timezone)
        if local is None or local.utcoffset() != local.replace(fold=1).utcoffset():
            return None
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def tell_clock(text: str, timezone: str) -> str | None:
    """Return that clocks in `timezone` show `text` twice or never; None if neither is so.

    Examples
    --------
    >>> tell_clock("2024-10-27 02:30", "Europe/Berlin")
    'clocks in Europe/Berlin show it twice'
    >>> tell_clock("2024-03-31 02:30", "Europe/Berlin")
    'clocks in Europe/Berlin never show it'
    """
    try:
        local = _on_clock(text, timezone)
        if local is None:
            return None
        first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    except (ValueError, OverflowError):
        return None
    if first is None or second is None or first == second:
        return None
    # in a gap the first offset is the one before it, which is the smaller one (PEP 495)
    said = "show it twice" if first > second else "never show it"
    return f"clocks in {timezone} {said}"


def _on_clock(text: str, timezone: str) -> datetime | None:
    if not LOCAL.fullmatch(text):
        return None
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone))
