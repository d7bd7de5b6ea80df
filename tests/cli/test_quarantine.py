"""`coldframe quarantine`: what still waits, what was mended since, and how many rows are unfit."""

import csv

import pandas as pd
import samples
import yaml

from coldframe.ingest import ingest_batches
from coldframe.ledger import deliveries

SPOILED = "flights-2013-04.csv"


def listed(flights):
    """Return what the page says of each batch, by the first digits of its digest."""
    blocks = flights("quarantine", width=None).stdout.split("\n\n")
    return {block.split()[0]: block for block in blocks if "  flights/" in block}


def land(flights, text):
    path = flights.home / "landing" / "flights" / "flights" / SPOILED
    path.write_text(text)
    ingest_batches(flights.bench)
    return deliveries(flights.bench.ledger, "flights")[-1]


def test_a_held_batch_says_what_mends_it_and_once_mended_what_did(flights):
    (first,) = flights.json("status")["deliveries"]["held"]
    digest = first["batch"][:10]
    named = f"A corrected file must bear the same name, {SPOILED}, to count as its mending."
    assert named in listed(flights)[digest]
    assert named in " ".join(flights("quarantine", digest, width=None).stdout.split())
    assert flights.json("quarantine", digest)["followed_by"] is None
    # a second one of that name is held, too
    second = land(flights, "<html>503</html>\n")
    assert (
        f"{second.batch[:10]} came as {SPOILED} after it, and is held, too."
        in (listed(flights)[digest])
    )
    assert named in listed(flights)[second.batch[:10]]
    samples.land_sample(flights.bench, ["2013-04"])  # its files have the same names
    ingest_batches(flights.bench)
    third = next(
        d for d in reversed(deliveries(flights.bench.ledger, "flights")) if d.file == SPOILED
    )
    assert third.outcome != "held", third
    assert flights.json("status")["deliveries"]["held"] == []
    for batch in (digest, second.batch[:10]):
        block = listed(flights)[batch]
        assert "held and mended since" in block.splitlines()[0]
        assert f"{third.batch[:10]} came as {SPOILED} after it: {third.rows_accepted:,} rows" in (
            block
        )
        assert flights.json("quarantine", batch)["followed_by"] == {
            "batch": third.batch, "outcome": third.outcome,
        }  # fmt: skip


