"""What can be read and written inside one transaction of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from coldframe.errors import ConflictError, CorruptionError, DataError
from coldframe.ledger.chain import (
    GENESIS,
    RESTORE,
    Entry,
    entry_digest,
    entry_of,
    intact_entry,
    plain_json,
    spell,
)
from coldframe.ledger.tables import CHAMPIONS, ENTRIES, HEAD


class Reader:
    """One unchanging view of the ledger, from :meth:`Ledger.reading`.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Inside a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> tuple[int, str]:
        """Return sequence and digest of the last entry; note them elsewhere to prove the past."""
        query = select(HEAD.c.sequence, HEAD.c.digest)
        return _read_head(self._connection.execute(query).one_or_none())

    def entries(
        self, dataset: str | None = None, kind: str | None = None, *, after: int = 0,
        limit: int | None = None, key: str | None = None,
    ) -> list[Entry]:  # fmt: skip
        """Return entries by sequence, each as it was written; see :meth:`Ledger.entries`."""
        query = select(ENTRIES).where(ENTRIES.c.sequence > after).order_by(ENTRIES.c.sequence)
        for column, value in (("dataset", dataset), ("kind", kind), ("key", key)):
            if value is not None:
                query = query.where(ENTRIES.c[column] == value)
        rows = self._connection.execute(query.limit(limit)).mappings()
        return [intact_entry(dict(row)) for row in rows]

    def find(self, dataset: str, kind: str, key: str) -> Entry | None:
        """Return the one entry of that name, or None."""
        return next(iter(self.entries(dataset, kind, key=key)), None)

    def count(self, dataset: str, kind: str) -> int:
        """Return how many entries of `kind` the dataset has."""
        query = select(func.count()).where(ENTRIES.c.dataset == dataset, ENTRIES.c.kind == kind)
        return self._connection.execute(query).scalar_one()

    def champion(self, dataset: str) -> tuple[str | None, int]:
        """Return the champion's digest and the sequence that put it there; (None, 0) if none.

        Raises
        ------
        CorruptionError
            The last promotion says otherwise.
        """
        query = select(ENTRIES).where(ENTRIES.c.dataset == dataset, ENTRIES.c.kind == "promotion")
        last = self._connection.execute(query.order_by(ENTRIES.c.sequence.desc()).limit(1))
        said = [intact_entry(dict(row)) for row in last.mappings()]
        due = (said[0].body.get("model"), said[0].sequence) if said else (None, 0)
        found = self._champion(dataset)
        if found != due:
            raise CorruptionError(
                "The champion is not the model that the last promotion names.", where=dataset,
                expected=f"{due[0] or 'no champion'} (entry {due[1]})",
                found=f"{found[0] or 'no champion'} (entry {found[1]})", remedy=RESTORE,
            )  # fmt: skip
        return found

    def _champion(self, dataset: str) -> tuple[str | None, int]:
        query = select(CHAMPIONS.c.model, CHAMPIONS.c.sequence)
        row = self._connection.execute(query.where(CHAMPIONS.c.dataset == dataset)).one_or_none()
        return (None, 0) if row is None else (row.model, row.sequence)

    def champions(self) -> dict[str, tuple[str, int]]:
        """Return model digest and sequence of every champion, by dataset, as the table has it."""
        rows = self._connection.execute(select(CHAMPIONS))
        return {row.dataset: (row.model, row.sequence) for row in rows}


class NothingYet(Reader):
    """What is read of a ledger that nobody has written to: there is none, and none is made."""

    def __init__(self) -> None:
        """Have no connection."""

    def head(self) -> tuple[int, str]:
        """Return where the first entry will go on."""
        return 0, GENESIS

    def entries(
        self, dataset: str | None = None, kind: str | None = None, *, after: int = 0,
        limit: int | None = None, key: str | None = None,
    ) -> list[Entry]:  # fmt: skip
        """Return no entry."""
        del dataset, kind, after, limit, key
        return []

    def count(self, dataset: str, kind: str) -> int:
        """Return 0."""
        del dataset, kind
        return 0

    def champion(self, dataset: str) -> tuple[str | None, int]:
        """Return that there is none."""
        del dataset
        return None, 0

    def champions(self) -> dict[str, tuple[str, int]]:
        """Return none."""
        return {}


