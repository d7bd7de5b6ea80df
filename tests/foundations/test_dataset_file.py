"""What is wrong in a dataset file is told when it is read: the same by every command and stage."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import samples
import yaml
from cli.command_line import CommandLine
from notebooks.cycle import environment

from coldframe.datasets import load_dataset
from coldframe.doctor.features import check_features, check_model
from coldframe.errors import ConfigurationError
from coldframe.pipeline import build
from coldframe.settings import load_settings
from coldframe.sources import Column, Source

GOOD = (samples.ROOT / "datasets" / "flights.yaml").read_text("utf-8")
CARRIER = '{type: string, pattern: "[A-Z0-9]{2}"}'
FLIGHT = "{type: integer, minimum: 1, maximum: 9999}"
FEATURES_KEY = "  rows: flights\n  time: time_hour\n  key: [time_hour, carrier, flight]\n"
COLUMNS = (
    "a column that the source declares: year, month, day, sched_dep_time, sched_arr_time, carrier, "
    "flight, tailnum, origin, dest, distance, hour, minute, time_hour"
)
SHARES = "two shares of the usual number of rows, the lower first, such as [0.5, 2.0]"
GLOB = "a pattern of file names below the folder of the source, such as *.csv"
QUOTES = "text; YAML takes it for text if it stands in quotes"
DEP = (
    "a column that the source declares: time_hour, carrier, flight, dep_time, sched_dep_time, "
    "dep_delay, arr_time, sched_arr_time, arr_delay, air_time"
)

# what is written instead of what; then key, found and expected of the one finding
SPOILED = {
    "a pattern that is no regular expression": (
        (CARRIER, "{type: string, pattern: '[A-Z'}"), "sources.flights.columns.carrier.pattern",
        "'[A-Z': unterminated character set at position 0", "a regular expression of Python",
    ),
    "a pattern that only hides in brackets": (
        (CARRIER, "{type: string, pattern: 'A)|(B'}"), "sources.flights.columns.carrier.pattern",
        "'A)|(B': unbalanced parenthesis at position 1", "a regular expression of Python",
    ),
    "a pattern of another dialect": (
        (CARRIER, "{type: string, pattern: '[[:alpha:]]+'}"),
        "sources.flights.columns.carrier.pattern",
        "'[[:alpha:]]+': Possible nested set at position 1", "a regular expression of Python",
    ),
    "a metric of another task": (
        ("metric: roc_auc", "metric: mae"), "model.metric", "'mae'",
        "a figure of binary models: roc_auc, average_precision, brier, log_loss",
    ),
    "a feature that is called as the column of what models say": (
        ("    - distance\n", "    - probability\n"), "features.numeric.0", "'probability'",
        "another name: so a column is called in which the model's words are kept",
    ),
    "a minimum above the maximum": (
        (FLIGHT, "{type: integer, minimum: 9999, maximum: 1}"),
        "sources.flights.columns.flight.minimum", "9999.0", "at most the maximum, 1.0",
    ),
    "a bound that is no number": (
        (FLIGHT, "{type: integer, minimum: .nan}"), "sources.flights.columns.flight.minimum",
        "nan", "a finite number",
    ),
    "a bound for a text": (
        (CARRIER, "{type: string, maximum: 3}"), "sources.flights.columns.carrier.maximum", "3.0",
        "no maximum, which is for columns of type integer or number; this one is of type string",
    ),
    "a pattern for a number": (
        (FLIGHT, "{type: integer, pattern: '[0-9]+'}"), "sources.flights.columns.flight.pattern",
        "'[0-9]+'", "no pattern, which is for columns of type string; this one is of type integer",
    ),
    "known values for a number": (
        (FLIGHT, "{type: integer, among: ['1', '2']}"), "sources.flights.columns.flight.among",
        "('1', '2')", "no among, which is for columns of type string; this one is of type integer",
    ),
    "a list of known values without one": (
        (CARRIER, "{type: string, among: []}"), "sources.flights.columns.carrier.among", "[]",
        "Tuple should have at least 1 item after validation, not 0",
    ),
    "a known value that YAML takes for a truth value": (
        (CARRIER, "{type: string, among: [AA, NO]}"), "sources.flights.columns.carrier.among.1",
        "False", QUOTES,
    ),
    "a rule for a column that is not there": (
        ("column: dep_delay", "column: depdelay"), "sources.arrivals.rules.0.column", "'depdelay'",
        DEP,
    ),
    "a key of a column that is not there": (
        ("key: [time_hour, carrier, flight]", "key: [time_hour, carier, flight]"),
        "sources.flights.key.1", "'carier'", COLUMNS,
    ),
    "a key with a column twice": (
        ("key: [time_hour, carrier, flight]", "key: [time_hour, flight, flight]"),
        "sources.flights.key.2", "'flight'", "each name once",
    ),
    "features by a key that the source does not declare": (
        (FEATURES_KEY, FEATURES_KEY.replace("carrier", "carier")), "features.key.1", "'carier'",
        COLUMNS,
    ),
    "features of a source that is not there": (
        (FEATURES_KEY, FEATURES_KEY.replace("flights", "flight")), "features.rows", "'flight'",
        "one of the sources: flights, weather, arrivals",
    ),
    "a label in a source that has another key": (
        ("{source: arrivals, column", "{source: weather, column"), "label.source", "'weather'",
        "a source with the key of flights: flights, arrivals",
    ),
    "a label in a column that is not there": (
        ("column: arr_delay}\n\nmodel", "column: delay}\n\nmodel"), "label.column", "'delay'",
        DEP,
    ),
    "a feature both numeric and categorical": (
        ("    - distance\n", "    - distance\n    - origin\n"), "features.categorical.1",
        "'origin'", "a feature that is not among the numeric ones, too",
    ),
    "a feature twice": (
        ("    - distance\n", "    - distance\n    - temp\n"), "features.numeric.6", "'temp'",
        "each name once",
    ),
    "the target as a feature": (
        ("    - distance\n", "    - late\n"), "features.target", "'late'",
        "what is to be predicted, and no feature",
    ),
    "drift of what is no feature": (
        ("drift_false_alarm: 0.05", "drift: [distance, wether]"), "monitoring.drift.1", "'wether'",
        "a feature: distance, departure_minute, scheduled_minutes, weekday, departures, temp, "
        "dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib, carrier, "
        "origin, dest",
    ),
    "a length that no batch can have": (
        ("rows: [0.5, 2.0]", "rows: [2.0, 0.5]"), "sources.flights.batch.rows", "[2.0, 0.5]",
        SHARES,
    ),
    "files outside of the folder": (
        ('files: "*.csv"', "files: ../*.csv"), "sources.flights.files",
        "'../*.csv': it leads out of the folder", GLOB,
    ),
    "files anywhere on the disk": (
        ('files: "*.csv"', "files: /data/*.csv"), "sources.flights.files",
        "'/data/*.csv': Non-relative patterns are unsupported", GLOB,
    ),
    "a key that is spelled wrong": (
        (FLIGHT, "{type: integer, minimun: 1}"), "sources.flights.columns.flight.minimun",
        "minimun: 1",
        "one of the keys " + ", ".join(Column.model_fields),
    ),
    "a rule without its function": (
        ("function: flights.rules.departure_agrees, ", ""), "sources.arrivals.rules.0.function",
        "nothing", "a value",
    ),
}  # fmt: skip

ELSEWHERE = {
    "a feature both numeric and categorical": "  categorical: [carrier, origin, dest]",
    "a feature twice": "    - temp",
    "the target as a feature": "  target: late",
}
"""The line that is told where it is not the one that was changed."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return samples.write_project(tmp_path / "project")


