"""Deliveries that wait elsewhere: looked at where they are, and pulled from there from then on."""

import functools
import sqlite3
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from scaffold.test_new import ROWS, doubts, orders, problems

from coldframe.errors import (
    ConfigurationError,
    DataError,
    EnvironmentFaultError,
    NotFoundError,
)
from coldframe.ingest import ingest_batches
from coldframe.pulling import pull_sources

HALF = ROWS // 2


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web(tmp_path):
    """Return a folder and the address at which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    serve = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def outbox(project):
    """Return a folder of the project with two deliveries of a table."""
    folder = project.root / "outbox"
    folder.mkdir()
    orders()[:HALF].to_csv(folder / "2024-01.csv", index=False)
    orders()[HALF:].to_csv(folder / "2024-02.csv", index=False)
    return folder


def pulled_rows(project, name="orders"):
    """Pull, check and ingest; return how many rows the snapshot has."""
    bench = project.bench(name)
    report = pull_sources(bench)
    assert not report.faults
    assert problems(project, name) == []
    ended = ingest_batches(bench)
    assert set(ended.to_json()["outcomes"]) == {"accepted"}
    return ended.snapshot.rows


def declared(project):
    source = project.bench("orders").dataset.sources["orders"]
    return source.files, source.pull.url


def test_a_file_of_a_web_server(project, web):
    folder, address = web
    orders().to_csv(folder / "orders.2024.csv", index=False)
    made = project.new("orders", f"{address}/orders.2024.csv", target="returned")
    assert made.pulled
    assert declared(project) == ("*.csv", f"{address}/orders.2024.csv")
    assert pulled_rows(project) == ROWS
    orders()[:HALF].assign(OrderId="x").to_csv(folder / "orders.2024.csv", index=False)
    (source,) = pull_sources(project.bench("orders")).sources
    assert [one.file for one in source.files] == ["orders~002.2024.csv"]


def test_an_address_with_a_query_is_one_file(project, web):
    folder, address = web
    orders().to_csv(folder / "orders", index=False)
    project.new("orders", f"{address}/orders?year=2024", target="returned")
    assert declared(project) == ("*", f"{address}/orders?year=2024")
    assert pulled_rows(project) == ROWS


def test_a_bucket(project, bucket):
    for month, rows in enumerate((orders()[:HALF], orders()[HALF:]), 1):
        bucket.put_object(Key=f"out/2024/{month}.csv", Body=rows.to_csv(index=False).encode())
    bucket.put_object(Key="out/2024/readme.txt", Body=b"ours")
    url = f"s3://{bucket.name}/out"
    made = project.new("orders", url, target="returned")
    assert declared(project) == ("**/*.csv", url)
    assert "1 file is left" in doubts(made)["file"]
    assert (made.rows, pulled_rows(project)) == (ROWS, ROWS)


@pytest.mark.parametrize("spelled", ["outbox", "outbox/*.csv", "file://{root}/outbox"])
@pytest.mark.usefixtures("outbox")
def test_a_folder_a_glob_and_a_file_url(project, monkeypatch, spelled):
    monkeypatch.chdir(project.root)
    origin = spelled.format(root=project.root)
    made = project.new("orders", origin, target="returned")
    assert declared(project) == ("*.csv", origin)
    assert (made.rows, made.whole, made.pulled) == (ROWS, True, True)
    assert pulled_rows(project) == ROWS


def test_of_many_files_some_are_looked_at_and_that_is_told(project):
    folder = project.root / "outbox"
    folder.mkdir()
    for part in range(12):
        rows = orders()[part * 20 : (part + 1) * 20]
        rows.to_csv(folder / f"{part:02}.csv", index=False)
    made = project.new("orders", folder, target="returned")
    assert (made.rows, made.whole) == (5 * 20, False)
    assert "5 of 12 files" in doubts(made)["file"]
    assert pulled_rows(project) == ROWS


def test_several_files_are_deliveries_of_one_table(project, outbox):
    later = outbox / "2024-02.csv"
    orders()[HALF:].drop(columns="gift").to_csv(later, index=False)
    made = project.new("orders", outbox / "2024-01.csv", later, target="returned")
    source = project.bench("orders").dataset.sources["orders"]
    assert (made.rows, made.pulled, source.pull) == (ROWS, False, None)
    assert not source.columns["gift"].required
    assert "not in every file" in doubts(made)["required"]


def test_a_file_of_a_folder_that_cannot_be_read_is_named(project, outbox):
    (outbox / "2024-03.csv").write_text("<html>502</html>\n")
    with pytest.raises(DataError, match="cannot be read") as caught:
        project.new("orders", outbox, target="returned")
    assert "2024-03.csv" in caught.value.where


def test_in_a_folder_of_all_sorts_tables_are_looked_at(project, outbox):
    for name in ("a.py", "b.py", "c.py"):
        (outbox / name).write_text("import this\n")
    made = project.new("orders", outbox, target="returned")
    assert declared(project)[0] == "*.csv"
    assert "3 files are left" in doubts(made)["file"]


def test_files_of_different_tables_are_refused(project, outbox):
    other = project.write("other.csv", "a,b\n1,2\n")
    with pytest.raises(DataError, match="different tables") as caught:
        project.new("orders", outbox / "2024-01.csv", other, target="returned")
    assert "one source" in caught.value.expected


def test_a_query(project):
    with sqlite3.connect(project.root / "shop.db") as connection:
        orders().to_sql("orders", connection, index=False)
    connection.close()
    project.new("orders", "sqlite:///shop.db", target="returned", query="SELECT * FROM orders")
    source = project.bench("orders").dataset.sources["orders"]
    assert (source.kind, source.files, source.batch.keys_known) == ("jsonl", "*.jsonl", True)
    assert pulled_rows(project) == ROWS


def test_a_variable_of_the_environment_is_filled_in_and_never_written(project, web, monkeypatch):
    folder, address = web
    orders().to_csv(folder / "orders.csv", index=False)
    monkeypatch.setenv("SHOP", address)
    made = project.new("orders", "${SHOP}/orders.csv", target="returned")
    assert declared(project) == ("*.csv", "${SHOP}/orders.csv")
    for path in made.files:
        assert address not in path.read_text("utf-8")
    monkeypatch.setenv("SHOP", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentFaultError, match="cannot be looked at") as caught:
        project.new("other", "${SHOP}/orders.csv", target="returned")
    assert "127.0.0.1" not in str(caught.value)


def test_the_query_of_an_address_is_no_part_of_the_name(project, web):
    folder, address = web
    orders().to_csv(folder / "orders.csv", index=False)
    url = f"{address}/orders.csv?part=a/b.json"
    made = project.new("orders", url, target="returned")
    assert (made.rows, declared(project)) == (ROWS, ("*.csv", url))
    assert pulled_rows(project) == ROWS


WRONG = {
    "a server that is down": ("http://127.0.0.1:9/a.csv", EnvironmentFaultError, "looked at now"),
    "a file that is not served": ("{web}/none.csv", NotFoundError, "nothing to be pulled"),
    "a pattern on a web server": ("{web}/*.csv", ConfigurationError, "does not list"),
    "a password": ("s3://jane:secret@bucket/a", ConfigurationError, "no password"),
    "a kind that nobody knows": ("gopher://a/b", ConfigurationError, "no such kind of URL"),
    "a variable that is not set": ("${{NO_SUCH_SHOP}}/a", EnvironmentFaultError, "is not set"),
    "a folder that is empty": ("{root}/datasets", NotFoundError, "no files"),
    "a glob of nothing": ("{root}/*.csv", NotFoundError, "no files"),
    "a database": ("sqlite:///none.db", ConfigurationError, "URL"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_place_that_cannot_be_is_refused_and_nothing_is_written(project, web, case):
    spelled, error, told = WRONG[case]
    for path in (project.root / "datasets").iterdir():
        path.unlink()
    origin = spelled.format(web=web[1], root=project.root)
    with pytest.raises(error, match=told) as caught:
        project.new("orders", origin, target="returned")
    assert "--from" in caught.value.where
    assert "secret" not in str(caught.value)
    assert project.files() == []


def test_files_beside_a_folder_are_refused(project, outbox):
    with pytest.raises(ConfigurationError, match="one source"):
        project.new("orders", outbox / "2024-01.csv", outbox, target="returned")
    with pytest.raises(NotFoundError, match="no such file"):
        project.new("orders", outbox / "2024-01.csv", outbox / "none.csv", target="returned")
