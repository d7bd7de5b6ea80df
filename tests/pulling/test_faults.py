"""Every write, fsync, rename, open and mkdir of a pull fails: before or after, never between."""

import contextlib
import io
import itertools
import os
import shutil

import pytest
import samples
from counts import count
from pulling.orders import csv, landed, write_project
from pulling.test_query import Database, query_of
from snapshots.test_faults import FAILURES, Disk

from coldframe.pulling import pull_sources

OBJECTS = {f"{n}.csv": csv((n, 2.5, "a")) for n in range(1, 5)}


class RawFile(io.FileIO):
    """A file whose bytes go through `os.write`, as that of the tests fails."""

    def write(self, data):
        return os.write(self.fileno(), data)


class LandingDisk(Disk):
    """A disk for programs that write by way of Python's own files."""

    @contextlib.contextmanager
    def installed(self, monkeypatch):
        real = io.open

        def opened(file, mode="r", *arguments, **options):
            if mode != "xb":
                return real(file, mode, *arguments, **options)
            return io.BufferedWriter(RawFile(file, "x"))

        with super().installed(monkeypatch), monkeypatch.context() as patch:
            patch.setattr(io, "open", opened)
            patch.setattr(os, "unlink", self.wrap("unlink", os.unlink))
            yield


@pytest.fixture(scope="module", params=["folder", "sqlite"])
def waiting(request, tmp_path_factory):
    """A project that has pulled once, with more to be pulled, and what is to be landed in all."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "folder":
        (folder / "out" / "deep").mkdir(parents=True)
        pull = {"pull": {"url": str(folder / "out")}, "files": "**/*.csv"}
        bench = write_project(folder / "project", orders=pull)
        for name, data in OBJECTS.items():
            (folder / "out" / name).write_bytes(data)
            if name == "1.csv":
                pull_sources(bench)
        (folder / "out" / "deep" / "1.csv").write_bytes(OBJECTS["1.csv"])
        return folder / "project", OBJECTS | {"deep/1.csv": OBJECTS["1.csv"]}
    database = Database(f"sqlite:///{folder / 'orders.db'}")
    bench = write_project(folder / "project", orders=query_of(database.url))
    database.add((1, None, "a", 5))
    pull_sources(bench)
    database.add((2, None, "b", 5), (3, None, "c", 6))
    whole = samples.open_bench(copy(folder / "project", folder / "whole"))
    pull_sources(whole)
    assert sorted(landed(whole)) == ["orders-000001.jsonl", "orders-000002.jsonl"]
    return folder / "project", landed(whole)


def copy(project, root):
    shutil.rmtree(root, ignore_errors=True)
    return shutil.copytree(project, root, symlinks=True)


def pull_on(disk, bench, monkeypatch):
    """Return what the pull told of a fault, or raised."""
    with disk.installed(monkeypatch):
        try:
            (source,) = pull_sources(bench).sources
        except OSError as error:  # before a source is begun: the lock cannot be made
            return error.strerror
    return source.fault


@pytest.mark.parametrize(("code", "late"), FAILURES, ids=str)
def test_a_pull_whose_disk_fails_lands_files_whole_and_the_next_goes_on(
    waiting, tmp_path, monkeypatch, code, late
):
    project, expected = waiting
    step = count(len(FAILURES), 1)  # the four failures share the operations among them
    offset = 1 + FAILURES.index((code, late)) % step
    told = 0
    for number in itertools.count(offset, step):
        bench = samples.open_bench(copy(project, tmp_path / "project"))
        disk = LandingDisk(number, code, late=late)
        fault = pull_on(disk, bench, monkeypatch)
        if disk.seen < number:
            break
        found = landed(bench)
        seen = {name: data for name, data in found.items() if not name.startswith(".")}
        assert seen.items() <= expected.items()
        assert fault is None or os.strerror(code) in fault
        assert fault is not None or found == expected, "what is not told is done"
        told += fault is not None
        (source,) = pull_sources(bench).sources
        assert source.fault is None
        assert {file.file for file in source.files} == expected.keys() - seen.keys()
        assert landed(bench) == expected
        assert pull_sources(bench).files == ()
    assert told >= 2
