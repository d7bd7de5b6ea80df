"""Files of a web server, which may say little, lie or hang up: a real one, on the loopback."""

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pulling.orders import csv, landed, write_project

from coldframe.ingest import ingest_batches
from coldframe.pulling import pull_sources

FIRST, SECOND = csv((1, 2.5, "a")), csv((2, 3.5, "b"))
OLD = "Sat, 02 Mar 2013 12:00:00 GMT"


@dataclass
class Served:
    """What the server answers; `asked` are the methods of the requests so far."""

    body: bytes = FIRST
    head: int = 200
    get: int = 200
    sent: int | None = None
    lengths: tuple[str, ...] = ("HEAD", "GET")
    chunked: bool = False
    headers: dict[str, str] = field(default_factory=lambda: {"Last-Modified": OLD})
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def served():
    return Served()


@pytest.fixture
def address(served):
    """Return the address of one file, served as `served` says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def begin(self, status, size):
            served.asked.append(self.command)
            self.send_response(status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            if served.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif self.command in served.lengths:
                self.send_header("Content-Length", str(size))
            self.send_header("Connection", "close")
            self.end_headers()

        def do_HEAD(self):  # the name that http.server looks for
            self.begin(served.head, len(served.body))

        def do_GET(self):  # as above
            body = served.body if served.get == 200 else b""
            self.begin(served.get, len(body))
            part = body if served.sent is None else body[: served.sent]
            if served.chunked:
                self.wfile.write(f"{len(body):x}\r\n".encode() + part)
                if part == body:
                    self.wfile.write(b"\r\n0\r\n\r\n")
            else:
                self.wfile.write(part)
            self.close_connection = True

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/out/1.csv?token=a/b"
        server.shutdown()
        thread.join()


@pytest.fixture
def bench(tmp_path, address):
    return write_project(tmp_path / "project", orders={"pull": {"url": address}})


def pull(bench):
    (source,) = pull_sources(bench).sources
    return source


def test_a_file_is_pulled_once_ingested_and_again_when_it_changed(bench, served):
    assert [file.file for file in pull(bench).files] == ["1.csv"]
    assert ingest_batches(bench).snapshot.rows == 1
    assert pull(bench).known == 1
    assert served.asked.count("GET") == 1
    served.body, served.headers["Last-Modified"] = SECOND, "Sat, 02 Mar 2013 12:00:01 GMT"
    pull(bench)
    assert landed(bench) == {"1.csv": FIRST, "1~002.csv": SECOND}
    assert ingest_batches(bench).snapshot.rows == 2


@pytest.mark.parametrize("headers", [{}, {"Last-Modified": "last week"}])
def test_a_server_that_tells_no_time_is_asked_each_time(bench, served, headers):
    served.headers = headers
    assert len(pull(bench).files) == 1
    assert (pull(bench).known, served.asked.count("GET")) == (1, 2)
    served.body = SECOND
    assert len(pull(bench).files) == 1


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_does_not_answer_head_is_asked_for_the_file(bench, served, status):
    served.head = status
    assert len(pull(bench).files) == 1
    assert landed(bench) == {"1.csv": FIRST}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("lengths", [("HEAD", "GET"), ("GET",)])
@pytest.mark.parametrize("head", [200, 405])
@pytest.mark.parametrize("sent", [0, 10, len(FIRST) - 1])
def test_what_comes_in_part_never_appears(bench, served, sent, head, lengths, chunked):
    served.sent, served.head, served.lengths, served.chunked = sent, head, lengths, chunked
    source = pull(bench)
    assert source.fault or source.left
    assert landed(bench) == {}
    served.sent = None
    assert len(pull(bench).files) == 1
    assert landed(bench) == {"1.csv": FIRST}


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_server_that_refuses_is_told_with_what_it_answered(bench, served, status):
    served.head = served.get = status
    source = pull(bench)
    assert str(status) in source.fault
    assert landed(bench) == {}


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_not_there_is_told(bench, served, status):
    served.head = served.get = status
    assert "nothing to be pulled from" in pull(bench).fault


def test_a_file_whose_name_the_source_does_not_take_is_a_fault_with_what_to_do(
    tmp_path, address, served
):
    """Its suffix stands in the query, which is no part of the name."""
    url = address.partition("/out/")[0] + "/download?file=orders.csv"
    bench = write_project(tmp_path / "before", orders={"pull": {"url": url}})
    source = pull(bench)
    for told in ("found:    download", "files: *.csv", "such as download*", "without the query"):
        assert told in source.fault
    assert landed(bench) == {}
    taken = {"pull": {"url": url}, "files": "download*"}
    bench = write_project(tmp_path / "after", orders=taken)
    pull(bench)
    served.body, served.headers["Last-Modified"] = SECOND, "Sat, 02 Mar 2013 12:00:01 GMT"
    pull(bench)
    assert landed(bench) == {"download": FIRST, "download~002": SECOND}
    assert ingest_batches(bench).snapshot.rows == 2


@pytest.mark.parametrize(("compression", "outcome"), [("none", "held"), ("gzip", "accepted")])
def test_a_file_that_the_server_packs_is_declared_so_or_held(
    tmp_path, address, served, compression, outcome
):
    served.body = gzip.compress(FIRST)
    served.headers["Content-Encoding"] = "gzip"
    source = {"pull": {"url": address}, "compression": compression}
    bench = write_project(tmp_path / "project", orders=source)
    pull(bench)
    assert landed(bench) == {"1.csv": served.body}
    assert ingest_batches(bench).to_json()["outcomes"] == [outcome]


def test_a_secret_of_the_query_is_written_nowhere(tmp_path, address, served, monkeypatch):
    monkeypatch.setenv("TOKEN", "se/cret")
    url = address.partition("=")[0] + "=${TOKEN}"
    bench = write_project(tmp_path / "project", orders={"pull": {"url": url}})
    served.head = 503
    assert pull(bench).fault
    served.head = 200
    pull(bench)
    assert landed(bench) == {"1.csv": FIRST}
    ingest_batches(bench)
    written = [path for path in bench.settings.home.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert not [path for path in written if b"cret" in path.read_bytes() or "cret" in path.name]
