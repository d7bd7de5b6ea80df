"""Rows that were set aside get in once a rule was mended: each once, as a batch of their own."""

import contextlib
import errno
import random
import shutil
import signal
from functools import partial
from pathlib import Path

import dying
import pytest
import samples
import yaml
from counts import count
from ingest.test_killed import copy, state
from ingest.test_releasing import spoil
from snapshots.test_faults import FAILURES, Disk

from coldframe.errors import ColdframeError
from coldframe.ingest import ingest_batches, quarantined, read_quarantine, replay_batches
from coldframe.ledger import replays

start = partial(dying.start, "coldframe.ingest.replay_batches")
FILE = "flights-2013-02.csv"
UNFIT = 7


def mend(root: Path, *origins: str):
    """Let the contract know more airports."""
    path = root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["columns"]["origin"]["among"] = ["EWR", "JFK", "LGA", *origins]
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    return samples.open_bench(root)


@pytest.fixture(scope="module")
def aside(tmp_path_factory) -> Path:
    """February has seven flights from an unknown airport, one of them with a bad carrier, too."""
    root = samples.write_project(tmp_path_factory.mktemp("replayed") / "project")
    bench = samples.open_bench(root)
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    path = bench.settings.landing / "flights" / "flights" / FILE
    spoil(path, kept=1000, unfit=UNFIT)
    lines = path.read_text().splitlines()
    place = lines[0].split(",").index("carrier")
    fields = lines[-1].split(",")
    fields[place] = "??"
    path.write_text("\n".join([*lines[:-1], ",".join(fields)]) + "\n")
    ingest_batches(bench)
    return root


@pytest.fixture
def root(aside, tmp_path):
    return copy(aside, tmp_path)


def original(bench):
    (found,) = [one for one in quarantined(bench) if one.file == FILE]
    return found


def test_before_anything_is_mended_nothing_is_taken(root):
    bench = samples.open_bench(root)
    before = state(bench)
    report = replay_batches(bench)
    assert report.replays == ()
    assert state(bench) | {"quarantine": None} == before | {"quarantine": None}
    assert len(read_quarantine(bench, "flights", original(bench).batch)) == UNFIT + 1


def test_rows_that_are_fit_now_get_in_once_and_the_rest_stays_with_its_reason(root):
    bench = mend(root, "XXX")
    before = bench.store.head("flights")
    batch = original(bench)
    report = replay_batches(bench, [batch])
    (taken,) = report.replays
    assert (taken.rows_accepted, taken.rows_remaining) == (UNFIT - 1, 1)
    assert (taken.original, taken.source, taken.file) == (batch.batch, "flights", FILE)
    assert [one.rule for one in taken.reasons] == ["pattern"]
    head = report.snapshot
    assert head.version == before.version + 1
    rows = bench.store.read(head, "flights", batches=[taken.batch])
    assert rows["origin"].tolist() == ["XXX"] * (UNFIT - 1)
    (record,) = [one for one in head.batches if one.digest == taken.batch]
    assert record.about["replay_of"] == batch.batch
    assert record.about["lines"] == [[995, 1000]]
    left = read_quarantine(bench, "flights", batch.batch)
    assert left[["line", "rule", "value"]].values.tolist() == [[1001, "pattern", "??"]]
    for _ in range(2):
        assert replay_batches(bench).replays == ()
        ingest_batches(bench)
    assert bench.store.head("flights").id == head.id
    assert len(replays(bench.ledger, "flights")) == 1


def test_what_stays_gets_in_when_its_rule_is_mended_as_well(root):
    replay_batches(mend(root, "XXX"))
    path = root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["columns"]["carrier"]["pattern"] = "[A-Z0-9?]{2}"
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    bench = samples.open_bench(root)
    (taken,) = replay_batches(bench).replays
    assert (taken.rows_accepted, taken.rows_remaining) == (1, 0)
    assert read_quarantine(bench, "flights", original(bench).batch).empty
    digests = [one.batch for one in replays(bench.ledger, "flights")]
    assert len(set(digests)) == 2


