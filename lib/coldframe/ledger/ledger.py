"""The ledger: one SQL database that remembers what was proposed, decided, made and promoted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select

from coldframe.errors import CorruptionError
from coldframe.ledger.chain import RESTORE, Damage, Entry, entry_of, find_breaks
from coldframe.ledger.champion import find_champion_damage
from coldframe.ledger.engine import (
    create_tables,
    find_file_damage,
    has_tables,
    make_engine,
    parse_url,
    reading,
    writing,
)
from coldframe.ledger.tables import ENTRIES
from coldframe.ledger.transaction import NothingYet, Reader, Transaction


class Ledger:
    """An append-only, hash-chained list of entries, and one champion for each dataset.

    Open it with :meth:`open`. It holds no connection between calls, so that it may be used
    from several threads and carried over a fork.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a database whose tables exist, or are made by the first who writes.

    See Also
    --------
    coldframe.ledger.proposals : What is proposed, who decided, what training has to do.
    coldframe.ledger.registry : Model versions and where each came from.

    Examples
    --------
    >>> ledger = Ledger.open("sqlite://")  # in memory; a file or PostgreSQL in earnest
    >>> ledger.append(dataset="flights", kind="note", key="1", body={"text": "hello"}).sequence
    1
    >>> [entry.body["text"] for entry in ledger.entries("flights")]
    ['hello']
    >>> ledger.verify()
    []
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_made = False
        self._is_sound = False

    def __repr__(self) -> str:
        return f"Ledger({self.url!r})"

    @property
    def url(self) -> str:
        """Where the ledger lives; the password is left out."""
        return self._engine.url.render_as_string(hide_password=True)

    @classmethod
    def open(cls, url: str) -> Ledger:
        """Open the ledger at `url`.

        Looking at one that is not there finds nothing and makes nothing; the first who writes
        makes it, once, however many start together.

        Parameters
        ----------
        url : str
            ``sqlite:///path/ledger.db`` or ``postgresql://user@host/database``.

        Raises
        ------
        ConfigurationError
            The URL names something else, or another version's tables.
        EnvironmentFaultError
            The database does not answer.
        CorruptionError
            The file is no database any more.
        """
        ledger = cls(make_engine(parse_url(url)))
        ledger._has_tables()
        return ledger

    def _has_tables(self) -> bool:
        """Tell whether somebody has written to it; once made, it is not asked again."""
        self._is_made = self._is_made or has_tables(self._engine)
        return self._is_made

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """Give one unchanging view of the ledger for several questions that belong together."""
        if not self._has_tables():
            yield NothingYet()
            return
        with reading(self._engine) as connection:
            self._check_file(connection)
            yield Reader(connection)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Be the only writer for a moment; all of it is kept, or nothing if an error leaves it."""
        if not self._is_made:
            create_tables(self._engine)
            self._is_made = True
        with writing(self._engine) as connection:
            self._check_file(connection)
            yield Transaction(connection)

    def _check_file(self, connection: Connection) -> None:
        """Raise CorruptionError if the file is damaged; once found sound, it is not asked again.

        An index that has lost an entry would otherwise hide it: a batch that is known, a decision.
        """
        if self._is_sound:
            return
        if damages := find_file_damage(connection):
            raise CorruptionError(
                "The ledger's file is damaged.", where=self.url, found=damages[0], remedy=RESTORE
            )
        self._is_sound = True

    def append(
        self, *, dataset: str, kind: str, key: str, body: Mapping[str, Any], who: str | None = None
    ) -> Entry:
        """Write an entry; repeated with the same key and body it returns the first one.

        Parameters
        ----------
        dataset, kind, key : str
            Its name, unique together.
        body : mapping of str to JSON
            What it says; plain JSON values only, no NaN.
        who : str, optional
            The person or stage that writes.

        Raises
        ------
        ConflictError
            The key is taken by another body.
        DataError
            `body` holds what JSON cannot say.
        """
        with self.writing() as transaction:
            return transaction.append(dataset=dataset, kind=kind, key=key, body=body, who=who)

    def entries(
        self, dataset: str | None = None, kind: str | None = None, *, after: int = 0,
        limit: int | None = None, key: str | None = None,
    ) -> list[Entry]:  # fmt: skip
        """Return entries in the order in which they were written.

        Parameters
        ----------
        dataset, kind, key : str, optional
            Only those.
        after : int, default=0
            Only entries with a greater sequence.
        limit : int, optional
            At most so many.
        """
        with self.reading() as reader:
            return reader.entries(dataset, kind, after=after, limit=limit, key=key)

    def champion(self, dataset: str) -> str | None:
        """Return the digest of the model version in force, or None."""
        with self.reading() as reader:
            return reader.champion(dataset)[0]

    def verify(self) -> list[Damage]:
        """Hash the whole chain again, and hold every champion against its last promotion.

        Returns
        -------
        list of Damage
            Empty if all is as it was written. Somebody who rewrites the chain from some entry
            on, digests and all, is found only by a digest noted elsewhere: see `head`.
        """
        damages: list[Damage] = []
        try:
            if not self._has_tables():
                return []
            with reading(self._engine) as connection:
                damages += [Damage(None, text) for text in find_file_damage(connection)]
                every = select(ENTRIES).order_by(ENTRIES.c.sequence)
                rows = connection.execute(every).mappings()
                damages += find_breaks(map(dict, rows), head=Reader(connection).head())
                rows = connection.execute(every.where(ENTRIES.c.kind == "promotion")).mappings()
                promotions = [entry_of(dict(row)) for row in rows]
                damages += find_champion_damage(promotions, Reader(connection).champions())
        except CorruptionError as error:
            damages.append(Damage(None, str(error)))
        return damages

    def head(self) -> tuple[int, str]:
        """Return sequence and digest of the last entry; note them elsewhere to prove the past."""
        with self.reading() as reader:
            return reader.head()
