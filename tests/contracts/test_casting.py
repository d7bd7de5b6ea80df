from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.contracts.casting import cast
from coldframe.contracts.parsing import (
    PARSERS,
    parse_boolean,
    parse_integer,
    parse_number,
    parse_timestamp,
)
from coldframe.datasets import Source

DIGITS = st.text("0123456789-+.eE,_ naNINf", max_size=25)


def source(kind: str, **more: object) -> Source:
    return Source(files="*.csv", key=(), columns={"a": {"type": kind, **more}})


def text(*values: str) -> pd.DataFrame:
    index = pd.RangeIndex(2, 2 + len(values), name="line")
    return pd.DataFrame({"a": pd.Series(list(values), index=index, dtype="str")})


@given(DIGITS | st.integers().map(str))
def test_an_integer_spells_its_text_again_or_fails(spelling):
    value = parse_integer(spelling)
    assert value is None or str(value) == spelling


@given(DIGITS | st.floats().map(repr) | st.integers().map(str) | st.decimals().map(str))
def test_a_number_has_the_value_of_its_text_or_fails(spelling):
    value = parse_number(spelling)
    assert value is None or Decimal(repr(value)) == Decimal(spelling)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_python_writes_is_read(value):
    assert parse_number(repr(value)) == value


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_64_bit_integer_is_read(value):
    assert parse_integer(str(value)) == value


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_that_python_writes_is_read(value):
    assert parse_timestamp(value.isoformat()) == value
    assert parse_timestamp(value.isoformat().replace("+00:00", "Z")) == value


@given(st.text(max_size=30))
def test_any_text_has_a_value_or_fails(spelling):
    for parse in PARSERS.values():
        parse(spelling)


@pytest.mark.parametrize(
    "spelling",
    ["00123", "1.0", "+5", "-0", "1e3", " 1", "1_000", "\u0661", "9223372036854775808", "1" * 5000],
)
def test_not_an_integer(spelling):
    assert parse_integer(spelling) is None


@pytest.mark.parametrize(
    "spelling",
    ["1,5", "nan", "inf", "1e999", "1e-999", "9007199254740993", "0.1000000000000000055",
     "007", "1_0", "", ".", "1" * 5000],
)  # fmt: skip
def test_not_a_number(spelling):
    assert parse_number(spelling) is None


@pytest.mark.parametrize(
    "spelling",
    ["2013-01-01", "2013-01-01T05:00:00", "2013-13-01T00:00:00Z", "2013-02-30T00:00:00Z",
     "01/02/2013", "2013-01-01T00:00:00.1234567Z", "2013-01-01T25:00:00Z", "1357034400"],
)  # fmt: skip
def test_not_a_moment(spelling):
    assert parse_timestamp(spelling) is None


def test_zeros_and_ones_are_no_truth_values():
    assert [parse_boolean(text) for text in ("True", "false", "0", "1", "yes")] == [
        True, False, None, None, None,
    ]  # fmt: skip


def test_what_cannot_be_cast_is_null_and_told():
    typed, failures = cast(text("1", "x", "NA", "", "2.0"), source("integer", nullable=True))
    assert typed["a"].isna().tolist() == [False, True, True, True, True]
    assert failures.to_dict("records") == [
        {"line": 3, "rule": "type_integer", "column": "a", "value": "x"},
        {"line": 6, "rule": "type_integer", "column": "a", "value": "2.0"},
    ]


@pytest.mark.parametrize(
    ("kind", "spellings", "dtype"),
    [
        ("integer", ("1", "2"), "int64"),
        ("integer", ("9007199254740993", "NA"), "Int64"),
        ("number", ("1.5", "NA"), "float64"),
        ("boolean", ("true", "false"), "bool"),
        ("boolean", ("true", "NA"), "boolean"),
        ("timestamp", ("2013-01-01T00:00:00Z", "NA"), "datetime64[us, UTC]"),
        ("string", ("00123", "NA"), "str"),
    ],
)
def test_dtypes(kind, spellings, dtype):
    typed, failures = cast(text(*spellings), source(kind, nullable=True))
    assert str(typed["a"].dtype) == dtype
    assert failures.empty


def test_an_integer_beside_a_blank_keeps_its_last_digit():
    typed, _ = cast(text("9007199254740993", ""), source("integer", nullable=True))
    assert int(typed["a"].iloc[0]) == 9007199254740993


