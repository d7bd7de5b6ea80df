"""What a stranger's file has that a guess must say: few rows, odd values, moments to come."""

import pandas as pd
import pytest

from coldframe.doctor import check_dataset
from coldframe.ingest import ingest_batches, land_files
from coldframe.monitor.periods import chunk_of


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
