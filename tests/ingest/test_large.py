"""A file that is too large, for its contract or for this machine, holds up no other."""

import pytest
import samples
import yaml

from coldframe.ingest import ingest_batches, judging, pending_batches, quarantined
from coldframe.notebook.ingested import tell_deliveries
from coldframe.wording import explain_delivery


def limit_flights(bench, size):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text())
    record["sources"]["flights"]["batch"]["bytes"] = size
    path.write_text(yaml.safe_dump(record, sort_keys=False))
    return samples.open_bench(bench.settings.root)


def test_a_file_above_the_limit_is_held_unread_and_the_others_go_on(bench, monkeypatch):
    bench = limit_flights(bench, 10_000)
    samples.land_sample(bench, ["2013-01"])
    size = (bench.settings.landing / "flights/flights/flights-2013-01.csv").stat().st_size
    real = judging.judge_batch

    def small(path, *args, **options):
        assert path.stat().st_size != size
        return real(path, *args, **options)

    monkeypatch.setattr(judging, "judge_batch", small)
    report = ingest_batches(bench)
    held, weather = report.deliveries
    assert (held.source, held.outcome, weather.outcome) == ("flights", "held", "accepted")
    assert [reason.rule for reason in held.reasons] == ["file_size"]
    assert explain_delivery(held) == (
        "nothing of it was taken: the file is too large: "
        f"{size:,} bytes, at most 10,000 are allowed"
    )
    assert set(report.snapshot.tables) == {"weather"}
    assert quarantined(bench) == [held]
    assert pending_batches(bench) == ()


def test_a_file_of_just_the_limit_is_taken_and_a_held_one_when_the_limit_is_raised(bench):
    samples.land_sample(bench, ["2013-01"])
    size = (bench.settings.landing / "flights/flights/flights-2013-01.csv").stat().st_size
    strict = limit_flights(bench, size - 1)
    assert ingest_batches(strict).deliveries[0].outcome == "held"
    (delivery,) = ingest_batches(limit_flights(bench, size)).deliveries
    assert (delivery.source, delivery.outcome) == ("flights", "accepted")


def test_a_file_for_which_memory_is_not_enough_waits_and_the_others_go_on(bench, monkeypatch):
    samples.land_sample(bench, ["2013-01"])
    real = judging.judge_batch
    flights = bench.dataset.sources["flights"]

    def short_of_memory(data, source, **options):
        if source is flights:
            raise MemoryError
        return real(data, source, **options)

    told = []
    with monkeypatch.context() as patch:
        patch.setattr(judging, "judge_batch", short_of_memory)
        report = ingest_batches(bench, progress=told.append)
    assert [one.source for one in report.deliveries] == ["weather"]
    assert [path.name for path in report.unreadable] == ["flights-2013-01.csv"]
    assert "memory" in told[0]
    assert "flights-2013-01.csv" in repr(tell_deliveries(report, bench.dataset))
    assert [landed.source for landed in pending_batches(bench)] == ["flights"]
    (delivery,) = ingest_batches(bench).deliveries
    assert delivery.outcome == "accepted"


@pytest.mark.parametrize("size", [0, -1])
def test_a_limit_that_no_file_keeps_is_refused(bench, size):
    with pytest.raises(ValueError, match="bytes"):
        limit_flights(bench, size)
