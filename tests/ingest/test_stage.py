import subprocess
import sys

import pandas as pd
import pytest
import samples
import yaml

from coldframe.ingest import (
    ingest_batches,
    ingest_inputs,
    pending_batches,
    quarantined,
    read_quarantine,
)
from coldframe.ledger import deliveries
from coldframe.provenance import bytes_digest
from coldframe.workbench import Workbench


def fates(found) -> list[tuple[str, str, str]]:
    return [(one.source, one.file, one.outcome) for one in found]


def landing(bench: Workbench, source: str):
    return bench.settings.landing / "flights" / source


def test_nothing_landed_is_nothing_to_do(bench):
    report = ingest_batches(bench)
    assert (report.snapshot, report.frozen_new, report.deliveries) == (None, False, ())


def test_two_months_become_two_snapshots(bench):
    told = []
    samples.land_sample(bench, ["2013-01"])
    first = ingest_batches(bench, progress=told.append)
    samples.land_sample(bench, ["2013-02"])
    second = ingest_batches(bench)
    assert [first.snapshot.name, second.snapshot.name] == ["flights@1", "flights@2"]
    assert set(first.snapshot.tables) == {"flights", "weather"}
    assert fates(second.deliveries) == [
        ("flights", "flights-2013-02.csv", "accepted"),
        ("weather", "weather-2013-02.csv", "quarantined"),
        ("arrivals", "arrivals-2013-01.csv", "accepted"),
    ]
    assert {one.snapshot for one in second.deliveries} == {second.snapshot.id}
    assert told[-1] == "flights@1 frozen: 3,577 rows in all"
    # of 1,351 arrivals those of cancelled and diverted flights bring no label
    assert second.snapshot.about["labels"] == {"known": 1323, "rows": 1351 + 1248}
    assert not bench.store.verify(second.snapshot)


def test_every_delivered_row_is_frozen_or_set_aside(bench):
    files = samples.land_sample(bench, samples.MONTHS[:3])
    report = ingest_batches(bench)
    landed = sum(len(path.read_bytes().splitlines()) - 1 for path in files)
    aside = sum(one.rows_quarantined for one in report.deliveries)
    assert report.snapshot.rows + aside == landed


def test_a_wind_of_1048_miles_an_hour_is_set_aside_and_cancelled_flights_stay(bench):
    samples.land_sample(bench, ["2013-02", "2013-03"])
    report = ingest_batches(bench)
    (delivery,) = quarantined(bench)
    rows = read_quarantine(bench, "weather", delivery.batch)
    assert rows.loc[0, ["rule", "column", "value"]].tolist() == [
        "maximum", "wind_speed", "1048.36058",
    ]  # fmt: skip
    line = (landing(bench, "weather") / delivery.file).read_text().splitlines()[rows["line"][0] - 1]
    assert '"wind_speed": "1048.36058"' in rows["record"][0]
    assert "1048.36058" in line
    weather = bench.store.read(report.snapshot, "weather")
    assert weather["wind_speed"].max() < 150
    arrivals = bench.store.read(report.snapshot, "arrivals")
    assert arrivals["dep_time"].isna().sum() > 10
    frame = bench.frame(report.snapshot)
    assert len(frame) == len(bench.store.read(report.snapshot, "flights"))
    assert 0 < frame["late"].notna().sum() < len(arrivals)


def test_a_second_run_does_nothing(bench):
    samples.land_sample(bench, ["2013-01"])
    first = ingest_batches(bench)
    inputs = ingest_inputs(bench)
    again = ingest_batches(bench)
    assert (again.snapshot, again.frozen_new, again.deliveries) == (first.snapshot, False, ())
    assert inputs["pending"] == []
    assert pending_batches(bench) == ()


def test_the_same_deliveries_give_the_same_id_in_another_folder(bench, tmp_path):
    other = samples.open_bench(samples.write_project(tmp_path / "other"))
    for one in (bench, other):
        samples.land_sample(one, ["2013-01", "2013-02"])
    assert ingest_batches(bench).snapshot.id == ingest_batches(other).snapshot.id


def test_the_same_bytes_under_another_name_are_the_same_batch(bench):
    samples.land_sample(bench, ["2013-01"])
    folder = landing(bench, "flights")
    data = (folder / "flights-2013-01.csv").read_bytes()
    (folder / "again.csv").write_bytes(data)
    assert len(pending_batches(bench)) == 2
    first = ingest_batches(bench)
    (folder / "once-more.csv").write_bytes(data)
    assert pending_batches(bench) == ()
    assert ingest_batches(bench).snapshot == first.snapshot


