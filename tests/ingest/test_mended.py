"""Rows that a person has mended in a file get in: exactly those, once, and it is known why."""

import contextlib
import csv
import errno
import io
import random
import shutil
import signal
from functools import partial

import dying
import pandas as pd
import pytest
import samples
from counts import count
from hypothesis import given
from hypothesis import strategies as st
from ingest.mended_replay import replay_file
from ingest.test_killed import copy, state
from ingest.test_replaying import UNFIT, aside, mend, original
from snapshots.test_faults import FAILURES, Disk

from coldframe.errors import ColdframeError, ConflictError, DataError, NotFoundError
from coldframe.ingest import (
    export_to_mend,
    ingest_batches,
    quarantined,
    read_quarantine,
    replay_batches,
    replay_mended,
    replayable,
)
from coldframe.ingest.exporting import spell_table
from coldframe.ingest.mended_file import read_cell, read_mended, spell_cell, spell_lines
from coldframe.ledger import mendings, replays
from coldframe.provenance import file_digest

__all__ = ["aside"]  # the fixture: seven rows with an unknown origin, the last with more

start = partial(dying.start, "ingest.mended_replay.replay_file")


@pytest.fixture
def bench(aside, tmp_path):
    return samples.open_bench(copy(aside, tmp_path))


def write(bench, change=lambda row: row | {"origin": "JFK"}, *, rows=slice(None)):
    """Export the rows of February that were set aside, and mend some of them."""
    path = bench.settings.root / "mended.csv"
    export_to_mend(bench, original(bench), path)
    with path.open(newline="") as stream:
        found = [change(row) for row in csv.DictReader(stream)][rows]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    return path


def replay(bench, path, **changes):
    return replay_mended(bench, path, **{"reason": "the code was wrong", "who": "jane"} | changes)


def test_mended_rows_get_in_once_and_whose_word_it_was_is_known(bench):
    path = write(bench)
    before, batch = bench.store.head("flights"), original(bench)
    report = replay(bench, path)
    taken = report.replay
    assert (taken.rows_accepted, taken.rows_remaining) == (UNFIT - 1, 1)
    assert report.cells == {"origin": UNFIT}
    assert [(one.line, one.why) for one in report.refused] == [
        (1001, "pattern (carrier): found ??")
    ]
    head = report.snapshot
    assert head.version == before.version + 1
    rows = bench.store.read(head, "flights", batches=[taken.batch])
    assert rows["origin"].tolist() == ["JFK"] * (UNFIT - 1)
    (record,) = [one for one in head.batches if one.digest == taken.batch]
    assert record.about["replay_of"] == batch.batch
    assert record.about["lines"] == [[995, 1000]]
    assert record.about["mended"] == taken.mended == file_digest(path)
    (word,) = mendings(bench.ledger, "flights")
    assert (word.who, word.reason, word.name) == ("jane", "the code was wrong", "mended.csv")
    assert (word.batch, word.mended, word.cells) == (
        batch.batch, taken.mended, {"origin": UNFIT}
    )  # fmt: skip
    folder = bench.settings.home / "quarantine" / "flights" / "flights" / batch.batch
    assert (folder / "mended" / f"{word.mended}.csv").read_bytes() == path.read_bytes()
    # what was not taken stays as it came
    left = read_quarantine(bench, "flights", batch.batch)
    assert left[["line", "rule", "value"]].to_numpy().tolist() == [
        [1001, "among", "XXX"], [1001, "pattern", "??"]
    ]  # fmt: skip


def test_reading_a_mended_file_leaves_the_readers_of_deliveries_as_strict_as_they_were(tmp_path):
    before = csv.field_size_limit()
    path = tmp_path / "mended.csv"
    path.write_text(f"batch,line,cell\nabc,2,{'x' * (before + 1)}\n")
    with contextlib.suppress(ColdframeError):
        read_mended(path)
    assert csv.field_size_limit() == before


