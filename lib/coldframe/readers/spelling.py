"""Values of formats that have types of their own, spelled as text that says all of them."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

DEEPEST = 100
"""So deep may lists and mappings stand in one another. Without a limit, what is read would depend
on how deep in calls of its own the program is at that moment."""


class Literal(str):
    """A number as it stands in JSON, so that its digits are kept."""

    __slots__ = ()


def spell(value: Any) -> str | None:
    r"""Return `value` as text that means it and nothing else; None for no value.

    Moments in ISO 8601, with their offset if they have one; floats by their shortest digits; bytes
    in hexadecimal after ``\x``; lists and mappings as JSON.

    Raises
    ------
    ValueError
        There is no such text.

    Examples
    --------
    >>> from datetime import UTC
    >>> spell(2**53 + 1), spell(0.1), spell(Decimal("1.50")), spell(True), spell("00123")
    ('9007199254740993', '0.1', '1.50', 'true', '00123')
    >>> spell(datetime(2013, 1, 1, 5, tzinfo=UTC)), spell(b"\x00a"), spell({"a": [1, None]})
    ('2013-01-01T05:00:00+00:00', '\\x0061', '{"a":[1,null]}')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int | Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, dict | list | tuple):
        return spell_json(value)
    raise ValueError(f"a value of type {type(value).__name__}, which has no text of its own")


def spell_json(value: Any, *, depth: int = 0) -> str:
    """Return `value` as JSON without blanks, its numbers as they are spelled elsewhere.

    Raises
    ------
    ValueError
        Part of it has no text, or is nested deeper than `DEEPEST`; `depth` is how deep it is.
    """
    if depth > DEEPEST:
        raise ValueError(f"lists and objects nested more than {DEEPEST} deep")
    if isinstance(value, dict):
        pairs = [f"{json.dumps(str(k), ensure_ascii=False)}:{spell_json(v, depth=depth + 1)}"
                 for k, v in value.items()]  # fmt: skip
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([spell_json(one, depth=depth + 1) for one in value]) + "]"
    text = spell(value)
    if text is None:
        return "null"
    if isinstance(value, Literal | bool | int | float | Decimal):
        return text
    return json.dumps(text, ensure_ascii=False)
