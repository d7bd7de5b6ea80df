"""A fault of the contract is no fault of the delivery: nothing is held for it."""

import pytest
import samples
import yaml

from coldframe.errors import ConfigurationError
from coldframe.ingest import ingest_batches, pending_batches, quarantined
from coldframe.ledger import deliveries


def rewrite(bench, change):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    change(record["sources"])
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")


def break_pattern(sources):
    sources["flights"]["columns"]["carrier"]["pattern"] = "[A-Z"


def swap_bounds(sources):
    sources["weather"]["columns"]["temp"] |= {"minimum": 125, "maximum": -40}


def lose_column(sources):
    sources["arrivals"]["rules"][0]["column"] = "depdelay"


def lose_function(sources):
    sources["arrivals"]["rules"][0]["function"] = "flights.rules.departure_agreed"


def lose_module(sources):
    sources["arrivals"]["rules"][1]["function"] = "flight.rules.arrival_agrees"


FAULTS = {
    break_pattern: "sources.flights.columns.carrier.pattern",
    swap_bounds: "sources.weather.columns.temp.minimum",
    lose_column: "sources.arrivals.rules.0.column",
    lose_function: "sources.arrivals.rules.0.function",
    lose_module: "sources.arrivals.rules.1.function",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_held_and_when_it_is_mended_all_is_taken(bench, fault):
    good = (bench.settings.root / "datasets" / "flights.yaml").read_text("utf-8")
    samples.land_sample(bench, ["2013-03", "2013-04"])
    rewrite(bench, fault)
    with pytest.raises(ConfigurationError) as caught:
        ingest_batches(samples.open_bench(bench.settings.root))
    assert FAULTS[fault] in caught.value.where
    assert caught.value.found
    assert caught.value.expected
    assert caught.value.remedy
    assert deliveries(bench.ledger, "flights") == []
    assert not (bench.settings.home / "quarantine").exists()
    assert bench.store.head("flights") is None

    (bench.settings.root / "datasets" / "flights.yaml").write_text(good, encoding="utf-8")
    mended = samples.open_bench(bench.settings.root)
    assert len(pending_batches(mended)) == 6
    assert [one.outcome for one in ingest_batches(mended).deliveries] == ["accepted"] * 6
    assert quarantined(mended) == []
