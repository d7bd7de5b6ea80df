"""Promise 1: a bad row, batch or file never reaches a snapshot, and so never reaches training.

It is quarantined with its reason, can be looked at, mended and replayed, and the version of the
rules is part of the snapshot. `test_guards.py` sees each of these tests go red without its guard.
"""

from pathlib import Path

import pytest
import samples
import yaml

from coldframe.ingest import ingest_batches, quarantined, read_quarantine, replay_batches

FILE = "flights-2013-02.csv"


@pytest.fixture
def bench(tmp_path):
    """January is frozen, February has landed."""
    found = samples.open_bench(samples.write_project(tmp_path / "project"))
    samples.land_sample(found, ["2013-01"])
    ingest_batches(found)
    samples.land_sample(found, ["2013-02"])
    return found


def february(bench) -> Path:
    return bench.settings.landing / "flights" / "flights" / FILE


def spoil(bench, rows):
    """Let so many of February's flights start from an airport that the contract does not know."""
    head, *lines = february(bench).read_text().splitlines()
    place = head.split(",").index("origin")
    for number in range(rows):
        fields = lines[number].split(",")
        fields[place] = "XXX"
        lines[number] = ",".join(fields)
    february(bench).write_text("\n".join([head, *lines]) + "\n")


def mend(bench, **column):
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["columns"]["origin"] |= column
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    return samples.open_bench(bench.settings.root)


def origins(bench):
    return set(bench.store.read(bench.store.head("flights"), "flights")["origin"])


def find(bench):
    (found,) = [one for one in quarantined(bench) if one.file == FILE]
    return found


def test_a_bad_row_is_set_aside_with_its_reason(bench):
    spoil(bench, 3)
    ingest_batches(bench)
    assert origins(bench) == {"EWR", "JFK", "LGA"}
    rows = read_quarantine(bench, "flights", find(bench).batch)
    assert rows[["line", "rule", "column", "value"]].to_numpy().tolist() == [
        [line, "among", "origin", "XXX"] for line in (2, 3, 4)
    ]


def test_a_bad_batch_is_held_as_a_whole(bench):
    before = bench.store.head("flights").tables["flights"].rows
    spoil(bench, 100)
    ingest_batches(bench)
    assert bench.store.head("flights").tables["flights"].rows == before
    assert find(bench).outcome == "held"


def test_a_bad_file_is_held_and_does_not_hold_up_the_others(bench):
    before = bench.store.head("flights")
    head, *lines = february(bench).read_text().splitlines()
    february(bench).write_text("\n".join([head.replace("dest", "somewhere"), *lines]) + "\n")
    ingest_batches(bench)
    after = bench.store.head("flights")
    assert after.tables["flights"].rows == before.tables["flights"].rows
    assert after.tables["weather"].rows > before.tables["weather"].rows
    assert find(bench).reasons[0].rule == "missing_column"


def test_mended_it_gets_in_and_only_once(bench):
    spoil(bench, 3)
    ingest_batches(bench)
    mended = mend(bench, among=["EWR", "JFK", "LGA", "XXX"])
    before = mended.store.head("flights").tables["flights"].rows
    for _ in range(2):
        replay_batches(mended)
        assert mended.store.head("flights").tables["flights"].rows == before + 3


def test_the_version_of_the_rules_is_part_of_the_snapshot(bench):
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-03"])
    mended = mend(bench, among=["EWR", "JFK", "LGA", "XXX"])
    ingest_batches(mended)
    first, second, third = mended.store.versions("flights")
    assert first.contract == second.contract is not None
    assert third.contract not in (None, second.contract)
