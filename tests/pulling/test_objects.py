"""Objects of buckets and folders elsewhere become ordinary files in the landing folder."""

import os
import time
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem
from pulling.orders import csv, landed, write_project

from coldframe.errors import NotFoundError
from coldframe.ingest import ingest_batches
from coldframe.provenance import bytes_digest
from coldframe.pulling import pull_sources

FIRST, SECOND = csv((1, 2.5, "a")), csv((2, 3.5, "b"))
LONG_AGO = time.time() - 3600


@pytest.fixture
def memory():
    """Return fsspec's file system in memory, empty."""
    filesystem = fsspec.filesystem("memory")
    filesystem.store.clear()
    yield filesystem
    filesystem.store.clear()


def pull_from(url, **more):
    return {"pull": {"url": str(url)}, **more}


def put(path: Path, data: bytes, at: float = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at, at))


def fetched(report):
    return [file.file for file in report.files]


def test_a_dataset_that_pulls_nothing_makes_nothing(tmp_path):
    bench = write_project(tmp_path / "project", orders={})
    assert pull_sources(bench).sources == ()
    assert not bench.settings.home.exists()
    with pytest.raises(NotFoundError, match="pulls no such source"):
        pull_sources(bench, only=["orders"])


def test_objects_of_a_bucket_are_pulled_once_and_ingested(tmp_path, bucket):
    for key, data in {"in/1.csv": FIRST, "in/2.csv": SECOND, "in/read.me": b"x"}.items():
        bucket.put_object(Key=key, Body=data)
    bucket.put_object(Key="elsewhere/3.csv", Body=FIRST)
    bench = write_project(tmp_path / "project", orders=pull_from(f"s3://{bucket.name}/in/*.csv"))
    told = []
    report = pull_sources(bench, progress=told.append)
    assert fetched(report) == ["1.csv", "2.csv"]
    assert [file.digest for file in report.files] == [bytes_digest(FIRST), bytes_digest(SECOND)]
    assert landed(bench) == {"1.csv": FIRST, "2.csv": SECOND}
    assert told[-1] == "orders: 2 new in the landing folder"
    again = pull_sources(bench)
    assert (fetched(again), again.sources[0].known) == ([], 2)
    assert ingest_batches(bench).snapshot.rows == 2


@pytest.mark.parametrize("end", ["", "/", "/**/*.csv"])
def test_folders_below_are_kept_and_files_chooses_among_the_objects(tmp_path, bucket, end):
    for key in ("in/1.csv", "in/2013/2 ü#?.csv", "in/2013/.csv", "in/2013/3.txt"):
        bucket.put_object(Key=key, Body=FIRST + key.encode())
    url = f"s3://{bucket.name}/in{end}"
    bench = write_project(tmp_path / "project", orders=pull_from(url, files="**/*.csv"))
    report = pull_sources(bench)
    assert fetched(report) == ["1.csv", "2013/2 ü#?.csv"] or fetched(report) == [
        "2013/2 ü#?.csv", "1.csv",
    ]  # fmt: skip
    assert any("2013/%2Ecsv is hidden" in text for text in report.sources[0].left)
    assert set(landed(bench)) == {"1.csv", "2013/2 ü#?.csv"}


def test_a_changed_object_is_a_new_delivery_that_sorts_behind_the_old(tmp_path):
    put(tmp_path / "out" / "1.csv", FIRST)
    bench = write_project(tmp_path / "project", orders=pull_from(tmp_path / "out"))
    pull_sources(bench)
    assert ingest_batches(bench).snapshot.rows == 1
    put(tmp_path / "out" / "1.csv", SECOND, at=LONG_AGO + 1)
    assert fetched(pull_sources(bench)) == ["1~002.csv"]
    assert landed(bench) == {"1.csv": FIRST, "1~002.csv": SECOND}
    assert sorted(landed(bench)) == ["1.csv", "1~002.csv"]  # ingest takes them in this order
    assert ingest_batches(bench).snapshot.rows == 2


def test_an_object_of_just_now_is_looked_at_again(tmp_path):
    """Its time may have been the same had it been changed twice."""
    path, now = tmp_path / "out" / "1.csv", time.time()
    put(path, FIRST, at=now)
    bench = write_project(tmp_path / "project", orders=pull_from(tmp_path / "out"))
    pull_sources(bench)
    put(path, SECOND, at=now)
    assert fetched(pull_sources(bench)) == ["1~002.csv"]
    assert fetched(pull_sources(bench)) == []


def test_a_changed_object_whose_new_name_is_not_taken_is_told(tmp_path):
    put(tmp_path / "out" / "1.csv", FIRST)
    source = pull_from(tmp_path / "out", files="?.csv")
    bench = write_project(tmp_path / "project", orders=source)
    pull_sources(bench)
    put(tmp_path / "out" / "1.csv", SECOND, at=LONG_AGO + 1)
    (source,) = pull_sources(bench).sources
    assert "1~002.csv" in source.left[0]
    assert "widen files" in source.left[0]
    assert landed(bench) == {"1.csv": FIRST}


def test_what_a_person_landed_is_never_overwritten(tmp_path):
    put(tmp_path / "out" / "1.csv", FIRST)
    bench = write_project(tmp_path / "project", orders=pull_from(tmp_path / "out"))
    put(bench.settings.landing / "flights" / "orders" / "1.csv", SECOND)
    assert fetched(pull_sources(bench)) == ["1~002.csv"]
    assert landed(bench) == {"1.csv": SECOND, "1~002.csv": FIRST}


