"""A delivery becomes a dataset whose contract accepts it, with guesses that say their doubt."""

import ast
import subprocess
import sys

import pandas as pd
import pytest
import samples
from readers.written import write_ods

from coldframe.datasets import load_dataset
from coldframe.doctor import check_dataset
from coldframe.doctor.samples import sample_sources
from coldframe.errors import (
    ColdframeError,
    ConfigurationError,
    ConflictError,
    DataError,
    NotFoundError,
)
from coldframe.ingest import ingest_batches, land_files

ROWS = 240
WORDS = ("red", "green", "blue")


def orders(**more):
    """Return a delivery with a column of each kind, as text."""
    days = pd.date_range("2024-01-01", periods=ROWS, freq="6h")
    frame = pd.DataFrame(
        {
            "OrderId": [str(10_000 + n) for n in range(ROWS)],
            "ordered_at": days.strftime("%Y-%m-%d %H:%M:%S"),
            "zip": [f"{n % 60:05}" for n in range(ROWS)],
            "amount": [f"{(n * 37 % 1000) / 8}" for n in range(ROWS)],
            "pieces": [str(n % 7) for n in range(ROWS)],
            "colour": [WORDS[n % 3] for n in range(ROWS)],
            "gift": [("true", "false")[n % 5 == 0] for n in range(ROWS)],
            "note": [f"called {n} times" for n in range(ROWS)],
            "returned": [("no", "yes")[n % 4 == 0] for n in range(ROWS)],
        }
    )
    return frame.assign(**more)


@pytest.fixture
def file(project):
    path = project.root / "orders.csv"
    orders().to_csv(path, index=False)
    return path


def doubts(made):
    return {guess.about: guess.doubt for guess in made.guesses}


def problems(project, name):
    return [one.what for one in check_dataset(project.settings, name) if one.level == "problem"]


def test_each_column_is_what_it_seems_and_what_is_doubtful_is_told(project, file):
    made = project.new("orders", file, target="returned", timezone="Europe/Berlin")
    dataset = load_dataset(project.settings, "orders")
    source = dataset.sources["orders"]
    told = {
        name: column.model_dump(exclude_defaults=True) for name, column in source.columns.items()
    }
    assert told == {
        "OrderId": {"type": "integer"},
        "ordered_at": {"type": "timestamp", "timezone": "Europe/Berlin", "future_hours": 24.0},
        "zip": {"type": "string", "pattern": "[0-9]{5}"},
        "amount": {"type": "number", "minimum": 0.0, "maximum": 250.0},
        "pieces": {"type": "integer", "minimum": 0.0, "maximum": 12.0},
        "colour": {"type": "string", "among": ("blue", "green", "red")},
        "gift": {"type": "boolean"},
        "note": {"type": "string"},
        "returned": {"type": "string", "nullable": True, "among": ("no", "yes")},
    }
    assert source.key == ("OrderId",)
    features = dataset.features
    assert (features.time, features.target) == ("ordered_at", "returned")
    assert features.numeric == ("amount", "pieces", "gift")
    assert features.categorical == ("zip", "colour")
    assert (dataset.label.source, dataset.label.column) == ("orders", "returned")
    assert dataset.model.holdout_days == 14
    assert "Europe/Berlin" in doubts(made)["time"]
    assert "closed list" in doubts(made)["column colour"]
    assert "left out" in doubts(made)["column note"]
    assert doubts(made)["task"] == ""
    assert (made.rows, made.whole, made.unfit) == (ROWS, True, 0)


def test_the_file_it_was_made_from_is_taken_whole_and_trains(project, file):
    project.new("orders", file, target="returned")
    bench = project.bench("orders")
    land_files(bench, [file])
    assert problems(project, "orders") == []
    report = ingest_batches(bench)
    assert report.to_json()["outcomes"] == ["accepted"]
    frame = bench.frame(report.snapshot)
    assert frame["returned"].sum() == ROWS / 4


