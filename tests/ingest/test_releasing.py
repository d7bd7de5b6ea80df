"""A person overrules a hold: the fit rows of just these bytes get in, once, and it is known why."""

import random
import signal
from functools import partial
from pathlib import Path

import dying
import pytest
import samples
from counts import count
from ingest.test_corrections import set_batch
from ingest.test_killed import copy, state

from coldframe.errors import ConflictError, DataError, NotFoundError
from coldframe.ingest import (
    find_release,
    ingest_batches,
    ingest_inputs,
    pending_batches,
    quarantined,
    release_batch,
    release_standings,
)
from coldframe.ledger import deliveries, releases
from coldframe.lineage import trace_snapshot

start = partial(dying.start, "coldframe.ingest.ingest_batches")
FILE = "flights-2013-02.csv"


def spoil(path: Path, *, kept: int, unfit: int) -> None:
    """Leave only so many rows, too few for the contract, the last ones with an unknown origin."""
    head, *rows = path.read_text().splitlines()
    rows = rows[:kept]
    place = head.split(",").index("origin")
    for number in range(kept - unfit, kept):
        fields = rows[number].split(",")
        fields[place] = "XXX"
        rows[number] = ",".join(fields)
    path.write_text("\n".join([head, *rows]) + "\n")


def make_held(root: Path):
    bench = samples.open_bench(root)
    samples.land_sample(bench, ["2013-01"])
    ingest_batches(bench)
    samples.land_sample(bench, ["2013-02"])
    spoil(bench.settings.landing / "flights" / "flights" / FILE, kept=100, unfit=7)
    ingest_batches(bench)
    return bench


@pytest.fixture(scope="module")
def held_once(tmp_path_factory) -> Path:
    root = samples.write_project(tmp_path_factory.mktemp("released") / "project")
    make_held(root)
    return root


@pytest.fixture
def bench(held_once, tmp_path):
    return samples.open_bench(copy(held_once, tmp_path))


def find_held(bench):
    (found,) = [one for one in quarantined(bench) if one.outcome == "held"]
    return found


def release(bench, **words):
    words = {"reason": "the airport was closed", "who": "jane"} | words
    return release_batch(bench, find_held(bench), **words)


def test_its_fit_rows_get_in_at_the_next_ingest_and_once(bench):
    held, before = find_held(bench), bench.store.head("flights")
    assert [one.rule for one in held.reasons[:2]] == ["row_count", "quarantined_share"]
    inputs = ingest_inputs(bench)
    said = release(bench)
    assert ingest_inputs(bench) != inputs  # so that a build has something to do
    assert [one.standing for one in release_standings(bench)] == ["waiting"]
    report = ingest_batches(bench)
    (taken,) = report.deliveries
    assert (taken.outcome, taken.rows_accepted, taken.rows_quarantined) == ("quarantined", 93, 7)
    assert taken.released
    assert "until a person released them" in report.summary
    head = report.snapshot
    assert head.tables["flights"].rows == before.tables["flights"].rows + 93
    (record,) = [one for one in head.batches if one.digest == held.batch]
    assert [one["rule"] for one in record.about["overruled"]] == ["row_count", "quarantined_share"]
    assert [one.rule for one in taken.reasons] == ["among"]
    assert ingest_batches(bench).frozen_new is False
    assert pending_batches(bench) == ()
    standing = find_release(bench, held)
    assert (standing.standing, standing.release) == ("taken", said)
    (origin,) = [o for o in trace_snapshot(bench, head.name).origins if o.release]
    assert (origin.release.reason, origin.release.who) == ("the airport was closed", "jane")


def test_the_ledger_says_who_why_and_what_was_overruled(bench):
    held = find_held(bench)
    release(bench)
    (found,) = releases(bench.ledger, "flights")
    assert (found.batch, found.source, found.file) == (held.batch, "flights", FILE)
    assert (found.contract, found.who) == (held.contract, "jane")
    assert [one.rule for one in found.overruled] == ["row_count", "quarantined_share"]
    assert bench.ledger.verify() == []


def test_said_twice_the_first_word_stands(bench):
    first = release(bench)
    assert release(bench, who="joe", reason="another one") == first
    ingest_batches(bench)
    assert len(releases(bench.ledger, "flights")) == 1


def test_nobody_in_particular_and_no_reason_release_nothing(bench):
    for words in ({"who": " "}, {"reason": ""}):
        with pytest.raises(DataError, match="a reason and somebody"):
            release(bench, **words)
    assert releases(bench.ledger, "flights") == []