class Transaction(Reader):
    """The ledger's only writer for a moment, from :meth:`Ledger.writing`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        # On PostgreSQL this row is the lock of all writers; SQLite has locked the file already.
        query = select(HEAD.c.sequence, HEAD.c.digest).with_for_update()
        self._sequence, self._digest = _read_head(connection.execute(query).one_or_none())

    def append(
        self, *, dataset: str, kind: str, key: str, body: Mapping[str, Any], who: str | None = None
    ) -> Entry:
        """Write an entry, or return the one that already says the same; see `Ledger.append`."""
        _refuse_unwritable(dataset=dataset, kind=kind, key=key, who=who)
        text = _spelled(body)
        found = self.find(dataset, kind, key)
        if found is not None:
            if spell(found.body) == text:
                return found
            raise ConflictError(
                "The ledger already says something else under this name.",
                where=f"{dataset}, {kind} {key}",
                expected=text[:500], found=f"entry {found.sequence}: {spell(found.body)[:500]}",
                remedy="nothing that was written is ever changed; use another key",
            )  # fmt: skip
        return self._write(dataset=dataset, kind=kind, key=key, text=text, who=who)

    def _write(self, *, dataset: str, kind: str, key: str, text: str, who: str | None) -> Entry:
        row: dict[str, Any] = {
            "sequence": self._sequence + 1,
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "dataset": dataset, "kind": kind, "key": key, "who": who,
            "body": text, "previous": self._digest, "digest": "",
        }  # fmt: skip
        said = entry_of(row)
        row["digest"] = entry_digest(
            previous=said.previous, dataset=dataset, kind=kind, key=key, body=said.body,
            at=said.at, who=who,
        )  # fmt: skip
        self._connection.execute(insert(ENTRIES).values(row))
        self._sequence, self._digest = row["sequence"], row["digest"]
        head = {"sequence": self._sequence, "digest": self._digest}
        self._connection.execute(update(HEAD).values(head))
        return entry_of(row)

    def swap_champion(self, dataset: str, *, model: str, expected: int, sequence: int) -> bool:
        """Put `model` where the champion of entry `expected` was (0: none); False if it moved."""
        values = {"model": model, "sequence": sequence}
        if expected == 0:
            if self._champion(dataset)[1]:
                return False
            self._connection.execute(insert(CHAMPIONS).values(dataset=dataset, **values))
            return True
        swap = update(CHAMPIONS).where(
            CHAMPIONS.c.dataset == dataset, CHAMPIONS.c.sequence == expected
        )
        return self._connection.execute(swap.values(values)).rowcount == 1


def _read_head(row: Any) -> tuple[int, str]:
    """Return sequence and digest from the row of `HEAD`, which must be there."""
    if row is None or not isinstance(row.sequence, int) or not isinstance(row.digest, str):
        raise CorruptionError(
            "The ledger does not say any more where it ends.", where="table ledger",
            found=str(row), remedy=RESTORE,
        )  # fmt: skip
    return row.sequence, row.digest


def _spelled(body: Mapping[str, Any]) -> str:
    try:
        return spell(plain_json(body))
    except UnicodeEncodeError as error:
        raise DataError(
            "Text in the ledger must have a UTF-8 spelling.", found=str(error)
        ) from error


def _refuse_unwritable(**names: str | None) -> None:
    """Refuse names that are empty or that some database could not hold."""
    for field, value in names.items():
        if value is None and field == "who":
            continue
        if not value or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise DataError(f"An entry's {field} is text that is not empty.", found=repr(value))
