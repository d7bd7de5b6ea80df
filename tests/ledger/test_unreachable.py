"""A database that is down is not one that is damaged: nobody may be told to put back a copy."""

from __future__ import annotations

import sqlite3

import pytest
from postgres import find_programs, running_postgres
from sqlalchemy.exc import OperationalError

from coldframe.errors import CorruptionError, EnvironmentFaultError
from coldframe.ledger import Ledger
from coldframe.ledger.engine import explained, make_engine, parse_url


def test_a_server_that_was_stopped_is_no_damage() -> None:
    programs = find_programs()
    if programs is None:
        pytest.skip("DID NOT RUN: PostgreSQL's server is not installed (make test installs it)")
    pytest.importorskip("psycopg", reason="DID NOT RUN: the driver psycopg is not installed")
    with running_postgres(programs) as url:
        ledger = Ledger.open(url)
        ledger.append(dataset="flights", kind="note", key="1", body={})
    for ask in (ledger.entries, lambda: Ledger.open(url)):
        with pytest.raises(EnvironmentFaultError, match="no connection") as caught:
            ask()
        assert "host=" in str(caught.value.where)
        assert "start the server" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("said", "sqlstate", "kind"),
    [
        ("connection to server on socket failed: No such file or directory", None, "environment"),
        ("connection to server at host 'malformed', port 1 failed", None, "environment"),
        ("server closed the connection unexpectedly", None, "environment"),
        ("terminating connection due to administrator command", "57P01", "environment"),
        ("could not open file base/1/2: No such file or directory", "58P01", "environment"),
        ("no such table: entries", "", "damage"),
        ("no such column: digest", "", "damage"),
        ("database disk image is malformed", "", "damage"),
    ],
)
def test_a_database_that_is_down_is_told_from_one_that_is_damaged(
    said: str, sqlstate: str | None, kind: str
) -> None:
    driver = sqlite3.OperationalError(said)
    if sqlstate != "":  # as psycopg's errors are; sqlite3's have no such attribute
        driver.sqlstate = sqlstate
    engine = make_engine(parse_url("sqlite://"))
    expected = {"environment": EnvironmentFaultError, "damage": CorruptionError}[kind]
    with pytest.raises(expected), explained(engine):
        raise OperationalError("SELECT 1", {}, driver)
