"""Parts: how rows are shared out among them, and that nothing is read but what was compared."""

import os
import re
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots.snapshot_cases import batch_digest, open_store

from coldframe.errors import CorruptionError
from coldframe.snapshots import Addition, reading
from coldframe.snapshots.parts import GROUP_ROWS, PART_GROUPS
from coldframe.snapshots.threads import count_processors, side_by_side

PART_ROWS = GROUP_ROWS * PART_GROUPS


def count_up(rows):
    return pa.table({"key": np.arange(rows)})


def listed(store, name="pets"):
    return store.open_table(name, "cats").parts


def paths(store):
    return [store.objects.path(part.digest, ".parquet") for part in listed(store)]


@pytest.mark.parametrize(
    ("rows", "shares"),
    [(PART_ROWS - 1, [PART_ROWS - 1]), (PART_ROWS, [PART_ROWS]), (PART_ROWS + 1, [PART_ROWS, 1]),
     (2 * PART_ROWS, [PART_ROWS, PART_ROWS])],
)  # fmt: skip
def test_a_large_delivery_has_a_part_for_each_million_rows(tmp_path, rows, shares):
    store = open_store(tmp_path)
    table, digest = count_up(rows), batch_digest(1)
    first = store.freeze("pets", [Addition("cats", table, digest)])
    assert [part.rows for part in listed(store)] == shares
    assert {part.batch for part in listed(store)} == {digest}
    assert [one.digest for one in first.batches] == [digest]
    column = first.tables["cats"].columns[0]
    assert (column.minimum, column.maximum, column.nulls) == (0, rows - 1, 0)
    assert store.read("pets", "cats", as_pandas=False).equals(table)
    pieces = iter(table.to_batches(99_999))
    (tmp_path / "other").mkdir()
    other = open_store(tmp_path / "other")
    again = other.freeze("pets", [Addition("cats", pieces, digest, table.schema)])
    assert again.id == first.id
    assert store.freeze("pets", [Addition("cats", table, digest)]).id == first.id, "it is in"


def test_parts_without_a_wanted_row_are_left_out(tmp_path):
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", count_up(2 * PART_ROWS + 5))])
    wanted = store.open_table("pets", "cats", where=[("key", ">=", 2 * PART_ROWS)])
    assert [part.rows for part in wanted.parts] == [5]
    assert len(wanted.to_pandas()) == 5


@pytest.mark.parametrize("damaged", [0, 1, 2])
@pytest.mark.parametrize("how", ["flipped", "shorter", "missing"])
@pytest.mark.parametrize("in_memory", [reading.IN_MEMORY, 0])
def test_any_part_of_a_delivery_that_was_damaged_is_named(
    tmp_path, monkeypatch, damaged, how, in_memory
):
    monkeypatch.setattr(reading, "IN_MEMORY", in_memory)
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", count_up(2 * PART_ROWS + 5))])
    path = paths(store)[damaged]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(data if how == "flipped" else data[:-1])
    opened = store.open_table("pets", "cats")
    for read in (opened.to_arrow, opened.to_pandas, opened.to_batches, opened.verify):
        with pytest.raises(CorruptionError, match=path.name):
            read()
    assert [found.path.rpartition("/")[2] for found in store.verify("pets")] == [path.name]


def test_of_several_damaged_parts_the_first_is_named_and_all_are_found(tmp_path):
    store = open_store(tmp_path)
    for number in range(9):
        store.freeze("pets", [Addition("cats", count_up(number + 1), batch_digest(number))])
    broken = [paths(store)[place] for place in (2, 5, 8)]
    for path in broken:
        path.unlink()
    with pytest.raises(CorruptionError, match=broken[0].name):
        store.read("pets", "cats")
    found = {damage.path.rpartition("/")[2] for damage in store.verify("pets")}
    assert found == {path.name for path in broken}


def test_what_is_decoded_is_what_was_compared(tmp_path, monkeypatch):
    """A file that changes right after its digest was compared, reads as it was frozen."""
    store = open_store(tmp_path)
    table = count_up(1000)
    store.freeze("pets", [Addition("cats", table)])
    [path] = paths(store)
    path.chmod(0o644)
    real, seen = reading.inspect_file, []

    def change_after(*arguments, **options):
        found = real(*arguments, **options)
        path.write_bytes(b"another file")
        seen.append(found)
        return found

    monkeypatch.setattr(reading, "inspect_file", change_after)
    assert store.read("pets", "cats", as_pandas=False).equals(table)
    assert seen == [None]
    with pytest.raises(CorruptionError, match=path.name):
        store.read("pets", "cats")


