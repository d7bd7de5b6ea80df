"""Every metric of every task against known answers: textbooks' numbers and scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as known

from coldframe.errors import DataError
from coldframe.tasks import TASKS, Metric, Task, bootstrap_gain

EVERY = [(task, metric) for task in TASKS.values() for metric in task.metrics]
NAMES = [f"{task.name}-{metric.name}" for task, metric in EVERY]


def rows_of(task: Task, seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return a target and what a middling model says of it."""
    draw = np.random.default_rng(seed)
    if task.name == "regression":
        target = draw.normal(size=n)
        return target, target + draw.normal(size=n)
    if task.name == "binary":
        target = draw.integers(0, 2, n).astype("float64")
        return target, 1 / (1 + np.exp(-target - draw.normal(size=n).round(1)))
    target = draw.integers(0, 3, n).astype("float64")
    odds = np.exp((np.arange(3) == target[:, None]) + draw.normal(size=(n, 3)).round(1))
    return target, odds / odds.sum(axis=1, keepdims=True)


def scikit_learns(name: str, target: np.ndarray, said: np.ndarray, weights: np.ndarray) -> float:
    """Return scikit-learn's figure of weighted rows."""
    several = said.ndim > 1
    likely = said.argmax(axis=1) if several else said >= 0.5
    figures = {
        "roc_auc": lambda w: known.roc_auc_score(target, said, sample_weight=w),
        "average_precision": lambda w: known.average_precision_score(target, said, sample_weight=w),
        "brier": lambda w: known.brier_score_loss(target, said, sample_weight=w),
        "log_loss": lambda w: known.log_loss(
            target, said, sample_weight=w, labels=[0, 1, 2] if several else [0, 1]
        ),
        "roc_auc_ovr": lambda w: np.mean(
            [known.roc_auc_score(target == one, said[:, one], sample_weight=w) for one in range(3)]
        ),
        "accuracy": lambda w: known.accuracy_score(target, likely, sample_weight=w),
        "balanced_accuracy": lambda w: known.balanced_accuracy_score(
            target, likely, sample_weight=w
        ),
        "mae": lambda w: known.mean_absolute_error(target, said, sample_weight=w),
        "rmse": lambda w: known.root_mean_squared_error(target, said, sample_weight=w),
        "r2": lambda w: known.r2_score(target, said, sample_weight=w),
    }
    return float(figures[name](weights))


@pytest.mark.parametrize(("task", "metric"), EVERY, ids=NAMES)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_weighted_figure_is_scikit_learns(task: Task, metric: Metric, seed: int) -> None:
    target, said = rows_of(task, seed)
    weights = np.random.default_rng(seed).integers(0, 4, target.size).astype("float64")
    weights[:30] = 1.0  # so that no class is lost
    expected = scikit_learns(metric.name, target, said, weights)
    # the same sums in another order, and scikit-learn rounds its curves
    assert metric.weigh(target, said)(weights) == pytest.approx(expected, rel=1e-9)
    unweighted = scikit_learns(metric.name, target, said, np.ones(target.size))
    assert metric.figure(target, said) == pytest.approx(unweighted, rel=1e-9)


@pytest.mark.parametrize(
    ("task", "name", "target", "said", "expected"),
    [
        # mean of 1, 0, 2; root of the mean of 1, 0, 4; one less 5 / 8
        ("regression", "mae", [1, 3, 5], [2, 3, 3], 1.0),
        ("regression", "rmse", [1, 3, 5], [2, 3, 3], (5 / 3) ** 0.5),
        ("regression", "r2", [1, 3, 5], [2, 3, 3], 1 - 5 / 8),
        # scikit-learn's documented examples of the binary figures
        ("binary", "roc_auc", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75),
        ("binary", "average_precision", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.8333333333),
        ("binary", "brier", [0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3], 0.0375),
        ("multiclass", "log_loss", [0, 1], [[0.5, 0.5], [0.75, 0.25]], 1.5 * np.log(2)),
        ("multiclass", "accuracy", [0, 0, 0, 1], [[0.9, 0.1]] * 4, 0.75),
        ("multiclass", "balanced_accuracy", [0, 0, 0, 1], [[0.9, 0.1]] * 4, 0.5),
    ],
)
def test_a_figure_is_what_the_formula_says_by_hand(
    task: str, name: str, target: list[int], said: list[float], expected: float
) -> None:
    found = TASKS[task].metric(name).figure(np.array(target, dtype="float64"), np.array(said))
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("task", "metric"), EVERY, ids=NAMES)
def test_of_two_models_the_one_with_less_noise_gains(task: Task, metric: Metric) -> None:
    target, poor = rows_of(task, 1, n=600)
    truth = np.eye(3)[target.astype(int)] if task.name == "multiclass" else target
    good = 0.5 * poor + 0.5 * (0.2 + 0.6 * truth if task.name != "regression" else truth)
    if task.name == "multiclass":
        good = good / good.sum(axis=1, keepdims=True)
    better, worse = metric.figure(target, good), metric.figure(target, poor)
    assert better is not None
    assert worse is not None
    assert metric.gain(better, worse) > 0
    assert metric.gain(metric.worse_by(better, 0.1), better) == pytest.approx(-0.1)
    interval = bootstrap_gain(metric, target, good, poor, seed=1, rounds=200)
    assert interval is not None
    assert 0 < interval[0] < metric.gain(better, worse) < interval[1]


