"""Moments without an offset: on the clock that the contract names, or not at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coldframe.contracts.casting import cast
from coldframe.contracts.expectations import expectation
from coldframe.contracts.moments import parse_local, tell_clock
from coldframe.ledger import Reason
from coldframe.sources import Column, Source
from coldframe.wording import explain_reason

NAIVE = (datetime(1970, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - of no zone on purpose
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


def source(timezone: str | None) -> Source:
    return Source(files="*.csv", key=(), columns={"a": {"type": "timestamp", "timezone": timezone}})


def frame(*values: str) -> pd.DataFrame:
    index = pd.RangeIndex(2, 2 + len(values), name="line")
    return pd.DataFrame({"a": pd.Series(list(values), index=index, dtype="str")})


@given(st.sampled_from(ZONES), st.datetimes(*NAIVE))
def test_a_moment_that_is_read_shows_its_text_on_that_clock_and_is_the_only_one(zone, local):
    found = parse_local(local.isoformat(sep=" "), zone)
    shown = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = {one for one in shown if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local}
    assert (found is not None) == (len(real) == 1)
    assert found is None or real == {found}


@pytest.mark.parametrize(
    "text", ["2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-10-27T02:00"], ids=str
)
def test_an_hour_left_out_or_shown_twice_is_set_aside(text):
    typed, failures = cast(frame(text, "2024-07-01 00:00"), source("Europe/Berlin"))
    assert failures[["line", "rule", "value"]].values.tolist() == [[2, "type_timestamp", text]]
    assert typed["a"].isna().tolist() == [True, False]
    assert expectation(source("Europe/Berlin"), "type_timestamp", "a") == (
        "a moment that clocks in Europe/Berlin show once, such as 2013-01-01 05:00:00"
    )


@given(st.sampled_from(ZONES), st.datetimes(*NAIVE))
def test_a_moment_is_told_to_come_twice_or_never_just_where_it_does(zone, local):
    shown = {local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    real = {one for one in shown if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local}
    said = {0: "never show it", 1: None, 2: "show it twice"}[len(real)]
    assert tell_clock(local.isoformat(), zone) == (said and f"clocks in {zone} {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-03-31 02:30:00", " (2024-03-31 02:30:00: clocks in Europe/Berlin never show it)"),
        ("2024-10-27 02:30", " (2024-10-27 02:30: clocks in Europe/Berlin show it twice)"),
        ("31.03.2024", " (31.03.2024)"), ("9999-12-31", " (9999-12-31)"),
    ],
)  # fmt: skip
def test_the_reason_says_that_clocks_show_it_twice_or_never(text, said):
    reason = Reason(rule="type_timestamp", column="a", rows=1, example=text)
    told = "a is no moment in time in 1 row"
    assert explain_reason(reason, source("Europe/Berlin")) == told + said
    assert explain_reason(reason, source(None)) == explain_reason(reason) == f"{told} ({text})"


def test_dates_offsets_and_fractions():
    texts = ("2024-07-01", "2024-07-01T00:00:00Z", "2024-07-01 00:00:00.250", "2024-07-01 00:00")
    typed, failures = cast(frame(*texts), source("Europe/Berlin"))
    assert failures.empty
    midnight = datetime(2024, 6, 30, 22, tzinfo=UTC)
    two = timedelta(hours=2)
    assert typed["a"].tolist() == [
        midnight, midnight + two, midnight + timedelta(milliseconds=250), midnight,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["01.07.2024", "2024-7-1", "2024-07-01T", "2024-02-30", "0000-01-01", "20240701", "x"]
)
def test_other_spellings_are_never_guessed(text):
    assert parse_local(text, "Europe/Berlin") is None


def test_without_a_time_zone_a_moment_needs_its_offset():
    _, failures = cast(frame("2024-07-01 00:00", "2024-07-01"), source(None))
    assert failures["rule"].tolist() == ["type_timestamp"] * 2


@pytest.mark.parametrize("name", ["", "Berlin", "../Europe/Berlin", "Europe", "a\0b"])
def test_a_time_zone_that_is_none_is_told(name):
    with pytest.raises(ValidationError, match="a time zone of the IANA database"):
        Column(type="timestamp", timezone=name)


def test_a_time_zone_is_for_timestamps():
    with pytest.raises(
        ValidationError, match="no timezone, which is for columns of type timestamp"
    ):
        Column(type="string", timezone="UTC")