def test_a_redelivery_with_known_rows_is_held(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    folder = landing(bench, "flights")
    lines = (folder / "flights-2013-01.csv").read_text().splitlines(keepends=True)
    (folder / "repeat.csv").write_text("".join([lines[0], *reversed(lines[1:])]))
    (delivery,) = ingest_batches(bench).deliveries
    assert delivery.outcome == "held"
    assert [reason.rule for reason in delivery.reasons] == ["quarantined_share", "known_key"]


def test_the_schedule_dropped_into_another_sources_folder_is_held(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    data = (landing(bench, "flights") / "flights-2013-01.csv").read_bytes()
    (landing(bench, "weather") / "flights-2013-01.csv").write_bytes(data)
    (delivery,) = ingest_batches(bench).deliveries
    assert [reason.rule for reason in delivery.reasons] == ["delivered_elsewhere"]


def test_the_same_bytes_in_another_sources_folder_leave_the_rows_set_aside_alone(bench):
    samples.land_sample(bench, ["2013-02"])
    ingest_batches(bench)
    (first,) = quarantined(bench)
    rows = read_quarantine(bench, "weather", first.batch)
    data = (landing(bench, "weather") / first.file).read_bytes()
    (landing(bench, "flights") / first.file).write_bytes(data)
    ingest_batches(bench)
    assert [(one.source, one.batch) for one in quarantined(bench)] == [
        ("weather", first.batch), ("flights", first.batch),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(read_quarantine(bench, "weather", first.batch), rows)
    held = read_quarantine(bench, "flights", first.batch)
    assert held["rule"].tolist() == ["delivered_elsewhere"]


def test_two_empty_files_of_two_sources_are_two_held_batches(bench):
    for source in ("flights", "weather"):
        landing(bench, source).mkdir(parents=True)
        (landing(bench, source) / f"{source}.csv").write_bytes(b"")
    ingest_batches(bench)
    batch = bytes_digest(b"")
    assert [(one.source, one.batch) for one in quarantined(bench)] == [
        ("flights", batch), ("weather", batch),
    ]  # fmt: skip
    folder = bench.settings.home / "quarantine" / "flights"
    kept = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))
    assert kept == [f"flights/{batch}/raw/flights.csv", f"weather/{batch}/raw/weather.csv"]


def test_a_file_that_was_still_being_copied_is_held_and_taken_when_complete(bench):
    samples.land_sample(bench, ["2013-01"])
    path = landing(bench, "flights") / "flights-2013-01.csv"
    data = path.read_bytes()
    path.write_bytes(data[:10_000])
    report = ingest_batches(bench)
    assert fates(report.deliveries)[0] == ("flights", path.name, "held")
    assert set(report.snapshot.tables) == {"weather"}
    path.write_bytes(data)
    assert fates(ingest_batches(bench).deliveries) == [("flights", path.name, "accepted")]


def test_hidden_files_are_not_looked_at(bench):
    folder = landing(bench, "flights")
    folder.mkdir(parents=True)
    (folder / ".flights.csv").write_text("half a fi")
    assert pending_batches(bench) == ()


def test_a_held_batch_is_judged_again_when_the_contract_changes_and_only_then(bench):
    samples.land_sample(bench, ["2013-01"])
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text())
    columns = record["sources"]["flights"]["columns"]
    columns["distance"]["maximum"] = 500
    path.write_text(yaml.safe_dump(record, sort_keys=False))
    strict = samples.open_bench(bench.settings.root)
    first = ingest_batches(strict)
    assert fates(first.deliveries)[0][2] == "held"
    assert pending_batches(strict) == ()
    columns["distance"]["maximum"] = 6000
    path.write_text(yaml.safe_dump(record, sort_keys=False))
    mended = samples.open_bench(bench.settings.root)
    assert ingest_inputs(mended)["contracts"] != ingest_inputs(strict)["contracts"]
    second = ingest_batches(mended)
    assert fates(second.deliveries) == [("flights", "flights-2013-01.csv", "accepted")]
    assert quarantined(mended) == []
    assert len(deliveries(mended.ledger, "flights")) == 3


def test_a_source_whose_types_changed_is_held_and_the_others_go_on(bench):
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text())
    record["sources"]["weather"]["columns"]["hour"] = {"type": "string"}
    path.write_text(yaml.safe_dump(record, sort_keys=False))
    changed = samples.open_bench(bench.settings.root)
    samples.land_sample(changed, ["2013-02"])
    report = ingest_batches(changed)
    assert [(one.source, one.outcome) for one in report.deliveries] == [
        ("flights", "accepted"), ("weather", "held"), ("arrivals", "accepted"),
    ]  # fmt: skip
    assert report.deliveries[1].reasons[0].rule == "stored_type"


def test_asking_what_is_pending_needs_no_pandas():
    code = "import coldframe.ingest, sys; sys.exit(bool({'pandas', 'pyarrow'} & set(sys.modules)))"
    subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(samples.ROOT / "lib")}, check=True
    )


def test_what_is_not_in_quarantine_cannot_be_read(bench):
    with pytest.raises(LookupError, match="quarantine"):
        read_quarantine(bench, "flights", "0" * 64)
