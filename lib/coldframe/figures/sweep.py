"""A sweep: the value of each trial, the best so far, and which parameters matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.figures.emptiness import draw_emptiness
from coldframe.train import SweepReport
from coldframe.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREEN, GREY, RED = "#0b6e4f", "#7f7f7f", "#a23b3b"
EMPTY = (
    "Empty because no trial is complete yet{failed}. It fills once the notebook is run again with "
    "the same study and its trials end."
)


@dataclass(frozen=True, kw_only=True)
class SweepFigure:
    """What the figure of a sweep draws.

    Parameters
    ----------
    title : str
        Of which study.
    values : tuple of (int, float)
        Number (the study's own, from 0) and value of each complete trial, in order.
    best_so_far : tuple of float
        The best value up to each of them.
    failed : tuple of int
        Numbers of the trials that could not be fitted.
    baseline : float or None
        Value of the present parameters.
    importance : tuple of (str, float)
        Most important first; empty with too few trials.
    metric : str
        What the values are, as a person says it.
    """

    title: str
    values: tuple[tuple[int, float], ...]
    best_so_far: tuple[float, ...]
    failed: tuple[int, ...]
    baseline: float | None
    importance: tuple[tuple[str, float], ...]
    metric: str = "ROC AUC"


def describe_sweep(report: SweepReport) -> SweepFigure:
    """Return what is to be drawn of a sweep."""
    study = report.study
    values = tuple((t.number, t.value) for t in study.trials if t.value is not None)
    best: list[float] = []
    for _, value in values:
        better = max if study.metric.greater_is_better else min
        best.append(better([value, *best[-1:]]))
    rows = f", {study.validation.rows:,} validation rows" if study.validation else ""
    return SweepFigure(
        title=f"Study {study.name} on {study.snapshot}{rows}",
        values=values,
        best_so_far=tuple(best),
        failed=tuple(t.number for t in study.trials if t.state == "failed"),
        baseline=study.baseline,
        importance=tuple(report.importance.items()),
        metric=study.metric.label,
    )


def draw_sweep(record: SweepFigure) -> Figure:
    """Draw the history of the study and, where known, the importance of its parameters."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    if not record.values:
        failed = f"; {count(len(record.failed), 'trial')} failed" if record.failed else ""
        return draw_emptiness(record.title, EMPTY.format(failed=failed))
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    figure.suptitle(record.title, x=0.01, ha="left", fontsize=12)
    if record.importance:
        left, right = figure.subplots(1, 2, width_ratios=[3, 2])
        _draw_importance(right, record)
    else:
        left = figure.subplots()
    _draw_history(left, record)
    return figure


def _draw_history(axes: Axes, record: SweepFigure) -> None:
    from matplotlib.ticker import MaxNLocator

    numbers = [number for number, _ in record.values]
    axes.plot(
        numbers, [value for _, value in record.values], "o", color=GREEN, alpha=0.55,
        markersize=5, label="trial",
    )  # fmt: skip
    axes.step(
        numbers, record.best_so_far, where="post", color=GREEN, linewidth=2, label="best so far"
    )
    if record.baseline is not None:
        axes.axhline(
            record.baseline, color=GREY, linestyle="--", linewidth=1.2, label="present parameters"
        )
    axes.set(
        title="Does searching help?",
        xlabel="trial",
        ylabel=f"{record.metric} on the validation rows",
    )
    if record.failed:
        bottom = axes.get_ylim()[0]
        axes.plot(
            record.failed, [bottom] * len(record.failed), "x", color=RED, clip_on=False,
            label="failed",
        )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=4, frameon=False, fontsize=9)
    _finish(axes)


def _draw_importance(axes: Axes, record: SweepFigure) -> None:
    names, shares = zip(*reversed(record.importance), strict=True)
    bars = axes.barh(names, shares, color=GREEN, alpha=0.7, height=0.6)
    axes.bar_label(bars, labels=[f"{share:.0%}" for share in shares], padding=3, fontsize=9)
    axes.set(title="Which parameters matter?", xlabel="share of the variance", xticks=[])
    axes.set_xlim(0, 1.15 * max(shares))
    _finish(axes)
    axes.spines["bottom"].set_visible(False)


def _finish(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.title.set_fontsize(10)
