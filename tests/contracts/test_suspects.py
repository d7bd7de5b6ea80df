"""pandera is asked about suspicious values only, and says of them what it says of all rows."""

import re

import pandas as pd
from counts import count
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.contracts.casting import Typed, cast
from coldframe.contracts.faults import failures_frame, shorten
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Source
from coldframe.variables import IGNORE_ZONES, variables_kept

with variables_kept(IGNORE_ZONES):
    import pandera.pandas as pandera

COLUMNS = {
    "code": {"type": "string", "pattern": "a[0-9]*", "among": ["a", "a1", "b"]},
    "odd": {"type": "string", "pattern": r"\w+", "nullable": True},
    "size": {"type": "integer", "minimum": -1, "maximum": 2**53, "nullable": True},
    "weight": {"type": "number", "minimum": -0.5, "maximum": 1e9},
    "late": {"type": "boolean"},
    "at": {"type": "timestamp", "nullable": True},
}
SOURCE = Source(files="*", key=("size",), columns=COLUMNS)
TEXTS = {
    "code": ["a", "a1", "b", "a2", "", "A"],
    "odd": ["x", "é", "a b", "", "٣"],
    "size": ["-2", "-1", "0", str(2**53), str(2**53 + 1), str(2**53 + 2), ""],
    "weight": ["-0.5", "-0.51", "0", "1e300", ""],
    "late": ["true", "false", ""],
    "at": ["2013-01-01T05:00Z", ""],
}
ROWS = st.lists(st.tuples(*map(st.sampled_from, TEXTS.values())), min_size=1, max_size=12)


def judge_all(typed):
    """Return what pandera finds when it is given every row and every column."""
    kept = {"ge": "minimum", "le": "maximum", "isin": "among"}
    columns = {}
    for name, column in SOURCE.columns.items():
        checks = [getattr(pandera.Check, check)(getattr(column, rule), name=rule, error=rule)
                  for check, rule in kept.items() if getattr(column, rule) is not None]  # fmt: skip
        if column.pattern is not None:
            whole = re.compile(column.pattern)
            checks.append(
                pandera.Check(
                    lambda texts, whole=whole: texts.map(lambda text: bool(whole.fullmatch(text))),
                    name="pattern", error="pattern",
                )
            )  # fmt: skip
        nullable = column.nullable and name not in SOURCE.key
        columns[name] = pandera.Column(nullable=nullable, checks=checks)
    try:
        pandera.DataFrameSchema(columns).validate(typed, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        rules = cases["check"].replace("not_nullable", "null")
        found = zip(cases["index"], rules, cases["column"], cases["failure_case"], strict=True)
        return failures_frame([(int(n), str(r), str(c), shorten(v)) for n, r, c, v in found])
    return failures_frame([])


@settings(max_examples=count(10, 300), deadline=None)  # pandera takes a tenth of a second
@given(ROWS)
def test_what_is_told_of_suspects_is_what_is_told_of_all(rows):
    index = pd.RangeIndex(2, 2 + len(rows), name="line")
    text = pd.DataFrame(rows, columns=list(TEXTS), index=index, dtype="str")
    typed, failed = cast(text, SOURCE)
    assert failed.empty
    expected = judge_all(typed).sort_values(["line", "rule", "column"], ignore_index=True)
    for given_ in (typed, Typed.of(typed)):
        pd.testing.assert_frame_equal(check_rows(given_, SOURCE), expected)
