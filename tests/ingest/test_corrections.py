"""Keys that an earlier batch has brought: set aside by default, corrections where it is said."""

import csv
import io

import pytest
import samples
import yaml

from coldframe.ingest import ingest_batches, quarantined, tell_cause
from coldframe.notebook.ingested import tell_deliveries
from coldframe.wording import explain_delivery

SETTING = "set sources.flights.batch.keys_known: true in datasets/flights.yaml"


def set_batch(bench, **rules):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["batch"] |= rules
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    return samples.open_bench(bench.settings.root)


def correct(bench, *, first=None):
    """Deliver January's schedule again, every distance one mile longer; maybe only some rows."""
    folder = bench.settings.landing / "flights" / "flights"
    rows = list(csv.DictReader(io.StringIO((folder / "flights-2013-01.csv").read_text())))[:first]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "distance": str(int(row["distance"]) + 1)} for row in rows)
    (folder / "flights-2013-01b.csv").write_text(stream.getvalue())


@pytest.fixture
def january(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    return bench


def test_by_default_the_batch_is_held_and_everybody_names_the_setting(january):
    correct(january)
    told = []
    report = ingest_batches(january, progress=told.append)
    (held,) = report.deliveries
    assert (held.outcome, report.frozen_new) == ("held", False)
    source = january.dataset.sources["flights"]
    page = tell_deliveries(report, january.dataset)
    for said in (tell_cause(held, source), told[0], explain_delivery(held), repr(page)):
        assert SETTING in said
        assert "the next build takes them" in said
    assert "Rule known_key, columns time_hour, carrier, flight: found 2013-01-01" in repr(page)


def test_with_the_setting_the_held_batch_gets_in_and_the_last_row_wins(january):
    before = january.frame(january.store.head("flights"))
    correct(january)
    assert ingest_batches(january).deliveries[0].outcome == "held"
    welcome = set_batch(january, keys_known=True)
    report = ingest_batches(welcome)
    assert [one.outcome for one in report.deliveries] == ["accepted"]
    assert quarantined(welcome) == []
    after = welcome.frame(report.snapshot)
    assert (after["distance"] - before["distance"]).unique().tolist() == [1.0]
    assert after.drop(columns="distance").equals(before.drop(columns="distance"))
    old = welcome.store.resolve("flights@1")
    assert welcome.frame(old).equals(before)


def test_a_key_twice_in_one_file_is_set_aside_with_the_setting_too(january):
    welcome = set_batch(january, keys_known=True, quarantined=1.0)
    correct(welcome)
    path = welcome.settings.landing / "flights" / "flights" / "flights-2013-01b.csv"
    path.write_text(path.read_text() + path.read_text().splitlines(keepends=True)[1])
    (delivery,) = ingest_batches(welcome).deliveries
    assert [(one.rule, one.rows) for one in delivery.reasons] == [("duplicate_key", 1)]


def test_of_a_batch_that_is_taken_in_part_the_advice_is_to_deliver_again(january):
    partly = set_batch(january, quarantined=1.0)
    correct(partly)
    (delivery,) = ingest_batches(partly).deliveries
    assert delivery.outcome == "quarantined"
    assert f"{SETTING} and deliver these rows again" in explain_delivery(delivery)
    source = partly.dataset.sources["flights"]
    assert "deliver these rows again" in tell_cause(delivery, source)


def test_a_file_of_a_few_corrections_needs_a_low_first_number_of_rows(january):
    correct(january, first=3)
    welcome = set_batch(january, keys_known=True)
    (held,) = ingest_batches(welcome).deliveries
    assert [reason.rule for reason in held.reasons] == ["row_count"]
    assert "expected 0.5 to 2 times as many rows as usual" in tell_cause(
        held, welcome.dataset.sources["flights"]
    )
    (taken,) = ingest_batches(set_batch(welcome, rows=[0, 2])).deliveries
    assert (taken.outcome, taken.rows_accepted) == ("accepted", 3)
