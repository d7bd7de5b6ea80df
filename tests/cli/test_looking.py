"""Commands that only look: a page for people, JSON with fixed keys for programs."""

import csv
import json
import shlex
from pathlib import Path

import pytest
from rich.console import Console

from coldframe.cli.command import Session
from coldframe.ingest import ingest_batches
from coldframe.status import Step

LOOKS = {
    "status": ["flights@3", "v1", "proposal 2", "coldframe approve 2", "flights-2013-04.csv"],
    "snapshots": ["flights@1", "flights@3", "64.3 %"],
    "snapshots --all": ["flights.reference@1"],
    "show flights@3": ["time_hour", "Deliveries", "2,599 of 4,041"],
    "show flights": ["flights@3"],
    "show champion": ["Model v1", "Put in force", "max_leaf_nodes"],
    "show 2": ["Proposal 2", "flights@3 has new labels", "coldframe approve 2"],
    "quarantine": ["weather-2013-02.csv", "wind_speed is too great in 1 row", "no CSV"],
    "proposals": ["trained", "pending"],
    "models": ["v1 champion", "roc_auc"],
    "lineage v1": ["snapshot flights@3", "arrivals-2013-01.csv", "approved by jane"],
    "sweep --list": ["No study yet"],
    "verify": ["All is as it was recorded"],
}


@pytest.mark.parametrize("line", LOOKS)
@pytest.mark.parametrize("width", [80, 100])
def test_a_person_reads_what_matters(prepared, line, width):
    shown = prepared(*line.split(), width=width).stdout
    together = " ".join(shown.split())
    for text in LOOKS[line]:
        assert text in together
    assert max(map(len, shown.splitlines())) <= width


KEYS = {
    "status": {"dataset", "home", "snapshot", "deliveries", "champion", "pending", "approved",
               "runs", "landed", "next"},
    "show flights@3": {"name", "id", "parent", "rows", "bytes", "batches", "labels", "contract",
                       "frozen_at", "manifest"},
    "show v1": {"name", "digest", "estimator", "recipe", "snapshot", "snapshot_id", "parameters",
                "metrics", "code", "environment", "holdout", "cost"},
    "show 2": {"proposal", "standing", "why", "decision", "verdict"},
    "lineage v1": {"model", "estimator", "snapshot", "reference", "batches", "proposal",
                   "decision", "verdicts", "promotions", "same_environment", "lost"},
    "verify": {"snapshots", "entries", "models", "faults"},
}  # fmt: skip
LISTS = {
    "snapshots": {"name", "id", "rows", "labels", "frozen_at", "tag", "pins"},
    "quarantine": {"batch", "source", "file", "outcome", "rows_quarantined", "reasons", "why"},
    "proposals": {"proposal", "standing", "why", "decision", "verdict"},
    "models": {"name", "digest", "snapshot", "metrics", "champion"},
    "sweep --list": set(),
}


@pytest.mark.parametrize("line", KEYS)
def test_a_program_reads_an_object(prepared, line):
    assert prepared.json(*line.split()).keys() >= KEYS[line]


@pytest.mark.parametrize("line", LISTS)
def test_a_program_reads_a_list(prepared, line):
    for item in prepared.json(*line.split()):
        assert item.keys() >= LISTS[line]


def test_status_says_what_is_so(prepared):
    told = prepared.json("status")
    assert told["snapshot"]["name"] == "flights@3"
    assert told["snapshot"]["labels"] == {"known": 2599, "rows": 4041}
    assert told["champion"]["name"] == "v1"
    assert told["pending"]["number"] == 2
    assert told["approved"] is None
    assert [held["file"] for held in told["deliveries"]["held"]] == ["flights-2013-04.csv"]
    assert [one["rows_quarantined"] for one in told["deliveries"]["quarantined"]] == [1]
    assert told["landed"] == []


