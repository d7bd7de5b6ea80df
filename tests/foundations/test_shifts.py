"""How columns shift: known answers, and what always holds."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from coldframe.shifts import MOST_CATEGORIES, compare_columns, jensen_shannon

COUNTS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=12)


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


@given(COUNTS)
def test_the_distance_is_that_of_scipy_and_a_metric_between_0_and_1(pairs):
    before, after = zip(*pairs, strict=True)
    found = jensen_shannon(before, after)
    if not sum(before) or not sum(after):
        assert found is None
        return
    assert 0 <= found <= 1
    assert found == jensen_shannon(after, before)
    # both round in another order; near 0 the square root of a rounding error is what remains
    assert found == pytest.approx(jensenshannon(before, after, base=2), abs=1e-7)


def test_numbers_are_told_by_mean_quantiles_and_blanks():
    before, after = np.arange(101.0), np.append(np.arange(101.0) + 100, [np.nan])
    shift = compare_columns("x", column(before), column(after))
    assert shift.kind == "numeric"
    assert (shift.before.mean, shift.after.mean) == (50, 150)
    assert shift.before.quantiles == {"5%": 5, "25%": 25, "50%": 50, "75%": 75, "95%": 95}
    assert (shift.before.nulls, shift.after.nulls) == (0, pytest.approx(1 / 102))
    same = compare_columns("x", column(before), column(before))
    assert same.distance == 0
    assert shift.distance > 0.9


@pytest.mark.parametrize(
    ("values", "kind", "median"),
    [
        ([dt.date(2013, 1, day) for day in range(1, 10)], pa.date32(), "2013-01-05"),
        ([dt.datetime(2013, 1, d, tzinfo=dt.UTC) for d in range(1, 10)],
         pa.timestamp("s", tz="America/New_York"), "2013-01-04 19:00:00-0500"),
        ([dt.time(hour) for hour in range(9)], pa.time64("us"), "04:00:00.000000"),
        ([dt.timedelta(seconds=n) for n in range(9)], pa.duration("s"), 4),
        ([Decimal(n) for n in range(9)], pa.decimal128(5, 2), 4),
        (list(range(9)), pa.float16(), 4),
        ([2**63 + n for n in range(9)], pa.uint64(), 2.0**63),
    ],
    ids=str,
)  # fmt: skip
def test_every_kind_of_number_and_moment_has_a_median(values, kind, median):
    found = column(values, kind)
    shift = compare_columns("x", found, found.slice(0, 5))
    assert shift.before.quantiles["50%"] == median
    assert 0 <= shift.distance <= 1


def test_categories_are_told_by_their_shares_of_those_that_have_a_value():
    before = column(["EWR"] * 6 + ["JFK"] * 2 + [None] * 2)
    after = column(["EWR"] * 2 + ["JFK"] * 2 + ["LGA"] * 4)
    shift = compare_columns("origin", before, after)
    shares = {one.value: (one.before, one.after) for one in shift.shares}
    assert shares == {"EWR": (0.75, 0.25), "JFK": (0.25, 0.25), "LGA": (0.0, 0.5)}
    assert [one.value for one in shift.shares][-1] == "JFK"
    assert (shift.before.nulls, shift.after.nulls) == (0.2, 0)
    bins = ([6, 2, 0, 2], [2, 2, 4, 0])
    assert shift.distance == pytest.approx(jensenshannon(*bins, base=2), rel=1e-12)
    assert compare_columns("x", column([True, None]), column([True, None])).distance == 0


def test_names_and_nested_values_are_told_by_blanks_alone():
    names = column([f"N{number}" for number in range(MOST_CATEGORIES + 1)] + [None])
    shift = compare_columns("tail", names, names.slice(0, 5))
    assert (shift.kind, shift.distance) == ("other", None)
    assert math.isclose(shift.before.nulls, 1 / (MOST_CATEGORIES + 2))
    nested = column([[1], None], pa.list_(pa.int64()))
    assert compare_columns("x", nested, nested).before.nulls == 0.5


@pytest.mark.parametrize(
    "kind", [pa.float64(), pa.string(), pa.timestamp("us"), pa.null()], ids=str
)
def test_nothing_on_one_side_is_no_verdict(kind):
    full = column([None, None], kind)
    shift = compare_columns("x", full, full.slice(0, 0))
    assert shift.distance is None
    assert (shift.before.nulls, shift.after.nulls) == (1, None)
