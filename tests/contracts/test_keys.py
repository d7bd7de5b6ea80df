"""Keys are known again by 128 bits each, whatever the runs in which they were added."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.contracts.keys import KeySet, digest_keys, find_doubled, gather_keys

KEYS = st.tuples(st.sampled_from(["AA", "UA", ""]), st.integers(-2, 3))
PIECES = st.lists(st.lists(KEYS, max_size=6), max_size=6)


def frame(rows) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["carrier", "flight"])
    return found.astype({"carrier": "str", "flight": "int64"})


@given(PIECES)
def test_a_key_is_held_once_it_was_added_and_only_then(pieces):
    seen, known = KeySet(), set()
    for rows in pieces:
        digests = digest_keys(frame(rows))
        assert seen.holds(digests).tolist() == [row in known for row in rows]
        first = [row in rows[:place] for place, row in enumerate(rows)]
        assert find_doubled(digests).tolist() == first
        seen.add(digests)
        known |= set(rows)
    assert len(seen) == sum(map(len, pieces))


def test_equal_first_halves_are_told_apart_by_the_second():
    seen = KeySet()
    high, low = digest_keys(frame([("AA", number) for number in range(4)]))
    high[:] = 7
    seen.add((high, low))
    other = low.copy()
    other[2] += 1
    assert seen.holds((high, other)).tolist() == [True, True, False, True]
    assert find_doubled((high, low)).tolist() == [False] * 4


NUMBERS = st.lists(st.integers(-3, 9), max_size=6) | st.lists(
    st.integers(-(2**63), 2**63 - 1), max_size=6, unique=True
).map(sorted)


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["take", "told", "add", "update"])), max_size=7))
def test_numbers_that_rise_are_doubled_when_they_stand_before_and_only_then(pieces):
    seen, known = KeySet(), []
    for numbers, way in pieces:
        values = np.array(numbers, dtype="int64")
        digests = digest_keys([pa.array(values)])
        if way in ("take", "told"):
            found = seen.take(digests, values if way == "told" else None)
            expected = [n in known or n in numbers[:place] for place, n in enumerate(numbers)]
            assert found.tolist() == expected
        elif way == "add":
            seen.add(digests)
        else:
            other = KeySet()
            other.take(digests, values)
            seen.update(other)
        known += numbers
    assert len(seen) == len(known)
    asked = digest_keys([pa.array(range(-3, 10))])
    assert seen.holds(asked).tolist() == [number in known for number in range(-3, 10)]


def take(seen, *numbers):
    values = np.array(numbers, dtype="int64")
    return seen.take(digest_keys([pa.array(values)]), values).tolist()


def test_a_rising_piece_may_begin_with_the_last_key_of_the_piece_before():
    seen = KeySet()
    assert take(seen, 1, 2) == [False, False]
    assert take(seen, 2, 3) == [True, False]


def test_keys_of_another_set_are_known_to_pieces_that_rise():
    seen, other = KeySet(), KeySet()
    assert take(seen, 1) == [False]
    assert take(other, 5) == [False]
    seen.update(other)
    assert take(seen, 3, 5) == [False, True]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (pd.Series([1], dtype="int64"), pd.Series([1], dtype="Int64"), True),
        (pd.Series([0.0]), pd.Series([-0.0]), True),
        (pd.Series(["1"]), pd.Series(["1"], dtype=object), True),
        (pd.Series(["1"]), pd.Series(["01"]), False),
        (pd.Series([True]), pd.Series([False]), False),
        (pd.to_datetime(["2013-01-01T05:00Z"]), pd.to_datetime(["2013-01-01T06:00+01:00"]), True),
    ],
)
def test_equal_values_have_equal_digests(one, other, same):
    pair = [pd.DataFrame({"a": pd.Series(values)}) for values in (one, other)]
    assert gather_keys(pair[:1]).holds(digest_keys(pair[1])).tolist() == [same]


def test_columns_are_not_run_together():
    one, other = pd.DataFrame({"a": ["x", ""], "b": ["", "x"]}).astype("str").pipe(digest_keys)
    assert one[0] != one[1]
    assert other[0] != other[1]