def test_a_key_that_came_otherwise_meanwhile_is_not_taken_twice(root):
    """Somebody delivered the corrected rows as a file of their own; a replay must not add them."""
    bench = samples.open_bench(root)
    folder = bench.settings.landing / "flights" / "flights"
    lines = (folder / FILE).read_text().splitlines()
    rows = [line.replace("XXX", "JFK") for line in lines[-UNFIT:-1]]
    path = root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["batch"] |= {"rows": [0, 2], "keys_known": True}
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    (folder / "mended.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    ingest_batches(samples.open_bench(root))
    bench = mend(root, "XXX")
    assert replay_batches(bench).replays == ()
    left = read_quarantine(bench, "flights", original(bench).batch)
    assert left["rule"].tolist() == ["known_key"] * (UNFIT - 1) + ["pattern"]


def test_replayed_rows_do_not_count_as_a_usual_delivery(root):
    bench = mend(root, "XXX")
    replay_batches(bench)
    samples.land_sample(bench, ["2013-03"])
    outcomes = {one.file: one.outcome for one in ingest_batches(bench).deliveries}
    assert outcomes["flights-2013-03.csv"] == "accepted"


def test_a_rule_that_cannot_judge_the_rows_leaves_them_and_the_others_go_on(root):
    bench = mend(root, "XXX")
    path = root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["rules"] = [
        {"name": "broken", "function": "contracts.rules_for_tests.raises", "column": "origin"}
    ]
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    bench = samples.open_bench(root)
    told = []
    assert replay_batches(bench, progress=told.append).replays == ()
    assert any("left, " in line for line in told)


def test_a_ledger_that_lost_the_replay_gets_it_back(root):
    bench = mend(root, "XXX")
    replay_batches(bench)
    before = state(bench)
    (taken,) = replays(bench.ledger, "flights")
    (bench.settings.home / "ledger.db").unlink()
    lost = samples.open_bench(root)
    ingest_batches(lost)
    assert replays(lost.ledger, "flights") == [taken]
    assert state(lost)["snapshots"] == before["snapshots"]


def whole_state(bench):
    return state(bench) | {"replays": replays(bench.ledger, "flights")}


@pytest.fixture(scope="module")
def whole(aside, tmp_path_factory):
    root = copy(aside, tmp_path_factory.mktemp("whole"))
    process = start(mend(root, "XXX").settings.root, 0)
    touched = dying.touches(process)
    found = whole_state(samples.open_bench(root))
    assert len(found["replays"]) == 1
    return touched, found


@pytest.mark.parametrize("draw", range(count(4, 60)))
def test_killed_anywhere_and_run_again_it_ends_the_same(aside, whole, tmp_path, draw):
    touched, expected = whole
    bench = mend(copy(aside, tmp_path), "XXX")
    process = start(bench.settings.root, random.Random(draw).randint(1, touched))
    process.end()
    assert process.returncode == -signal.SIGKILL
    replay_batches(bench)
    assert whole_state(bench) == expected


@pytest.mark.timeout(count(900, 7200))
def test_a_disk_that_fails_at_any_operation_leaves_it_before_or_after(
    aside, whole, tmp_path, monkeypatch
):
    bench = mend(copy(aside, tmp_path / "sound"), "XXX")
    disk = Disk(0, errno.EIO, late=False)
    with disk.installed(monkeypatch):
        replay_batches(bench)
    assert disk.seen > 20
    failures = [(n, code, late) for n in range(1, disk.seen + 1) for code, late in FAILURES]
    random.Random(1).shuffle(failures)
    for number, code, late in failures[: count(2, len(failures))]:
        bench = mend(copy(aside, tmp_path / "failing"), "XXX")
        failing = Disk(number, code, late=late)
        with failing.installed(monkeypatch), contextlib.suppress(OSError, ColdframeError):
            replay_batches(bench)
        found = whole_state(bench)
        assert found["ledger"] == []
        assert not any(found["damages"])
        assert found["snapshots"] in (whole[1]["snapshots"][:-1], whole[1]["snapshots"])
        replay_batches(bench)
        assert whole_state(bench) == whole[1]
        shutil.rmtree(tmp_path / "failing")


def test_two_at_once_end_like_one(aside, whole, tmp_path):
    root = mend(copy(aside, tmp_path), "XXX").settings.root
    processes = [start(root, 0) for _ in range(2)]
    for process in processes:
        process.end()
        assert process.returncode == 0
    assert whole_state(samples.open_bench(root)) == whole[1]