def spoil(root: Path, old: str, new: str) -> Path:
    assert old in GOOD
    path = root / "datasets" / "flights.yaml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    return path


def changed_line(path: Path) -> str:
    """Return the first line that is not as in the good file."""
    lines = path.read_text("utf-8").splitlines()
    return next(one for one, good in zip(lines, GOOD.splitlines(), strict=False) if one != good)


def load(root: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_dataset(load_settings(root=root), "flights")
    return caught.value


@pytest.mark.parametrize("case", SPOILED)
def test_it_is_told_on_reading_with_file_line_key_found_expected_and_remedy(project, case):
    (old, new), key, found, expected = SPOILED[case]
    path = spoil(project, old, new)
    error = load(project)
    where, line, told = error.where.split(", ")
    assert (where, told, error.found, error.expected) == (str(path), key, found, expected)
    assert error.remedy
    text = path.read_text("utf-8").splitlines()[int(line.removeprefix("line ")) - 1]
    assert text == ELSEWHERE.get(case, changed_line(path))


def test_the_good_file_is_accepted(project):
    spoil(project, "title:", "title:")
    assert load_dataset(load_settings(root=project), "flights").name == "flights"


def test_several_findings_are_told_together_each_with_its_line(project):
    spoil(project, CARRIER, "{type: string, pattern: '['}")
    path = project / "datasets" / "flights.yaml"
    path.write_text(path.read_text().replace("column: arr_delay", "column: arrdelay"))
    error = load(project)
    assert error.where == str(path)
    first, second = error.found.split("; ", 1)
    assert first.startswith("sources.flights.columns.carrier.pattern (line ")
    assert second.startswith("sources.arrivals.rules.1.column (line ")
    assert "found 'arrdelay', expected a column that the source declares" in second


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (CARRIER, "{type: string, pattern: '[A-Z'}", "sources.flights.columns.carrier.pattern"),
        ("title:", "seed: 1\nseed: 2\ntitle:", "seed on line 1 and on line 2"),
        ("title:", "title: [\ntitle:", "flights.yaml is not YAML"),
    ],
)
def test_status_doctor_and_build_tell_the_same(project, old, new, said):
    spoil(project, old, new)
    error = load(project)
    assert said in str(error)
    command = CommandLine(project)
    refused = command("status", "--json", code=ConfigurationError.exit_code)
    told = json.loads(refused.stderr)["error"]
    assert {name: told[name] for name in error.details()} == error.details()
    findings = {one["check"]: one for one in command.json("doctor", code=9)["findings"]}
    assert findings["dataset"]["remedy"] == error.remedy
    for part in (error.what, error.where, error.found, error.expected):
        assert part in findings["dataset"]["what"]
    with pytest.raises(ConfigurationError) as caught:
        build(load_settings(root=project))
    assert str(caught.value) == str(error)


