"""The figure of a verdict says what the report says, and draws it."""

from __future__ import annotations

import dataclasses
import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coldframe.datasets import Model
from coldframe.figures.verdict import (
    ModelCurves,
    VerdictFigure,
    describe_verdict,
    draw_verdict,
)
from coldframe.ledger import Holdout, ModelVersion, Proposal
from coldframe.notebook.trained import tell_outcome, tell_verdict
from coldframe.tasks import TASKS, ConfusionPicture
from coldframe.train import TrainReport
from coldframe.train.judging import score_model
from coldframe.train.verdict import judge_challenger

BINARY = TASKS["binary"]


def curves(role: str, noise: float) -> ModelCurves:
    draw = np.random.default_rng(2)
    target = (np.arange(300) % 3 == 0).astype(float)
    said = 1 / (1 + np.exp(-target - noise * draw.normal(size=300)))
    score = score_model("v1", BINARY, pd.Series(target), said)
    return ModelCurves(role=role, label=role, picture=score.picture)


RECORD = VerdictFigure(
    title="v2 on 300 holdout rows of flights@4",
    conclusion="promoted",
    models=(curves("challenger", 0.5), curves("champion", 2.0)),
    gain=0.03,
    low=0.01,
    high=0.05,
    minimum_gain=0.0,
)


def test_a_verdict_shows_curves_calibration_and_gain() -> None:
    figure = draw_verdict(RECORD)
    gain, roc, calibration = figure.axes
    assert [line.get_label() for line in roc.get_lines()][1:] == ["challenger", "champion"]
    drawn = roc.get_lines()[1].get_xydata()
    assert np.array_equal(np.asarray(drawn), np.array(RECORD.models[0].picture.roc))
    assert len(calibration.get_lines()) == 3
    assert "+0.0300" in gain.texts[0].get_text()
    low, high = gain.get_xlim()
    assert low < 0 < 0.05 < high  # zero is always in sight


NO_CURVE = dataclasses.replace(RECORD.models[0].picture, roc=())


@pytest.mark.parametrize(
    "changes",
    [
        {"models": RECORD.models[:1], "gain": None, "low": None, "high": None},
        {"minimum_gain": 0.1},
        {"gain": 0.0, "low": 0.0, "high": 0.0},
        {"models": (dataclasses.replace(RECORD.models[0], picture=NO_CURVE),), "gain": None},
    ],
)
def test_every_kind_of_verdict_can_be_drawn(changes: dict[str, object]) -> None:
    figure = draw_verdict(dataclasses.replace(RECORD, **changes))  # type: ignore[arg-type]
    figure.savefig(io.BytesIO(), format="png")


def test_a_class_without_a_row_in_the_holdout_has_a_dash_and_not_none_of_a_hundred() -> None:
    picture = ConfusionPicture(classes=("a", "b", "c"), counts=((3, 1, 0), (0, 0, 0), (0, 2, 0)))
    model = ModelCurves(role="challenger", label="v1", picture=picture)
    left, right = draw_verdict(dataclasses.replace(RECORD, models=(model,), gain=None)).axes
    assert [one.get_text() for one in left.texts] == [
        "75%", "25%", "0%", "-", "-", "-", "0%", "100%", "0%",
    ]  # fmt: skip
    assert [(one.get_text(), one.get_position()[1]) for one in right.texts] == [("-", 1)]
    for axes in (left, right):
        assert axes.get_xlabel().endswith("(-: no row of this class in the holdout)")


HOLDOUT = Holdout(start="2013-05-01T00:00:00+00:00", end="2013-05-14T00:00:00+00:00", rows=300)


def model(number: int, until: str) -> ModelVersion:
    return ModelVersion(
        dataset="flights", estimator=f"e{number}", recipe="r", snapshot="flights@4",
        snapshot_id="ab" * 32, trained_until=until, number=number,
    )  # fmt: skip


