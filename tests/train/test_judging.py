"""Judging against known answers: areas, intervals, and each way a verdict can end."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from coldframe.datasets import Model
from coldframe.ledger import Holdout, ModelVersion, Proposal, Verdict
from coldframe.tasks import TASKS, bootstrap_gain
from coldframe.train.judging import score_model
from coldframe.train.verdict import has_seen, judge_challenger

HOLDOUT = Holdout(start="2013-03-01T00:00:00+00:00", end="2013-03-28T00:00:00+00:00", rows=200)
BEFORE, INSIDE = "2013-02-28T23:00:00+00:00", "2013-03-01T00:00:00+00:00"
BINARY = TASKS["binary"]
AREA = BINARY.metric("roc_auc")
RULES = Model(builder="flights.model.build_model")
PROPOSAL = Proposal(
    number=1, dataset="flights", snapshot="flights@3", snapshot_id="i", champion=None,
    origin="policy",
)  # fmt: skip


def version(recipe: str, trained_until: str | None = BEFORE) -> ModelVersion:
    return ModelVersion(
        dataset="flights", estimator="e", recipe=recipe, snapshot="flights@3", snapshot_id="i",
        trained_until=trained_until, number=1,
    )  # fmt: skip


def sample(rows: int = 200, noise: float = 1.0, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return a target and a probability that knows something of it."""
    draw = np.random.default_rng(seed)
    target = (np.arange(rows) % 3 == 0).astype(float)
    return target, 1 / (1 + np.exp(-(target + noise * draw.normal(size=rows))))


def judge(**changes: object) -> Verdict:
    target, good = sample(noise=0.5)
    _, poor = sample(noise=5.0)
    given = {
        "challenger": version("new"), "champion": version("old"), "proposal": PROPOSAL,
        "snapshot_id": "i", "holdout": HOLDOUT, "rules": RULES, "target": pd.Series(target),
        "challenger_said": good, "champion_said": poor,
    }  # fmt: skip
    return judge_challenger(**{**given, **changes})  # type: ignore[arg-type]


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 6)), min_size=2, max_size=60
    ).filter(lambda rows: len({target for target, _ in rows}) == 2)
)
def test_the_area_is_scikit_learns_and_ties_count_half(rows: list[tuple[float, int]]) -> None:
    target, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    # the same number of pairs, added and divided in another order: a few units in the last place
    assert AREA.figure(target, score) == pytest.approx(roc_auc_score(target, score), abs=1e-14)


def test_one_class_has_no_area() -> None:
    ones = np.ones(5)
    assert AREA.figure(ones, ones) is None
    assert bootstrap_gain(AREA, ones, ones, ones, seed=1) is None
    assert score_model("v1", BINARY, pd.Series(ones), ones / 2).metrics["roc_auc"] is None


def test_the_interval_depends_on_nothing_but_the_seed() -> None:
    target, one = sample(noise=1.0)
    _, two = sample(noise=1.2, seed=4)
    first = bootstrap_gain(AREA, target, one, two, seed=1)
    assert first == bootstrap_gain(AREA, target, one, two, seed=1)
    assert first != bootstrap_gain(AREA, target, one, two, seed=2)


def test_the_interval_is_that_of_delong() -> None:
    # DeLong, DeLong and Clarke-Pearson 1988 (Biometrics 44) give the variance in closed form; with
    # 2,000 rows the bootstrap agrees to a few per cent of the interval's width.
    target, one = sample(2000, noise=1.5)
    _, two = sample(2000, noise=1.7, seed=4)
    interval = bootstrap_gain(AREA, target, one, two, seed=1, rounds=2000)
    assert interval is not None
    gain = roc_auc_score(target, one) - roc_auc_score(target, two)
    width = 2 * 1.959964 * delong_error(target, one, two)
    assert interval[1] - interval[0] == pytest.approx(width, rel=0.08)
    assert sum(interval) / 2 == pytest.approx(gain, abs=0.05 * width)