def test_taken_twice_a_row_is_refused_by_name(bench):
    path = write(bench)
    first = replay(bench, path).replay
    again = replay(bench, path, who="joe")
    assert again.replay is None
    assert {one.line: one.why for one in again.refused if one.line < 1001} == dict.fromkeys(
        range(995, 1001), f"taken in already, as batch {first.batch[:10]}"
    )
    assert len(mendings(bench.ledger, "flights")) == len(replays(bench.ledger, "flights")) == 1
    # nor does a mended rule take them in once more
    mended = mend(bench.settings.root, "XXX")
    assert replay_batches(mended).replays == ()


def test_only_the_rows_of_the_file_are_taken_and_the_others_stay(bench):
    report = replay(bench, write(bench, rows=slice(1, 3)))
    assert (report.replay.rows_accepted, report.replay.rows_remaining) == (2, UNFIT - 2)
    assert replayable(bench, [original(bench)]) == ()
    # a mended rule still takes in what was left
    mended = mend(bench.settings.root, "XXX")
    assert replayable(mended, [original(mended)]) == (original(mended),)
    (rest,) = [one for one in replay_batches(mended).replays if one.source == "flights"]
    assert rest.rows_accepted == UNFIT - 3
    assert [one.mended is None for one in replays(mended.ledger, "flights")] == [False, True]


def test_a_key_that_is_known_is_refused_by_name(bench):
    """Somebody mends a row into one that is frozen already."""
    head = bench.store.head("flights")
    known = bench.store.read(head, "flights").iloc[0]
    key = {name: str(known[name]) for name in bench.dataset.sources["flights"].key}
    key["time_hour"] = known["time_hour"].strftime("%Y-%m-%dT%H:%M:%SZ")
    report = replay(bench, write(bench, lambda row: row | key | {"origin": "JFK"} | key,
                                 rows=slice(0, 1)))  # fmt: skip
    assert report.replay is None
    assert "known_key" in report.refused[0].why


def test_a_row_that_was_never_set_aside_is_refused_by_name(bench):
    number = iter(range(7, 100))
    path = write(bench, lambda row: row | {"coldframe:line": str(next(number)), "origin": "JFK"})
    report = replay(bench, path)
    assert report.replay is None
    assert {one.why for one in report.refused} == {"no row of this line is in quarantine"}
    assert mendings(bench.ledger, "flights") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda text: text.replace("origin", "from", 1), "without origin; with from"),
        (lambda text: text.replace(",", ";"), "coldframe:batch;coldframe:line"),
        (lambda text: text + text.splitlines()[-1] + "\n", "1001"),
        (lambda text: text.replace(",1001,", ",1.001,"), "1.001"),
        (lambda text: text + "x,y\n", "2 fields"),
        (lambda text: text.splitlines()[0] + "\n", "0 batches"),
        (lambda text: text[:0], "not enough values"),
        (lambda text: text + '"', "unexpected end"),
    ],
)
def test_a_file_that_is_none_is_refused_and_nothing_is_taken(bench, change, found):
    path = write(bench)
    path.write_text(change(path.read_text()))
    before = state(bench)
    with pytest.raises(DataError, match=r"nothing was taken") as caught:
        replay(bench, path)
    assert found in str(caught.value.found)
    assert state(bench) == before


def test_who_cannot_be_meant_is_refused(bench, tmp_path):
    path = write(bench)
    with pytest.raises(DataError, match="a reason"):
        replay(bench, path, reason=" ")
    with pytest.raises(NotFoundError, match="cannot be read"):
        replay(bench, tmp_path / "none.csv")
    with pytest.raises(NotFoundError, match="No batch"):
        replay(bench, path, source="weather")
    digest = original(bench).batch
    path.write_text(path.read_text().replace(digest, "f" * 64))
    with pytest.raises(NotFoundError, match="No batch"):
        replay(bench, path)
    path.write_bytes(b"\xff" + path.read_bytes())
    with pytest.raises(DataError, match="nothing was taken"):
        replay(bench, path)


