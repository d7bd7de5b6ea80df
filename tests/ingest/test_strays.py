"""Files that match no source: told with the name that is expected, and left as they are."""

import pytest
import samples

from coldframe.ingest import ingest_batches, ingest_inputs, stray_files
from coldframe.notebook.ingested import tell_deliveries

ANY = "flights/flights/*.csv or flights/weather/*.csv or flights/arrivals/*.csv"
WEATHER = "flights/weather/*.csv"


def drop(bench, name):
    path = bench.settings.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a,b\n1,2\n")
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("flights/weather/notes.txt", WEATHER),
        ("flights/weather/weather-2013-01.CSV", WEATHER),
        ("flights/weather/weather-2013-01.csv.part", WEATHER),
        ("flights/weather/2013/weather-2013-01.csv", WEATHER),
        ("flights/wether/weather-2013-01.csv", ANY),
        ("flights/weather-2013-01.csv", ANY),
        ("flihgts/weather/weather-2013-01.csv", ANY),
        ("weather-2013-01.csv", ANY),
    ],
)
def test_a_stray_file_is_told_with_what_is_expected_and_left_alone(bench, name, expected):
    samples.land_sample(bench, ["2013-01"])
    path = drop(bench, name)
    told = []
    report = ingest_batches(bench, progress=told.append)
    (stray,) = report.stray
    assert (stray.path.as_posix(), stray.expected) == (name, expected)
    assert f"{name}: left, it matches no source; expected {expected}" in told
    page = repr(tell_deliveries(report, bench.dataset))
    assert name in page
    assert expected in page
    assert report.to_json()["stray"] == [name]
    assert [one.outcome for one in report.deliveries] == ["accepted", "accepted"]
    assert path.read_text() == "a,b\n1,2\n"


def test_nothing_else_is_called_stray(bench):
    samples.land_sample(bench, ["2013-01", "2013-02"])
    for name in ("flights/weather/.copying.csv", "flights/.tmp/x.csv", ".DS_Store"):
        drop(bench, name)
    (bench.settings.root / "datasets" / "trains.yaml").write_text("title: another dataset")
    drop(bench, "trains/stations/2013-01.csv")
    assert stray_files(bench) == ()
    report = ingest_batches(bench)
    assert report.stray == ()
    assert "Left alone" not in repr(tell_deliveries(report, bench.dataset))


def test_a_stray_file_alone_makes_ingest_due_once_and_it_freezes_nothing(bench):
    samples.land_sample(bench, ["2013-01"])
    first = ingest_batches(bench).snapshot
    before = ingest_inputs(bench)
    drop(bench, "flights/weather/notes.txt")
    after = ingest_inputs(bench)
    assert after["files that match no source"] == ["flights/weather/notes.txt"]
    assert {name: after[name] for name in before} == before
    report = ingest_batches(bench)
    assert (report.snapshot, report.frozen_new, len(report.stray)) == (first, False, 1)
    assert ingest_inputs(bench) == after


def test_without_a_landing_folder_there_is_nothing_stray(bench):
    assert stray_files(bench) == ()


def test_of_many_stray_files_the_first_are_named_and_the_others_counted(bench):
    for number in range(30):
        drop(bench, f"flights/wether/{number:02}.csv")
    report = ingest_batches(bench)
    page = repr(tell_deliveries(report, bench.dataset))
    assert "flights/wether/04.csv and 25 more" in page
    assert "05.csv" not in page
    assert len(report.stray) == 30
