"""The quality report: its figures are those of the rows, and its page holds no markup of theirs."""

import json
from html.parser import HTMLParser

import pandas as pd
import pytest
import samples
from ingest.test_replaying import mend
from ingest.test_schema_change import edit

from coldframe.cli.terminal import spell_json
from coldframe.figures.quality import draw_bars, draw_quality
from coldframe.ingest import ingest_batches, replay_batches
from coldframe.quality import report_quality
from coldframe.shares import share_bins

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Three snapshots: January; February with a new column, markup and a spoiled row; a replay."""
    root = samples.write_project(tmp_path_factory.mktemp("quality") / "project")
    bench = samples.open_bench(root)
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    edit(bench, add={"<b>gate": lambda i: f"{EVIL}{i % 3}"})
    path = bench.settings.landing / "flights" / "flights" / "flights-2013-02.csv"
    lines = path.read_text().splitlines()
    place = lines[0].split(",").index("origin")
    for line, text in ((5, "XXX"), (6, EVIL)):
        fields = lines[line].split(",")
        fields[place] = text
        lines[line] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")
    ingest_batches(bench)
    bench = mend(root, "XXX")
    replay_batches(bench)
    return bench


def table(report, name="flights"):
    return next(one for one in report.tables if one.name == name)


def test_the_first_snapshot_has_nothing_to_be_compared_with(bench):
    report = report_quality(bench, "flights@1")
    assert report.parent is None
    assert table(report).rows_before == 0
    assert table(report).new_columns == ()
    assert {one.stability_index for one in table(report).columns} == {None}


def test_what_came_and_what_was_set_aside_is_that_of_the_batches(bench):
    report = report_quality(bench, "flights@2")
    assert (report.snapshot, report.parent) == ("flights@2", "flights@1")
    flights = table(report)
    (batch,) = flights.batches
    assert batch.aside == flights.aside == 2
    assert [(rule, column, rows) for rule, column, rows, _ in batch.broken] == [
        ("among", "origin", 2)
    ]
    assert batch.undeclared == ("<b>gate",)
    assert flights.new_columns == ("undeclared:<b>gate",)
    assert flights.rows - flights.rows_before == batch.rows
    # the column of which values were refused is the worst
    assert flights.columns[0].name == "origin"
    assert flights.columns[0].broken == 2


def test_shares_are_those_of_the_rows(bench):
    report = report_quality(bench, "flights@2")
    rows = bench.store.read(bench.store.resolve("flights@2"), "flights")
    digest = table(report).batches[0].digest
    new = bench.store.read(bench.store.resolve("flights@2"), "flights", batches=[digest])
    old = rows.iloc[: len(rows) - len(new)]
    columns = {one.name: one for one in table(report).columns}
    for name in ("origin", "carrier"):
        expected = new[name].value_counts(normalize=True)
        for one in columns[name].bins:
            if one.label in expected:
                assert one.now == pytest.approx(expected[one.label])
                assert one.before == pytest.approx((old[name] == one.label).mean())
    for one in columns.values():
        assert one.null_share == pytest.approx(new[one.name].isna().mean())
        assert sum(each.now for each in one.bins) == pytest.approx(1)
    assert columns["time_hour"].stability_index is None
    assert columns["distance"].stability_index < 0.1 < columns["month"].stability_index


def test_rows_that_were_taken_in_later_name_their_batch(bench):
    report = report_quality(bench)
    (batch,) = table(report).batches
    assert (batch.rows, batch.aside) == (1, 1)
    assert batch.replay_of == table(report_quality(bench, "flights@2")).batches[0].digest
    assert "taken in later" in draw_quality(report, dict(bench.dataset.sources))


def draw(bench, snapshot):
    return draw_quality(report_quality(bench, snapshot), dict(bench.dataset.sources))


def test_the_first_page_speaks_of_no_snapshot_before_and_of_nothing_compared(bench):
    page = draw(bench, "flights@1")
    assert "all of them new" in page
    assert "beside the snapshot before" not in page
    assert "the next ones will be compared with them" in page
    for word in ("stability index", "not compared", "the batches before</span>"):
        assert word not in page


def test_a_page_that_compares_says_how_the_stability_index_is_read(bench):
    page = draw(bench, "flights@2")
    assert "beside the snapshot before" in page
    assert "below 0.1 the change is small, from 0.1 to 0.25 moderate, from 0.25 on large" in page
    assert page.index("from 0.25 on large") < page.index('<th class="n">stability index</th>')
    assert "the batches before</span>" in page


def test_words_of_a_table_are_not_cut_to_make_it_narrow_and_a_wide_one_scrolls(bench):
    page = draw(bench, "flights@2")
    assert "td { overflow-wrap: break-word; }" in page  # `anywhere` would narrow columns below it
    assert "<td>time_<wbr>hour<br>" in page
    assert "<td>flights-<wbr>2013-<wbr>02.<wbr>csv</td>" in page
    assert page.count("<table>") == page.count('<div class="scroll"><table>') > 1


class Tags(HTMLParser):
    """Every tag and attribute that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {(name, value) for name, value in attrs}

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_shows_markup_as_text_and_asks_nobody_for_anything(bench):
    page = draw_quality(report_quality(bench, "flights@2"), dict(bench.dataset.sources))
    read = Tags()
    read.feed(page)
    assert not read.tags & {"script", "b><gate", "img", "link", "iframe", "object"}
    assert EVIL in "".join(read.text)
    assert "undeclared:<b>gate" in "".join(read.text)
    assert not [name for name, _ in read.attributes if name in ("src", "href", "onload")]
    assert "http" not in page
    assert "one of EWR, JFK, LGA" in page


def test_bars_tell_their_figures_and_nothing_is_drawn_of_nothing():
    assert draw_bars([]) == '<span class="dim">no values</span>'


@pytest.mark.parametrize(
    "values",
    [[5], [1e308, -1e308], [1e300, 1e300], [2**53, 2**53 + 1], [True, False], ["a"], [None],
     [pd.Timestamp("2026-01-01", tz="UTC")]],
    ids=str,
)  # fmt: skip
def test_shares_of_odd_values_add_up(values):
    bins = share_bins(pd.Series(values).dropna(), pd.Series(values).dropna())
    assert sum(one.now for one in bins) == pytest.approx(float(values != [None]))


def test_the_same_as_json(bench):
    told = json.loads(spell_json(report_quality(bench, "flights@2")))
    assert told["snapshot"] == "flights@2"
    assert told["tables"][0]["columns"][0]["name"] == "origin"