def test_a_batch_that_is_held_is_mended_by_a_corrected_file(bench):
    path = bench.settings.landing / "flights" / "flights" / "flights-2013-03.csv"
    path.write_text("no header\n")
    ingest_batches(bench)
    (held,) = [one for one in quarantined(bench) if one.outcome == "held"]
    with pytest.raises(ConflictError, match="All of this batch is held"):
        export_to_mend(bench, held, bench.settings.root / "mended.csv")


@given(st.one_of(st.text(), st.text(alphabet="'=+-@1.5\t\r\n,\"")))
def test_a_cell_that_nobody_touched_is_what_came(text):
    encodable = text.encode("utf-8", "backslashreplace").decode()
    assert read_cell(spell_cell(text)) == encodable


@given(st.lists(st.lists(st.text('ab\r\n\t",;'), min_size=2, max_size=4)))
def test_lines_of_a_file_to_mend_are_read_as_they_were_written(lines):
    text = spell_lines(lines)
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == lines


def test_an_exported_cell_keeps_its_line_breaks():
    values = ["a\r", "b\rc", "d\r\ne", "f\ng"]
    text = spell_table(pd.DataFrame({"value": values, "line": range(4)}))
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert [row["value"] for row in rows] == values


@given(st.text(alphabet="'=+-@1.5\tab"))
def test_no_cell_is_a_formula(text):
    spelled = spell_cell(text)
    assert not spelled.startswith(("=", "@", "\t")) or spelled == ""


def whole_state(bench):
    return state(bench) | {
        "replays": replays(bench.ledger, "flights"), "mendings": mendings(bench.ledger, "flights"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole(aside, tmp_path_factory):
    """How often a replay that lives touches files, and the state it ends in."""
    bench = samples.open_bench(copy(aside, tmp_path_factory.mktemp("whole")))
    write(bench)
    process = start(bench.settings.root, 0)
    touched = dying.touches(process)
    found = whole_state(samples.open_bench(bench.settings.root))
    assert len(found["replays"]) == len(found["mendings"]) == 1
    return touched, found


@pytest.mark.parametrize("draw", range(count(3, 60)))
def test_killed_anywhere_and_run_again_it_ends_the_same(bench, whole, draw):
    touched, expected = whole
    write(bench)
    process = start(bench.settings.root, random.Random(draw).randint(1, touched))
    process.end()
    assert process.returncode == -signal.SIGKILL
    replay_file(bench)
    assert whole_state(bench) == expected


@pytest.mark.timeout(count(900, 7200))
def test_a_disk_that_fails_at_any_operation_leaves_it_before_or_after(
    aside, whole, tmp_path, monkeypatch
):
    bench = samples.open_bench(copy(aside, tmp_path / "sound"))
    write(bench)
    disk = Disk(0, errno.EIO, late=False)
    with disk.installed(monkeypatch):
        replay_file(bench)
    assert disk.seen > 20
    failures = [(n, code, late) for n in range(1, disk.seen + 1) for code, late in FAILURES]
    random.Random(2).shuffle(failures)
    for number, code, late in failures[: count(2, len(failures))]:
        bench = samples.open_bench(copy(aside, tmp_path / "failing"))
        write(bench)
        failing = Disk(number, code, late=late)
        with failing.installed(monkeypatch), contextlib.suppress(OSError, ColdframeError):
            replay_file(bench)
        found = whole_state(bench)
        assert found["ledger"] == []
        assert not any(found["damages"])
        assert found["snapshots"] in (whole[1]["snapshots"][:-1], whole[1]["snapshots"])
        replay_file(bench)
        assert whole_state(bench) == whole[1]
        shutil.rmtree(tmp_path / "failing")


def test_two_at_once_end_like_one(bench, whole):
    write(bench)
    processes = [start(bench.settings.root, 0) for _ in range(2)]
    for process in processes:
        process.end()
        assert process.returncode == 0
    assert whole_state(samples.open_bench(bench.settings.root)) == whole[1]
