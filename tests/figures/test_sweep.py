"""The figure of a sweep says what the report says, and draws it."""

from __future__ import annotations

import io

import pytest

from coldframe.figures.sweep import describe_sweep, draw_sweep
from coldframe.ledger import Holdout
from coldframe.notebook.trained import table_trials
from coldframe.tasks import TASKS
from coldframe.train import StudyReport, SweepReport, Trial

TRIALS = (
    Trial(number=0, state="complete", value=0.6, suggested={"depth": 3}),
    Trial(number=1, state="killed", value=None),
    Trial(number=2, state="complete", value=0.8, suggested={"depth": 5}),
    Trial(number=3, state="failed", value=None, error="ValueError: no"),
    Trial(number=4, state="complete", value=0.7, suggested={"depth": 4}),
)


def report(trials: tuple[Trial, ...] = TRIALS, **changes: object) -> SweepReport:
    study = StudyReport(
        name="mine", dataset="flights", snapshot="flights@4", snapshot_id="i",
        metric=TASKS["binary"].metric("roc_auc"),
        ground={}, validation=Holdout(start="a", end="b", rows=1234), baseline=0.65, trials=trials,
    )  # fmt: skip
    given = {"study": study, "ran": len(trials), "importance": {"depth": 0.8, "rate": 0.2}}
    return SweepReport(**{**given, **changes})  # type: ignore[arg-type]


def test_a_trial_has_the_number_that_the_table_gives_it() -> None:
    record = describe_sweep(report())
    assert record.values == ((0, 0.6), (2, 0.8), (4, 0.7))
    assert dict(record.values).keys() == {row[0] for row in table_trials(report()).rows}
    assert record.best_so_far == (0.6, 0.8, 0.8)
    assert record.failed == (3,)
    assert record.importance == (("depth", 0.8), ("rate", 0.2))
    assert "1,234 validation rows" in record.title


def test_history_and_importance_are_drawn() -> None:
    history, importance = draw_sweep(describe_sweep(report())).axes
    labels = [line.get_label() for line in history.get_lines()]
    assert labels == ["trial", "best so far", "present parameters", "failed"]
    names = [label.get_text() for label in importance.get_yticklabels()]
    assert names == ["rate", "depth"]  # the most important at the top


@pytest.mark.parametrize("count", range(6))
def test_a_sweep_of_any_length_can_be_drawn(count: int) -> None:
    importance = {"depth": 1.0} if count > 4 else {}
    figure = draw_sweep(describe_sweep(report(TRIALS[:count], importance=importance)))
    figure.savefig(io.BytesIO(), format="png")


def test_a_sweep_without_a_complete_trial_says_so_in_its_figure() -> None:
    figure = draw_sweep(describe_sweep(report(TRIALS[3:4], importance={})))
    assert figure.axes == []
    assert "no trial is complete yet; 1 trial failed." in figure.texts[-1].get_text()


def test_the_table_of_trials_spells_its_figures_as_the_sentence_does() -> None:
    assert [row[1] for row in table_trials(report()).rows] == ["0.8000", "0.7000", "0.6000"]
    assert repr(table_trials(report(TRIALS[3:4]))) == ""  # the sentence above it says so
