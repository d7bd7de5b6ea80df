"""Rows of a query become files, each row once, whatever is killed; real SQLite and PostgreSQL."""

import json
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from pulling.orders import landed, write_project

from coldframe.errors import ConfigurationError
from coldframe.ingest import ingest_batches
from coldframe.pulling import pull_sources
from coldframe.pulling.database import reading

QUERY = "SELECT id, amount, note, changed FROM orders WHERE changed >= :since ORDER BY id"
COLUMNS = {
    "id": {"type": "integer"}, "amount": {"type": "number", "nullable": True},
    "note": {"type": "string", "nullable": True}, "changed": {"type": "string"},
}  # fmt: skip


def query_of(url, query=QUERY, columns=COLUMNS, **more):
    pull = {"url": str(url), "query": query, "watermark": "changed", "since": 0, **more}
    pull = {key: value for key, value in pull.items() if value is not None}
    options = {"kind": "jsonl", "files": "*.jsonl", "columns": columns, "nulls": []}
    return {**options, "pull": pull}


class Database:
    def __init__(self, url):
        self.url = sa.make_url(url)
        if self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self("CREATE TABLE orders (id bigint, amount numeric(40,20), note text, changed bigint)")

    def __call__(self, statement, *rows):
        engine = sa.create_engine(self.url, poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text(statement), *([list(rows)] if rows else []))
        engine.dispose()

    def add(self, *rows):
        told = [dict(zip(("id", "amount", "note", "changed"), row, strict=True)) for row in rows]
        self("INSERT INTO orders VALUES (:id, :amount, :note, :changed)", *told)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path / 'orders.db'}")
    return Database(request.getfixturevalue("fresh_postgres")())


@pytest.fixture
def bench_of(database, tmp_path, monkeypatch):
    """Return a function: a project that pulls from the database, whose URL is in a variable."""
    monkeypatch.setenv("ORDERS_DB", database.url.render_as_string(hide_password=False))

    def bench_of(**more):
        return write_project(tmp_path / "project", orders=query_of("${ORDERS_DB}", **more))

    return bench_of


def ids(bench):
    files = sorted(landed(bench).items())
    return [[int(json.loads(line)["id"]) for line in data.splitlines()] for _, data in files]


def pull(bench):
    (source,) = pull_sources(bench).sources
    assert source.fault is None, source.fault
    return source


def test_each_row_is_taken_once_and_those_that_share_a_watermark_too(database, bench_of):
    bench = bench_of()
    assert pull(bench).files == ()
    database.add((1, None, "a", 5), (2, None, "b", 7))
    assert pull(bench).files[0].rows == 2
    database.add((3, None, "c", 7), (4, None, "b", 7), (5, None, "d", 8))
    source = pull(bench)
    assert (source.files[0].file, source.known) == ("orders-000002.jsonl", 1)
    assert pull(bench).files == ()
    assert ids(bench) == [[1, 2], [3, 4, 5]]
    report = ingest_batches(bench)
    assert report.snapshot.rows == 5
    assert not report.held


def test_a_row_that_stands_there_twice_is_taken_twice(database, bench_of):
    bench = bench_of()
    database.add((1, None, "a", 5), (1, None, "a", 5))
    pull(bench)
    database.add((1, None, "a", 5))
    pull(bench)
    assert ids(bench) == [[1, 1], [1]]


def test_rows_that_were_committed_late_are_met_by_lookback(database, bench_of):
    bench = bench_of(lookback=10)
    database.add((1, None, "a", 100), (2, None, "b", 95))
    pull(bench)
    database.add((3, None, "late", 92), (4, None, "too late", 80))
    assert pull(bench).files[0].rows == 1
    database.add((5, None, "c", 101))
    pull(bench)
    assert pull(bench).files == ()
    assert ids(bench) == [[1, 2], [3], [5]]


def test_a_changed_row_comes_again_as_a_correction(database, bench_of):
    bench = bench_of()
    database.add((1, None, "a", 5), (2, None, "b", 5))
    pull(bench)
    ingest_batches(bench)
    database("UPDATE orders SET note = 'mended', changed = 6 WHERE id = 1")
    pull(bench)
    report = ingest_batches(bench)
    assert [one.outcome for one in report.deliveries] == ["accepted"]
    frame = bench.store.read(report.snapshot, "orders").set_index("id")
    assert frame[~frame.index.duplicated(keep="last")]["note"].to_dict() == {1: "mended", 2: "b"}


