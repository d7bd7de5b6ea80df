"""Rows without a time: ordered by delivery, judged on the newest share, cut by number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from tasks.answers import cars, land, open_bench, write_project

from coldframe.errors import ConfigurationError
from coldframe.figures.drift import describe_drift, draw_drift
from coldframe.figures.performance import describe_performance, draw_performance
from coldframe.figures.verdict import describe_verdict
from coldframe.ingest import ingest_batches
from coldframe.ledger import champion_model, decide
from coldframe.monitor import monitor_snapshot
from coldframe.notebook.monitored import table_performance, tell_drift
from coldframe.notebook.trained import tell_training
from coldframe.train import sweep_snapshot, train_challenger

ROWS = cars().drop(columns="offered").reset_index(drop=True)


def bring(bench, number, rows, *, labelled):
    """Land and ingest a delivery of cars and the prices of the first `labelled` of them."""
    land(bench, "cars", f"{number}.csv", rows.drop(columns="price"))
    if labelled:
        land(bench, "prices", f"{number}.csv", rows[["id", "price"]][:labelled])
    ingest_batches(bench)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """2,000 cars in two deliveries, all sold, and the first model in force."""
    root = write_project(tmp_path_factory.mktemp("lots") / "project")
    bench = open_bench(root, "lots")
    shuffled = ROWS[:2000].sample(frac=1, random_state=1)  # keys say nothing of the order
    bring(bench, 1, shuffled[:1200], labelled=1200)
    bring(bench, 2, shuffled[1200:], labelled=800)
    monitor_snapshot(bench)
    train_challenger(bench)
    return root


@pytest.fixture
def bench(grown, opened):
    return opened(grown, "lots")


def test_rows_stand_in_the_order_of_delivery_and_a_correction_moves_none(bench):
    ids = [int(one) for one in ROWS[:2000].sample(frac=1, random_state=1)["id"]]
    before = bench.frame(bench.store.head("lots"))
    assert before["id"].tolist() == ids
    numbers = (before["delivered"] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    assert numbers.tolist() == list(range(1, 2001))
    land(bench, "prices", "9.csv", pd.DataFrame({"id": ids[:3], "price": [1.0, 2.0, 3.0]}))
    ingest_batches(bench)
    after = bench.frame(bench.store.head("lots"))
    assert after["price"].tolist()[:3] == [1.0, 2.0, 3.0]
    pd.testing.assert_frame_equal(after.drop(columns="price"), before.drop(columns="price"))


def test_a_corrected_row_keeps_its_place(bench):
    path = bench.settings.root / "datasets" / "lots.yaml"
    record = yaml.safe_load(path.read_text())
    record["sources"]["cars"]["batch"]["keys_known"] = True
    path.write_text(yaml.safe_dump(record))
    welcome = open_bench(bench.settings.root, "lots")
    before = bench.frame(bench.store.head("lots"))
    first = ROWS[ROWS["id"] == before["id"].iloc[0]].drop(columns="price")
    land(welcome, "cars", "9.csv", first.assign(door_count=77))
    ingest_batches(welcome)
    after = welcome.frame(welcome.store.head("lots"))
    assert after["id"].tolist() == before["id"].tolist()
    assert after["door_count"].iloc[0] == 77


def test_the_holdout_is_the_newest_share_of_the_labelled_rows(bench):
    champion = champion_model(bench.ledger, "lots")
    assert champion.trained_until == "row 1600"
    assert (champion.holdout.start, champion.holdout.end, champion.holdout.rows) == (
        "row 1601", "row 2000", 400,
    )  # fmt: skip
    reference = bench.store.read(bench.store.open(champion.reference_id), "reference")
    assert reference["id"].tolist() == bench.frame(bench.store.head("lots"))["id"][1600:].tolist()
    report = train_challenger(bench, snapshot="lots@2", parameters={"max_iter": 3})
    assert report.verdict.gain < 0
    assert describe_verdict(report).title.endswith("row 1,601 to row 2,000")
    assert "until row 1,600" in tell_training(report).text


def test_scored_rows_are_cut_by_their_number_estimated_realised_and_compared(bench):
    bring(bench, 3, ROWS[2000:2650], labelled=450)
    report = monitor_snapshot(bench)
    names = [f"{n}-{n + 99}" for n in range(2001, 2700, 100)]
    assert report.estimated.index.tolist() == report.realised.index.tolist() == names
    assert report.estimated["rows"].tolist() == [100] * 6 + [50]
    assert report.estimated["complete"].tolist() == [True] * 6 + [False]
    assert report.realised["complete"].tolist() == [True] * 4 + [False] * 3
    assert report.estimated["value"].notna().all()
    scores = bench.store.read(report.scored, "scores")
    part = scores.merge(ROWS[["id", "price"]], on="id")[:100]
    error = np.abs(part["price"] - part["prediction"]).mean()
    assert report.realised["value"].iloc[0] == pytest.approx(error, rel=1e-12)
    assert report.drift["threshold"].notna().all()
    assert [row[0] for row in table_performance(report).rows] == names
    assert tell_drift(report).text.startswith("In 2501-2600 ")
    axes = draw_performance(describe_performance(report)).axes[0]
    assert axes.get_xlabel() == "rows in the order of delivery"
    assert axes.xaxis.get_major_formatter()(2001 / 86400) == "2,001"
    low, high = (end * 86400 for end in axes.get_xlim())
    shown = [tick * 86400 for tick in axes.get_xticks() if low <= tick * 86400 <= high]
    assert len(shown) >= 3
    assert all(round(row, 6) % 50 == 0 for row in shown), "round numbers of rows"
    drift = describe_drift(report)
    assert drift.chunks[:2] == ("2,001", "2,101")
    draw_drift(drift)
    again = monitor_snapshot(bench)
    assert (again.scored_rows, again.figured_chunks) == (0, 0)


def test_rules_count_rows(bench):
    bring(bench, 3, ROWS[2000:2950], labelled=920)
    report = monitor_snapshot(bench)
    assert not report.judgement.propose
    assert report.judgement.reasons[0] == (
        "cooling down: 950 rows since the last retrain, at least 1,000"
    )
    bring(bench, 4, ROWS[2950:3100], labelled=0)
    report = monitor_snapshot(bench)
    assert report.judgement.propose
    assert "920 rows newly labelled, retrain at 900" in report.judgement.reasons
    evidence = report.proposal.evidence
    assert (evidence["data_time"], evidence["rows_since_last_training"]) == ("row 3100", 1100)
    decide(bench.ledger, "lots", 2, approved=True, reason="more rows", who="t", how="cli")
    trained = train_challenger(bench)
    assert trained.challenger.trained_until == "row 2336"  # four fifths of 2,920
    assert trained.verdict.gain is not None
    after = monitor_snapshot(bench)
    assert "nothing is newer than at the last retrain" in after.judgement.reasons[0]


def test_a_sweep_judges_on_the_share_before_the_holdout(bench):
    report = sweep_snapshot(bench, snapshot="lots@2", trials=2)
    assert (report.study.validation.start, report.study.validation.rows) == ("row 1281", 320)


@pytest.mark.parametrize(
    ("section", "said", "expected"),
    [
        ("monitoring", {"chunk": "W"}, "a number of rows"),
        ("policy", {"every_days": 90}, "null, and new_labelled_rows instead"),
        ("policy", {"cooldown_days": 28}, "0, and cooldown_rows instead"),
        ("policy", {"budget_per_year": 8}, "nothing; cooldown_rows keeps retrains apart"),
        ("model", {"holdout_days": 14}, "nothing; holdout_share instead"),
    ],
)
def test_what_is_said_in_days_is_refused_with_what_to_say_instead(
    tmp_path, section, said, expected
):
    root = write_project(tmp_path / "project")
    path = root / "datasets" / "lots.yaml"
    record = yaml.safe_load(path.read_text())
    record[section] |= said
    path.write_text(yaml.safe_dump(record, sort_keys=False))
    with pytest.raises(ConfigurationError) as caught:
        open_bench(root, "lots")
    (name,) = said
    assert f"{section}.{name}" in caught.value.where
    assert expected in caught.value.expected
    assert "counted in rows" in f"{caught.value.found}"


def test_rows_that_have_a_time_are_not_counted(tmp_path):
    root = write_project(tmp_path / "project")
    path = root / "datasets" / "cars.yaml"
    record = yaml.safe_load(path.read_text())
    record["monitoring"] = {"chunk": 100}
    path.write_text(yaml.safe_dump(record, sort_keys=False))
    with pytest.raises(ConfigurationError) as caught:
        open_bench(root, "cars")
    assert "D, W or M" in caught.value.expected
