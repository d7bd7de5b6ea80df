"""What a person reads after ingest: the cause of what was held, in plain sentences."""

import html.parser
import json
import re

import pytest
import samples

from coldframe.contracts.faults import Fault
from coldframe.ingest import IngestReport, LandedFile, ingest_batches, tell_cause
from coldframe.ingest.records import held_delivery
from coldframe.notebook.ingested import (
    table_deliveries,
    table_reasons,
    tell_deliveries,
    tell_pending,
    tell_reasons,
)
from coldframe.notebook.results import finish
from coldframe.notebook.shown import Note, escape
from coldframe.pipeline import build
from coldframe.wording import count


class Text(html.parser.HTMLParser):
    """The text of a page as it is read, without styles, one line for each block."""

    def __init__(self, page):
        super().__init__()
        self.skipped, self.text = 0, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        del attributes
        self.skipped += tag in ("style", "script", "title")
        self.text.append("\n" if tag in ("p", "li", "h1", "h2", "tr", "pre", "div") else "")

    def handle_endtag(self, tag):
        self.skipped -= tag in ("style", "script", "title")
        self.text.append(" " if tag in ("td", "th") else "")

    def handle_data(self, data):
        if not self.skipped:
            self.text.append(data)

    def lines(self):
        joined = "".join(self.text).splitlines()
        return [" ".join(line.split()) for line in joined if line.strip()]


