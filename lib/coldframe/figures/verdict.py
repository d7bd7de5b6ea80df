"""Champion and challenger on the same holdout: a picture of each, and the gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.figures.panels import COLOURS, GREY, draw_pictures, finish
from coldframe.order import shorten_place
from coldframe.tasks import TASKS, Picture, spell_figure
from coldframe.train import TrainReport
from coldframe.wording import conclude

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class ModelCurves:
    """What is drawn of one model: role, label, and the picture of its task."""

    role: str
    label: str
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class VerdictFigure:
    """What the figure of a verdict draws.

    Parameters
    ----------
    title, conclusion : str
        Who was judged on what, and what came of it.
    models : tuple of ModelCurves
        The challenger, then the champion if there is one.
    gain, low, high : float or None
        Gain and its 95 % interval; None without a champion.
    minimum_gain : float
        What the gain must reach.
    metric : str
        In what, as a person says it.
    greater_is_better : bool
        Whether the gain is challenger less champion.
    """

    title: str
    conclusion: str
    models: tuple[ModelCurves, ...]
    gain: float | None
    low: float | None
    high: float | None
    minimum_gain: float
    metric: str = "ROC AUC"
    greater_is_better: bool = True


def describe_verdict(report: TrainReport, *, minimum_gain: float = 0.0) -> VerdictFigure:
    """Return what is to be drawn of a training.

    Parameters
    ----------
    report : TrainReport
        As training returned it.
    minimum_gain : float, default=0.0
        That of the dataset file.
    """
    verdict, holdout = report.verdict, report.verdict.holdout
    metric = TASKS[report.challenger.task].metric(verdict.metric)
    scores = [("challenger", report.challenger_scores), ("champion", report.champion_scores)]
    models = tuple(
        ModelCurves(
            role=role,
            label=f"{role} {score.name}, {metric.label} {_figure(score.metrics[metric.name])}",
            picture=score.picture,
        )
        for role, score in scores
        if score is not None
    )
    return VerdictFigure(
        title=f"{report.challenger.name} on {holdout.rows:,} holdout rows of "
        f"{report.snapshot.name}, {shorten_place(holdout.start)} to {shorten_place(holdout.end)}",
        conclusion=conclude(report.verdict),
        models=models,
        gain=verdict.gain,
        low=verdict.interval_low,
        high=verdict.interval_high,
        minimum_gain=minimum_gain,
        metric=metric.label,
        greater_is_better=metric.greater_is_better,
    )


def _figure(value: float | None) -> str:
    return "unknown" if value is None else spell_figure(value, 3)


def draw_verdict(record: VerdictFigure) -> Figure:
    """Draw the pictures of both models, and with a champion the gain and its interval."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    judged = record.gain is not None
    figure = Figure(figsize=(11, 5.6 if judged else 4.6), layout="constrained")
    figure.suptitle(f"{record.title}: {record.conclusion}", x=0.01, ha="left", fontsize=12)
    if judged:
        grid = figure.add_gridspec(2, 2, height_ratios=[4.4, 1])
        _draw_gain(figure.add_subplot(grid[1, :]), record)
    else:
        grid = figure.add_gridspec(1, 2)
    left, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    draw_pictures(left, right, [(one.role, one.label, one.picture) for one in record.models])
    return figure


def _draw_gain(axes: Axes, record: VerdictFigure) -> None:
    if record.low is not None and record.high is not None:
        axes.plot([record.low, record.high], [0, 0], color=COLOURS["challenger"], linewidth=3,
                  solid_capstyle="butt", alpha=0.45)  # fmt: skip
    gain = record.gain or 0.0
    axes.plot([gain], [0], "o", color=COLOURS["challenger"], markersize=8)
    axes.axvline(0, color=GREY, linewidth=0.8)
    if record.minimum_gain:
        axes.axvline(record.minimum_gain, color="black", linewidth=1, linestyle="--")
    text = spell_figure(gain, sign="+")
    if record.low is not None and record.high is not None:
        low, high = spell_figure(record.low, sign="+"), spell_figure(record.high, sign="+")
        text += f"  (95 % interval {low} to {high})"
    axes.annotate(text, (gain, 0), xytext=(0, 9), textcoords="offset points",
                  ha="center", fontsize=9)  # fmt: skip
    marks = [0.0, record.minimum_gain, record.gain, record.low, record.high]
    known = [mark for mark in marks if mark is not None]
    order = "challenger less champion" if record.greater_is_better else "champion less challenger"
    room = max(0.15 * (max(known) - min(known)), 0.002)
    axes.set(
        xlabel=f"gain in {record.metric}, {order}"
        + (f"; dashed: the minimum of {record.minimum_gain:g}" if record.minimum_gain else ""),
        yticks=[], ylim=(-0.6, 1), xlim=(min(known) - room, max(known) + room),
    )  # fmt: skip
    finish(axes)
    axes.spines["left"].set_visible(False)
