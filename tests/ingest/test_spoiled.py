"""A month with a spoiled file: nothing of it is frozen, the other sources go on."""

import csv
import io
from collections.abc import Callable

import pytest
import samples

from coldframe.ingest import ingest_batches, quarantined, read_quarantine

PAGE = b"<!DOCTYPE html>\n<html><body><h1>503 Service Unavailable</h1></body></html>\n"


def edit(data: bytes, change: Callable[[int, dict[str, str]], dict[str, str]]) -> bytes:
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    edited = [change(number, row) for number, row in enumerate(rows)]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(edited[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(edited)
    return stream.getvalue().encode()


def lose_half_the_columns(data: bytes) -> bytes:
    return edit(data, lambda _, row: {name: row[name] for name in list(row)[::2]})


def mix_hours_and_minutes(data: bytes) -> bytes:
    """Every second delay in whole hours; a delay of less than half an hour becomes 0."""

    def change(number: int, row: dict[str, str]) -> dict[str, str]:
        told = row["arr_delay"]
        hours = str(round(int(told) / 60)) if number % 2 and told not in ("", "NA") else told
        return {**row, "arr_delay": hours}

    return edit(data, change)


SPOILS = {
    "half the columns gone": ("flights", lose_half_the_columns, "missing_column"),
    "weather without half its columns": ("weather", lose_half_the_columns, "missing_column"),
    "hours mixed with minutes": ("arrivals", mix_hours_and_minutes, "quarantined_share"),
    "a page in place of CSV": ("flights", lambda _: PAGE, "not_csv"),
    "a page in place of arrivals": ("arrivals", lambda _: PAGE, "not_csv"),
    "cut off": ("flights", lambda data: data[: len(data) // 2], "truncated"),
    "cut off at a line's end": (
        "flights",
        lambda data: b"".join(data.splitlines(keepends=True)[:100]),
        "row_count",
    ),
    "delivered twice over": (
        "flights",
        lambda data: data + b"".join(data.splitlines(keepends=True)[1:]),
        "quarantined_share",
    ),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_nothing_of_a_spoiled_file_is_frozen_and_the_others_go_on(bench, spoil):
    source, spoils, rule = SPOILS[spoil]
    samples.land_sample(bench, ["2013-03"])
    before = ingest_batches(bench).snapshot
    files = samples.land_sample(bench, ["2013-04"])
    (path,) = [path for path in files if path.parent.name == source]
    good = path.read_bytes()
    spoiled = spoils(good)
    path.write_bytes(spoiled)

    report = ingest_batches(bench)

    fates = {one.source: one.outcome for one in report.deliveries}
    assert fates == {name: "held" if name == source else "accepted" for name in fates}
    assert len(fates) == 3
    held = next(one for one in report.deliveries if one.outcome == "held")
    assert held.reasons[0].rule == rule
    assert held.snapshot is None
    old = before.tables.get(source)
    new = report.snapshot.tables.get(source)
    assert (new.rows if new else 0) == (old.rows if old else 0)
    assert held.batch not in report.snapshot.batches.digests

    (kept,) = quarantined(bench)
    assert len(read_quarantine(bench, source, kept.batch))
    folder = bench.settings.home / "quarantine" / "flights" / source / kept.batch
    assert (folder / "raw" / path.name).read_bytes() == spoiled

    path.write_bytes(good)  # the operator delivers it again
    (again,) = ingest_batches(bench).deliveries
    assert (again.source, again.outcome) == (source, "accepted")


def test_hours_among_minutes_break_the_clock_rule(bench):
    samples.land_sample(bench, ["2013-04"])
    path = bench.settings.landing / "flights" / "arrivals" / "arrivals-2013-03.csv"
    path.write_bytes(mix_hours_and_minutes(path.read_bytes()))
    report = ingest_batches(bench)
    held = next(one for one in report.deliveries if one.outcome == "held")
    reasons = {reason.rule: reason.rows for reason in held.reasons}
    assert reasons["arrival_agrees"] > 500
    assert set(read_quarantine(bench, "arrivals", held.batch)["rule"]) == {"arrival_agrees"}