def spoil_weather(bench, month):
    """Blow every third hour of a month away."""
    path = bench.settings.landing / "flights" / "weather" / f"weather-{month}.csv"
    header, *rows = path.read_text().splitlines()
    place = header.split(",").index("wind_speed")
    spoiled = [row.split(",") for row in rows]
    for fields in spoiled[::3]:
        fields[place] = "1048.36"
    path.write_text("\n".join([header, *(",".join(fields) for fields in spoiled)]) + "\n")
    return len(rows), len(spoiled[::3])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A project after a build of a good month and one of a bad one; the report of the last."""
    bench = samples.open_bench(samples.write_project(tmp_path_factory.mktemp("page") / "project"))
    samples.land_sample(bench, ["2013-03"])
    build(bench.settings).raise_for_failure()
    samples.land_sample(bench, ["2013-04"])
    spoil_weather(bench, "2013-04")
    folder = bench.settings.landing / "flights"
    rows = (folder / "flights" / "flights-2013-03.csv").read_text().splitlines(keepends=True)
    again = folder / "flights" / "once_more_2013_03.csv"
    again.write_text("".join([rows[0], *reversed(rows[1:])]))
    (folder / "weather" / "notes_of_the_day.txt").write_text("windy")
    report = build(bench.settings)
    report.raise_for_failure()
    return bench, report


@pytest.fixture(scope="module")
def lines(built):
    _, report = built
    return Text(report.stages[0].page.read_text("utf-8")).lines()


def test_the_page_names_rule_file_column_found_and_expected_in_one_line(lines):
    (told,) = [line for line in lines if line.startswith("Held: weather/weather-2013-04.csv")]
    assert "Rule maximum, column wind_speed: found 1048.36, expected at most 150" in told
    assert "at most 2.0 % are allowed" in told
    (told,) = [line for line in lines if line.startswith("Held: flights/once_more_2013_03.csv")]
    assert "Rule known_key, columns time_hour, carrier, flight: found 2013-" in told
    assert "set sources.flights.batch.keys_known: true in datasets/flights.yaml" in told


def test_the_page_says_which_rule_was_broken_most(lines):
    (told,) = [line for line in lines if "rules were broken" in line]
    assert told.startswith(
        "2 rules were broken, most often known_key in columns time_hour, carrier, flight ("
    )


def test_the_page_says_how_many_were_held_and_what_was_left_alone(lines):
    (told,) = [line for line in lines if "batches judged" in line and line.endswith("fit.")]
    assert told.startswith("4 batches judged: 2 accepted whole, 0 with rows set aside, 2 held;")
    (told,) = [line for line in lines if line.startswith("Left alone")]
    assert "flights/weather/notes_of_the_day.txt" in told
    assert "flights/weather/*.csv" in told


def test_the_page_shows_no_backslash_no_record_of_python_and_its_notes_are_sentences(lines):
    text = "\n".join(lines)
    assert "once_more_2013_03.csv" in text
    assert "\\" not in text
    assert not re.search(r"\{'|\['|None|True\b|False\b", text)
    sentences = [line for line in lines if line.endswith(".")]
    assert len(sentences) > 10
    assert [line for line in sentences if not re.match("[A-Z0-9]", line)] == []


def test_the_result_says_how_many_were_held_and_ends_the_page_as_a_table(built, lines):
    bench, report = built
    result = report.stages[0].result
    assert result["summary"] == "judged: 2 accepted whole, 0 with rows set aside, 2 held"
    assert sorted(result["held"]) == [
        "flights/once_more_2013_03.csv", "weather/weather-2013-04.csv",
    ]  # fmt: skip
    assert result["stray"] == ["flights/weather/notes_of_the_day.txt"]
    head = bench.store.head("flights")
    assert (result["snapshot"], result["snapshot_id"]) == (head.name, head.id)
    assert f"\n  {result['summary']}" in str(report)  # what `ploomber build` prints
    assert f"summary {result['summary']}" in lines
    assert f"snapshot {head.name}" in lines


def test_the_log_says_the_cause_and_how_many_were_held(bench):
    samples.land_sample(bench, ["2013-03", "2013-04"])
    rows, broken = spoil_weather(bench, "2013-04")
    told = []
    ingest_batches(bench, progress=told.append)
    (line,) = [line for line in told if "held, " in line]
    assert line == (
        "weather/weather-2013-04.csv: held, rule maximum, column wind_speed: found 1048.36, "
        f"expected at most 150; {broken} of {rows} rows ({100 * broken / rows:.1f} %), "
        "at most 2.0 % are allowed"
    )
    assert told[-2] == "judged: 5 accepted whole, 0 with rows set aside, 1 held"


def held(*faults):
    return held_delivery(
        digest="d" * 64, dataset="flights", source="weather", file="a_b.csv", rows=0, contract="c",
        faults=faults,
    )  # fmt: skip


def test_of_a_file_that_could_not_be_read_the_first_fault_is_told_and_how_many_like_it(bench):
    lost = [Fault(rule="missing_column", column=name, example="not in the header") for name in "ab"]
    delivery = held(*lost)
    told = tell_cause(delivery, bench.dataset.sources["weather"])
    assert told == (
        "rule missing_column, column a: found not in the header, expected it in the header, or "
        "required: false in the contract; columns that break it: 2"
    )
    assert tell_cause(delivery, None).startswith("rule missing_column, column a: found not in the")
    assert "expected" not in tell_cause(delivery, None)
    assert tell_cause(held(), None) == "nobody wrote down why"


def test_the_cause_is_the_rule_that_most_rows_broke_and_not_that_there_are_many(bench):
    delivery = held(
        Fault(rule="quarantined_share", rows=30, example="30 of 90 rows"),
        Fault(rule="null", column="temp", rows=2, example="nan"),
        Fault(rule="minimum", column="temp", rows=28, example="-99.5"),
    )
    assert tell_cause(delivery, bench.dataset.sources["weather"]) == (
        "rule minimum, column temp: found -99.5, expected at least -40; 30 of 90 rows"
    )
    assert "minimum (temp)" in repr(table_deliveries([delivery]))
    assert repr(table_reasons([delivery], bench.dataset)).count("at least -40") == 1
    assert repr(tell_reasons([delivery])) == (
        "2 rules were broken, most often minimum in column temp (28 rows). "
        "coldframe quarantine shows the rows."
    )


def test_no_headings_stand_above_the_sentence_that_nothing_was_broken(bench):
    assert repr(table_reasons([], bench.dataset)) == repr(table_deliveries([])) == ""
    assert repr(tell_reasons([])) == "No rule of the contract was broken."


def test_one_is_one_and_two_are_two(bench):
    one = LandedFile("weather", bench.settings.landing / "a.csv", "d" * 64)
    other = LandedFile("flights", bench.settings.landing / "b.csv", "e" * 64)
    assert repr(tell_pending([one])) == "1 new batch has landed, of this source: weather."
    assert repr(tell_pending([one, other])) == (
        "2 new batches have landed, of these sources: flights, weather."
    )
    single = held(Fault(rule="truncated", rows=1, example="x"))
    report = IngestReport(None, frozen_new=False, deliveries=(single,))
    assert repr(tell_deliveries(report, bench.dataset)).startswith("1 batch judged: ")
    assert repr(tell_reasons([single])).startswith(
        "1 rule was broken, most often truncated (1 row)"
    )
    nouns = ("batch", "box", "loss", "row")
    assert [count(2, n) for n in nouns] == ["2 batches", "2 boxes", "2 losses", "2 rows"]


def test_a_note_in_a_terminal_shows_no_markup():
    note = Note(f"**Held: {escape('a_b*c.csv')}**, see `coldframe` {escape('<&> back' + chr(92))}")
    assert repr(note) == "Held: a_b*c.csv, see coldframe <&> back\\"


def test_a_result_is_a_dict_that_is_shown_as_a_table():
    result = finish(None, snapshot="flights@7", held=["a", "b"], cost={"cpu": 1.5}, new=False)
    assert result == {
        "snapshot": "flights@7", "held": ["a", "b"], "cost": {"cpu": 1.5}, "new": False,
    }  # fmt: skip
    assert json.loads(json.dumps(result)) == result
    lines = Text(result._repr_html_()).lines()
    assert lines == ["result value", "snapshot flights@7", "held a, b", "cost cpu: 1.5", "new no"]