def judged(
    *, noise: float, minimum: float = 0.0, proposed: bool = True, champion: bool = True,
    until: str = "2013-02-01T00:00:00+00:00", alike: bool = False,
) -> TrainReport:  # fmt: skip
    """A training judged for real; the champion's noise is 1, that of the challenger is given."""
    draw = np.random.default_rng(4)
    target = (np.arange(300) % 3 == 0).astype(float) * (not alike)
    same = draw.normal(size=300)
    ours, theirs = (1 / (1 + np.exp(-target - one * same)) for one in (noise, 1.0))
    new, old = model(2, "2013-04-30T00:00:00+00:00"), model(1, until) if champion else None
    verdict = judge_challenger(
        challenger=new, champion=old, snapshot_id="ab" * 32, holdout=HOLDOUT,
        target=pd.Series(target),
        proposal=Proposal(
            number=7, dataset="flights", snapshot="flights@4", snapshot_id="ab" * 32,
            champion=old and old.digest, origin="person",
        ) if proposed else None,
        rules=Model(builder="flights.model.build_model", minimum_gain=minimum),
        challenger_said=ours, champion_said=theirs if champion else None,
    )  # fmt: skip
    moved: Any = SimpleNamespace() if verdict.outcome == "promote" else None
    named: Any = SimpleNamespace(name="flights@4")
    return TrainReport(
        snapshot=named, challenger=new, champion=old, verdict=verdict, promotion=moved, fitted=True,
        challenger_scores=score_model("v2", BINARY, pd.Series(target), ours),
        champion_scores=score_model("v1", BINARY, pd.Series(target), theirs) if champion else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("case", "conclusion", "words"),
    [
        ({"noise": 0.5}, "promote the challenger", ["**. ROC AUC gain +"]),
        ({"noise": 2.0}, "keep the champion", ["**. ROC AUC gain -", "is below the minimum"]),
        (
            {"noise": 0.5, "minimum": 0.4}, "keep the champion",
            ["though the challenger gains, because ROC AUC gain +", "is below the minimum of 0.4"],
        ),
        (
            {"noise": 0.999, "minimum": 0.1}, "keep the champion",
            ["though the challenger gains, because", "the interval includes zero) is below"],
        ),
        (
            {"noise": 0.5, "until": "2013-05-02T00:00:00+00:00"}, "keep the champion",
            ["though the challenger gains, because the champion v1 learned from rows until"],
        ),
        (
            {"noise": 0.5, "proposed": False}, "an experiment, keep the champion",
            ["though the challenger gains: nobody proposed it. ", "would take over"],
        ),
        ({"noise": 2.0, "proposed": False}, "an experiment, keep the champion", ["would not take"]),
        ({"noise": 0.5, "champion": False}, "promote the challenger",
         ["Verdict: **promote the challenger**. There is no champion yet: the first model."]),
        (
            {"noise": 0.5, "champion": False, "proposed": False}, "an experiment, promote nothing",
            ["this one would take over"],
        ),
    ],
)  # fmt: skip
def test_a_verdict_names_who_is_kept_or_promoted_and_why_a_gain_does_not_suffice(
    case: dict[str, Any], conclusion: str, words: list[str]
) -> None:
    report = judged(**case)
    assert describe_verdict(report).conclusion == conclusion
    said = tell_verdict(report).text
    assert f"Verdict: **{conclusion}**" in said
    for one in words:
        assert one in said
    assert ("though the challenger gains" in said) == ("though" in words[0])


def test_while_there_is_no_champion_the_page_says_so_and_why() -> None:
    report = judged(noise=0.5, champion=False, alike=True)
    said = tell_outcome(report).text
    assert said.startswith(
        "There is still no champion, because the holdout holds one class only, so nothing can be "
        "said."
    )
    assert "coldframe propose" in said
    assert tell_outcome(judged(noise=2.0)).text == "The champion stays in force."
