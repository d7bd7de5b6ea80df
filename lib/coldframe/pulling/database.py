"""The database that a query asks: opened to be read only, told of without its password."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from coldframe.errors import ConfigurationError, EnvironmentFaultError

POSTGRES = {
    "connect_timeout": 10,
    # a server that is gone without a word while we wait: three of these stay unanswered
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    # or what we said does, while which none of those is sent
    "tcp_user_timeout": 60_000,
}
AT_ONCE = 5_000  # rows fetched
CANCELLED = "57014"  # PostgreSQL's code of a statement that was ended
STEPS = 100_000  # of SQLite's machine between two looks at the clock: some milliseconds


@contextlib.contextmanager
def reading(url: str, *, root: Path, timeout: float) -> Iterator[Connection]:
    """Yield a connection to the database at `url` in a transaction that changes nothing.

    PostgreSQL and SQLite refuse what would write; of others what a query did is rolled back.
    PostgreSQL ends a statement after `timeout` seconds, with an error; of a query that streams its
    rows each fetch is a statement, so `fetch_in_time` looks at the clock between them.
    SQLite has no such limit; there `fetch_in_time` interrupts it.

    Raises
    ------
    ConfigurationError
        It is no URL of a database.
    EnvironmentFaultError
        Its driver is not installed, or a SQLite file is not there.
    """
    engine = _engine(_parse(url, root))
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                limit = f"SET LOCAL statement_timeout = {max(1, round(timeout * 1000))}"
                connection.execute(text(limit))
            try:
                yield connection
            finally:
                connection.rollback()
    finally:
        engine.dispose()


def fetch_in_time(
    connection: Connection, query: str, bound: dict[str, Any], *, timeout: float
) -> Generator[Sequence[Any], None, None]:
    """Yield the names of the query's columns, then its rows, a bounded number in memory at a time.

    Parameters
    ----------
    connection : Connection
        As `reading` yields it.
    query : str
        One SELECT.
    bound : dict
        Values of its names.
    timeout : float
        Seconds from asking to the last row, those that the rows' taker needs among them.

    Raises
    ------
    EnvironmentFaultError
        It takes longer. SQLite ends it then; a fetch that has begun is waited for on PostgreSQL at
        most another `timeout`, on other databases for as long as it takes.
    """
    end, rows = time.monotonic() + timeout, 0
    streamed = connection.execution_options(stream_results=True, yield_per=AT_ONCE)
    try:
        with (
            _ended_at(end, connection),
            contextlib.closing(streamed.execute(text(query), bound)) as result,
        ):
            yield [str(name) for name in result.keys()]  # noqa: SIM118  # it is no mapping
            for some in result.partitions():
                rows += len(some)
                if time.monotonic() > end:
                    raise _too_long(timeout, f"{rows:,} rows so far")
                yield from some
            if time.monotonic() > end:  # what waited longest may have brought no row
                raise _too_long(timeout, f"{rows:,} rows, and their end too late")
    except OperationalError as error:
        if not _was_ended(error.orig) or time.monotonic() < end:
            raise  # in time it was somebody else who ended it
        raise _too_long(timeout, str(error.orig)) from error


@contextlib.contextmanager
def _ended_at(end: float, connection: Connection) -> Iterator[None]:
    """Have SQLite, which knows no time limit, interrupt what still runs at `end`."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    driver.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _was_ended(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_INTERRUPT or getattr(error, "sqlstate", None) == CANCELLED


def _too_long(timeout: float, found: str) -> EnvironmentFaultError:
    return EnvironmentFaultError(
        "The query takes longer than it may.", where="pull.timeout", found=found,
        expected=f"all of its rows within {timeout:g} seconds",
        remedy="give it more, or ask for less at once: an index, or a later since; the next build "
        "tries again",
    )  # fmt: skip


def _parse(url: str, root: Path) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "The URL of a query is that of no database.", where="pull.url",
            expected="dialect://user@host/database, as SQLAlchemy spells it",
        ) from error  # fmt: skip
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        path = root / (parsed.database or "")
        if not path.is_file():  # connecting would make one
            raise EnvironmentFaultError(
                "There is no such SQLite file.", where="pull.url", found=str(path)
            )
        return parsed.set(database=str(path))
    return parsed


def _engine(url: URL) -> Engine:
    options = POSTGRES if url.drivername.endswith("psycopg") else {}
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise EnvironmentFaultError(
            "The driver for this database is not installed.", where="pull.url", found=str(error)
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _only_read)
    return engine


def _only_read(connection: object, _: object) -> None:
    connection.execute("PRAGMA query_only=ON")  # type: ignore[attr-defined]  # sqlite3's own