def test_a_large_part_is_not_taken_into_memory_for_one_column(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    table = count_up(1000).append_column("name", pa.array(["Tom", "Kit"] * 500))
    store.freeze("pets", [Addition("cats", table)])
    monkeypatch.setattr(reading, "IN_MEMORY", paths(store)[0].stat().st_size - 1)
    monkeypatch.setattr(pa, "allocate_buffer", None)
    found = store.read("pets", "cats", columns=["name"], as_pandas=False)
    assert found.equals(table.select(["name"]))


@pytest.mark.parametrize(("room", "at_once"), [(1.9, 1), (2, 2), (4.9, 4), (100, 8)])
def test_parts_that_are_in_memory_together_have_a_bound(tmp_path, monkeypatch, room, at_once):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    store = open_store(tmp_path)
    for number in range(16):
        store.freeze("pets", [Addition("cats", count_up(1000 + number), batch_digest(number))])
    sizes = [path.stat().st_size for path in paths(store)]
    monkeypatch.setattr(reading, "TOGETHER", int(room * max(sizes)))
    real, inside, seen = reading.pq.read_metadata, [], []
    together = threading.Barrier(at_once, timeout=30)

    def watch(source):
        inside.append(source.size())
        seen.append(sum(inside))
        together.wait()  # passes only if so many are at work
        time.sleep(0.002)
        inside.remove(source.size())
        return real(source)

    monkeypatch.setattr(reading.pq, "read_metadata", watch)
    store.open_table("pets", "cats").to_arrow()
    assert max(seen) <= room * max(sizes)


WORDS = st.sampled_from(["", "a", "ü", "\x00", "a.b", "long" * 20, None])


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=30), st.integers(100, 3000))
@settings(max_examples=60, deadline=None)
def test_texts_that_repeat_read_as_they_were_frozen(tmp_path_factory, pairs, times):
    left, right = (list(side) * times for side in zip(*pairs, strict=True))
    table = pa.table({
        "left": pa.array(left, pa.string()), "a.b": pa.array(right, pa.string()),
        "raw": pa.array([one and one.encode() for one in right], pa.binary()),
        "in": pa.array([{"left": one} for one in left], pa.struct([("left", pa.string())])),
    })  # fmt: skip
    store = open_store(tmp_path_factory.mktemp("texts"))
    store.freeze("pets", [Addition("cats", table)])
    store.freeze("pets", [Addition("cats", table.select(["raw"]))])
    found = store.read("pets", "cats", as_pandas=False)
    assert found.schema.equals(table.schema)
    assert found.slice(0, len(table)).equals(table)
    assert found.slice(len(table))["raw"].equals(table["raw"])
    assert found["left"].null_count == left.count(None) + len(table)


def test_only_texts_that_repeat_are_decoded_by_way_of_a_dictionary(tmp_path):
    rows = 20_000
    table = pa.table({
        "few": pa.array(["EWR", "JFK"] * (rows // 2)), "a.few": pa.array(["x"] * rows),
        "many": pa.array([f"N{number:06}" for number in range(rows)]),
        "number": pa.array([7] * rows),
        "in": pa.array([{"few": "EWR"}] * rows),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    assert reading._repeated_texts(pq.read_metadata(tmp_path / "rows.parquet")) == ["few"]


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


@pytest.mark.usefixtures("two_processors")
def test_work_is_done_side_by_side_and_answers_come_in_order():
    both = threading.Barrier(2, timeout=30)  # passes only if two are at work together

    def work(number):
        if number < 2:
            both.wait()
        return number * 10

    assert list(side_by_side(work, range(5))) == [0, 10, 20, 30, 40]
    assert list(side_by_side(work, [])) == []


@pytest.mark.parametrize("known", [4, None])
def test_parts_are_read_where_the_system_does_not_tell_our_own_processors(
    tmp_path, monkeypatch, known
):
    """As on macOS, which has no `os.sched_getaffinity`."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: known)
    assert count_processors() == (known or 1)
    store = open_store(tmp_path)
    table = count_up(PART_ROWS + 1)
    store.freeze("pets", [Addition("cats", table)])
    assert store.read("pets", "cats", as_pandas=False).equals(table)


@pytest.mark.usefixtures("two_processors")
def test_an_error_comes_in_its_turn_and_ends_the_work():
    begun = []

    def work(number):
        begun.append(number)
        if number == 1:
            raise ValueError("the second")
        time.sleep(0.002)
        return number

    found = side_by_side(work, range(1000))
    assert next(found) == 0
    with pytest.raises(ValueError, match=re.escape("the second")):
        next(found)
    assert len(begun) < 1000