def test_an_export_tells_unfit_rows_and_broken_rules_apart(flights, tmp_path):
    folder = flights.home / "landing" / "flights" / "weather"
    with (folder / "weather-2013-02.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows):
        row["time_hour"] = row["time_hour"].replace("2013-02", "2013-04")
        row["month"] = "4"
        if number in (3, 5):
            row |= {"temp": "900", "humid": "-5"}
        if number == 7:
            row["temp"] = "900"
    with (folder / "weather-2013-04.csv").open("w") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ingest_batches(flights.bench)
    batch = deliveries(flights.bench.ledger, "flights")[-1]
    target = tmp_path / "rows.csv"
    told = flights.json("quarantine", "export", batch.batch[:10], target)
    assert batch.rows_quarantined == told["exported"]["rows"]
    said = flights("quarantine", "export", batch.batch[:10], target, width=None).stdout
    with target.open() as stream:
        lines = list(csv.DictReader(stream))
    unfit, broken = len({line["line"] for line in lines}), len(lines)
    assert (told["exported"]["rows"], told["exported"]["reasons"]) == (unfit, broken)
    assert broken == unfit + 2
    assert (
        f"{unfit} unfit rows written to {target}, a line for each of {broken} broken rules" in said
    )


def test_a_batch_held_as_a_whole_has_reasons_without_lines(flights, tmp_path):
    (held,) = flights.json("status")["deliveries"]["held"]
    shown = flights("quarantine", held["batch"][:10]).stdout
    assert "<NA>" not in shown
    assert "None" not in shown
    said = flights("quarantine", "export", held["batch"][:10], tmp_path / "x.csv", width=None)
    assert said.stdout.startswith("1 reason written to ")


def let_winds_by(flights):
    path = flights.root / "datasets" / "flights.yaml"
    text = path.read_text("utf-8")
    assert text.count("maximum: 150") == 1
    path.write_text(text.replace("maximum: 150", "maximum: 1500"), encoding="utf-8")


def test_a_replay_takes_in_what_is_fit_by_now_and_says_so(flights):
    (weather,) = [one for one in flights.json("quarantine") if one["source"] == "weather"]
    digits = weather["batch"][:10]
    assert "coldframe quarantine replay" not in flights("quarantine", width=None).stdout
    assert "No row of 1 batch is fit now." in flights("quarantine", "replay", digits).stdout
    before = flights.json("status")
    assert "accepted but for 1 row" in flights("status", width=None).stdout
    let_winds_by(flights)
    assert "coldframe quarantine replay" in flights("quarantine", width=None).stdout
    told = flights("quarantine", "replay", digits, width=None).stdout
    assert f"{digits}  weather/weather-2013-02.csv: 1 row taken in, 0 still set aside" in told
    assert "flights@4 frozen." in told
    after = flights.json("status")
    assert after["snapshot"]["rows"]["weather"] == before["snapshot"]["rows"]["weather"] + 1
    assert after["replays"][0]["original"] == weather["batch"]
    assert after["deliveries"]["quarantined"] == []
    assert after["deliveries"]["replayed"] == 1
    page = flights("status", width=None).stdout
    assert "1 whole since a replay" in page
    assert "accepted but for" not in page
    assert "weather-2013-02.csv" not in page
    listed = flights("quarantine", digits, width=None).stdout
    assert "set aside:" not in listed
    assert "1 row of it taken in since; nothing of it is set aside any more." in listed
    assert f"taken in later of {digits}" in flights("lineage", "flights@4", width=None).stdout
    assert flights.json("quarantine", "replay", digits)["replays"] == []


def test_of_a_batch_that_was_replayed_in_part_all_pages_tell_what_is_left(flights):
    landing = flights.home / "landing" / "flights" / "weather"
    text = (landing / "weather-2013-02.csv").read_text()
    june = text.replace("2013-02-", "2013-06-").replace("2013-03-", "2013-07-")
    head, first, *rows = june.splitlines()
    cells = dict(zip(head.split(","), first.split(","), strict=True)) | {"wind_speed": "99999"}
    lines = [head, ",".join(cells.values()), *rows]
    (landing / "weather-2013-06.csv").write_text("\n".join([*lines, ""]))
    ingest_batches(flights.bench)
    (came,) = [one for one in flights.json("quarantine") if one["file"] == "weather-2013-06.csv"]
    assert (came["outcome"], came["rows_quarantined"]) == ("quarantined", 2)
    let_winds_by(flights)
    flights("quarantine", "replay", came["batch"][:10])
    told = {one["file"]: one for one in flights.json("status")["deliveries"]["quarantined"]}
    assert told["weather-2013-06.csv"]["rows_quarantined"] == 1
    for line in ("status", "quarantine", f"quarantine {came['batch'][:10]}"):
        page = flights(*line.split(), width=None).stdout
        assert f"1 of {len(rows) + 1:,} rows set aside" in page
        assert "wind_speed is too great in 1 row (99999.0)" in page
        assert "2 of" not in page
    assert "1 row of it taken in since; 1 still set aside." in page


def test_mended_rows_are_exported_and_taken_in_and_everybody_says_so(flights, tmp_path):
    (weather,) = [one for one in flights.json("quarantine") if one["source"] == "weather"]
    digits, file = weather["batch"][:10], tmp_path / "rows.csv"
    told = flights("quarantine", "export", digits, file, "--mend", width=None).stdout
    assert f"1 unfit row written to {file}" in told
    assert f'coldframe quarantine replay --from {file} --reason "..."' in told
    again = ("quarantine", "replay", "--from", file, "--reason", "a slipped point")
    shown = flights(*again, width=None).stdout
    assert "0 rows taken in; cells changed: none" in shown
    assert "not taken: maximum (wind_speed): found 1048.36058" in shown
    text = file.read_text()
    assert text.count("1048.36058") == 1
    file.write_text(text.replace("1048.36058", "10.4836058"))
    assert flights("quarantine", "replay", "--from", file, code=5).stderr
    done = flights(*again, "--who", "jane", width=None).stdout
    assert "1 row taken in; cells changed: wind_speed 1" in done
    assert "flights@4 frozen." in done
    refused = flights.json(*again)
    assert refused["replay"] is None
    assert "taken in already" in refused["refused"][0]["why"]
    listed = flights("quarantine", digits, width=None).stdout
    assert "1 row of it taken in since, mended by jane (a slipped point)" in listed
    assert f"taken in later of {digits}" in flights("lineage", "flights@4", width=None).stdout
    assert flights("quarantine", "replay", digits, "--from", file, code=3).stderr


def test_a_held_batch_is_not_replayed(flights):
    (held,) = flights.json("status")["deliveries"]["held"]
    error = flights("quarantine", "replay", held["batch"][:10], code=7, width=None).stderr
    assert "All of this batch is held" in error


def test_an_export_holds_no_formula(flights, tmp_path):
    folder = flights.home / "landing" / "flights" / "flights"
    head, *rows = (folder / "flights-2013-02.csv").read_text().splitlines()
    rows = [row.replace("2013-02", "2013-04").replace("2013,2,", "2013,4,") for row in rows]
    place = head.split(",").index("dest")
    fields = rows[3].split(",")
    fields[place] = '"=HYPERLINK(""http://evil"",""x"")"'
    rows[3] = ",".join(fields)
    (folder / "flights-2013-04-b.csv").write_text("\n".join([head, *rows]) + "\n")
    ingest_batches(flights.bench)
    batch = deliveries(flights.bench.ledger, "flights")[-1]
    assert batch.outcome == "quarantined"
    flights("quarantine", "export", batch.batch[:10], tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open() as stream:
        values = [row["value"] for row in csv.DictReader(stream)]
    assert values[0] == '\'=HYPERLINK("http://evil","x")'
    flights("quarantine", "export", batch.batch[:10], tmp_path / "rows.parquet")
    kept = pd.read_parquet(tmp_path / "rows.parquet")["value"]
    assert kept[0] == '=HYPERLINK("http://evil","x")'


def test_a_local_time_that_never_comes_on_its_clock_is_told_as_such(flights):
    path = flights.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["weather"]["columns"]["time_hour"]["timezone"] = "America/New_York"
    path.write_text(yaml.safe_dump(record, sort_keys=False), "utf-8")
    folder = flights.home / "landing" / "flights" / "weather"
    head, *rows = (folder / "weather-2013-02.csv").read_text().splitlines()
    rows = [row.replace("2013-02", "2013-04").replace(",2013,2,", ",2013,4,") for row in rows]
    fields = rows[3].split(",")
    fields[head.split(",").index("time_hour")] = "2013-03-10 02:30"
    rows[3] = ",".join(fields)
    (folder / "weather-2013-04.csv").write_text("\n".join([head, *rows]) + "\n")
    ingest_batches(flights.bench)
    batch = deliveries(flights.bench.ledger, "flights")[-1]
    said = "(2013-03-10 02:30: clocks in America/New_York never show it)"
    assert said in flights("quarantine", width=None).stdout
    assert said in flights("quarantine", batch.batch[:10], width=None).stdout
    assert said in flights.json("quarantine", batch.batch[:10])["why"]
