"""Files brought by hand: whole or not at all, where their source looks, replacing nothing."""

import shutil

import pytest
import samples

from coldframe.errors import ConfigurationError, ConflictError, EnvironmentFaultError, NotFoundError
from coldframe.ingest import ingest_batches, land_files, pending_batches, stray_files


@pytest.fixture
def brought(bench, tmp_path):
    """The schedule of a month somewhere else than in the landing folder."""
    (file,) = [
        path for path in samples.land_sample(bench, ["2013-01"]) if path.parent.name == "flights"
    ]
    shutil.move(file, tmp_path / file.name)
    shutil.rmtree(bench.settings.landing)
    return tmp_path / file.name


def everything(bench):
    return sorted(path for path in bench.settings.landing.rglob("*") if path.is_file())


def test_a_file_is_copied_to_where_its_source_looks(bench, brought):
    (one,) = land_files(bench, [brought], source="flights")
    assert one.path == bench.settings.landing / "flights" / "flights" / brought.name
    assert (one.outcome, one.bytes) == ("landed", brought.stat().st_size)
    assert one.path.read_bytes() == brought.read_bytes()
    assert [landed.path for landed in pending_batches(bench)] == [one.path]
    assert everything(bench) == [one.path]
    assert stray_files(bench) == ()


def test_twice_is_once_and_what_is_frozen_is_known_by_its_bytes(bench, brought):
    land_files(bench, [brought], source="flights")
    assert land_files(bench, [brought], source="flights")[0].outcome == "there"
    ingest_batches(bench)
    other = brought.with_name("again.csv")
    shutil.copy(brought, other)
    assert land_files(bench, [other], source="flights")[0].outcome == "known"
    assert [path.name for path in everything(bench)] == [brought.name]


def test_another_delivery_is_never_replaced(bench, brought):
    (one,) = land_files(bench, [brought], source="flights")
    before = one.path.read_bytes()
    brought.write_bytes(before + before.split(b"\n", 1)[1])
    with pytest.raises(ConflictError, match="Another delivery lies there"):
        land_files(bench, [brought], source="flights")
    assert one.path.read_bytes() == before
    assert everything(bench) == [one.path]


def test_all_files_are_looked_at_before_the_first_is_copied(bench, brought, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    twin = shutil.copy(brought, tmp_path / "elsewhere" / brought.name)
    wrong = [
        ([brought, tmp_path / "nothing.csv"], NotFoundError, "no such file"),
        ([brought, tmp_path], NotFoundError, "no such file"),
        ([brought, twin], ConflictError, "Two files"),
    ]
    for files, error, told in wrong:
        with pytest.raises(error, match=told):
            land_files(bench, list(map(type(brought), files)), source="flights")
    assert everything(bench) == []


@pytest.mark.parametrize("name", ["flights.parquet", ".flights.csv", "flights.CSV", "csv"])
def test_a_name_that_no_source_takes_is_refused_and_the_pattern_told(bench, brought, name):
    other = brought.rename(brought.with_name(name))
    with pytest.raises(ConfigurationError, match="No source takes") as caught:
        land_files(bench, [other], source="flights")
    assert "flights: *.csv" in caught.value.expected


def test_where_several_sources_could_be_meant_one_is_to_be_named(bench, brought):
    with pytest.raises(ConfigurationError, match="More than one source") as caught:
        land_files(bench, [brought])
    assert caught.value.found == "flights, weather, arrivals"
    with pytest.raises(NotFoundError, match="no source 'departures'"):
        land_files(bench, [brought], source="departures")


def test_a_landing_folder_that_is_a_file_is_the_environments_fault(bench, brought):
    bench.settings.home.mkdir(parents=True, exist_ok=True)
    bench.settings.landing.write_bytes(b"")
    with pytest.raises(EnvironmentFaultError, match="cannot be landed"):
        land_files(bench, [brought], source="flights")
