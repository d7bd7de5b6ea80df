"""A source whose server was stopped: who says so, since when, and that all others go on."""

import json
from datetime import UTC, datetime

import pytest
from cli.command_line import CommandLine
from postgres import find_programs, running_postgres
from pulling.orders import csv, landed, write_project
from pulling.test_query import Database, query_of

from coldframe.ingest import ingest_batches
from coldframe.pulling import pull_for_build, pull_sources, sources_down


@pytest.fixture
def s3(s3_environment, new_bucket, monkeypatch):
    """Return a bucket and a function that starts a server that has it, at one address always."""
    from moto.server import ThreadedMotoServer

    s3_environment.set(monkeypatch)
    bucket, port = new_bucket(), 0
    running = []

    def start():
        nonlocal port
        server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        running.append(server)
        return server

    yield bucket, start
    for server in running:
        server.stop()


def project(tmp_path, bucket):
    """A source in a bucket, and one in a folder."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.csv").write_bytes(csv((1, 2.5, "a")))
    return write_project(
        tmp_path / "project", orders={"pull": {"url": str(tmp_path / "out")}},
        shop={"pull": {"url": f"s3://{bucket.name}/*.csv"}},
    )  # fmt: skip


def test_a_server_that_was_stopped_is_told_until_it_answers(tmp_path, s3):
    bucket, start = s3
    bench = project(tmp_path, bucket)
    call = CommandLine(bench.settings.root)
    bucket.put_object(Key="1.csv", Body=csv((1, 3.5, "b")))
    server = start()
    assert pull_sources(bench, only=["shop"]).faults == ()
    assert call.json("status")["down"] == []

    server.stop()
    before = datetime.now(UTC).replace(microsecond=0)
    (first,) = pull_for_build(bench, print)
    assert first.startswith("shop: not pulled to its end since ")
    (down,) = call.json("status")["down"]
    assert (down["source"], down["url"]) == ("shop", f"s3://{bucket.name}/*.csv")
    assert before <= datetime.fromisoformat(down["since"]) <= datetime.now(UTC)
    assert "The source cannot be pulled now" in down["fault"]
    assert "coldframe pull --source shop" in down["fault"]
    assert set(landed(bench)) == {"1.csv"}, "the other source flows"
    assert ingest_batches(bench).snapshot.tables["orders"].rows == 1

    report = json.loads(call("pull", "--json", code=9).stdout)
    (again,) = call.json("status")["down"]
    assert again["since"] == down["since"] == report["sources"][1]["since"]
    assert again["tried"] >= down["tried"]
    shown = call("status").stdout
    assert "not pulled" in shown
    assert "shop  since 20" in shown
    assert "coldframe pull --source shop" in shown

    start()
    bucket.put_object(Key="2.csv", Body=csv((2, 3.5, "b")))
    (source,) = pull_sources(bench, only=["shop"]).sources
    assert (source.fault, source.since) == (None, None)
    assert set(landed(bench, "shop")) == {"1.csv", "2.csv"}
    told = call.json("status")
    assert told["down"] == []
    assert not any("pull" in step["command"] for step in told["next"])


def test_a_database_that_was_stopped_is_told_without_its_address(tmp_path, monkeypatch):
    programs = find_programs()
    if programs is None:
        pytest.skip("DID NOT RUN: PostgreSQL's server is not installed (make test installs it)")
    with running_postgres(programs) as url:
        database = Database(url)
        monkeypatch.setenv("SHOP", database.url.render_as_string(hide_password=False))
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "1.csv").write_bytes(csv((1, 2.5, "a")))
        bench = write_project(
            tmp_path / "project", orders={"pull": {"url": str(tmp_path / "out")}},
            shop=query_of("${SHOP}"),
        )  # fmt: skip
        database.add((1, None, "a", 5))
        assert pull_sources(bench).faults == ()
    (source,) = pull_sources(bench).faults
    assert source.source == "shop"
    (down,) = sources_down(bench)
    assert (down.url, down.fault) == ("${SHOP}", source.fault)
    assert "see that it answers at ${SHOP}" in down.fault
    assert database.url.render_as_string(hide_password=False) not in down.fault
    assert ingest_batches(bench).snapshot.tables["shop"].rows == 1


def test_a_query_that_does_not_end_is_ended_and_the_others_are_pulled(
    tmp_path, monkeypatch, fresh_postgres
):
    database = Database(fresh_postgres())
    monkeypatch.setenv("SHOP", database.url.render_as_string(hide_password=False))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.csv").write_bytes(csv((1, 2.5, "a")))
    slow = "SELECT id, amount, note, changed FROM orders, pg_sleep(600) WHERE changed >= :since"
    database.add((1, None, "a", 5))
    bench = write_project(
        tmp_path / "project",
        orders={"pull": {"url": str(tmp_path / "out")}},
        shop=query_of("${SHOP}", query=slow, timeout=0.5),
    )
    report = pull_sources(bench)
    (fault,) = report.faults
    assert fault.source == "shop"
    assert "statement timeout" in fault.fault
    assert "all of its rows within 0.5 seconds" in fault.fault
    assert [one.file for one in report.files] == ["1.csv"]
    # in time it is pulled as ever
    quick = write_project(
        tmp_path / "again", shop=query_of("${SHOP}", query=slow.replace("600", "0.1"))
    )
    report = pull_sources(quick)
    assert (report.faults, [one.rows for one in report.files]) == ((), [1])


def test_what_was_down_at_another_url_has_not_been_tried(tmp_path):
    bench = write_project(tmp_path / "project", orders={"pull": {"url": "file:///no/such"}})
    pull_sources(bench)
    (down,) = sources_down(bench)
    path = bench.settings.home / "pulled" / "flights" / "down" / "orders.json"
    (tmp_path / "out").mkdir()
    elsewhere = write_project(
        tmp_path / "elsewhere", orders={"pull": {"url": str(tmp_path / "out")}}
    )
    copied = elsewhere.settings.home / "pulled" / "flights" / "down" / "orders.json"
    copied.parent.mkdir(parents=True)
    copied.write_bytes(path.read_bytes())
    assert sources_down(elsewhere) == ()
    path.write_bytes(path.read_bytes()[:20])  # a damaged one says nothing, and is replaced
    assert sources_down(bench) == ()
    pull_sources(bench)
    assert sources_down(bench)[0].fault == down.fault