@pytest.mark.parametrize("kind", PARSERS)
def test_a_column_that_did_not_come_is_null(kind):
    typed, failures = cast(text("1")[[]], source(kind, required=False, nullable=True))
    assert typed["a"].isna().all()
    assert failures.empty


def test_offsets_mean_the_same_moment():
    typed, _ = cast(text("2013-01-01T05:00:00-05:00", "2013-01-01T10:00:00Z"), source("timestamp"))
    assert typed["a"].nunique() == 1
    assert typed["a"].iloc[0] == datetime(2013, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spelling", "known"),
    [
        ("9999-12-31T23:59:59-05:00", False),  # the year 10000 in UTC
        ("9999-12-31T23:59:59Z", True),
        ("9999-12-31T23:59:59+05:00", True),
        ("9998-12-31T23:59:59-05:00", True),
        ("1000-01-01T00:00:00+05:00", True),
    ],
)
def test_the_last_moment_is_that_of_year_9999_in_utc(spelling, known):
    typed, failures = cast(text(spelling), source("timestamp"))
    assert len(failures) == (not known)
    assert [None if pd.isna(one) else one for one in typed["a"]] == [PARSERS["timestamp"](spelling)]


@pytest.mark.parametrize("spelling", ["inf", "-inf", "Infinity", "nan", "NaN", "1e999"])
@pytest.mark.parametrize("beside", [(), ("1.5",)])
def test_what_is_no_finite_number_is_none(spelling, beside):
    typed, failures = cast(text(spelling, *beside), source("number").model_copy(
        update={"nulls": ()}
    ))  # fmt: skip
    assert typed["a"].isna().tolist() == [True, *(False for _ in beside)]
    assert failures["value"].tolist() == [spelling]


CLOCKS = st.from_regex(
    r"[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][T ]([0-2][0-9])(:[0-6][0-9]){0,2}(\.[0-9]{1,7})?"
    r"(Z|[+-][0-2][0-9](:?[0-7][0-9])?)?",
    fullmatch=True,
)
SPELLINGS = {
    "integer": DIGITS | st.integers().map(str),
    "number": DIGITS | st.floats().map(repr) | st.decimals().map(str) | st.integers().map(str),
    "boolean": st.sampled_from([*"01", "true", "TRUE", "tRUE", "False"]),
    "timestamp": CLOCKS | st.datetimes(timezones=st.just(UTC)).map(str),
}


@pytest.mark.parametrize("kind", SPELLINGS)
@given(st.data())
def test_columns_are_cast_as_the_parser_reads_each_text(kind, data):
    spellings = data.draw(st.lists(SPELLINGS[kind], max_size=4))
    typed, failures = cast(text(*spellings), source(kind, nullable=True).model_copy(
        update={"nulls": ()}
    ))  # fmt: skip
    values = [None if value is pd.NA or value is pd.NaT else value for value in typed["a"]]
    expected = [PARSERS[kind](one) for one in spellings]
    assert [None if pd.isna(value) else value for value in values] == expected
    assert failures["value"].tolist() == [
        one for one, value in zip(spellings, expected, strict=True) if value is None
    ]


@pytest.mark.parametrize(
    ("kind", "spelling", "value"),
    [
        ("number", "1.234,56", 1234.56),
        ("number", "-1.234.567,5", -1234567.5),
        ("number", "1234,5", 1234.5),
        ("number", "1.5", None),
        ("number", "1.23", None),
        ("number", "12.34,5", None),
        ("number", ",5", 0.5),
        ("number", "1,234.5", None),
        ("number", "9.007.199.254.740.993", None),
        ("integer", "1.234", 1234),
        ("integer", "9.007.199.254.740.993", 9007199254740993),
        ("integer", "0.123", None),
        ("integer", "1.234,0", None),
    ],
)
def test_numbers_are_spelled_as_declared(kind, spelling, value):
    declared = source(kind, nullable=True).model_copy(update={"decimal": ",", "thousands": "."})
    typed, failures = cast(text(spelling), declared)
    assert typed["a"].dropna().tolist() == ([] if value is None else [value])
    assert failures["value"].tolist() == ([spelling] if value is None else [])
