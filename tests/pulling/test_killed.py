"""Killed anywhere, run twice at once: all that waits elsewhere is landed whole and once."""

import json
import random
import shutil
import signal
from functools import partial

import dying
import pytest
import samples
from counts import count
from pulling.orders import csv, landed, write_project
from pulling.test_query import Database, query_of

from coldframe.pulling import pull_sources

OBJECTS = count(6, 55)
"""More than `coldframe.pulling.objects.SAVED_EVERY` in full."""
KILLS = count(3, 150)
"""At random touches of files, and as many at random times, for each kind of source."""
KINDS = ("bucket", "sqlite", "postgresql")


@pytest.fixture(scope="module", params=KINDS)
def waiting(request, tmp_path_factory):
    """A project that has pulled once, more that waits for it, and what is to be landed in all."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "bucket":
            request.getfixturevalue("s3_environment").set(patch)
            yield wait_in_bucket(folder / "project", request.getfixturevalue("new_bucket")())
        else:
            url = f"sqlite:///{folder / 'orders.db'}"
            if request.param == "postgresql":
                url = request.getfixturevalue("fresh_postgres")()
            yield wait_in_database(folder / "project", url)


def wait_in_bucket(root, bucket):
    """Some objects are new, and one has changed; one is larger than is read at once."""
    bucket.put_object(Key="in/1.csv", Body=csv((1, 2.5, "a")))
    source = {"pull": {"url": f"s3://{bucket.name}/in/*.csv"}}
    bench = write_project(root, orders=source)
    assert pull_sources(bench).faults == ()
    expected = {"1.csv": csv((1, 2.5, "a")), "1~002.csv": csv((1, 3.5, "changed"))}
    bucket.put_object(Key="in/1.csv", Body=expected["1~002.csv"])
    for number in range(2, OBJECTS + 2):
        long = "x" * 3_000_000 if number == 3 else "b"
        expected[f"{number}.csv"] = csv((number, 2.5, long))
        bucket.put_object(Key=f"in/{number}.csv", Body=expected[f"{number}.csv"])
    return root, expected


def wait_in_database(root, url):
    database = Database(url)
    url = database.url.render_as_string(hide_password=False)
    bench = write_project(root, orders=query_of(url))
    database.add((1, None, "a", 5))
    pull_sources(bench)
    database.add((2, None, "b", 5), *((n, None, "c" * 100, 6) for n in range(3, 3_000)))
    cells = [(1, "a", 5), (2, "b", 5), *((n, "c" * 100, 6) for n in range(3, 3_000))]
    lines = [line_of(*cell) for cell in cells]
    return root, {
        "orders-000001.jsonl": lines[0], "orders-000002.jsonl": b"".join(lines[1:])
    }  # fmt: skip


def line_of(number, note, changed):
    cells = {"id": str(number), "amount": None, "note": note, "changed": str(changed)}
    return json.dumps(cells).encode() + b"\n"


@pytest.fixture(scope="module")
def start(s3_environment):
    """Start pulls that die, or live."""
    variables = s3_environment.variables
    return partial(dying.start, "coldframe.pulling.pull_sources", environment=variables)


def copy(waiting, tmp_path):
    return shutil.copytree(waiting[0], tmp_path / "project", symlinks=True)


def seen(bench):
    return {name: data for name, data in landed(bench).items() if not name.startswith(".")}


def is_whole(root, expected):
    """What is there is whole, and the next pull brings what is not, once."""
    bench = samples.open_bench(root)
    found = seen(bench)
    assert found.items() <= expected.items()
    (source,) = pull_sources(bench).sources
    assert source.fault is None, source.fault
    assert {file.file for file in source.files} == expected.keys() - found.keys()
    assert landed(bench) == expected  # hidden files, too: what was killed left nothing
    assert pull_sources(bench).files == ()
    return True


@pytest.mark.timeout(count(900, 7200))
def test_killed_anywhere_all_is_landed_once(waiting, start, tmp_path):
    touched = dying.touches(start(copy(waiting, tmp_path), 0))
    assert seen(samples.open_bench(tmp_path / "project")) == waiting[1]
    draw = random.Random(1)
    for _ in range(KILLS):
        shutil.rmtree(tmp_path / "project")
        process = start(copy(waiting, tmp_path), draw.randint(1, touched))
        process.end()
        assert process.returncode == -signal.SIGKILL
        assert is_whole(tmp_path / "project", waiting[1])


@pytest.mark.timeout(count(900, 7200))
def test_killed_at_any_time_all_is_landed_once(waiting, start, tmp_path):
    draw = random.Random(2)
    for _ in range(KILLS):
        shutil.rmtree(tmp_path / "project", ignore_errors=True)
        process = start(copy(waiting, tmp_path), 0, seconds=draw.uniform(0.001, 0.3))
        process.end()
        assert process.returncode in (0, -signal.SIGALRM)
        assert is_whole(tmp_path / "project", waiting[1])


def test_two_at_once_land_each_file_once(waiting, start, tmp_path):
    root = copy(waiting, tmp_path)
    for process in [start(root, 0), start(root, 0)]:
        assert dying.touches(process)
    assert landed(samples.open_bench(tmp_path / "project")) == waiting[1]
    assert is_whole(tmp_path / "project", waiting[1])


def test_one_of_two_at_once_is_killed_and_the_other_lands_all(waiting, start, tmp_path):
    root = copy(waiting, tmp_path)
    first, second = start(root, 12), start(root, 0)
    first.end()
    assert dying.touches(second)
    assert first.returncode in (-signal.SIGKILL, 0)  # it may have found nothing left to touch
    assert is_whole(tmp_path / "project", waiting[1])