def test_without_a_watermark_the_whole_result_is_taken_if_it_changed(database, bench_of):
    query = "SELECT id, amount, note, changed FROM orders ORDER BY id"
    bench = bench_of(query=query, watermark=None, since=None)
    database.add((1, None, "a", 5))
    pull(bench)
    assert pull(bench).files == ()
    database.add((2, None, "b", 5))
    pull(bench)
    assert ids(bench) == [[1], [1, 2]]


def test_values_keep_all_their_digits(database, bench_of):
    if database.url.get_backend_name() == "sqlite":
        pytest.skip("SQLite has floats for decimals; below it is PostgreSQL's types that count")
    query = """SELECT 9007199254740993 AS id, 0.10::numeric(40,20) AS amount, '' AS note,
        NULL::text AS more, TIMESTAMPTZ '2013-01-01 05:00:00.000001-05' AS at, '00123' AS code,
        TIMESTAMP '2013-01-01 05:00' AS clock, DATE '2013-01-01' AS day, true AS sold, 'NaN'::float8 AS odd,
        ARRAY[1,2] AS list, '{"a": 1.50}'::json AS json, '\\x00ff'::bytea AS raw, 1 AS changed
        WHERE 1 >= :since"""  # noqa: E501
    bench = bench_of(query=query)
    pull(bench)
    (line,) = landed(bench)["orders-000001.jsonl"].splitlines()
    found = json.loads(line)
    assert pd.Timestamp(found.pop("at")) == pd.Timestamp("2013-01-01T10:00:00.000001Z")
    assert found == {
        "id": "9007199254740993", "amount": "0.10000000000000000000", "note": "", "more": None,
        "code": "00123", "clock": "2013-01-01T05:00:00", "day": "2013-01-01", "sold": "true",
        "odd": "nan", "list": "[1,2]", "json": '{"a":1.5}', "raw": "\\x00ff", "changed": "1",
    }  # fmt: skip


def test_values_of_a_database_are_typed_without_loss(database, bench_of):
    """On the way through JSON Lines and the contract into a snapshot; what cannot be is aside."""
    infinite = "'Infinity'::float8"
    if database.url.get_backend_name() == "sqlite":
        infinite = "9e999"
    row = "SELECT {} AS id, '00123' AS code, 'NA' AS note, '1.234,56' AS price, 0.1 AS amount, {}"
    ids = (9007199254740993, 9007199254740994, 9223372036854775807)
    rows = [row.format(n, f"{odd} AS odd, 1 AS changed WHERE 1 >= :since")
            for n, odd in zip(ids, ("NULL", infinite, "1e300"), strict=True)]  # fmt: skip
    columns = {
        "id": {"type": "integer"}, "code": {"type": "string"}, "note": {"type": "string"},
        "price": {"type": "string"}, "amount": {"type": "number"}, "changed": {"type": "integer"},
        "odd": {"type": "number", "nullable": True},
    }  # fmt: skip
    bench = bench_of(query=" UNION ALL ".join(rows), columns=columns)
    assert pull(bench).files[0].rows == 3
    (delivery,) = ingest_batches(bench).deliveries
    assert (delivery.rows_accepted, delivery.rows_quarantined) == (2, 1)
    assert [(one.rule, one.column) for one in delivery.reasons] == [("type_number", "odd")]
    frame = bench.store.read(bench.store.head("flights"), "orders").sort_values("id")
    assert frame["id"].tolist() == [ids[0], ids[2]]
    assert frame[["code", "note", "price"]].to_numpy().tolist() == [["00123", "NA", "1.234,56"]] * 2
    assert frame["amount"].tolist() == [0.1, 0.1]
    assert frame["odd"].isna().tolist() == [True, False]
    assert frame["odd"].iloc[1] == 1e300


def test_a_moment_is_a_watermark(database, bench_of):
    if database.url.get_backend_name() == "sqlite":
        pytest.skip("SQLite has no moments")
    query = """SELECT id, amount, note, to_timestamp(changed) AS changed FROM orders
        WHERE to_timestamp(changed) >= :since"""
    bench = bench_of(query=query, since="1970-01-01T00:00:00Z", lookback=2)
    database.add((1, None, "a", 5))
    pull(bench)
    database.add((2, None, "b", 4), (3, None, "c", 6))
    pull(bench)
    assert pull(bench).files == ()
    assert ids(bench) == [[1], [2, 3]]


