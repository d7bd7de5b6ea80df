"""Champion and challenger on the same holdout: ROC curves, calibration, and the gain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coldframe.train import CalibrationBin, TrainReport
from coldframe.wording import conclude

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"challenger": "#0b6e4f", "champion": "#8a6d3b"}
GREY = "#7f7f7f"


@dataclass(frozen=True, kw_only=True)
class ModelCurves:
    """What is drawn of one model: role, label, ROC points, calibration."""

    role: str
    label: str
    roc: tuple[tuple[float, float], ...]
    calibration: tuple[CalibrationBin, ...]


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
        Gain in ROC AUC and its 95 % interval; None without a champion.
    minimum_gain : float
        What the gain must reach.
    """

    title: str
    conclusion: str
    models: tuple[ModelCurves, ...]
    gain: float | None
    low: float | None
    high: float | None
    minimum_gain: float


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
    scores = [("challenger", report.challenger_scores), ("champion", report.champion_scores)]
    models = tuple(
        ModelCurves(
            role=role,
            label=f"{role} {score.name}, ROC AUC {_figure(score.metrics['roc_auc'])}",
            roc=score.roc,
            calibration=score.calibration,
        )
        for role, score in scores
        if score is not None
    )
    return VerdictFigure(
        title=f"{report.challenger.name} on {holdout.rows:,} holdout rows of "
        f"{report.snapshot.name}, {holdout.start[:10]} to {holdout.end[:10]}",
        conclusion=conclude(report.verdict),
        models=models,
        gain=verdict.gain,
        low=verdict.interval_low,
        high=verdict.interval_high,
        minimum_gain=minimum_gain,
    )


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def draw_verdict(record: VerdictFigure) -> Figure:
    """Draw ROC curves and calibration, and with a champion the gain and its interval."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    judged = record.gain is not None
    figure = Figure(figsize=(11, 5.6 if judged else 4.6), layout="constrained")
    figure.suptitle(f"{record.title}: {record.conclusion}", x=0.01, ha="left", fontsize=12)
    if judged:
        grid = figure.add_gridspec(2, 2, height_ratios=[4.4, 1])
        _draw_gain(figure.add_subplot(grid[1, :]), record)
    else:
        grid = figure.add_gridspec(1, 2)
    _draw_roc(figure.add_subplot(grid[0, 0]), record)
    _draw_calibration(figure.add_subplot(grid[0, 1]), record)
    return figure


def _draw_roc(axes: Axes, record: VerdictFigure) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    for model in record.models:
        if model.roc:
            false, true = zip(*model.roc, strict=True)
            axes.plot(false, true, label=model.label, **_style(model.role))
    axes.set(
        title="Who ranks better?", xlabel="false positive rate", ylabel="true positive rate",
        xlim=(0, 1), ylim=(0, 1.005), aspect="equal",
    )  # fmt: skip
    _finish(axes)
    if any(model.roc for model in record.models):
        axes.legend(loc="lower right", frameon=False, fontsize=9)


def _draw_calibration(axes: Axes, record: VerdictFigure) -> None:
    bins = [one for model in record.models for one in model.calibration]
    limit = min(1.0, 1.08 * max([one.predicted for one in bins] + [one.observed for one in bins]))
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    for model in record.models:
        axes.plot(
            [one.predicted for one in model.calibration],
            [one.observed for one in model.calibration],
            marker="o", markersize=4, label=model.role, **_style(model.role),
        )  # fmt: skip
    axes.set(
        title="Can its probabilities be believed?", xlabel="mean probability, rows in tenths",
        ylabel="share that came true", xlim=(0, limit), ylim=(0, limit), aspect="equal",
    )  # fmt: skip
    _finish(axes)
    axes.legend(loc="upper left", frameon=False, fontsize=9)


def _draw_gain(axes: Axes, record: VerdictFigure) -> None:
    if record.low is not None and record.high is not None:
        axes.plot([record.low, record.high], [0, 0], color=COLOURS["challenger"], linewidth=3,
                  solid_capstyle="butt", alpha=0.45)  # fmt: skip
    gain = record.gain or 0.0
    axes.plot([gain], [0], "o", color=COLOURS["challenger"], markersize=8)
    axes.axvline(0, color=GREY, linewidth=0.8)
    if record.minimum_gain:
        axes.axvline(record.minimum_gain, color="black", linewidth=1, linestyle="--")
    text = f"{gain:+.4f}"
    if record.low is not None:
        text += f"  (95 % interval {record.low:+.4f} to {record.high:+.4f})"
    axes.annotate(text, (gain, 0), xytext=(0, 9), textcoords="offset points",
                  ha="center", fontsize=9)  # fmt: skip
    marks = [0.0, record.minimum_gain, record.gain, record.low, record.high]
    known = [mark for mark in marks if mark is not None]
    room = max(0.15 * (max(known) - min(known)), 0.002)
    axes.set(
        xlabel="gain in ROC AUC, challenger less champion"
        + (f"; dashed: the minimum of {record.minimum_gain:g}" if record.minimum_gain else ""),
        yticks=[], ylim=(-0.6, 1), xlim=(min(known) - room, max(known) + room),
    )  # fmt: skip
    _finish(axes)
    axes.spines["left"].set_visible(False)


def _style(role: str) -> Mapping[str, Any]:
    return {"color": COLOURS[role], "linewidth": 2.0 if role == "challenger" else 1.4}


def _finish(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.title.set_fontsize(10)
