"""Columns of more than 2 GiB are frozen and read: stored types count bytes in 32 bits."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from counts import count
from snapshots.snapshot_cases import open_store

from coldframe.errors import DataError
from coldframe.snapshots import Addition
from coldframe.snapshots.casting import cast_table

TOO_MUCH = 2**31
TEXT = 17_000
ROWS = 1 << 17  # of a row group: 2.2 GB of such texts


def ends_of_a_large_column():
    """A column as pandas makes them: its first text has 2 GiB of zeros, which take no memory."""
    content = np.zeros(TOO_MUCH + 6, np.uint8)
    content[TOO_MUCH:] = np.frombuffer(b"EWRJFK", np.uint8)
    offsets = np.array([0, TOO_MUCH, TOO_MUCH + 3, TOO_MUCH + 6])
    return pa.LargeStringArray.from_buffers(3, pa.py_buffer(offsets), pa.py_buffer(content))


@pytest.mark.parametrize("rows", [1, 2])
def test_texts_behind_the_first_two_gibibytes_of_a_column_are_frozen(tmp_path, rows):
    store = open_store(tmp_path)
    table = pa.table({"airport": ends_of_a_large_column()}).slice(1, rows)
    store.freeze("pets", [Addition("cats", table)])
    found = store.read("pets", "cats", as_pandas=False)
    assert found.to_pydict() == {"airport": ["EWR", "JFK"][:rows]}


def test_what_one_chunk_cannot_hold_comes_in_several():
    half = TOO_MUCH // 2 + 1  # members that are null take no memory
    gaps = pa.LargeListArray.from_arrays(pa.array([0, half, 2 * half]), pa.nulls(2 * half))
    schema = pa.schema([("gaps", pa.list_(pa.null()))])
    found = cast_table(pa.table({"gaps": gaps}), schema, "here").column("gaps")
    assert found.type == schema.field("gaps").type
    assert pc.list_value_length(found).to_pylist() == [half, half]
    assert found.num_chunks == 2


def test_lists_that_could_not_be_read_again_are_refused_by_name(tmp_path):
    """pyarrow reads texts in several chunks, nested columns in one only."""
    half = TOO_MUCH // 2  # members that are null take no memory
    chunk = pa.ListArray.from_arrays(pa.array([0, half], pa.int32()), pa.nulls(half))
    table = pa.table({"key": [1, 2], "gaps": pa.chunked_array([chunk, chunk])})
    store = open_store(tmp_path)
    with pytest.raises(DataError, match="2 GiB") as told:
        store.freeze("pets", [Addition("cats", table)])
    assert "column 'gaps'" in told.value.where
    assert store.versions("pets") == []


@pytest.mark.skipif(not count(0, 1), reason="needs 8 GB of memory")
def test_a_large_row_group_has_the_same_bytes_however_it_was_chunked(tmp_path):
    def batches(rows):
        for start in range(0, ROWS, rows):
            numbers = range(start, min(start + rows, ROWS))
            texts = pa.array([f"{number:0{TEXT}}" for number in numbers])
            yield pa.record_batch({"name": texts})

    ids = set()
    for rows in (4096, 30_001):
        folder = tmp_path / str(rows)
        folder.mkdir()
        ids.add(open_store(folder).freeze("pets", [Addition("cats", batches(rows))]).id)
    assert len(ids) == 1


@pytest.mark.parametrize("place", [0, 4, 8])
def test_a_value_that_does_not_survive_is_told_all_the_same(place):
    numbers = [1.0] * 9
    numbers[place] = 1.5
    schema = pa.schema([("size", pa.int64())])
    with pytest.raises(DataError, match=r"(?s)column 'size'.*1\.5"):
        cast_table(pa.table({"size": numbers}), schema, "here")


@pytest.mark.skipif(not count(0, 1), reason="needs 8 GB of memory")
@pytest.mark.parametrize("how", ["to_arrow", "to_pandas", "to_polars"])
def test_a_row_group_of_more_than_two_gibibytes_of_one_text_is_read(tmp_path, how):
    store = open_store(tmp_path)
    places = pa.array(np.zeros(ROWS, np.int32))
    column = pa.DictionaryArray.from_arrays(places, pa.array(["x" * TEXT]))
    store.freeze("pets", [Addition("cats", pa.table({"name": column}))])
    found = getattr(store.open_table("pets", "cats"), how)()["name"]
    assert len(found) == ROWS
    texts = found if how == "to_arrow" else pa.chunked_array([pa.array(found[-1:])])
    assert pc.unique(texts).to_pylist() == ["x" * TEXT]
