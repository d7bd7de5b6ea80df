"""The figure of a verdict says what the report says, and draws it."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest

from coldframe.figures.verdict import ModelCurves, VerdictFigure, draw_verdict
from coldframe.train.judging import score_model


def curves(role: str, noise: float) -> ModelCurves:
    draw = np.random.default_rng(2)
    target = (np.arange(300) % 3 == 0).astype(float)
    score = score_model("v1", target, 1 / (1 + np.exp(-target - noise * draw.normal(size=300))))
    return ModelCurves(role=role, label=role, roc=score.roc, calibration=score.calibration)


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
    assert np.array_equal(np.asarray(drawn), np.array(RECORD.models[0].roc))
    assert len(calibration.get_lines()) == 3
    assert "+0.0300" in gain.texts[0].get_text()
    low, high = gain.get_xlim()
    assert low < 0 < 0.05 < high  # zero is always in sight


@pytest.mark.parametrize(
    "changes",
    [
        {"models": RECORD.models[:1], "gain": None, "low": None, "high": None},
        {"minimum_gain": 0.1},
        {"gain": 0.0, "low": 0.0, "high": 0.0},
        {"models": (dataclasses.replace(RECORD.models[0], roc=()),), "gain": None},
    ],
)
def test_every_kind_of_verdict_can_be_drawn(changes: dict[str, object]) -> None:
    figure = draw_verdict(dataclasses.replace(RECORD, **changes))  # type: ignore[arg-type]
    figure.savefig(io.BytesIO(), format="png")