def test_it_is_void_once_the_contract_has_changed(bench):
    release(bench)
    strict = set_batch(bench, quarantined=0.03)
    (held,) = ingest_batches(strict).deliveries
    assert held.outcome == "held"
    assert [one.standing for one in release_standings(strict)] == ["void"]
    assert ingest_batches(strict).deliveries == ()
    # and under a contract of which it is not known whether the batch keeps it
    unknown = set_batch(bench, quarantined=0.04)
    with pytest.raises(ConflictError, match="contract has changed") as caught:
        release_batch(unknown, find_held(unknown), reason="again", who="jane")
    assert "by the contract of now" in caught.value.expected
    assert "by an earlier one" in caught.value.found
    assert "coldframe build judges the batch anew" in caught.value.remedy
    # and so it does
    (anew,) = ingest_batches(unknown).deliveries
    assert anew.outcome == "held"
    assert release_batch(unknown, find_held(unknown), reason="again", who="jane").who == "jane"


def test_it_is_for_these_bytes_alone(bench):
    release(bench)
    path = bench.settings.landing / "flights" / "flights" / FILE
    spoil(path, kept=99, unfit=20)
    report = ingest_batches(bench)
    assert sorted(one.outcome for one in report.deliveries) == ["held", "quarantined"]
    (other,) = report.held
    assert find_release(bench, other) is None


def test_if_the_file_has_gone_the_copy_in_quarantine_is_taken(bench):
    path = bench.settings.landing / "flights" / "flights" / FILE
    path.unlink()
    release(bench)
    (taken,) = ingest_batches(bench).deliveries
    assert (taken.file, taken.rows_accepted) == (FILE, 93)


def test_a_damaged_copy_is_not_taken_and_without_bytes_there_is_no_release(bench):
    path = bench.settings.landing / "flights" / "flights" / FILE
    data = path.read_bytes()
    path.unlink()
    held = find_held(bench)
    kept = bench.settings.home / "quarantine" / "flights" / "flights" / held.batch / "raw" / FILE
    kept.write_bytes(data[:-100])
    with pytest.raises(NotFoundError, match="bytes of this batch are gone"):
        release(bench)
    path.write_bytes(data)
    release(bench)
    path.unlink()
    report = ingest_batches(bench)
    assert (report.deliveries, report.frozen_new) == ((), False)
    assert [one.standing for one in release_standings(bench)] == ["waiting"]
    path.write_bytes(data)
    assert [one.outcome for one in ingest_batches(bench).deliveries] == ["quarantined"]


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"<html>503</html>\n", "cannot be read row by row"),
     (b"", "cannot be read row by row")],
)  # fmt: skip
def test_what_has_no_rows_cannot_be_released(bench, data, told):
    path = bench.settings.landing / "flights" / "weather" / "weather-2013-03.csv"
    path.write_bytes(data)
    (held,) = ingest_batches(bench).deliveries
    with pytest.raises(DataError, match=told) as caught:
        release_batch(bench, held, reason="take it", who="jane")
    assert "deliver it as weather-2013-03.csv" in caught.value.remedy


def test_row_rules_cannot_be_overruled(bench):
    path = bench.settings.landing / "flights" / "flights" / FILE
    spoil(path, kept=90, unfit=90)
    (held,) = ingest_batches(bench).deliveries
    with pytest.raises(DataError, match="every row of it breaks a row rule"):
        release_batch(bench, held, reason="take it", who="jane")


def test_an_accepted_batch_cannot_be_released(bench):
    first = deliveries(bench.ledger, "flights")[0]
    with pytest.raises(ConflictError, match="is not held"):
        release_batch(bench, first, reason="take it", who="jane")


def test_if_its_rows_came_otherwise_meanwhile_it_is_held_for_good(bench):
    """The fit rows of the released batch stand in another file that was taken before it."""
    landing = bench.settings.landing / "flights" / "flights"
    samples.land_sample(bench, ["2013-03"])
    month = (landing / FILE).read_text().splitlines()
    name = landing / "flights-2013-01-late.csv"
    later = (landing / "flights-2013-03.csv").read_text().splitlines()[1:1500]
    name.write_text("\n".join([*month[:94], *later]) + "\n")
    (landing / "flights-2013-03.csv").unlink()
    release(bench)
    came = {one.file: one for one in ingest_batches(bench).deliveries}
    assert came[name.name].outcome == "accepted"
    assert next(one.rule for one in came[FILE].reasons) == "no_fit_rows"
    assert [one.standing for one in release_standings(bench)] == ["held"]
    assert pending_batches(bench) == ()


@pytest.fixture(scope="module")
def whole(held_once, tmp_path_factory):
    root = copy(held_once, tmp_path_factory.mktemp("whole"))
    release(samples.open_bench(root))
    process = start(root, 0)
    touched = dying.touches(process)
    return touched, state(samples.open_bench(root))


@pytest.mark.parametrize("draw", range(count(4, 60)))
def test_killed_anywhere_it_ends_the_same(held_once, whole, tmp_path, draw):
    touched, expected = whole
    root = copy(held_once, tmp_path)
    release(samples.open_bench(root))
    process = start(root, random.Random(draw).randint(1, touched))
    process.end()
    assert process.returncode == -signal.SIGKILL
    bench = samples.open_bench(root)
    ingest_batches(bench)
    assert state(bench) == expected