def test_files_that_landed_are_told_before_they_are_ingested(flights):
    folder = flights.home / "landing" / "flights" / "weather"
    (folder / "weather-2013-09.csv").write_text("origin\n")
    told = flights.json("status")
    assert [file["source"] for file in told["landed"]] == ["weather"]
    assert told["next"][0]["command"] == "ploomber build"
    assert "1 file not ingested yet" in flights("status").stdout


def test_a_fresh_project_says_how_to_begin(fresh):
    told = fresh.json("status")
    assert told["snapshot"] is None
    assert told["champion"] is None
    assert told["next"][0]["command"] == "coldframe demo run"
    assert "none yet" in fresh("status").stdout
    for line in ("snapshots", "models", "proposals", "quarantine", "verify"):
        fresh(line)
        fresh.json(line)


def test_values_from_files_cannot_repaint_the_terminal(prepared):
    for line in (["status"], ["quarantine"]):
        shown = prepared(*line).stdout
        assert "\x1b" not in shown
        assert r"\x1b" in " ".join(shown.split())


def test_rows_in_quarantine_are_shown_and_exported(flights, tmp_path):
    (weather,) = [one for one in flights.json("quarantine") if one["source"] == "weather"]
    batch = weather["batch"][:6]
    assert "1048.36058" in flights("quarantine", batch).stdout
    (row,) = flights.json("quarantine", batch)["rows"]
    assert (row["column"], row["rule"], row["value"]) == ("wind_speed", "maximum", "1048.36058")
    target = tmp_path / "rows.csv"
    assert flights.json("quarantine", batch, "--export", target)["exported"]["rows"] == 1
    with target.open() as stream:
        assert [read["value"] for read in csv.DictReader(stream)] == ["1048.36058"]


def test_next_commands_stay_in_the_same_home(prepared, tmp_path):
    other = tmp_path / "other"
    shown = prepared("status", "--home", other, "--dataset", "flights", width=300).stdout
    assert f"coldframe demo run --home {other} --dataset flights" in shown
    assert other.exists()


def test_only_our_own_commands_are_given_flags_and_values_can_be_pasted():
    session = Session(home=Path("Ada's home"), dataset="flights")
    asked = [
        Step(command, "") for command in ("coldframe status", "ploomber build", "jupyter lab x")
    ]
    console = Console(width=200)
    with console.capture() as shown:
        console.print(session.steps(asked))
    found = [shlex.split(line) for line in shown.get().splitlines()]
    assert ["coldframe", "status", "--home", "Ada's home", "--dataset", "flights"] in found
    assert ["ploomber", "build", "--env--home", "Ada's home", "--env--dataset", "flights"] in found
    assert ["jupyter", "lab", "x"] in found


def test_the_same_bytes_of_two_sources_are_told_apart(flights):
    folder = flights.home / "landing" / "flights"
    spoiled = (folder / "flights" / "flights-2013-04.csv").read_bytes()
    (folder / "weather" / "weather-2013-04.csv").write_bytes(spoiled)
    ingest_batches(flights.bench)
    held = flights.json("status")["deliveries"]["held"]
    assert sorted(one["source"] for one in held) == ["flights", "weather"]
    batch = held[0]["batch"][:12]
    error = json.loads(flights("quarantine", batch, "--json", code=4).stderr)["error"]
    assert error["what"] == "The same bytes were delivered by several sources."
    assert "flights" in error["found"]
    assert "weather" in error["found"]
    assert "--source" in error["remedy"]
    for source, file in (("flights", "flights-2013-04.csv"), ("weather", "weather-2013-04.csv")):
        told = flights.json("quarantine", batch, "--source", source)
        assert (told["source"], told["file"]) == (source, file)


def test_a_held_batch_of_one_source_is_not_mended_by_another_source(flights):
    folder = flights.home / "landing" / "flights"
    good = (folder / "weather" / "weather-2013-03.csv").read_bytes()
    (folder / "flights" / "weather-2013-03.csv").write_bytes(good)
    ingest_batches(flights.bench)
    held = flights.json("status")["deliveries"]["held"]
    assert ("flights", "weather-2013-03.csv") in [(one["source"], one["file"]) for one in held]