def delong_error(target: np.ndarray, one: np.ndarray, two: np.ndarray) -> float:
    """Return the standard error of the difference of two paired areas."""
    placements = []
    for score in (one, two):
        positive, negative = score[target == 1], score[target == 0]
        pairs = np.sign(positive[:, None] - negative[None, :]) / 2 + 0.5
        placements.append((pairs.mean(axis=1), pairs.mean(axis=0)))
    return float(
        np.sqrt(
            sum(
                np.var(placements[0][side] - placements[1][side], ddof=1) / placements[0][side].size
                for side in (0, 1)
            )
        )
    )


def test_pairing_narrows_the_interval() -> None:
    target, one = sample(noise=1.0)
    nearly = one + 1e-3 * np.sin(np.arange(one.size))
    _, other = sample(noise=1.0, seed=9)
    paired = bootstrap_gain(AREA, target, one, nearly, seed=1)
    unlike = bootstrap_gain(AREA, target, one, other, seed=1)
    assert paired is not None
    assert unlike is not None
    assert paired[1] - paired[0] < (unlike[1] - unlike[0]) / 10


def test_calibration_bins_hold_every_row_once() -> None:
    target, probability = sample(203)
    scores = score_model("v1", BINARY, pd.Series(target), probability).picture
    assert sum(one.rows for one in scores.calibration) == 203
    means = [one.predicted for one in scores.calibration]
    assert means == sorted(means)
    assert sum(one.observed * one.rows for one in scores.calibration) == pytest.approx(target.sum())
    assert scores.roc[0] == (0.0, 0.0)
    assert scores.roc[-1] == (1.0, 1.0)


def test_a_better_challenger_takes_over() -> None:
    verdict = judge()
    assert verdict.outcome == "promote"
    assert verdict.gain is not None
    assert verdict.gain > 0
    assert verdict.interval_low is not None
    assert verdict.interval_high is not None
    assert verdict.interval_low < verdict.gain < verdict.interval_high


def test_a_worse_challenger_does_not() -> None:
    _, good = sample(noise=0.5)
    _, poor = sample(noise=5.0)
    verdict = judge(challenger_said=poor, champion_said=good)
    assert verdict.outcome == "keep"
    assert "below the minimum" in verdict.reasons[0]


def test_a_gain_below_the_minimum_is_not_enough() -> None:
    gain = judge().gain
    assert gain is not None
    exact = RULES.model_copy(update={"minimum_gain": gain})
    more = RULES.model_copy(update={"minimum_gain": np.nextafter(gain, 1)})
    assert judge(rules=exact).outcome == "promote"
    assert judge(rules=more).outcome == "keep"


def test_the_first_model_is_promoted() -> None:
    verdict = judge(champion=None, champion_said=None)
    assert (verdict.outcome, verdict.gain) == ("promote", None)


def test_an_experiment_is_never_promoted() -> None:
    assert judge(proposal=None).outcome == "keep"
    assert judge(proposal=None, champion=None, champion_said=None).outcome == "keep"


@pytest.mark.parametrize("until", [INSIDE, "2013-03-09T00:00:00+00:00", None])
def test_a_champion_that_has_seen_the_holdout_is_kept(until: str | None) -> None:
    verdict = judge(champion=version("old", until))
    assert verdict.outcome == "keep"
    assert "not new to it" in verdict.reasons[0]
    assert has_seen(version("old", until), HOLDOUT)


def test_moments_are_compared_and_not_their_spelling() -> None:
    # the same moment as BEFORE plus an hour, in another zone
    assert has_seen(version("old", "2013-03-01T05:30:00+05:30"), HOLDOUT)
    assert not has_seen(version("old", "2013-03-01T05:29:00+05:30"), HOLDOUT)


def test_one_class_in_the_holdout_is_no_verdict() -> None:
    target, _ = sample()
    for champion in (version("old"), None):
        verdict = judge(target=pd.Series(np.ones_like(target)), champion=champion)
        assert (verdict.outcome, verdict.challenger_value) == ("keep", None)


def test_the_champion_cannot_take_over_from_itself() -> None:
    same = version("old")
    verdict = judge(challenger=same, champion=dataclasses.replace(same))
    assert verdict.outcome == "keep"
    assert "itself" in verdict.reasons[0]
