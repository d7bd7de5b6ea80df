"""A dataset of classes end to end: NannyML's credit cards, of three kinds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from tasks.answers import cards, land, open_bench

from coldframe.features import build_frame
from coldframe.figures.verdict import describe_verdict, draw_verdict
from coldframe.ingest import ingest_batches
from coldframe.ledger import champion_model, model, models
from coldframe.monitor import monitor_snapshot
from coldframe.notebook.monitored import tell_performance
from coldframe.tasks import ConfusionPicture
from coldframe.train import challenge, sweep_snapshot, train_challenger

CLASSES = ("highstreet_card", "prepaid_card", "upmarket_card")
COLUMNS = [f"probability_{name}" for name in CLASSES]


@pytest.fixture
def bench(given, opened):
    return opened(given, "cards")


def bring(bench, rows, labels, number=2):
    land(bench, "applications", f"{number}.csv", rows.drop(columns="card"))
    land(bench, "cards", f"{number}.csv", labels)
    ingest_batches(bench)


def test_classes_come_from_the_data_and_are_kept_in_the_model_version(bench):
    champion = champion_model(bench.ledger, "cards")
    assert (champion.task, champion.classes) == ("multiclass", CLASSES)
    assert model(bench.ledger, "cards", "v1").classes == CLASSES  # read back from the ledger
    reference = bench.store.read(bench.store.open(champion.reference_id), "reference")
    said = reference[COLUMNS].to_numpy()
    assert champion.metrics["roc_auc_ovr"] == pytest.approx(
        roc_auc_score(reference["card"], said, multi_class="ovr", labels=CLASSES), rel=1e-12
    )
    assert champion.metrics["log_loss"] == pytest.approx(
        log_loss(reference["card"], said, labels=CLASSES), rel=1e-12
    )
    assert champion.metrics["accuracy"] == pytest.approx(
        accuracy_score(reference["card"], reference["prediction"])
    )
    assert reference["prediction"].tolist() == np.array(CLASSES)[said.argmax(axis=1)].tolist()


def test_scored_rows_hold_a_probability_of_each_class_and_are_estimated_and_realised(bench):
    rows = cards()[3000:4200]
    bring(bench, rows, rows[["id", "card"]][:700])
    report = monitor_snapshot(bench)
    scores = bench.store.read(report.scored, "scores")
    assert set(scores) == {"id", "applied", *COLUMNS, "prediction", "champion", "snapshot"}
    # a sum of three rounded numbers
    assert np.abs(scores[COLUMNS].sum(axis=1) - 1).max() < 1e-12
    both = scores.merge(rows[["id", "card"]][:700], on="id")
    weeks = both["applied"].dt.tz_localize(None).dt.to_period("W").astype(str)
    for week, part in both.groupby(weeks):
        if len(part) >= 100:
            expected = roc_auc_score(part["card"], part[COLUMNS], multi_class="ovr")
            assert report.realised.at[week, "value"] == pytest.approx(expected, rel=1e-12)
    finished = report.estimated[report.estimated["complete"]]
    # calibrated on 684 rows, a week holds about 170: four sampling errors
    assert finished["value"].mean() == pytest.approx(report.reference_value, abs=0.04)
    assert len(finished) == finished["value"].notna().sum() == len(report.estimated) - 1


def test_labels_of_a_class_never_seen_are_counted_told_and_count_against_the_model(bench):
    rows = cards()[3000:3600]
    labels = rows[["id", "card"]].copy()
    plain = labels.copy()
    labels.iloc[10:22, 1] = "metal card"
    bring(bench, rows, labels)
    report = monitor_snapshot(bench)
    told = report.realised[report.realised["why"].str.contains("never saw")]
    assert told["why"].tolist() == ["labels of classes that the model never saw: metal card (12)"]
    assert "metal card (12)" in tell_performance(report).text
    worse = report.realised.loc[told.index[0], "value"]
    land(bench, "cards", "3.csv", plain)  # the labels are corrected
    ingest_batches(bench)
    better = monitor_snapshot(bench).realised.loc[told.index[0]]
    assert better["value"] > worse
    assert better["why"] == ""


def test_a_challenger_that_knows_a_new_class_is_judged_fairly_against_one_that_does_not(bench):
    rows = cards()[3000:4800].assign(
        card=lambda frame: frame["card"].where(frame["acq_channel"] != "Organic", "metal card")
    )
    bring(bench, rows, rows[["id", "card"]])
    report = train_challenger(bench, snapshot="cards@2")
    assert report.challenger.classes == ("highstreet_card", "metal card", *CLASSES[1:])
    assert report.verdict.gain > 0.05
    picture = report.champion_scores.picture
    assert isinstance(picture, ConfusionPicture)
    assert picture.classes == (*CLASSES, "metal card")
    assert sum(map(sum, picture.counts)) == report.verdict.holdout.rows
    assert all(row[-1] == 0 for row in picture.counts)  # never said
    record = describe_verdict(report)
    gain, left, right = draw_verdict(record).axes
    assert gain.get_xlabel() == "gain in mean ROC AUC, challenger less champion"
    assert left.get_xlabel() == "predicted"
    assert [text.get_text() for text in right.get_yticklabels()] == list(report.challenger.classes)


def test_a_sweep_and_its_winner(bench):
    report = sweep_snapshot(bench, snapshot="cards@1", trials=2)
    assert report.best.value == max(trial.value for trial in report.study.complete)
    found = challenge(bench, study="cards@1")
    assert "mean ROC AUC" in found.reasons[0]
    assert models(bench.ledger, "cards")[-1].classes == CLASSES


def test_a_champion_of_another_task_scores_nothing_says_why_and_can_be_replaced(bench):
    path = bench.settings.root / "datasets" / "cards.yaml"
    record = yaml.safe_load(path.read_text())
    record["features"] |= {"target": "stated_income", "numeric": record["features"]["numeric"][:3]}
    record["model"] |= {"task": "regression", "builder": "cards.model.build_regressor"}
    path.write_text(yaml.safe_dump(record))
    other = open_bench(bench.settings.root, "cards")
    report = monitor_snapshot(other)
    assert "was trained for multiclass, and the dataset asks for regression" in report.obstacle
    assert (report.scored_rows, report.reference_value) == (0, None)
    # it is a reason for a retrain, which waits as nothing is newer than the last one
    assert f"otherwise due: {report.obstacle}" in report.judgement.reasons
    trained = train_challenger(other, snapshot="cards@1")
    assert trained.verdict.champion_value is None
    assert "nothing could be compared" in trained.verdict.reasons[0]


@pytest.mark.parametrize(
    ("told", "classes"),
    [
        ([2, 10, 1, None], ("1", "10", "2")),
        ([2.5, 1.0, None, 1.0], ("1.0", "2.5")),
        (["b", None, "a", "b"], ("a", "b")),
        ([True, False, True, True], ("False", "True")),
    ],
)
def test_classes_are_texts_and_whole_numbers_stay_whole_beside_blanks(bench, told, classes):
    applications = bench.store.read(bench.store.head("cards"), "applications")[:4]
    labels = pd.DataFrame({"id": applications["id"], "card": told})
    frame = build_frame(bench.dataset, {"applications": applications, "cards": labels})
    assert bench.dataset.model.kind.classes(frame["card"]) == classes
    assert frame["card"].isna().sum() == sum(one is None for one in told)