def test_a_query_cannot_write(database, bench_of):
    database.add((1, None, "a", 5))
    bench = bench_of(query="DELETE FROM orders WHERE changed >= :since RETURNING *")
    (source,) = pull_sources(bench).sources
    assert "cannot be pulled now" in source.fault
    bench = write_project(bench.settings.root.parent / "b", orders=query_of("${ORDERS_DB}"))
    assert pull(bench).files[0].rows == 1


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT nope, changed FROM orders WHERE changed >= :since", "nope"),
        ("SELECT id, id, changed FROM orders WHERE changed >= :since", "same name"),
        ("SELECT id FROM orders WHERE changed >= :since", "watermark among its columns"),
        ("SELECT id, NULL AS changed FROM orders WHERE changed >= :since", "no watermark"),
    ],
)
def test_what_cannot_be_asked_is_told(database, bench_of, query, told):
    database.add((1, None, "a", 5))
    bench = bench_of(query=query)
    (source,) = pull_sources(bench).sources
    assert told in source.fault
    assert landed(bench) == {}


def test_a_query_whose_rows_do_not_end_is_given_up(database, bench_of):
    """Each fetch is quick, so that a limit on statements alone never ends it."""
    database.add(*((number, None, None, 5) for number in range(100)))
    million = """SELECT one.id, one.amount, one.note, one.changed
        FROM orders AS one, orders AS two, orders AS three WHERE one.changed >= :since"""
    bench = bench_of(query=million, timeout=1)
    (source,) = pull_sources(bench).sources
    assert "takes longer than it may" in source.fault
    assert "all of its rows within 1 seconds" in source.fault
    assert landed(bench) == {}


def test_a_query_that_somebody_cancels_did_not_take_too_long(database, bench_of):
    if database.url.get_backend_name() == "sqlite":
        pytest.skip("SQLite has nobody else to end a query")
    database.add((1, None, "a", 5))
    query = f"SELECT *, pg_cancel_backend(pg_backend_pid()), pg_sleep(5) FROM ({QUERY}) AS asked"
    (source,) = pull_sources(bench_of(query=query, timeout=60)).sources
    assert "cannot be pulled now" in source.fault
    assert "user request" in source.fault


def test_a_connection_to_postgresql_bears_what_tells_that_its_server_is_gone(fresh_postgres):
    url = sa.make_url(fresh_postgres()).render_as_string(hide_password=False)
    with reading(url, root=Path(), timeout=5) as connection:
        said = connection.connection.driver_connection.info.get_parameters()
        limit = connection.execute(sa.text("SHOW statement_timeout")).scalar_one()
    names = ("keepalives_idle", "keepalives_interval", "keepalives_count")
    idle, interval, count = (int(said[name]) for name in names)
    assert idle + interval * count == 60
    assert int(said["tcp_user_timeout"]) == 60_000
    assert limit == "5s"


def test_passwords_are_neither_told_nor_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP", "postgresql://jane:s3cret%40@127.0.0.1:9/shop")
    bench = write_project(tmp_path / "project", orders=query_of("${SHOP}"))
    told = []
    report = pull_sources(bench, progress=told.append)
    assert "cannot be pulled now" in report.sources[0].fault
    everything = json.dumps([told, report.to_json()])
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file() and not
             path.is_relative_to(tmp_path / "project" / "lib")]  # fmt: skip
    for secret in ("s3cret", "jane:"):
        assert secret not in everything
        assert not any(secret in text for text in files if "SHOP" in text or "pull" in text)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"url": "postgresql://jane:s3cret@h/db"}, "a password"),
        ({"query": QUERY.replace(":since", ":until")}, ":until"),
        ({"query": "SELECT 1"}, "changed >= :since"), ({"since": None}, "first pull"),
        ({"watermark": None}, "highest value"), ({"lookback": -1}, "greater than or equal"),
        ({"nope": 1}, "url, query, watermark, since, lookback"),
    ],
)  # fmt: skip
def test_what_a_pull_cannot_be_is_told_with_its_line(tmp_path, more, told):
    with pytest.raises(ConfigurationError) as caught:
        write_project(tmp_path / "project", orders=query_of(**{"url": "sqlite:///x.db", **more}))
    assert told in str(caught.value)
    assert "sources.orders.pull" in str(caught.value)
    assert "s3cret" not in str(caught.value)
