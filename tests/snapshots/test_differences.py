"""Two snapshots compared: what was added, lost and retyped, told from their manifests."""

import pyarrow as pa
import pytest
from snapshots.snapshot_cases import batch_digest, delivery, freeze, open_store

from coldframe.errors import NotFoundError
from coldframe.snapshots import Addition, compare_snapshots


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    for number in range(70):  # more than a segment holds
        freeze(store, number)
    return store


def test_a_snapshot_does_not_differ_from_itself(store):
    found = compare_snapshots(store, "pets@3", "pets@3")
    assert found.same
    assert found.batches_added == found.batches_removed == ()
    assert [one.same for one in found.tables] == [True]


def test_appending_adds_deliveries_and_rows_and_the_other_way_round_they_are_gone(store):
    found = compare_snapshots(store, "pets@2", "pets@70")
    (table,) = found.tables
    assert [batch.digest for batch in found.batches_added] == [
        batch_digest(number) for number in range(2, 70)
    ]
    assert (table.rows, table.rows_added, table.rows_removed) == ((6, 210), 204, 0)
    back = compare_snapshots(store, "pets@70", "pets@2")
    assert (back.tables[0].rows_added, back.tables[0].rows_removed) == (0, 204)
    assert back.batches_removed == found.batches_added
    assert not found.same


def test_columns_added_lost_and_retyped_and_whole_tables_are_told(store):
    other = delivery(70).drop_columns("text").append_column("new", pa.array([1.5, 2.5, 3.5]))
    store.freeze("dogs", [Addition("cats", delivery(0)), Addition("old", delivery(1))])
    store.freeze(
        "dogs",
        [Addition("cats", other.set_column(0, "key", other["key"].cast("float64")))],
        base="empty",
    )
    found = compare_snapshots(store, "dogs@1", "dogs@2")
    cats, old = found.tables
    assert (cats.columns_added, cats.columns_lost) == (("new",), ("text",))
    assert [(one.column, one.before, one.after) for one in cats.retyped] == [
        ("key", "int64", "double")
    ]
    assert (old.table, old.rows, old.rows_removed) == ("old", (3, 0), 3)
    assert compare_snapshots(store, "dogs@2", "pets@1").tables[0].rows == (3, 3)


def test_the_same_part_delivered_twice_counts_twice(tmp_path):
    store = open_store(tmp_path)
    store.freeze("pets", [Addition("cats", delivery(0))])
    store.freeze("pets", [Addition("cats", delivery(0))])
    (table,) = compare_snapshots(store, "pets@1", "pets@2").tables
    assert (table.rows_added, table.rows_removed) == (3, 0)


def test_what_is_not_there_is_told(store):
    with pytest.raises(NotFoundError):
        compare_snapshots(store, "pets@1", "pets@99")