def test_the_code_that_is_written_is_as_the_house_wants_it(project, file):
    project.new("orders", file, target="returned")
    config = samples.ROOT / "pyproject.toml"
    package = project.lib / "orders"
    for words in (["check"], ["format", "--check"]):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--config", str(config), str(package)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout
    for path in package.glob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir",
         str(samples.ROOT / ".mypy_cache"), str(package)],
        capture_output=True, text=True, check=False, cwd=project.root,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout


ODD = {
    "huge": ([str(2**63 + n) for n in range(ROWS)], "string", "left out"),
    "beyond": (["1e400"] + ["3"] * (ROWS - 1), "string", "numbers but for 1 rows"),
    "asked": (["?"] + [str(n) for n in range(1, ROWS)], "integer", ""),
    "worded": (["three"] * 3 + [str(n) for n in range(3, ROWS)], "string", "'three'"),
    "led": (["007"] + [str(n) for n in range(1, ROWS)], "string", "'007'"),
    "blank": ([""] * ROWS, "string", "no value"),
    "constant": (["4"] * ROWS, "integer", "one value only"),
    "phone": ([str(1000 + n % 50) for n in range(ROWS)], "string", "a code"),
    "exact": (["9007199254740993"] + ["1.5"] * (ROWS - 1), "string", "none is"),
}


def test_odd_columns(project):
    path = project.root / "orders.csv"
    orders(**{name: texts for name, (texts, _, _) in ODD.items()}).to_csv(path, index=False)
    made = project.new("orders", path, target="returned")
    bench = project.bench("orders")
    columns = bench.dataset.sources["orders"].columns
    for name, (_, expected, doubt) in ODD.items():
        assert columns[name].type == expected, name
        assert doubt in doubts(made).get(f"column {name}", ""), name
    land_files(bench, [path])
    (sample,) = sample_sources(bench)
    assert sample.failures.empty
    assert problems(project, "orders") == []


@pytest.mark.parametrize(
    ("spelled", "options"),
    [
        ({"sep": ";"}, {"delimiter": ";"}),
        ({"sep": "\t"}, {"delimiter": "\t"}),
        ({"encoding": "utf-8-sig"}, {"encoding": "utf-8-sig"}),
        ({"encoding": "cp1252"}, {"encoding": "cp1252"}),
        ({"compression": "gzip"}, {"compression": "gzip"}),
    ],
    ids=str,
)  # fmt: skip
def test_other_spellings_are_told_in_the_dataset_file(project, spelled, options):
    path = project.root / ("orders.csv.gz" if "compression" in spelled else "orders.csv")
    orders(colour=["grün"] * 80 + ["blau"] * 160).to_csv(path, index=False, **spelled)
    project.new("orders", path, target="returned")
    source = load_dataset(project.settings, "orders").sources["orders"]
    assert {name: getattr(source, name) for name in options} == options
    assert source.columns["colour"].among == ("blau", "grün")
    land_files(project.bench("orders"), [path])
    assert problems(project, "orders") == []


@pytest.mark.parametrize(
    ("target", "task", "metric"),
    [("amount", "regression", "mae"), ("colour", "multiclass", "roc_auc_ovr")],
)
def test_the_target_says_the_task(project, file, target, task, metric):
    project.new("orders", file, target=target)
    model = load_dataset(project.settings, "orders").model
    assert (model.task, model.metric) == (task, metric)
    land_files(project.bench("orders"), [file])
    assert problems(project, "orders") == []


