"""Digests of landed files are remembered, and never believed where the file may have changed."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import samples

from coldframe.ingest import digests, ingest_batches, pending_batches
from coldframe.provenance import bytes_digest


@pytest.fixture
def read(monkeypatch):
    """Names of the files that were hashed."""
    names = []
    real = digests.file_digest

    def note(path):
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(digests, "file_digest", note)
    return names


@pytest.fixture
def settled(monkeypatch):
    """Let every file count as left alone for long enough."""
    monkeypatch.setattr(digests, "SETTLED_SECONDS", -60.0)


def memory(bench):
    return bench.settings.home / "landed-flights.json"


def weather(bench, month="2013-01"):
    return bench.settings.landing / "flights" / "weather" / f"weather-{month}.csv"


@pytest.mark.usefixtures("settled")
def test_a_file_that_nobody_touched_is_read_once(bench, read):
    samples.land_sample(bench, ["2013-01"])
    first = pending_batches(bench)
    assert len(read) == 2
    assert pending_batches(bench) == first
    assert len(read) == 2
    samples.land_sample(bench, ["2013-02"])
    read.clear()
    ingest_batches(bench)
    assert set(read) == {"flights-2013-02.csv", "weather-2013-02.csv", "arrivals-2013-01.csv"}
    assert len(read) == 3


def test_a_file_of_this_very_moment_is_always_read(bench, read):
    samples.land_sample(bench, ["2013-01"])
    path = weather(bench)
    for _ in range(3):
        pending_batches(bench)
    assert read.count(path.name) == 3
    assert not json.loads(memory(bench).read_bytes() if memory(bench).exists() else b"{}")


@pytest.mark.usefixtures("settled")
def test_other_bytes_of_the_same_size_and_time_are_noticed(bench):
    samples.land_sample(bench, ["2013-01"])
    pending_batches(bench)
    path = weather(bench)
    before, data = path.stat(), path.read_bytes()
    changed = data[:-2] + b"9\n" if data[-2:] != b"9\n" else data[:-2] + b"8\n"
    with path.open("r+b") as stream:  # in place: the same inode
        stream.write(changed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (
        before.st_size, before.st_mtime_ns, before.st_ino,
    )  # fmt: skip
    assert bytes_digest(changed) in [landed.digest for landed in pending_batches(bench)]


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "spoiled",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"a": 1}',
        b'{"a": []}',
        b'{"a": ["x", "y"]}',
        b'{"a": [1e999, ""]}',
        b"\xff",
    ],
)
def test_a_spoiled_or_lost_memory_only_costs_time(bench, spoiled):
    samples.land_sample(bench, ["2013-01"])
    first = pending_batches(bench)
    memory(bench).write_bytes(spoiled)
    assert pending_batches(bench) == first
    memory(bench).unlink()
    assert pending_batches(bench) == first


@pytest.mark.usefixtures("settled")
def test_what_is_judged_is_named_by_the_bytes_that_were_read(bench):
    samples.land_sample(bench, ["2013-01"])
    pending_batches(bench)
    told = json.loads(memory(bench).read_bytes())
    lies = {name: [*entry[:-1], "0" * 63 + str(i)] for i, (name, entry) in enumerate(told.items())}
    memory(bench).write_text(json.dumps(lies))
    assert {landed.digest[:63] for landed in pending_batches(bench)} == {"0" * 63}
    report = ingest_batches(bench)
    for delivery in report.deliveries:
        path = bench.settings.landing / "flights" / delivery.source / delivery.file
        assert delivery.batch == bytes_digest(path.read_bytes())


@pytest.mark.usefixtures("settled")
def test_many_may_look_at_once(bench):
    samples.land_sample(bench, samples.MONTHS[:2])
    expected = pending_batches(bench)
    memory(bench).unlink()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: pending_batches(bench), range(40)))
    assert all(one == expected for one in found)
    assert len(json.loads(memory(bench).read_bytes())) == len(expected)
    assert not list(bench.settings.home.glob(".*.partial"))


@pytest.mark.usefixtures("settled")
def test_files_that_are_gone_are_forgotten(bench):
    samples.land_sample(bench, ["2013-01"])
    pending_batches(bench)
    weather(bench).unlink()
    pending_batches(bench)
    assert list(json.loads(memory(bench).read_bytes())) == ["flights/flights/flights-2013-01.csv"]


@pytest.mark.usefixtures("settled")
def test_where_nothing_can_be_remembered_all_is_read(bench, read):
    samples.land_sample(bench, ["2013-01"])
    memory(bench).mkdir()
    assert pending_batches(bench) == pending_batches(bench)
    assert len(read) == 4