def test_ploombers_own_command_ends_with_our_message(project):
    path = spoil(project, "title:", "title: [\ntitle:")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ploomber")), "build"], cwd=project,
        env=environment(project), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert str(load(project)) in done.stderr
    assert f"{path}, line " in done.stderr


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"numeric": ["distance", "tmep"]}, "features.numeric.1: tmep"),
        ({"time": "tiem_hour"}, "features.time: tiem_hour"),
        ({"target": "layt"}, "features.target: layt"),
        ({"categorical": ["carier"]}, "features.categorical.0: carier"),
    ],
)
def test_a_column_that_the_feature_function_does_not_return_is_found_by_the_doctor(
    project, keys, said
):
    path = project / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["features"] |= keys
    path.write_text(yaml.safe_dump(record), encoding="utf-8")
    findings = CommandLine(project).json("doctor", code=9)["findings"]
    (finding,) = [one for one in findings if one["check"] == "features"]
    assert finding["level"] == "problem"
    assert said in finding["what"]
    assert "build_features does not return" in finding["what"]
    assert finding["remedy"]


def test_a_feature_function_that_returns_all_is_fine_and_one_that_cannot_be_tried_a_note(project):
    dataset = load_dataset(load_settings(root=project), "flights")
    assert check_features(dataset).level == "fine"
    for dotted in ("json.dumps", "nowhere.at_all"):
        features = dataset.features.model_copy(update={"function": dotted})
        finding = check_features(dataset.model_copy(update={"features": features}))
        assert (finding.level, dotted in finding.what) == ("note", True)


def test_a_model_that_cannot_be_built_is_found_by_the_doctor(project):
    dataset = load_dataset(load_settings(root=project), "flights")
    assert check_model(dataset).level == "fine"
    model = dataset.model.model_copy(update={"parameters": {"learning_rte": 0.15}})
    finding = check_model(dataset.model_copy(update={"model": model}))
    assert finding.level == "problem"
    assert "learning_rte" in finding.what
    assert "model.parameters" in finding.remedy


@pytest.mark.parametrize("pattern", ["(?i)[a-z]+", "(?x) [a-z] # a letter", "a++", "(?>a|b)", ""])
def test_what_python_takes_for_a_regular_expression_is_accepted(pattern):
    assert Column(type="string", pattern=pattern).pattern == pattern


def test_no_column_is_called_as_those_that_nobody_declared():
    with pytest.raises(ValueError, match="does not begin with undeclared:"):
        Source(files="*.csv", key=(), columns={"undeclared:gate": {"type": "string"}})