def test_a_decimal_comma_is_read_as_one(project):
    amounts = [f"{1 + n % 9}.{n % 1000:03},{n % 100:02}" for n in range(ROWS)]
    path = project.root / "orders.csv"
    orders(amount=amounts).to_csv(path, index=False, sep=";")
    made = project.new("orders", path, target="returned")
    bench = project.bench("orders")
    source = bench.dataset.sources["orders"]
    assert (source.decimal, source.thousands) == (",", ".")
    assert source.columns["amount"].type == "number"
    assert "decimal comma" in doubts(made)["file"]
    land_files(bench, [path])
    (sample,) = sample_sources(bench)
    assert sample.failures.empty
    assert sample.fit["amount"].iloc[5] == 6005.05


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "xlsx", "ods"])
def test_other_kinds_of_files_are_told_by_their_name(project, suffix):
    path = project.root / f"orders.{suffix}"
    if suffix == "parquet":
        orders().to_parquet(path, index=False)
    elif suffix == "jsonl":
        orders().to_json(path, orient="records", lines=True)
    elif suffix == "xlsx":
        orders().to_excel(path, index=False)
    else:
        frame = orders().astype(str)
        write_ods(path, list(frame.columns), frame.to_numpy().tolist())
    project.new("orders", path, target="returned")
    bench = project.bench("orders")
    kinds = {"parquet": "parquet", "jsonl": "jsonl", "xlsx": "excel", "ods": "ods"}
    source = bench.dataset.sources["orders"]
    assert (source.kind, source.files) == (kinds[suffix], f"*.{suffix}")
    assert source.columns["zip"].type == "string"
    land_files(bench, [path])
    assert problems(project, "orders") == []


