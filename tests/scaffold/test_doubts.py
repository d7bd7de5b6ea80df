"""What a stranger's file has that a guess must say: few rows, odd values, moments to come."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest
from readers.written import write_ods_sheets

from coldframe.doctor import check_dataset
from coldframe.doctor.thresholds import check_thresholds
from coldframe.errors import ConfigurationError, DataError, NotFoundError
from coldframe.features import before_holdout
from coldframe.ingest import ingest_batches, land_files
from coldframe.monitor.periods import chunk_of
from coldframe.monitor.policy import Champion, ChunkFigure, History, judge
from coldframe.scaffold.almost import find_almost


def write_rows(project, *, rows=2000, days=90, **more):
    """Write a delivery of `rows` rows within `days` days, and return its path."""
    steps = pd.Timedelta(days=days) / rows
    moments = pd.Timestamp("2025-01-01T03:20Z") + steps * pd.RangeIndex(rows)
    frame = pd.DataFrame(
        {
            "id": [str(n) for n in range(rows)],
            "taken_at": moments.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            "size": [f"{n * 37 % 1000 / 8}" for n in range(rows)],
            "kind": ["abc"[n % 3] for n in range(rows)],
            "late": [("no", "yes")[n % 4 == 0] for n in range(rows)],
        }
    )
    path = project.root / "parcels.csv"
    frame.assign(**more).to_csv(path, index=False)
    return path


def doubts(made):
    return {guess.about: guess.doubt for guess in made.guesses}


def thresholds(project, name="parcels"):
    (found,) = [one for one in check_dataset(project.settings, name) if one.check == "thresholds"]
    return found


@pytest.mark.parametrize(
    ("rows", "days", "chunk"),
    [(9000, 20, "D"), (2000, 15, "D"), (3000, 60, "D"), (2000, 200, "W"), (2000, 800, "M")],
)
def test_the_holdout_holds_four_whole_chunks(project, rows, days, chunk):
    path = write_rows(project, rows=rows, days=days)
    made = project.new("parcels", path, target="late")
    dataset = project.bench("parcels").dataset
    assert dataset.monitoring.chunk == chunk
    assert doubts(made)["holdout"] == ""
    times = pd.to_datetime(pd.read_csv(path)["taken_at"])
    held = times[times > times.max() - pd.Timedelta(days=dataset.model.holdout_days)]
    assert len(held) < rows / 2
    assert (chunk_of(held, chunk).value_counts() >= 50).sum() >= 4
    assert thresholds(project).level == "fine"


@pytest.mark.parametrize(("rows", "days"), [(400, 45), (2000, 3)])
def test_a_sample_too_small_for_a_threshold_is_told(project, rows, days):
    made = project.new("parcels", write_rows(project, rows=rows, days=days), target="late")
    assert "nothing will alert" in doubts(made)["holdout"]
    found = thresholds(project)
    assert found.level == "warning"
    assert "datasets/parcels.yaml, model.holdout_days" in found.what
    assert "nothing will alert" in found.what
    assert "at least" in found.remedy


@pytest.mark.parametrize(
    ("chunk", "days", "end", "level"),
    [("D", 2, "2024-01-31", "note"), ("D", 3, "2024-01-31", "fine"),
     ("W", 14, "2024-01-28", "note"), ("W", 15, "2024-01-28", "fine"),
     ("W", 13, "2024-01-28", "warning"), ("M", 60, "2024-08-31", "warning"),
     ("M", 62, "2024-08-31", "note"), ("M", 63, "2024-08-31", "fine")],
)  # fmt: skip
def test_a_holdout_of_which_two_chunks_are_all_is_told(chunk, days, end, level):
    rows = pd.DataFrame({"day": pd.date_range("2023-01-01", end, tz="UTC")})
    dataset = SimpleNamespace(
        name="days", features=SimpleNamespace(order="day", time="day"),
        model=SimpleNamespace(holdout_days=days), monitoring=SimpleNamespace(chunk=chunk),
    )  # fmt: skip
    held = rows[~before_holdout(dataset, rows)]
    chunks = chunk_of(held["day"], chunk).nunique()
    assert (chunks >= 3) == (level == "fine")
    assert check_thresholds(dataset).level == level


def test_rows_of_the_holdout_are_counted_as_they_are_cut():
    rows = pd.DataFrame({"row": range(517)})
    dataset = SimpleNamespace(
        name="rows", features=SimpleNamespace(order="row", time=None),
        model=SimpleNamespace(holdout_share=0.29), monitoring=SimpleNamespace(chunk=50),
    )  # fmt: skip
    assert (~before_holdout(dataset, rows)).sum() == 150
    assert check_thresholds(dataset, labelled=517).level == "fine"
    assert check_thresholds(dataset, labelled=514).level == "warning"


def test_chunks_of_rows_fit_into_the_holdout(project):
    path = write_rows(project, rows=2000)
    made = project.new("parcels", path, target="late", timeless=True)
    bench = project.bench("parcels")
    assert (bench.dataset.monitoring.chunk, doubts(made)["holdout"]) == (80, "")
    land_files(bench, [path])
    assert thresholds(project).level == "fine"


def test_a_holdout_of_too_few_rows_is_told(project):
    path = write_rows(project, rows=180)
    made = project.new("parcels", path, target="late", timeless=True)
    assert "its 36 rows are fewer than 4 chunks" in doubts(made)["holdout"]
    assert "before there are 1,000 labelled rows" in doubts(made)["holdout"]
    land_files(project.bench("parcels"), [path])
    found = thresholds(project)
    assert found.level == "warning"
    assert "0.2 of the 180 labelled rows so far" in found.what
    assert "750 labelled rows" in found.remedy


def moments(path):
    return pd.read_csv(path, dtype="str")["taken_at"].tolist()


@pytest.mark.parametrize("slips", [0, 1])
def test_a_row_of_another_century_is_set_aside_and_moves_no_clock(project, slips):
    texts = moments(write_rows(project))
    texts[40 : 40 + slips] = ["2099-06-30T12:00:00+00:00"] * slips
    path = write_rows(project, taken_at=texts)
    made = project.new("parcels", path, target="late")
    bench = project.bench("parcels")
    assert bench.dataset.sources["parcels"].columns["taken_at"].future_hours == 24
    assert "future_hours: 24}   # (?) a row later" in (project.root / made.files[0]).read_text()
    told = doubts(made)["future"]
    assert "take future_hours out" in told
    assert ("1 row of 2,000 (such as 2099-06-30 12:00 on line 42): set aside" in told) == slips
    assert made.unfit == slips
    assert bench.dataset.model.holdout_days < 40
    land_files(bench, [path])
    frame = bench.store.read(ingest_batches(bench).snapshot, "parcels")
    assert len(frame) == 2000 - slips
    assert frame["taken_at"].max().year == 2025


def test_what_is_planned_is_taken(project):
    texts = moments(write_rows(project))
    path = write_rows(project, taken_at=[one.replace("2025-", "2099-") for one in texts])
    made = project.new("parcels", path, target="late")
    bench = project.bench("parcels")
    assert bench.dataset.sources["parcels"].columns["taken_at"].future_hours is None
    assert "2,000 rows of 2,000" in doubts(made)["future"]
    land_files(bench, [path])
    assert bench.store.read(ingest_batches(bench).snapshot, "parcels").shape[0] == 2000


def test_a_few_texts_that_are_no_moment_leave_the_column_the_time(project):
    texts = moments(write_rows(project))
    texts[77] = "2025-02-30T00:02:00+00:00"
    path = write_rows(project, taken_at=texts)
    made = project.new("parcels", path, target="late")
    bench = project.bench("parcels")
    assert bench.dataset.features.time == "taken_at"
    told = "no moment in 1 of 2,000 values: '2025-02-30T00:02:00+00:00' on line 79"
    assert told in doubts(made)["time"]
    assert made.unfit == 1
    land_files(bench, [path])
    assert bench.store.read(ingest_batches(bench).snapshot, "parcels").shape[0] == 1999


@pytest.mark.parametrize("named", [True, False])
def test_a_column_with_too_many_such_texts_is_none_and_one_of_them_is_shown(project, named):
    texts = moments(write_rows(project))
    texts[50:150] = ["2025-02-30T00:02:00+00:00"] * 100
    path = write_rows(project, taken_at=texts)
    told = "100 of 2,000 values: '2025-02-30T00:02:00+00:00' on line 52"
    if named:
        with pytest.raises(ConfigurationError, match="holds no moments") as caught:
            project.new("parcels", path, target="late", time="taken_at")
        assert told in caught.value.found
        assert project.files() == []
    else:
        assert told in doubts(project.new("parcels", path, target="late"))["time"]


def test_a_few_texts_among_numbers_leave_the_column_a_number(project):
    sizes = ["unknown", *(f"{n / 8}" for n in range(1999))]
    more = {"pieces": ["5", "some", *["3", "4"] * 999], "code": ["x", *["1", "2"] * 999, "1"]}
    path = write_rows(project, size=sizes, led=["007", *["3", "4"] * 999, "1"], **more)
    made = project.new("parcels", path, target="late")
    bench = project.bench("parcels")
    columns = bench.dataset.sources["parcels"].columns
    types = {name: columns[name].type for name in ("size", "pieces", "code", "led")}
    assert types == {"size": "number", "pieces": "integer", "code": "string", "led": "string"}
    assert "no number in 1 of 2,000 values: 'unknown' on line 2" in doubts(made)["column size"]
    assert "'some' on line 3; such rows are set aside" in doubts(made)["column pieces"]
    assert made.unfit == 2
    land_files(bench, [path])
    assert bench.store.read(ingest_batches(bench).snapshot, "parcels").shape[0] == 1998


def test_columns_of_odd_values_never_add_up_to_a_file_that_is_held(project):
    odd = {f"x{n}": [("none", str(row % 50))[row // 18 != n] for row in range(2000)]
           for n in range(5)}  # fmt: skip
    path = write_rows(project, **{name: [t.replace("none", "many") for t in texts]
                                  for name, texts in odd.items()})  # fmt: skip
    made = project.new("parcels", path, target="late")
    columns = project.bench("parcels").dataset.sources["parcels"].columns
    assert [columns[f"x{n}"].type for n in range(5)] == ["integer", *["string"] * 4]
    assert made.unfit == 18
    assert "kept as text" in doubts(made)["column x1"]


def almost(frame, names):
    text = pd.DataFrame(frame, dtype="str").rename_axis("line")
    return sorted(find_almost(text, names, nulls=("",), options={}, timezone="UTC", at="line"))


@pytest.mark.parametrize("odd", [range(55), range(5945, 6000), range(0, 6000, 110)])
def test_odd_values_are_as_odd_wherever_they_stand(odd):
    sizes = ["some" if row in odd else "1.5" for row in range(6000)]
    assert almost({"size": sizes}, ["size"]) == ["size"]


def test_columns_of_odd_values_are_taken_whatever_their_order():
    rows = {"a": 14, "b": 14, "c": 5, "t": 15}  # of 2000, hence 20 may be lost
    good = {"a": "1", "b": "2", "c": "1.5", "t": "2025-01-01"}
    starts = {"a": 0, "b": 100, "c": 200, "t": 300}
    frame = {
        name: ["none" if 0 <= row - starts[name] < odd else good[name] for row in range(2000)]
        for name, odd in rows.items()
    }
    for names in (["a", "b"], ["b", "a"]):
        assert almost(frame, names) == ["a"]
    for names in (["a", "c", "b"], ["b", "a", "c"]):
        assert almost(frame, names) == ["a", "c"]
    for names in (["a", "b", "c", "t"], ["t", "c", "b", "a"]):
        assert almost(frame, names) == ["c", "t"]


def test_a_third_value_of_the_target_that_is_rare_is_told(project):
    answers = ["maybe", *["true", "false"] * 999, "true"]
    made = project.new("parcels", write_rows(project, late=answers), target="late")
    assert "2 values and 1 row of 'maybe'" in doubts(made)["task"]
    assert project.bench("parcels").dataset.model.task == "multiclass"


def write_book(path, sheets):
    """Write a workbook of frames by sheet."""
    if path.suffix == ".xlsx":
        with pd.ExcelWriter(path) as writer:
            for name, frame in sheets.items():
                frame.to_excel(writer, sheet_name=name, index=False)
        return path
    cells = {
        name: [[ods_cell(value) for value in row] for row in (frame.columns, *frame.to_numpy())]
        for name, frame in sheets.items()
    }
    write_ods_sheets(path, cells)
    return path


def ods_cell(value):
    return (f'<table:table-cell office:value-type="string"><text:p>{value}</text:p>'
            "</table:table-cell>")  # fmt: skip


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("sheet", [None, "second half"])
def test_of_several_sheets_one_is_taken(project, suffix, sheet):
    rows = pd.read_csv(write_rows(project, rows=300), dtype="str")
    cover = pd.DataFrame(columns=["All parcels"])
    sheets = {"cover": cover, "first half": rows[:150], "second half": rows[150:]}
    path = write_book(project.root / f"parcels.{suffix}", sheets)
    made = project.new("parcels", path, target="late", sheet=sheet)
    bench = project.bench("parcels")
    assert bench.dataset.sources["parcels"].sheet == (sheet or "first half")
    told = "'first half', the first sheet with rows, of 3; 'cover', 'second half': see --sheet"
    assert doubts(made).get("file") == (None if sheet else told)
    land_files(bench, [path])
    frame = bench.store.read(ingest_batches(bench).snapshot, "parcels")
    assert frame["id"].min() == (150 if sheet else 0)


def test_a_sheet_that_is_not_there_is_refused(project):
    rows = pd.read_csv(write_rows(project, rows=300), dtype="str")
    path = write_book(project.root / "parcels.xlsx", {"a": rows, "b": rows})
    other = write_book(project.root / "parcels-2.xlsx", {"b": rows, "c": rows})
    with pytest.raises(NotFoundError, match="no sheet 'x'") as caught:
        project.new("parcels", path, target="late", sheet="x")
    assert caught.value.expected == "'a', 'b'"
    with pytest.raises(ConfigurationError, match="Only workbooks have sheets"):
        project.new("parcels", project.root / "parcels.csv", target="late", sheet="a")
    with pytest.raises(DataError, match="lacks the sheet") as caught:
        project.new("parcels", path, other, target="late")
    assert "a; there are b, c" in caught.value.found
    assert "--sheet" in caught.value.remedy
    assert project.files() == []


@pytest.mark.parametrize(
    ("last", "told"),
    [('{"a": 3, "b"', "fetch the file anew, whole"), ('["a", 3]\n', "correct line 3")],
)
def test_a_file_that_cannot_be_read_says_what_its_reader_would_do(project, last, told):
    path = project.write("parcels.jsonl", '{"a": 1, "b": 2}\n{"a": 2, "b": 3}\n' + last)
    with pytest.raises(DataError, match="cannot be read") as caught:
        project.new("parcels", path, target="b")
    assert told in caught.value.remedy
    assert project.files() == []


def test_a_guessed_key_says_what_it_takes_from_the_features(project):
    path = write_rows(project, rows=1000)
    frame = pd.read_csv(path, dtype="str").drop(columns="id")
    frame.to_csv(path, index=False)
    told = doubts(project.new("parcels", path, target="late", timeless=True))["key"]
    assert "key columns are no features: taken_at; --key names others, or add a row number" in told
    made = project.new("parcels", path, target="late", key=("taken_at",), force=True)
    assert doubts(made)["key"] == ""


@pytest.mark.parametrize(
    ("target", "values", "holdout", "drop"),
    [
        ("late", {}, 0.8, 0.05),
        ("kind", {}, 0.8, 0.05),
        ("size", {}, 15.0, 3.1),  # the median of 0 to 125 errs by 31
        ("size", {"size": [f"{n * 37 % 1000 / 8e6:.7f}" for n in range(2000)]}, 15e-6, 3.1e-6),
    ],
)
@pytest.mark.parametrize("timeless", [False, True])
def test_late_labels_that_show_a_drop_ask_for_a_retrain(
    project, target, values, holdout, drop, timeless
):
    project.new("parcels", write_rows(project, **values), target=target, timeless=timeless)
    dataset = project.bench("parcels").dataset
    policy, metric = dataset.policy, dataset.model.judged_by
    assert policy.realised_drop == drop
    start = datetime(2025, 6, 1, tzinfo=UTC)
    champion = Champion(name="v1", trained_until=start, reference=holdout)

    def asks(by):
        figures = tuple(
            ChunkFigure(kind="realised", chunk=f"{n}", start=start + timedelta(days=7 * n),
                        value=metric.worse_by(holdout, by))
            for n in range(policy.persistence)
        )  # fmt: skip
        known = History(
            now=start + timedelta(days=30), labelled_rows=2000, champion=champion, figures=figures,
            judged_by=metric, timed=not timeless,
        )  # fmt: skip
        return judge(known, policy).propose

    assert asks(1.01 * drop)
    assert not asks(0.99 * drop)
    text = (project.root / "datasets" / "parcels.yaml").read_text("utf-8")
    assert "late labels show" in text


def test_a_drop_of_numbers_that_are_nearly_all_the_same_is_not_guessed(project):
    sizes = ["0.0"] * 1999 + ["5e-324"]
    project.new("parcels", write_rows(project, size=sizes), target="size", task="regression")
    assert project.bench("parcels").dataset.policy.realised_drop is None


ALIKE = {"kind": "a", "size": "1", "taken_at": "2025-01-01T00:00:00Z"}
NUMBERED = "add a column that numbers the rows, on from file to file"


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (
            {"late": ["no", "yes"] * 200},
            "398 rows too many, such as those on line 2 and 4: they are equal",
        ),
        ({"late": [str(n) for n in range(400)]}, "on line 2 and 3: they differ in late only"),
        (
            {"note": ["", *map(str, range(399))]},
            "with blanks cannot be part of a key, such as note",
        ),
    ],
    ids=["equal rows", "another target", "blanks"],
)
def test_rows_that_no_column_names_are_shown_with_what_to_do(project, changed, found):
    rows = {"late": ["no"] * 399 + ["yes"]} | ALIKE | changed
    path = project.root / "parcels.csv"
    pd.DataFrame(rows, index=range(400)).to_csv(path, index=False)
    with pytest.raises(DataError, match="No columns name each row") as caught:
        project.new("parcels", path, target="late")
    assert found in caught.value.found
    assert NUMBERED in caught.value.remedy
    assert "parcels.csv" in caught.value.where


@pytest.mark.parametrize(
    ("changed", "wishes", "found", "remedy"),
    [
        ({}, {"key": ("kind",)}, "kind repeats a key of the same file in 397 rows",
         "name more columns, each with --key"),
        ({"size": ["", *map(str, range(3))] * 100}, {"key": ("id", "size")},
         "size is blank in 100 rows", "name a key that every row has, without size"),
        ({"id": range(400), "taken_at": ["", *["2025-01-01T00:00:00Z"] * 3] * 100},
         {"time": "taken_at"}, "taken_at is blank in 100 rows", "or none with --no-time"),
    ],
    ids=["doubled", "blank key", "blank time"],
)  # fmt: skip
def test_a_file_that_would_be_held_says_which_rows_and_what_to_do(
    project, changed, wishes, found, remedy
):
    path = write_rows(project, rows=400, **changed)
    with pytest.raises(DataError, match="would be held") as caught:
        project.new("parcels", path, target="late", **wishes)
    assert found in caught.value.found
    assert remedy in caught.value.remedy
    assert project.files() == []
