"""Commands that only look: a page for people, JSON with fixed keys for programs."""

import csv
import itertools
import json
import shlex
import subprocess
from pathlib import Path

import pytest
from cli.conftest import propose_retrain
from cli.test_running import write_notebook
from rich.console import Console

from coldframe.cli.command import Session
from coldframe.ingest import ingest_batches
from coldframe.ledger import decide
from coldframe.steps import Step
from coldframe.train import train_challenger

LOOKS = {
    "status": ["flights@3", "v1", "proposal 2", "coldframe approve 2", "flights-2013-04.csv"],
    "snapshots": ["flights@1", "flights@3", "62.0 %"],
    "snapshots --all": ["flights.reference@1"],
    "show flights@3": ["time_hour", "Deliveries", "2,504 of 4,041"],
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
    "snapshots": {"name", "id", "rows", "labels", "frozen_at", "tags", "pins", "proposals"},
    "quarantine": {
        "followed_by",
        "batch",
        "source",
        "file",
        "outcome",
        "rows_quarantined",
        "reasons",
        "why",
    },
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
    assert told["snapshot"]["labels"] == {"known": 2504, "rows": 4041}
    assert told["champion"]["name"] == "v1"
    assert told["pending"]["number"] == 2
    assert told["approved"] is None
    assert [held["file"] for held in told["deliveries"]["held"]] == ["flights-2013-04.csv"]
    assert [one["rows_quarantined"] for one in told["deliveries"]["quarantined"]] == [1]
    assert told["landed"] == []


def test_files_that_no_source_takes_are_told(flights):
    assert flights.json("status")["stray"] == []
    path = flights.bench.settings.landing / "flights" / "weather" / "weather.xlsx"
    path.write_bytes(b"PK")
    expected = f"flights/weather/{flights.bench.dataset.sources['weather'].files}"
    told = flights.json("status")["stray"]
    assert told == [{"path": "flights/weather/weather.xlsx", "expected": expected}]
    assert f"not taken    flights/weather/weather.xlsx  expected: {expected}" in (
        flights("status").stdout
    )
    assert path.is_file()


def test_files_that_landed_are_told_before_they_are_ingested(flights):
    folder = flights.home / "landing" / "flights" / "weather"
    (folder / "weather-2013-09.csv").write_text("origin\n")
    told = flights.json("status")
    assert [file["source"] for file in told["landed"]] == ["weather"]
    assert told["next"][0]["command"] == "coldframe build"
    assert "1 file not ingested yet" in flights("status").stdout


def test_a_fresh_project_says_how_to_begin(fresh):
    told = fresh.json("status")
    assert told["snapshot"] is None
    assert told["champion"] is None
    assert told["next"][0]["command"] == "coldframe demo run"
    assert "none yet" in fresh("status").stdout
    before = sorted(fresh.root.rglob("*"))
    for line in ("snapshots --all", "models", "proposals", "quarantine", "verify", "sweep --list"):
        fresh(*line.split())
        fresh.json(*line.split())
    for line in ("show champion", "lineage", "lineage flights@1", "show 1", "quarantine ab"):
        fresh(*line.split(), code=4)
    assert sorted(fresh.root.rglob("*")) == before
    assert not fresh.home.exists()


READS = ("status", "snapshots", "show 1", "quarantine", "proposals", "models", "lineage", "verify",
         "sweep --list", "approve 1 --reason r", "reject 1 --reason r", "rollback --reason r",
         "sweep --snapshot flights@1", "sweep --challenge spring")  # fmt: skip


@pytest.mark.parametrize("line", READS)
def test_a_home_that_is_named_and_not_there_is_an_error_and_is_not_made(fresh, line):
    home = fresh.root / "a typo"
    told = fresh(*line.split(), "--home", home, "--json", code=4)
    error = json.loads(told.stderr)["error"]
    assert error["what"] == "There is no such home folder."
    assert error["where"] == str(home)
    assert not home.exists()
    subprocess.run(["sh", "-c", error["remedy"].partition(": ")[2]], check=True)
    assert fresh.json("status", "--home", home)["snapshot"] is None
    home.rmdir()  # empty still
    home.write_text("")
    told = fresh(*line.split(), "--home", home, "--json", code=4)
    assert json.loads(told.stderr)["error"]["found"] == "a file"


def test_a_command_that_delivers_makes_the_home_that_is_named(fresh):
    home = fresh.root / "new"
    assert len(fresh.json("demo", "land", "2013-01", "--home", home)["files"]) == 2
    assert len(fresh.json("status", "--home", home)["landed"]) == 2


PIPED = (*LOOKS, "doctor", "show nothing", "--version")


@pytest.mark.parametrize("line", PIPED)
def test_in_a_pipe_no_line_is_padded_folded_or_cut(prepared, line):
    code = {"show nothing": 4}.get(line, 0)
    if line == "doctor":
        code = 0 if prepared.process("doctor").returncode == 0 else 9
    wide, narrow = (prepared(*line.split(), code=code, width=width) for width in (None, 40))
    for shown in (wide, narrow):
        text = shown.stdout + shown.stderr
        assert text.strip()
        assert [told for told in text.splitlines() if told != told.rstrip()] == []
    if line == "quarantine":
        (told,) = [one for one in wide.stdout.splitlines() if "no CSV" in one]
        assert "Bad Gateway</html>; if the file is what you want to read, say so under " in told
        assert "\u2026" not in wide.stdout


def test_a_table_in_a_pipe_has_one_line_for_each_row(flights):
    reason = "because of everything that may be said of a snapshot, " * 9
    number = propose_retrain(flights.bench, "flights@2", max_iter=7).number
    decide(
        flights.bench.ledger, "flights", number, approved=False, reason=reason, who="jane",
        how="cli",
    )  # fmt: skip
    (row,) = [told for told in flights("proposals", width=None).stdout.splitlines()
              if told.split()[:2] == [str(number), "rejected"]]  # fmt: skip
    assert row.endswith(f"jane: {reason.strip()}")


def test_the_figures_of_models_stand_under_the_holdout_they_are_of(flights):
    for snapshot in ("flights@2", "flights@3"):
        train_challenger(flights.bench, snapshot=snapshot, parameters={"max_iter": 5})
    told = {one["name"]: one for one in flights.json("models")}
    assert {one["snapshot"] for one in told.values()} == {"flights@2", "flights@3"}
    shown = flights("models", width=80).stdout
    assert max(map(len, shown.splitlines())) <= 80
    parts = shown.split("Holdout of ")[1:]
    assert [part.partition(":")[0] for part in parts] == ["flights@3", "flights@2"]
    for part, names in zip(parts, (["v1", "v3"], ["v2"]), strict=True):
        first = told[names[0]]
        rows = first["holdout"]
        expected = f"{rows['rows']:,} rows, {rows['start'][:10]} to {rows['end'][:10]}"
        assert part.splitlines()[0] == f"{first['snapshot']}: {expected}"
        found = [row.split() for row in part.splitlines() if row.strip().startswith("v")]
        assert [row[0] for row in found] == names
        for row in found:
            assert f"{told[row[0]]['metrics']['roc_auc']:.4f}" in row
    assert "compared within one holdout only" in shown


def test_with_one_holdout_all_figures_can_be_compared(prepared):
    shown = prepared("models").stdout
    assert shown.count("Holdout of") == 1
    assert "compared" not in shown


def test_a_snapshot_has_a_lineage_too(prepared):
    told = prepared.json("lineage", "flights@3")
    assert told["snapshot"]["name"] == "flights@3"
    assert told.keys() >= {"parent", "contract", "batches", "models", "proposals"}
    assert [one["name"] for one in told["models"]] == ["v1"]
    assert [one["number"] for one in told["proposals"]] == [1, 2]
    assert told["batches"] == prepared.json("lineage", "v1")["batches"]
    shown = prepared("lineage", "flights@3").stdout
    for text in ("snapshot flights@3", "arrivals-2013-01.csv", "model v1 learned from it"):
        assert text in shown
    watched = prepared("lineage", "flights.reference@1").stdout
    assert "model v1 is monitored against it" in watched


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
    assert flights.json("quarantine", "export", batch, target)["exported"]["rows"] == 1
    with target.open() as stream:
        assert [read["value"] for read in csv.DictReader(stream)] == ["1048.36058"]


def test_next_commands_stay_in_the_same_home(prepared, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shown = prepared("status", "--home", other, "--dataset", "flights", width=300).stdout
    assert f"coldframe demo run --home {other} --dataset flights" in shown
    assert list(other.iterdir()) == []


def given(command):
    """Return the options of a command to be typed next."""
    words = shlex.split(command)
    assert words[0] == "coldframe"
    return {k: v for k, v in itertools.pairwise(words) if k in ("--home", "--dataset")}


def next_commands(flights):
    steps = [step["command"] for step in flights.json("status")["next"]]
    return [given(command) for command in steps if not command.startswith("jupyter")]


@pytest.mark.parametrize("chosen", ["variable", "option", "both"])
def test_next_commands_decide_in_the_home_that_was_looked_at(flights, tmp_path, chosen):
    """They are pasted where no variable is set, and where one leads elsewhere."""
    other = tmp_path / "a second home"
    flights.home.rename(other)
    env, options = {}, []
    if chosen != "option":
        env = {"COLDFRAME_HOME": str(other if chosen == "variable" else tmp_path / "elsewhere")}
    if chosen != "variable":
        options = ["--home", str(other)]
    # narrower than the commands are long: what is pasted is in one piece all the same
    shown = flights.process("status", *options, COLUMNS="60", **env).stdout
    lines = [line.strip() for line in shown.splitlines()]
    commands = [line for line in lines if line.startswith("coldframe ")]
    assert len(commands) >= 3
    assert {given(command).get("--home") for command in commands} == {str(other)}
    assert "ploomber" not in shown
    (word,) = [command for command in commands if command.startswith("coldframe approve 2")]
    done = flights.process(*shlex.split(word)[1:])
    assert done.returncode == 0, done.stderr
    assert not flights.home.exists()
    assert f"coldframe build --home '{other}'" in done.stdout


def test_the_path_of_the_report_is_whole_on_a_narrow_terminal(flights):
    page = flights.home / "latest" / "flights" / "monitor.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("")
    flights("run", write_notebook(flights.root / "mine.ipynb", "product = None", "1"), code=8)
    assert str(page) in flights("status", width=40).stdout


def test_next_commands_name_a_dataset_only_if_env_yaml_names_another(flights, monkeypatch):
    found = next_commands(flights)
    assert found
    assert not any(found)
    path = flights.root / "datasets" / "flights.yaml"
    (flights.root / "datasets" / "other.yaml").write_text(path.read_text("utf-8"))
    monkeypatch.setenv("COLDFRAME_DATASET", "other")
    assert {"--dataset": "other"} in next_commands(flights)
    # what env.yaml names, where the variable says otherwise
    monkeypatch.setenv("COLDFRAME_DATASET", "other")
    told = flights.json("status", "--dataset", "flights")["next"]
    assert given(told[0]["command"]) == {"--dataset": "flights"}


def test_only_our_own_commands_are_given_flags_and_values_can_be_pasted():
    session = Session(home=Path("Ada's home"), dataset="flights")
    asked = [
        Step(command, "") for command in ("coldframe status", "coldframe build", "jupyter lab x")
    ]
    console = Console(width=200)
    with console.capture() as shown:
        console.print(session.steps(asked))
    found = [shlex.split(line) for line in shown.get().splitlines()]
    assert ["coldframe", "status", "--home", "Ada's home", "--dataset", "flights"] in found
    assert ["coldframe", "build", "--home", "Ada's home", "--dataset", "flights"] in found
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