def test_years_are_a_time(project):
    years = [str(2015 + n // 60) for n in range(ROWS)]
    path = project.root / "orders.csv"
    orders(year=years).drop(columns="ordered_at").to_csv(path, index=False)
    project.new("orders", path, target="returned", time="year")
    bench = project.bench("orders")
    assert bench.dataset.features.time == "time"
    land_files(bench, [path])
    assert problems(project, "orders") == []
    frame = bench.frame(ingest_batches(bench).snapshot)
    assert frame["time"].dt.year.value_counts().to_dict() == dict.fromkeys(range(2015, 2019), 60)


@pytest.mark.parametrize(
    ("times", "wishes", "doubt"),
    [
        (["1"] * ROWS, {}, "by its name"),
        ([f"{1 + n % 28:02}.07.2024" for n in range(ROWS)], {}, "no ISO 8601"),
        (["", *["2024-07-01"] * (ROWS - 1)], {}, "none in 1 rows"),
        (None, {}, "no column of moments"),
        (["2024-07-01"] * ROWS, {"timeless": True}, ""),
    ],
    ids=["constant", "other spelling", "blanks", "no such column", "not wanted"],
)
def test_rows_need_no_time_and_what_may_be_one_is_told(project, times, wishes, doubt):
    path = project.root / "orders.csv"
    frame = orders(ordered_at=times) if times else orders().drop(columns="ordered_at")
    frame.to_csv(path, index=False)
    made = project.new("orders", path, target="returned", **wishes)
    bench = project.bench("orders")
    assert bench.dataset.features.time is None
    assert (bench.dataset.monitoring.chunk, bench.dataset.model.holdout_share) == (50, 0.2)
    assert doubt in doubts(made)["time"]
    assert doubt or not doubts(made)["time"]
    land_files(bench, [path])
    assert problems(project, "orders") == []
    frame = bench.frame(ingest_batches(bench).snapshot)
    assert frame["OrderId"].tolist() == list(range(10_000, 10_000 + ROWS))


def test_without_time_a_file_that_is_sorted_by_its_target_is_told(project):
    path = project.root / "orders.csv"
    frame = orders().drop(columns="ordered_at")
    frame.sort_values("returned").to_csv(path, index=False)
    told = doubts(project.new("orders", path, target="returned"))["holdout"]
    assert "no returned of no" in told
    amounts = frame.assign(amount=frame["amount"].astype("float64")).sort_values("amount")
    amounts.to_csv(path, index=False)
    told = doubts(project.new("orders", path, target="amount", force=True))["holdout"]
    assert "sorted by amount" in told


WRONG = {
    "a target that is misspelled": ({}, {"target": "Returnd"}, NotFoundError, "'Returnd'"),
    "a key that is not there": ({}, {"key": ("id",)}, NotFoundError, "no column 'id'"),
    "a target that is the time": ({}, {"time": "returned"}, ConfigurationError, "for two things"),
    "a target of one class": ({"returned": "no"}, {}, DataError, "not two values"),
    "a blank target": ({"returned": ""}, {}, DataError, "not two values"),
    "a target that is free text": ({}, {"target": "note"}, DataError, "neither a number nor"),
    "a time that is none": ({}, {"time": "colour"}, ConfigurationError, "holds no moments"),
    "a time and none": (
        {}, {"time": "ordered_at", "timeless": True}, ConfigurationError, "time and none",
    ),
    "rows that are all alike": (
        {name: "1" for name in orders() if name not in ("returned", "ordered_at")}
        | {"ordered_at": "2024-01-01"}, {}, DataError, "No columns name each row",
    ),
    "a key that is doubled": ({}, {"key": ("zip",)}, DataError, "lack a key"),
    "a task that is none": ({}, {"task": "gaussian"}, ConfigurationError, "no such task"),
    "a time zone that is none": ({}, {"timezone": "Mars"}, ConfigurationError, "no such time zone"),
    "a target whose squares overflow": (
        {"amount": [f"{n}.5e200" for n in range(1, len(orders()) + 1)]}, {"target": "amount"},
        DataError, "squares overflow",
    ),
    "a column named as undeclared ones are": (
        {"undeclared:x": "1"}, {}, DataError, "no contract declares",
    ),
    "a task that is another": ({}, {"task": "regression"}, ConfigurationError, "regression task"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_and_nothing_is_written(project, case):
    changed, wishes, error, told = WRONG[case]
    path = project.root / "orders.csv"
    orders(**changed).to_csv(path, index=False)
    with pytest.raises(error, match=told) as caught:
        project.new("orders", path, **{"target": "returned"} | wishes)
    assert caught.value.remedy or caught.value.expected
    assert project.files() == []


@pytest.mark.parametrize("values", [range(60), [0, 1] * 30], ids=["all differ", "of two"])
def test_a_file_of_nothing_but_the_target_is_refused(project, values):
    path = project.root / "orders.csv"
    pd.DataFrame({"returned": values}).to_csv(path, index=False)
    with pytest.raises(DataError, match="no column beside the target") as caught:
        project.new("orders", path, target="returned")
    error = caught.value
    assert (error.where.endswith("orders.csv"), error.found) == (True, "returned alone")
    assert error.expected
    assert error.remedy
    assert project.files() == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"), ("a,b\n", "no rows"), ("<html>\n<p>502</p>\n", "page"),
        ("a,a\n1,2\n", "header"),
        ("a,b\n1,2,3\n", "more or fewer fields"), (",\n1,2\n", "header"),
        ("a,b\n1,2", "cut off"), (f"{'a' * 300},b\n1,2\n", "too long"),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused(project, text, told):
    with pytest.raises(DataError, match=told):
        project.new("orders", project.write("orders.csv", text), target="b")
    assert project.files() == []


@pytest.mark.parametrize(
    "name",
    [
        "coldframe",
        "json",
        "class",
        "match",
        "pandas",
        "Orders",
        "1st",
        "or-ders",
        "",
        "a" * 31,
        "é",
    ],
)
def test_a_name_that_would_hide_a_module_or_is_none_is_refused(project, file, name):
    with pytest.raises(ConfigurationError, match="cannot have this name") as caught:
        project.new(name, file, target="returned")
    assert caught.value.remedy
    assert project.files() == []


def test_what_somebody_has_written_is_never_replaced(project, file):
    project.new("orders", file, target="returned")
    before = {name: (project.root / name).read_bytes() for name in project.files()}
    with pytest.raises(ConflictError, match="already"):
        project.new("orders", file, target="gift")
    assert {name: (project.root / name).read_bytes() for name in project.files()} == before
    made = project.new("orders", file, target="gift", force=True)
    kept = [path.relative_to(project.root).as_posix() for path in made.backups]
    assert kept == ["datasets/orders.yaml.backup-1", "lib/orders.backup-1"]
    assert (project.root / kept[0]).read_bytes() == before["datasets/orders.yaml"]
    assert load_dataset(project.settings, "orders").features.target == "gift"


def test_a_run_that_was_killed_before_the_yaml_can_be_repeated(project, file):
    project.new("orders", file, target="returned")
    (project.root / "datasets" / "orders.yaml").unlink()
    project.new("orders", file, target="returned")
    assert load_dataset(project.settings, "orders").features.target == "returned"
    (project.root / "datasets" / "orders.yaml").unlink()
    with pytest.raises(ConflictError):
        project.new("orders", file, target="gift")


def test_a_folder_that_is_a_file_leaves_nothing_behind(project, file):
    for path in (project.root / "datasets").iterdir():
        path.unlink()
    (project.root / "datasets").rmdir()
    (project.root / "datasets").write_bytes(b"")
    with pytest.raises(ColdframeError, match="cannot be written"):
        project.new("orders", file, target="returned")
    assert [path.name for path in project.lib.iterdir()] == ["coldframe"]


def test_bytes_that_are_no_text_are_refused(project):
    path = project.root / "orders.csv"
    path.write_bytes(bytes(range(256)) * 9)
    with pytest.raises(DataError, match="no encoding") as caught:
        project.new("orders", path, target="b")
    assert "UTF-8" in caught.value.expected


def test_a_code_or_a_constant_is_no_closed_list(project):
    path = project.root / "orders.csv"
    codes = [f"0{n % 3}067" for n in range(ROWS)]
    orders(note=["", "called"] * (ROWS // 2), **{"Post Code": codes}).to_csv(path, index=False)
    made = project.new("orders", path, target="returned")
    columns = load_dataset(project.settings, "orders").sources["orders"].columns
    assert columns["Post Code"].pattern == columns["Post Code"].among is None
    assert columns["note"].among is None
    assert columns["returned"].nullable  # labels come late
    assert "a code" in doubts(made)["column Post Code"]


def test_a_doubt_stands_in_the_dataset_file_to_its_last_word(project):
    ids = {f"other_{n}_id": [str(5 * 10**6 + n * ROWS + row) for row in range(ROWS)]
           for n in range(9)}  # fmt: skip
    path = project.root / "orders.csv"
    frame = orders(**ids, phone=[str(1000 + n % 50) for n in range(ROWS)], blank="")
    frame.to_csv(path, index=False)
    for timeless in (False, True):
        made = project.new("orders", path, target="pieces", timeless=timeless, force=True)
        text = (project.root / "datasets" / "orders.yaml").read_text("utf-8")
        assert "…" not in text
        assert max(len(line) for line in text.splitlines() if line.lstrip().startswith("#")) <= 100
        words = " ".join(text.replace("#", " ").split())
        told = [one for one in made.guesses if one.about in ("key", "task", "time", "holdout")]
        told += [one for one in made.guesses if one.about.startswith("column ")]
        assert max(len(one.doubt) for one in told) > 100
        for one in told:
            assert " ".join(one.doubt.split()) in words, one.about


def test_hundreds_of_columns(project):
    wide = pd.DataFrame({f"x{n}": [str((n * row) % 11) for row in range(ROWS)] for n in range(300)})
    path = project.root / "wide.csv"
    pd.concat([orders(), wide], axis=1).to_csv(path, index=False)
    project.new("wide", path, target="returned")
    constant = len(range(0, 300, 11))
    assert len(load_dataset(project.settings, "wide").features.numeric) == 3 + 300 - constant
