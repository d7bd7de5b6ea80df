"""The quick look misses nothing that pandera would find; Arrow matches only what Python does."""

import re

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.contracts.casting import cast
from coldframe.contracts.looks import SAFE, matcher
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Source

ATOMS = st.sampled_from(
    ["a", "b", "-", " ", ".", r"\.", r"\(", "[a-c]", "[ab1]", "[0-9]", "(a|b)", "(ab)", "(|a)"]
)
TIMES = st.sampled_from(["", "?", "*", "+", "{2}", "{1,2}", "*?", "{0,1}?"])
PATTERNS = st.lists(st.tuples(ATOMS, TIMES).map("".join), max_size=4).map("".join)
TEXTS = st.text("aab1.( -\nc", max_size=6)


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=8))
def test_arrow_and_python_find_the_same_matches(pattern, texts):
    assert SAFE.fullmatch(pattern)
    found = matcher(pattern)(pa.array(texts, pa.large_string()))
    assert found.to_pylist() == [re.fullmatch(pattern, text) is not None for text in texts]


@pytest.mark.parametrize(
    "pattern",
    [r"\d", r"\w+", "(?i)a", "(?>a)", "a++", "a{,3}", "^a", "a$", r"a\b", "[^a]", "[[:alpha:]]",
     r"[\d]", "é", r"(a)\1", "a{2}{3}"],
)  # fmt: skip
def test_what_may_mean_something_else_to_arrow_is_left_to_python(pattern):
    assert not SAFE.fullmatch(pattern)


@pytest.mark.parametrize("kind", ["string", "integer", "number"])
@settings(deadline=None)  # pandera's first call imports a lot
@given(st.data())
def test_every_value_that_breaks_a_rule_is_found(kind, data):
    rules = {
        "string": {"pattern": "a[0-9]*", "among": ["a", "a1", "b"]},
        "integer": {"minimum": -1, "maximum": 2},
        "number": {"minimum": -0.5, "maximum": 0.5},
    }[kind]
    texts = {
        "string": ["a", "a1", "b", "a2", "", "A"],
        "integer": ["-2", "-1", "0", "2", "3", ""],
        "number": ["-0.5", "-0.51", "0", "0.5", "1", ""],
    }[kind]
    chosen = data.draw(st.lists(st.sampled_from(texts), max_size=5))
    nullable = data.draw(st.booleans())
    columns = {"a": {"type": kind, "nullable": nullable, **rules}}
    source = Source(files="*", key=(), columns=columns)
    index = pd.RangeIndex(2, 2 + len(chosen), name="line")
    typed, _ = cast(pd.DataFrame({"a": pd.Series(chosen, index=index, dtype="str")}), source)
    expected = set()
    for line, text in zip(index, chosen, strict=True):
        if not text:
            expected |= set() if nullable else {(line, "null")}
        elif kind == "string":
            expected |= set() if re.fullmatch("a[0-9]*", text) else {(line, "pattern")}
            expected |= set() if text in rules["among"] else {(line, "among")}
        else:
            expected |= {(line, "minimum")} if float(text) < rules["minimum"] else set()
            expected |= {(line, "maximum")} if float(text) > rules["maximum"] else set()
    failures = check_rows(typed, source)
    assert set(zip(failures["line"], failures["rule"], strict=True)) == expected


def test_a_pattern_that_is_too_large_for_arrow_is_matched_all_the_same():
    pattern = "((a{0,999}){0,999})"
    assert SAFE.fullmatch(pattern)
    assert matcher(pattern)(pa.array(["aaa", "b", None], pa.large_string())).to_pylist() == [
        True, False, None,
    ]  # fmt: skip
