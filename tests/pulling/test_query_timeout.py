"""Queries that take too long are given up, also those that bring no row."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from pulling.orders import landed, write_project
from pulling.test_query import Database, query_of

from coldframe.errors import EnvironmentFaultError
from coldframe.pulling import pull_sources
from coldframe.pulling.database import fetch_in_time, reading

ENDED = {"sqlite": "interrupted", "postgresql": "statement timeout"}
ONES = "WITH RECURSIVE ones(x) AS (SELECT 1 UNION ALL SELECT x FROM ones) "
COUNT = "SELECT count(*) FROM (SELECT x FROM ones LIMIT {}) AS counted"
MANY = 200_000_000
"""So many take SQLite tens of seconds; what waits for their end says so in other words."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path / 'orders.db'}")
    return Database(request.getfixturevalue("fresh_postgres")())


def test_a_query_that_brings_no_row_in_time_is_ended(tmp_path, monkeypatch, database):
    database.add((1, None, "a", 5))
    monkeypatch.setenv("SHOP", database.url.render_as_string(hide_password=False))
    slow = f"""{ONES} SELECT id, amount, note, changed FROM orders
        WHERE changed >= :since AND ({COUNT.format(MANY)}) > 0"""
    source = query_of("${SHOP}", query=slow, timeout=0.5)
    bench = write_project(tmp_path / "project", orders=source)
    (source,) = pull_sources(bench).sources
    assert "takes longer than it may" in source.fault
    assert "all of its rows within 0.5 seconds" in source.fault
    assert ENDED[database.url.get_backend_name()] in source.fault
    assert landed(bench) == {}


def test_a_query_that_ends_too_late_without_a_row_took_too_long_all_the_same(fresh_postgres):
    url = sa.make_url(fresh_postgres()).render_as_string(hide_password=False)
    query = "SELECT x FROM generate_series(1, 1) AS x WHERE CAST(pg_sleep(0.3) AS text) = 'no'"
    with reading(url, root=Path(), timeout=60) as connection:
        rows = fetch_in_time(connection, query, {}, timeout=0.1)
        with pytest.raises(EnvironmentFaultError, match="longer than it may"):
            list(rows)


def test_a_connection_to_sqlite_goes_on_after_a_query_that_was_ended(tmp_path):
    url = Database(f"sqlite:///{tmp_path / 'orders.db'}").url.render_as_string()
    with reading(url, root=Path(), timeout=0.1) as connection:
        rows = fetch_in_time(connection, ONES + COUNT.format(MANY), {}, timeout=0.1)
        with pytest.raises(EnvironmentFaultError, match="interrupted"):
            list(rows)
        count = connection.execute(sa.text(ONES + COUNT.format(1_000_000))).scalar_one()
    assert count == 1_000_000