def test_the_interval_of_a_mean_is_that_of_the_normal_formula() -> None:
    metric = TASKS["regression"].metric("mae")
    target, one = rows_of(TASKS["regression"], 3, n=4000)
    two = one + np.random.default_rng(5).normal(size=4000)
    difference = np.abs(target - two) - np.abs(target - one)
    interval = bootstrap_gain(metric, target, one, two, seed=1)
    assert interval is not None
    width = 2 * 1.959964 * difference.std(ddof=1) / np.sqrt(4000)
    # 1,000 draws know a quantile of a normal to about a twentieth of the width
    assert interval[1] - interval[0] == pytest.approx(width, rel=0.08)
    assert sum(interval) / 2 == pytest.approx(difference.mean(), abs=0.05 * width)


@pytest.mark.parametrize(("task", "metric"), EVERY, ids=NAMES)
def test_a_band_holds_the_figure_of_very_many_rows_as_often_as_it_says(
    task: Task, metric: Metric
) -> None:
    truth = metric.figure(*rows_of(task, 0, n=100_000))
    assert truth is not None
    held = []
    for seed in range(1, 101):
        target, said = rows_of(task, seed)
        low, high = metric.band(target, said, metric.figure(target, said) or 0.0)
        held.append(low <= truth <= high)
    # 95 of 100 on average; 88 is more than three standard errors below
    assert sum(held) >= 88


def test_metrics_are_told_apart_within_a_task_and_the_first_can_be_estimated() -> None:
    for task in TASKS.values():
        names = [metric.name for metric in task.metrics]
        assert len(set(names)) == len(names)
        assert task.metrics[0].estimated_as


def test_a_constant_target_has_no_r2_and_one_class_no_area() -> None:
    ones = np.ones(5)
    assert TASKS["regression"].metric("r2").figure(ones, ones) is None
    assert TASKS["regression"].metric("mae").figure(ones, ones) == 0.0
    assert TASKS["multiclass"].metric("roc_auc_ovr").figure(ones, np.full((5, 2), 0.5)) is None


def test_a_class_that_one_model_does_not_know_has_no_probability() -> None:
    task = TASKS["multiclass"]
    said = {"old": (np.array([[0.6, 0.4]] * 3), ("a", "b")),
            "new": (np.array([[0.2, 0.7, 0.1]] * 3), ("a", "c", "b"))}  # fmt: skip
    target, aligned = task.align(pd.Series(["a", "c", "d"]), said)
    assert target.tolist() == [0, 2, 3]
    assert aligned["old"][0].tolist() == [0.6, 0.4, 0, 0]
    assert aligned["new"][0].tolist() == [0.2, 0.1, 0.7, 0]
    area = task.metric("roc_auc_ovr")
    # of d nobody says anything, which is worth one half
    only_d = area.weigh((target == 3).astype(float), aligned["new"])
    assert only_d(np.ones(3)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("classes", "columns"),
    [
        (["a", "b"], ["probability_a", "probability_b"]),
        (["0", "1", "2"], ["probability_0", "probability_1", "probability_2"]),
        (["A b", "a-b", "c"], ["probability_1", "probability_2", "probability_c"]),
        (["", "ä", "3", "x/y"], ["probability_1", "probability_2", "probability_3",
                                 "probability_x_y"]),
    ],
)  # fmt: skip
def test_columns_of_classes_have_plain_and_different_names(
    classes: list[str], columns: list[str]
) -> None:
    assert list(TASKS["multiclass"].columns(classes)) == columns


@pytest.mark.parametrize(
    ("task", "wrong", "said"),
    [("binary", [0.0, 2.0], "0 or 1"), ("regression", [1.0, float("inf")], "finite")],
)
def test_what_can_be_no_target_is_refused(task: str, wrong: list[float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        TASKS[task].check_target(wrong, "here")
