"""The database that a query asks: opened to be read only, told of without its password."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from coldframe.errors import ConfigurationError, EnvironmentFaultError

POSTGRES = {
    "connect_timeout": 10,
    # a server that is gone without a word is noticed within a minute
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


@contextlib.contextmanager
def reading(url: str, *, root: Path, timeout: float) -> Iterator[Connection]:
    """Yield a connection to the database at `url` in a transaction that changes nothing.

    PostgreSQL and SQLite refuse what would write; of others what a query did is rolled back.
    PostgreSQL ends a statement after `timeout` seconds, with an error.

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
