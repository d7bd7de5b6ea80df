"""Entries, and the chain of digests that ties each to the one before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coldframe.errors import CorruptionError, DataError
from coldframe.provenance import canonical_json, record_digest

GENESIS = "0" * 64
"""What the first entry names as its predecessor."""
RESTORE = "put back the last good copy of the ledger, then run: coldframe verify"
"""What to do about a ledger that is not what was written."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    Parameters
    ----------
    sequence : int
        Place in the ledger, from 1, without gaps; this is the order, not the clock.
    at : str
        UTC by the writer's clock, ISO 8601 with microseconds.
    dataset, kind, key : str
        What it is about; unique together.
    who : str or None
        The person or stage that wrote it.
    body : mapping
        What it says, as plain JSON values.
    previous, digest : str
        Digest of the entry before, and of this one.
    """

    sequence: int
    at: str
    dataset: str
    kind: str
    key: str
    who: str | None
    body: Mapping[str, Any]
    previous: str
    digest: str


@dataclass(frozen=True)
class Damage:
    """A place where the ledger is not what was written.

    Parameters
    ----------
    sequence : int or None
        The entry at which it shows; None if it concerns the file or a champion.
    what : str
        What is wrong there, in one sentence.

    Examples
    --------
    >>> print(Damage(7, "its digest does not fit what it says"))
    entry 7: its digest does not fit what it says
    """

    sequence: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.sequence is None else f"entry {self.sequence}: {self.what}"


def plain_json(value: Any, *, where: str = "body") -> Any:
    """Return `value` as plain JSON values: dict, list, str, int, float, bool, None.

    Tuples become lists. Whatever else would change its type on the way (a NumPy integer, a
    date, a key that is no string, NaN) is refused, not converted.

    Raises
    ------
    DataError
        Names the place inside `value`.

    Examples
    --------
    >>> plain_json({"a": (1, 2.5)})
    {'a': [1, 2.5]}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if value - value == 0:  # neither NaN nor infinite
            return float(value)
        raise DataError(
            "A number that is not finite cannot stand in the ledger.",
            where=where, found=repr(value), remedy="write None for 'no value'",
        )  # fmt: skip
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise DataError("A key in the ledger is text.", where=where, found=repr(key))
        return {key: plain_json(item, where=f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item, where=f"{where}[{n}]") for n, item in enumerate(value)]
    raise DataError(
        "Only plain JSON values can stand in the ledger.",
        where=where, expected="str, int, float, bool, None, list or dict",
        found=f"{type(value).__module__}.{type(value).__qualname__}",
        remedy="convert it before writing, for instance with .item() or .isoformat()",
    )  # fmt: skip


def spell(body: Mapping[str, Any]) -> str:
    """Return the text that stands in the table for `body`."""
    return canonical_json(body).decode()


def entry_digest(
    *, previous: str, dataset: str, kind: str, key: str, body: Mapping[str, Any], at: str,
    who: str | None,
) -> str:  # fmt: skip
    """Return the SHA-256 of the canonical JSON of all that an entry says and of `previous`."""
    return record_digest([previous, dataset, kind, key, body, at, who])


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return the entry that a row of the table holds, whether or not it is what was written.

    Raises
    ------
    CorruptionError
        Its body cannot be read any more.
    """
    try:
        body = json.loads(row["body"])
    except (ValueError, TypeError):
        body = None
    # SQLite keeps the type beside each value, so that a flipped bit may change it as well
    typed = isinstance(row["sequence"], int) and all(
        isinstance(value, str) or (value is None and name == "who")
        for name, value in row.items()
        if name != "sequence"
    )
    if not typed or not isinstance(body, dict):
        raise CorruptionError(
            "An entry of the ledger cannot be read.",
            where=f"entry {row['sequence']}, {row['dataset']}, {row['kind']} {row['key']}",
            found=str(row["body"])[:200], remedy=RESTORE,
        )  # fmt: skip
    return Entry(**{**row, "body": body})


def intact_entry(row: Mapping[str, Any]) -> Entry:
    """Return the entry that a row of the table holds, once its digest was compared.

    That an entry is missing, or is not the next in the chain, only `find_breaks` can tell.

    Raises
    ------
    CorruptionError
        It is not what was written.
    """
    entry = entry_of(row)
    try:
        said = entry_digest(
            previous=entry.previous, dataset=entry.dataset, kind=entry.kind, key=entry.key,
            body=entry.body, at=entry.at, who=entry.who,
        )  # fmt: skip
    except ValueError:  # of what json reads and nobody wrote: NaN, 1e999, half a character
        said = "none"
    if said != entry.digest:
        raise CorruptionError(
            "An entry of the ledger is not what was written.",
            where=f"entry {entry.sequence}, {entry.dataset}, {entry.kind} {entry.key}",
            expected=f"digest {entry.digest[:10]}", found=said[:10], remedy=RESTORE,
        )  # fmt: skip
    return entry


def _faults(row: Mapping[str, Any], *, sequence: int, previous: str) -> Iterator[str]:
    """Yield what is wrong with `row`, which should come at `sequence` and follow `previous`."""
    if row["sequence"] != sequence:
        yield f"follows entry {sequence - 1}; what stood between them is missing"
    if row["previous"] != previous:
        yield "does not name the entry before it as its predecessor"
    try:
        body = json.loads(row["body"])
        named = ("previous", "dataset", "kind", "key", "at", "who")
        digest = entry_digest(body=body, **{name: row[name] for name in named})
        intact = digest == row["digest"] and spell(body) == row["body"]
    except (ValueError, TypeError):  # no JSON any more, no UTF-8, or bytes in place of text
        intact = False
    if not intact:
        yield "its digest does not fit what it says"


def find_breaks(rows: Iterable[Mapping[str, Any]], *, head: tuple[int, str]) -> Iterator[Damage]:
    """Hash every row again and yield where the chain breaks.

    Parameters
    ----------
    rows : iterable of mapping
        All rows of `entries`, by sequence.
    head : tuple of (int, str)
        Sequence and digest of what the ledger says is its last entry.
    """
    sequence, digest = 0, GENESIS
    for row in rows:
        if not isinstance(row["sequence"], int):
            yield Damage(sequence + 1, f"has no number: {row['sequence']!r}")
            continue
        for fault in _faults(row, sequence=sequence + 1, previous=digest):
            yield Damage(row["sequence"], fault)
        # go on from what stands there, so that one break is told once
        sequence, digest = row["sequence"], row["digest"]
    if head != (sequence, digest):
        yield Damage(
            head[0], f"the ledger says that this is its last entry; it ends with {sequence}"
        )
