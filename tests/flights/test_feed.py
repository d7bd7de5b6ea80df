import csv
import zipfile

import pytest

from coldframe.errors import NotFoundError
from flights import feed


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def originals():
    folder = feed._data_folder()
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        text = archive.read("flights.csv").decode()
    return list(csv.DictReader(text.splitlines()))


def test_a_month_comes_as_schedule_weather_and_last_months_arrivals(tmp_path):
    assert [path.relative_to(tmp_path).as_posix() for path in feed.land("2013-01", tmp_path)] == [
        "flights/flights-2013-01.csv",
        "weather/weather-2013-01.csv",
    ]
    assert [path.parent.name for path in feed.land("2013-02", tmp_path)] == [
        "arrivals", "flights", "weather",
    ]  # fmt: skip
    assert [path.name for path in feed.land("2014-01", tmp_path)] == ["arrivals-2013-12.csv"]


def test_raw_is_raw_nothing_is_lost_and_no_outcome_is_in_the_schedule(tmp_path):
    feed.land("2013-02", tmp_path)
    schedule = rows(tmp_path / "flights" / "flights-2013-02.csv")
    arrivals = rows(tmp_path / "arrivals" / "arrivals-2013-01.csv")
    year = originals()
    assert schedule == [
        {name: row[name] for name in feed.SCHEDULE} for row in year if row["month"] == "2"
    ]
    assert arrivals == [
        {name: row[name] for name in feed.ARRIVALS} for row in year if row["month"] == "1"
    ]
    assert not {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"} & set(feed.SCHEDULE)
    assert sum(row["dep_time"] in ("", "NA") for row in arrivals) == 521  # cancelled
    weather = rows(tmp_path / "weather" / "weather-2013-02.csv")
    assert max(float(row["wind_speed"]) for row in weather if row["wind_speed"] != "NA") > 1000


def test_landing_again_changes_no_file(tmp_path):
    before = {path: path.stat().st_mtime_ns for path in feed.land("2013-01", tmp_path)}
    assert {path: path.stat().st_mtime_ns for path in feed.land("2013-01", tmp_path)} == before


def test_an_unknown_month_is_an_error_that_says_which_there_are(tmp_path):
    with pytest.raises(NotFoundError, match="2013-01 to 2014-01"):
        feed.land("2012-12", tmp_path)


def test_the_demonstrations_months_can_be_landed():
    assert set(feed.default_periods()) < set(feed.periods())