def test_names_of_objects_stay_in_the_folder_and_harm_no_terminal(tmp_path, memory):
    names = ["../../../etc/1.csv", "a\n\x1b[31m.csv", "b\u202egpj.csv", "c\\d.csv", "%2E.csv"]
    for name in ["good.csv", *names]:
        path = f"/in/{name}"
        memory.store[path] = MemoryFile(memory, path, FIRST + name.encode())
    bench = write_project(tmp_path / "project", orders=pull_from("memory://in", files="**/*.csv"))
    before = sorted(tmp_path.rglob("*"))
    (source,) = pull_sources(bench).sources
    assert source.fault is None, source
    assert set(landed(bench)) == {
        "good.csv", "a%0A%1B[31m.csv", "b%E2%80%AEgpj.csv", "c%5Cd.csv", "%252E.csv",
    }  # fmt: skip
    assert [text.split(" ")[0] for text in source.left] == ["%2E./%2E./%2E./etc/1.csv"]
    outside = {p for p in tmp_path.rglob("*") if bench.settings.home not in (p, *p.parents)}
    assert outside == set(before)


class Torn(MemoryFileSystem):
    """A store whose connection is cut in the middle of the file named torn.csv."""

    protocol = "torn"
    store: dict = {}  # noqa: RUF012  # as its parent has it

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("torn://"))

    def _open(self, path, mode="rb", **options):
        stream = super()._open(path, mode, **options)
        if path.endswith("torn.csv") and mode == "rb":
            return CutStream(stream)
        if path.endswith("short.csv") and mode == "rb":
            return ShortStream(stream)
        return stream


class ShortStream:
    """The first half of a stream, and then its end."""

    def __init__(self, stream):
        self.stream, self.reads = stream, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def read(self, _):
        self.reads += 1
        return self.stream.read(10) if self.reads == 1 else self.end()

    def end(self):
        return b""


class CutStream(ShortStream):
    def end(self):
        raise ConnectionResetError("the connection was cut")


def test_what_comes_in_part_never_appears(tmp_path):
    fsspec.register_implementation("torn", Torn, clobber=True)
    for name in ("1.csv", "short.csv", "torn.csv", "z.csv"):
        Torn().pipe(f"/in/{name}", FIRST)
    bench = write_project(tmp_path / "project", orders=pull_from("torn://in"))
    (source,) = pull_sources(bench).sources
    pull_sources(bench)
    assert landed(bench) == {"1.csv": FIRST, "z.csv": FIRST}
    assert "short.csv: It changed while it was fetched, or came in part" in source.left[0]
    assert "the connection was cut" in source.fault
    assert "environment" not in source.fault.splitlines()[0]


def test_a_source_that_is_down_keeps_no_other_from_being_ingested(tmp_path, bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    put(tmp_path / "out" / "1.csv", FIRST)
    bench = write_project(
        tmp_path / "project", down=pull_from(f"s3://{bucket.name}/*.csv"),
        orders=pull_from(tmp_path / "out" / "*.csv"),
    )  # fmt: skip
    report = pull_sources(bench)
    assert [source.source for source in report.faults] == ["down"]
    assert "cannot be pulled now" in report.faults[0].fault
    assert fetched(report) == ["1.csv"]
    assert ingest_batches(bench).snapshot.rows == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [("nope/in", "nothing to be pulled from"), ("file:///no/such/*.csv", "nothing to be pulled"),
     ("nope://x", "no such kind of URL"), ("gcs://b/x", "driver"), ("${UNSET}/in", "UNSET"),
     ("home", "out of the home folder")],
)  # fmt: skip
def test_what_cannot_be_pulled_from_is_told(tmp_path, url, expected):
    bench = write_project(tmp_path / "project", orders=pull_from(url))
    bench.settings.home.mkdir()
    (source,) = pull_sources(bench).sources
    assert expected in source.fault
    assert source.files == ()


def test_a_bucket_that_is_not_there_is_told_and_one_that_is_empty_is_not(tmp_path, bucket):
    for name, found in ((f"{bucket.name}-no", True), (bucket.name, False)):
        for end in ("in", "in/*.csv"):
            bench = write_project(
                tmp_path / name / end.replace("*", ""), orders=pull_from(f"s3://{name}/{end}")
            )
            assert bool(pull_sources(bench).faults) == found


def test_a_state_that_was_damaged_is_told_and_can_be_removed(tmp_path):
    put(tmp_path / "out" / "1.csv", FIRST)
    bench = write_project(tmp_path / "project", orders=pull_from(tmp_path / "out"))
    pull_sources(bench)
    state = bench.settings.home / "pulled" / "flights" / "orders.json"
    data = state.read_bytes()
    state.write_bytes(data.replace(b"settled", b"sottled"))
    assert "not what was written" in pull_sources(bench).sources[0].fault
    state.unlink()
    assert fetched(pull_sources(bench)) == []  # the same bytes lie there already
    assert state.read_bytes() == data


def test_the_pull_is_no_part_of_the_contract(tmp_path):
    plain = write_project(tmp_path / "a", orders={}).dataset
    pulled = write_project(tmp_path / "b", orders=pull_from("s3://bucket/in")).dataset
    assert plain.contract_digest("orders") == pulled.contract_digest("orders")
