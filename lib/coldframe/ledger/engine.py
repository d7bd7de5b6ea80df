"""The database behind a ledger: its URL, its transactions, its creation, its failures."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    exc,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.pool import NullPool, StaticPool

from coldframe.errors import (
    ColdframeError,
    ConfigurationError,
    ConflictError,
    CorruptionError,
    EnvironmentFaultError,
)
from coldframe.files import locked
from coldframe.ledger.chain import GENESIS, RESTORE
from coldframe.ledger.tables import HEAD, METADATA, VERSION

PATIENCE = 60
"""Seconds a writer waits for its turn."""
_CREATION_LOCK = 0x636F6C646672616D  # "coldfram": the advisory lock of PostgreSQL, 64 bits

# what databases say of a file or a table that is not what we made; "no such" alone would also be
# "No such file or directory", which PostgreSQL's client says of a server that is down
_DAMAGE = (
    "malformed", "not a database", "could not decode", "no such table", "no such column",
    'relation "',
)  # fmt: skip


def parse_url(url: str) -> URL:
    """Return `url` with an absolute path and a named driver.

    Examples
    --------
    >>> parse_url("postgresql://example.org/ledger").drivername
    'postgresql+psycopg'
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise ConfigurationError(
            "The ledger's URL cannot be read.", where="ledger_url",
            expected="sqlite:///path/ledger.db or postgresql://user@host/database",
        ) from error  # fmt: skip
    if parsed.drivername in ("postgresql", "postgres"):  # SQLAlchemy's own default changed in 2.1
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "postgresql":
        return parsed
    if parsed.get_backend_name() == "sqlite" and not (parsed.database or "").startswith("file:"):
        if parsed.database in (None, "", ":memory:"):
            return parsed
        return parsed.set(database=str(Path(parsed.database).absolute()))
    raise ConfigurationError(
        "A ledger lives in a SQLite file or in PostgreSQL.", where="ledger_url",
        expected="sqlite:///path/ledger.db or postgresql://user@host/database",
        found=parsed.render_as_string(hide_password=True),
    )  # fmt: skip


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Leave BEGIN to us, and let a commit that was acknowledged survive a power cut."""
    connection.isolation_level = None
    try:
        # no WAL: it does not work on network disks. EXTRA also syncs the folder of the journal.
        connection.execute("PRAGMA synchronous=EXTRA")
    except UnicodeDecodeError as error:  # sqlite3 quotes a damaged schema in its message
        raise sqlite3.DatabaseError(f"the schema is malformed: {error}") from error


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def make_engine(url: URL) -> Engine:
    """Return an engine for `url`; nothing is opened yet.

    Connections are not pooled: a ledger is asked a few times a minute, and a pool would hand
    the connection of a forked parent, or one that a firewall dropped, to somebody.
    """
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(url, poolclass=NullPool, isolation_level="READ COMMITTED")
        except ModuleNotFoundError as error:
            raise EnvironmentFaultError(
                "The driver for PostgreSQL is not installed.", found=str(error),
                remedy="pip install 'coldframe[postgres]'",
            ) from error  # fmt: skip
    pool = NullPool if in_file(url) else StaticPool
    engine = create_engine(url, poolclass=pool, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def in_file(url: URL) -> bool:
    """Tell whether `url` is a SQLite database that has a file."""
    return url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")


def _has_no_connection(error: exc.SQLAlchemyError) -> bool:
    """Tell whether PostgreSQL's client could not connect, or lost its server.

    What a server says has a five-digit SQLSTATE; psycopg has none for what no server said.
    """
    return (
        isinstance(error, exc.OperationalError)
        and getattr(error.orig, "sqlstate", "sqlite3 has none") is None
    )


def _explanation(error: exc.SQLAlchemyError, where: str) -> ColdframeError | None:
    """Return what the failure `error` of the database at `where` means for a person."""
    text = str(getattr(error, "orig", error) or error).strip()
    lower = text.lower()
    if _has_no_connection(
        error
    ):  # first: its text names hosts and files, whatever these are called
        return EnvironmentFaultError(
            "There is no connection to the ledger's PostgreSQL.", where=where, found=text,
            remedy="start the server or correct ledger_url (env.yaml), then run: coldframe doctor",
        )  # fmt: skip
    if "locked" in lower or "lock timeout" in lower:
        return ConflictError(
            f"The ledger stayed busy for {PATIENCE} seconds.", where=where, found=text,
            remedy="look for a process that holds it open, then try again",
        )  # fmt: skip
    if any(sign in lower for sign in _DAMAGE):
        return CorruptionError(
            "The ledger's file is damaged.", where=where, found=text,
            remedy=RESTORE,
        )  # fmt: skip
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return EnvironmentFaultError(
            "The ledger's database does not answer.", where=where, found=text,
            remedy="check the address, the disk and the rights, then run: coldframe doctor",
        )  # fmt: skip
    return None


@contextlib.contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn the database's failures inside into errors that say what to do."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        where = engine.url.render_as_string(hide_password=True)
        explanation = _explanation(error, where)
        if explanation is None:
            raise
        raise explanation from error


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the ledger and writes nothing."""
    with explained(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that may write.

    On SQLite it is the only one from its first statement on: a deferred transaction that reads
    and then writes would lose updates. On PostgreSQL the caller locks the row of `HEAD`.
    """
    with explained(engine), engine.connect() as connection:
        connection = connection.execution_options(begin="BEGIN IMMEDIATE")
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
                # a writer whose machine vanished must not keep the lock until TCP gives up
                connection.exec_driver_sql(
                    f"SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE}s'"
                )
            yield connection


def _version(connection: Connection) -> int | None:
    """Return the version of the tables, or None in a fresh database.

    Raises
    ------
    CorruptionError
        The tables are there, but not the row of `HEAD`.
    """
    if not inspect(connection).has_table(HEAD.name):
        return None
    version: int | None = connection.execute(select(HEAD.c.version)).scalar_one_or_none()
    if version is None:  # table and row are made in one transaction
        raise CorruptionError(
            "The ledger has lost the row that says where it ends.",
            where=f"{connection.engine.url.render_as_string(hide_password=True)}, table ledger",
            remedy=RESTORE,
        )  # fmt: skip
    return version


def _check_version(engine: Engine, version: int) -> None:
    """Refuse tables that another version of Coldframe made."""
    if version != VERSION:
        raise ConfigurationError(
            "This ledger was written by another version of Coldframe.",
            where=engine.url.render_as_string(hide_password=True),
            expected=f"tables of version {VERSION}", found=f"version {version}",
            remedy="use the Coldframe that wrote it, or upgrade this one",
        )  # fmt: skip


def _is_missing(url: URL) -> bool:
    """Tell whether `url` is a file that is not there; connecting would make it."""
    try:
        return in_file(url) and not Path(str(url.database)).exists()
    except OSError:
        return False  # a folder that cannot be entered: the database says so better


def has_tables(engine: Engine) -> bool:
    """Tell whether the ledger has been made; looking makes nothing.

    Raises
    ------
    ConfigurationError
        The tables were made by another version of Coldframe.
    """
    if _is_missing(engine.url):
        return False
    with reading(engine) as connection:
        version = _version(connection)
    if version is None:
        return False
    _check_version(engine, version)
    return True


@contextlib.contextmanager
def _sole_creator(url: URL) -> Iterator[None]:
    """Keep other starters of the same SQLite ledger out; PostgreSQL has a lock of its own."""
    if in_file(url):
        path = Path(str(url.database))
        with locked(path.with_name(f".{path.name}.lock")):
            yield
    else:
        yield


def find_file_damage(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with its own file, indexes beside tables; none elsewhere."""
    if not in_file(connection.engine.url):
        return []
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [text for text in found if text != "ok"]


def create_tables(engine: Engine) -> None:
    """Make the tables where they are missing, once, however many processes start together.

    Raises
    ------
    ConfigurationError
        The tables were made by another version of Coldframe.
    """
    if has_tables(engine):
        return
    if in_file(engine.url):
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
    with _sole_creator(engine.url), writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CREATION_LOCK})")
        version = _version(connection)
        if version is None:
            METADATA.create_all(connection)
            first = {"id": 1, "version": VERSION, "sequence": 0, "digest": GENESIS}
            connection.execute(insert(HEAD).values(first))
            version = VERSION
    _check_version(engine, version)
