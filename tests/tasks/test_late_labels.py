"""Labels that come late, partly, or twice with another value; and labels that never come."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error
from tasks.answers import cars, land, open_bench, write_project

from coldframe.errors import DataError
from coldframe.ingest import ingest_batches
from coldframe.monitor import monitor_snapshot
from coldframe.notebook.monitored import tell_performance
from coldframe.train import train_challenger

ROWS = cars()[:40].reset_index(drop=True)


@pytest.fixture
def fresh(tmp_path):
    """Forty cars, none of them sold yet."""
    bench = open_bench(write_project(tmp_path / "project"), "cars")
    land(bench, "cars", "1.csv", ROWS.drop(columns="price"))
    ingest_batches(bench)
    return bench


def deliver(bench, file, ids_and_prices):
    """Deliver prices, ingest, and return the new snapshot."""
    land(bench, "prices", file, pd.DataFrame(ids_and_prices, columns=["id", "price"]))
    report = ingest_batches(bench)
    assert [one.outcome for one in report.deliveries] == ["accepted"]
    return report.snapshot


def prices(bench, snapshot):
    """Return the known prices in a snapshot's feature frame by id."""
    frame = bench.frame(bench.store.resolve(snapshot))
    return frame.set_index("id")["price"].dropna().to_dict()


FIRST = [(int(one), 100.0 + one) for one in ROWS["id"][:10]]
SECOND = [(int(one), 200.0 + one) for one in ROWS["id"][10:25]]


def test_labels_that_come_late_and_partly_are_in_the_next_snapshot_and_not_in_the_earlier(fresh):
    assert fresh.store.head("cars").about["labels"] == {"known": 0, "rows": 40}
    after = deliver(fresh, "1.csv", FIRST)
    assert (after.name, after.about["labels"]["known"]) == ("cars@2", 10)
    later = deliver(fresh, "2.csv", SECOND)
    assert later.about["labels"]["known"] == 25
    assert prices(fresh, "cars@1") == {}
    assert prices(fresh, "cars@2") == dict(FIRST)
    assert prices(fresh, "cars@3") == dict(FIRST + SECOND)
    assert len(fresh.frame(later)) == 40  # rows without a label are kept


def test_a_label_that_comes_twice_with_another_value_wins_in_the_next_snapshot_only(fresh):
    deliver(fresh, "1.csv", FIRST)
    before = fresh.store.resolve("cars@2")
    deliver(fresh, "2.csv", [(one, price + 0.5) for one, price in FIRST[:3]])
    now = prices(fresh, "cars@3")
    assert [now[one] for one, _ in FIRST] == (
        [price + 0.5 for _, price in FIRST[:3]] + [price for _, price in FIRST[3:]]
    )
    assert prices(fresh, "cars@2") == dict(FIRST)
    assert fresh.store.resolve("cars@2").id == before.id
    assert now.keys() == dict(FIRST).keys()


def test_a_label_may_be_taken_back_and_given_once_more(fresh):
    deliver(fresh, "1.csv", FIRST)
    taken = deliver(fresh, "2.csv", [(FIRST[0][0], None), FIRST[1]])
    assert taken.about["labels"]["known"] == 9
    again = deliver(fresh, "3.csv", [(FIRST[0][0], 7.0)])
    assert again.about["labels"]["known"] == 10
    assert prices(fresh, "cars@4")[FIRST[0][0]] == 7.0
    assert FIRST[0][0] not in prices(fresh, "cars@3")
    assert prices(fresh, "cars@2") == dict(FIRST)


def test_of_two_files_taken_in_at_once_the_one_that_is_named_later_wins(fresh):
    for file, price in (("1.csv", 1.0), ("2.csv", 2.0)):
        frame = pd.DataFrame([(FIRST[0][0], price)], columns=["id", "price"])
        land(fresh, "prices", file, frame)
    assert [one.outcome for one in ingest_batches(fresh).deliveries] == ["accepted"] * 2
    assert prices(fresh, "cars@2") == {FIRST[0][0]: 2.0}


def test_a_label_before_its_row_is_known_once_the_row_is_there(tmp_path):
    bench = open_bench(write_project(tmp_path / "project"), "cars")
    deliver(bench, "1.csv", FIRST)
    land(bench, "cars", "1.csv", ROWS.drop(columns="price"))
    ingest_batches(bench)
    assert prices(bench, "cars@2") == dict(FIRST)


def test_labels_that_change_change_the_figure_of_their_chunk_alone(sold, opened):
    bench = opened(sold, "cars")
    rows = cars()[3000:3800]
    land(bench, "cars", "2.csv", rows.drop(columns="price"))
    land(bench, "prices", "2.csv", rows[["id", "price"]][:500])
    ingest_batches(bench)
    first = monitor_snapshot(bench)
    corrected = rows[100:120][["id", "price"]].assign(price=lambda frame: frame["price"] + 5000)
    land(bench, "prices", "3.csv", corrected)
    ingest_batches(bench)
    second = monitor_snapshot(bench)
    old, new = first.realised["value"], second.realised["value"]
    (changed,) = old.index[(old != new) & old.notna()]
    assert (second.scored_rows, second.figured_chunks) == (0, 1)
    scores = bench.store.read(second.scored, "scores")
    both = scores.merge(bench.frame(second.snapshot)[["id", "price"]], on="id").dropna()
    day = both[both["offered"].dt.strftime("%Y-%m-%d") == changed]
    assert new[changed] == pytest.approx(
        mean_absolute_error(day["price"], day["prediction"]), rel=1e-12
    )
    pd.testing.assert_frame_equal(first.estimated, second.estimated)
    # the earlier snapshot is as it was, looked at again
    again = monitor_snapshot(bench, snapshot=first.snapshot.name)
    pd.testing.assert_series_equal(again.realised["value"], old)


def test_until_the_first_label_nothing_can_be_trained_and_monitoring_says_so(fresh):
    with pytest.raises(DataError, match="No label has come yet") as caught:
        train_challenger(fresh, snapshot="cars@1")
    assert caught.value.found == "40 rows, none of them labelled"
    report = monitor_snapshot(fresh)
    assert not report.judgement.propose
    assert "only 0 labelled rows" in report.judgement.reasons[0]


def test_where_labels_never_come_performance_is_estimated_and_no_rule_on_labels_triggers(
    sold, opened
):
    bench = opened(sold, "cars")
    land(bench, "cars", "2.csv", cars()[3000:4200].drop(columns="price"))
    ingest_batches(bench)
    report = monitor_snapshot(bench)
    assert report.estimated["value"].notna().sum() > 7
    assert report.realised["value"].isna().all()
    assert not report.judgement.propose
    (said,) = report.judgement.reasons
    assert said.startswith("realised MAE at or above")
    assert "no chunk with a verdict yet" in said
    assert "no label has come yet, so nothing is measured" in tell_performance(report).text
