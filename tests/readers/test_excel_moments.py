"""Days, times of day and elapsed times of Excel are what it shows, or stay the numbers they are."""

import pytest
from readers.raw_books import column, number, row, stored, text, workbook
from readers.test_excel_cells import read, spelled, typed

BERLIN = {"type": "timestamp", "timezone": "Europe/Berlin", "nullable": True}
DAY, CLOCK = "yyyy-mm-dd", "h:mm"


def test_moments_in_iso_8601_keep_their_zone_and_digits(tmp_path):
    cells = ["2013-01-01T05:30:00", "2013-01-01T05:30:00Z", "2013-01-01T05:30:00+02:00",
             "2013-01-01T05:30:00.123456"]  # fmt: skip
    loose = ["2013-01-01xyz", "2013-01-01T05", "PT1H"]
    every = [stored("d", one) for one in cells + loose]
    assert spelled(tmp_path, column(*every)) == cells + loose
    found, failed = typed(tmp_path, BERLIN, *every)
    assert [one.tz_convert("UTC").strftime("%H:%M:%S.%f") for one in found] == [
        "04:30:00.000000", "05:30:00.000000", "03:30:00.000000", "04:30:00.123456",
    ]  # fmt: skip
    assert failed == loose


def test_there_is_no_day_that_excel_does_not_show(tmp_path):
    days = {"0": "0", "0.50": "0.5", "0.99999999999": "0.99999999999",
            "1": "1900-01-01T00:00:00", "59": "1900-02-28T00:00:00", "60": "60", "60.5": "60.5",
            "61": "1900-03-01T00:00:00", "41275.25": "2013-01-01T06:00:00", "-1": "-1",
            "-0.5": "-0.5", "2958466": "2958466", "1e300": "1e+300", "1e999": "1e999"}  # fmt: skip
    cells = [number(one, 1) for one in days]
    assert spelled(tmp_path, column(*cells), formats=[DAY]) == list(days.values())
    found, failed = typed(tmp_path, BERLIN, *cells, formats=[DAY])
    assert len(found) == 4
    assert failed == [told for told in days.values() if "T" not in told]


def test_in_a_workbook_since_1904_the_first_day_is_a_day_and_half_a_day_a_time(tmp_path):
    cells = [number("0", 1), number("0.5", 1), number("1", 1), number("0.5", 2), number("60", 1)]
    assert spelled(tmp_path, column(*cells), formats=[DAY, CLOCK], since_1904=True) == [
        "1904-01-01T00:00:00", "1904-01-01T12:00:00", "1904-01-02T00:00:00", "12:00:00",
        "1904-03-01T00:00:00",
    ]  # fmt: skip


FORMATS = {
    14: "d", 22: "d", 20: "d", 46: "e", 27: "d", 36: "d", 50: "d", 58: "d", 26: "n", 37: "n",
    59: "n", 10: "n", "[$-409]d. mmmm yyyy;@": "d", "YYYY": "d", '"days; "0': "n", "*d0": "n",
    r"#,##0\ \d": "n", "_d0": "n", "[Red]0": "n", "[h]:mm": "e", "[HH]:MM:SS": "e", "[h]": "e",
    "[HH]": "e", "[Red][mm]:ss": "e", "[SS]": "e", "[Blue]d": "d", "[$-de-DE]yyyy": "d",
    'General" d"': "n", "@": "n", "[$-zh-CN]0": "n",
}  # fmt: skip
"""Formats of numbers, and whether they make a day, an elapsed time or no moment of one."""


def test_a_format_makes_a_day_of_a_number_only_if_it_shows_one(tmp_path):
    cells = column(*(number("41275.5", n) for n in range(1, len(FORMATS) + 1)))
    told = {"d": "2013-01-01T12:00:00", "e": "990612:00:00", "n": "41275.5"}
    found = spelled(tmp_path, cells, formats=list(FORMATS))
    assert dict(zip(FORMATS, found, strict=True)) == {one: told[k] for one, k in FORMATS.items()}


TIMES = ["h:mm", "[Red]h:mm", "[YELLOW]h:mm", "[$-de-DE]h:mm:ss", "[<0.75]h:mm", 'h:mm "day"', 18]


@pytest.mark.parametrize("since_1904", [False, True])
def test_a_time_of_day_is_one_whatever_stands_in_brackets(tmp_path, since_1904):
    """The letters of a colour or a language made a day of it: 1904-01-01T12:00:00."""
    cells = column(*(number("0.5", n) for n in range(1, len(TIMES) + 1)))
    found = spelled(tmp_path, cells, formats=TIMES, since_1904=since_1904)
    assert found == ["12:00:00"] * len(TIMES)


def test_elapsed_time_is_text_and_holds_nothing_up(tmp_path):
    """It was refused, and the whole file with it, even in a column that nobody declared."""
    times = {"1.1041666666666667": "26:30:00", "0.5": "12:00:00", "0": "00:00:00",
             "0.0000000115740740740741": "00:00:00.001", "-0.5": "-0.5"}  # fmt: skip
    rows = row(text("code"), text("new")) + "".join(row(text("a"), number(one, 1)) for one in times)
    frame = read(tmp_path, workbook(rows, formats=["[h]:mm:ss"]))
    assert frame["new"].tolist() == list(times.values())
