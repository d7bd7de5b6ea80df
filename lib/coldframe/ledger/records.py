"""Typed records on top of entries: what every kind of record shares."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Self, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from coldframe.errors import ConflictError, CorruptionError, DataError
from coldframe.ledger.chain import Entry, plain_json, spell
from coldframe.ledger.transaction import Transaction


@cache
def checker(cls: Hashable) -> TypeAdapter[Any]:
    """Return what checks records of kind `cls`; it takes milliseconds to make."""
    return TypeAdapter(cast(Any, cls))


@dataclass(frozen=True, kw_only=True)
class Record:
    """Base of all records.

    Records are equal when they say the same; what may differ when the same work is done again
    (the time, the seconds it took) does not count and is marked ``compare=False``.

    Parameters
    ----------
    sequence : int or None
        Place in the ledger; set when the record is read from it.
    at : str or None
        When it was written (UTC, ISO 8601); set when the record is read.
    """

    entry_kind: ClassVar[str]

    sequence: int | None = field(default=None, compare=False)
    at: str | None = field(default=None, compare=False)

    def to_body(self) -> dict[str, Any]:
        """Return the record as plain JSON values, without `sequence` and `at`."""
        body = dataclasses.asdict(self)
        del body["sequence"], body["at"]
        plain: dict[str, Any] = plain_json(body, where=type(self).__name__)
        return plain

    @classmethod
    def from_body(cls, body: Any, *, sequence: int | None = None, at: str | None = None) -> Self:
        """Return the record that `body` spells; unknown keys (of later versions) are ignored.

        Raises
        ------
        pydantic.ValidationError
            A field is missing or of another type.
        """
        record: Self = checker(cast("Hashable", cls)).validate_python(
            {**body, "sequence": sequence, "at": at}
        )
        return record

    @classmethod
    def from_entry(cls, entry: Entry) -> Self:
        """Return the record that `entry` holds.

        Raises
        ------
        CorruptionError
            The entry holds something else.
        """
        try:
            return cls.from_body(entry.body, sequence=entry.sequence, at=entry.at)
        except ValidationError as error:
            raise CorruptionError(
                f"An entry of the ledger is no {cls.__name__}.",
                where=f"entry {entry.sequence}, {entry.dataset}, {entry.kind} {entry.key}",
                found=str(error), remedy="coldframe verify",
            ) from error  # fmt: skip


R = TypeVar("R", bound=Record)


def normalise(record: R) -> R:
    """Return `record` as it will read after a round trip through the ledger.

    Raises
    ------
    DataError
        A field is not of its type.
    """
    try:
        return type(record).from_body(record.to_body())
    except ValidationError as error:
        raise DataError(f"This is no valid {type(record).__name__}.", found=str(error)) from error


def keep(transaction: Transaction, record: R, *, key: str, who: str | None) -> R:
    """Write `record` under `key`, or return the one recorded first if it says the same.

    Raises
    ------
    ConflictError
        Another record stands under `key`.
    """
    record = normalise(record)
    body = record.to_body()
    dataset: str = body["dataset"]
    found = transaction.find(dataset, record.entry_kind, key)
    if found is None:
        return type(record).from_entry(
            transaction.append(dataset=dataset, kind=record.entry_kind, key=key, body=body, who=who)
        )
    first = type(record).from_entry(found)
    if first == record:
        return first
    was = first.to_body()
    differing = [name for name in body if getattr(first, name) != getattr(record, name)]
    raise ConflictError(
        f"The ledger already holds another {record.entry_kind} under this name.",
        where=f"{dataset}, {record.entry_kind} {key}, entry {found.sequence}",
        expected=spell({name: was[name] for name in differing})[:500],
        found=spell({name: body[name] for name in differing})[:500],
        remedy="the first record stands; look at why the same work came to another end",
    )  # fmt: skip
