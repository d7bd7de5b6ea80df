"""The champion's performance over time: estimated, realised, where alerts begin, retrains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from coldframe.figures.emptiness import draw_emptiness, explain_emptiness
from coldframe.monitor import MonitorReport
from coldframe.tasks import TASKS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DAY_ROWS = 86_400
"""Rows that stand where a day does, if they have no time."""
GREEN, BROWN, RED, GREY = "#0b6e4f", "#b07d2b", "#a23b3b", "#7f7f7f"


@dataclass(frozen=True, kw_only=True)
class ChunkPoint:
    """One chunk that has a value: `alert` is None without verdict, `complete` if it is final."""

    start: datetime
    end: datetime
    value: float
    low: float
    high: float
    alert: bool | None
    complete: bool

    @property
    def middle(self) -> datetime:
        """Where the point is drawn."""
        return self.start + (self.end - self.start) / 2


@dataclass(frozen=True, kw_only=True)
class PerformanceFigure:
    """What the figure of performance draws.

    Parameters
    ----------
    title : str
        Which champion, on what, and in how many finished chunks it alerted.
    estimated, realised : tuple of ChunkPoint
        Chunks with a value, oldest first.
    threshold, reference : float or None
        Where an alert begins, and the figure on the holdout.
    unlabelled_from : datetime or None
        From where on no realised figure is known, though rows are scored.
    silent : tuple of datetime
        Starts of finished chunks without any value: no verdict.
    end : datetime or None
        End of the last chunk.
    retrains, undone : tuple of datetime
        Data time of the trainings; those whose model a rollback took back are apart.
    timed : bool
        Whether rows have a time; else moments stand for row numbers (see `coldframe.order`).
    metric, estimator : str
        What is drawn, and by which method it is estimated.
    greater_is_better : bool
        Whether alerts lie below the threshold.
    empty : str
        Without any value: why, and what will fill the figure.
    """

    title: str
    estimated: tuple[ChunkPoint, ...]
    realised: tuple[ChunkPoint, ...]
    threshold: float | None
    reference: float | None
    unlabelled_from: datetime | None
    silent: tuple[datetime, ...]
    end: datetime | None
    retrains: tuple[datetime, ...]
    undone: tuple[datetime, ...] = ()
    timed: bool = True
    metric: str = "ROC AUC"
    greater_is_better: bool = True
    estimator: str = "CBPE"
    empty: str = ""


def describe_performance(report: MonitorReport) -> PerformanceFigure:
    """Return what is to be drawn of a monitoring run."""
    estimated, realised = _list_points(report.estimated), _list_points(report.realised)
    thresholds = report.estimated["threshold"].dropna()
    starts = [moment.to_pydatetime() for moment in report.estimated["start"]]
    ends = [moment.to_pydatetime() for moment in report.estimated["end"]]
    labelled_until = max((point.end for point in realised), default=None)
    behind = [start for start in starts if labelled_until is None or start > labelled_until]
    spoken = {point.start for point in (*estimated, *realised)}
    finished = report.estimated.loc[report.estimated["complete"], "start"]
    return PerformanceFigure(
        title=_word_title(report, estimated, realised),
        estimated=estimated,
        realised=realised,
        threshold=float(thresholds.iloc[-1]) if len(thresholds) else None,
        reference=report.reference_value,
        timed=report.history.timed,
        metric=report.metric.label,
        greater_is_better=report.metric.greater_is_better,
        estimator="DLE" if report.metric in TASKS["regression"].metrics else "CBPE",
        unlabelled_from=min(behind, default=None),
        silent=tuple(m.to_pydatetime() for m in finished if m.to_pydatetime() not in spoken),
        end=max(ends, default=None),
        retrains=report.history.retrains,
        undone=report.history.undone,
        empty="" if spoken else explain_emptiness(report, report.estimated),
    )


def _list_points(frame: pd.DataFrame) -> tuple[ChunkPoint, ...]:
    known = frame[frame["value"].notna()].astype({"alert": object})
    return tuple(
        ChunkPoint(
            start=row["start"].to_pydatetime(),
            end=row["end"].to_pydatetime(),
            value=float(row["value"]),
            low=float(row["low"]),
            high=float(row["high"]),
            alert=None if unknown else bool(row["alert"]),
            complete=bool(row["complete"]),
        )
        for (_, row), unknown in zip(known.iterrows(), known["alert"].isna(), strict=True)
    )


def _word_title(
    report: MonitorReport, estimated: Iterable[ChunkPoint], realised: Iterable[ChunkPoint]
) -> str:
    if report.champion is None:
        return f"{report.snapshot.name}: no champion yet, nothing to monitor"
    counts = []
    for kind, points in (("estimated", estimated), ("realised", realised)):
        if final := [point for point in points if point.complete]:
            counts.append(f"{sum(bool(point.alert) for point in final)} of {len(final)} {kind}")
    said = ": no finished chunk has a value yet"
    if counts:
        said = f": alerts in {' and '.join(counts)} chunks that are final"
    return f"{report.champion.name} on {report.snapshot.name}{said}"


def draw_performance(record: PerformanceFigure) -> Figure:
    """Draw estimated and realised performance over the data's time."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    if record.empty:
        return draw_emptiness(record.title, record.empty)
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    figure.suptitle(record.title, x=0.01, ha="left", fontsize=12)
    axes = figure.subplots()
    _draw_ground(axes, record)
    _draw_estimated(axes, record.estimated, record.estimator)
    _draw_realised(axes, record.realised)
    _draw_alerts(axes, (*record.estimated, *record.realised))
    told = "time of the data" if record.timed else "rows in the order of delivery"
    axes.set(ylabel=record.metric, xlabel=told)
    _finish(axes, timed=record.timed)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return figure


def _draw_ground(axes: Axes, record: PerformanceFigure) -> None:
    if record.unlabelled_from is not None and record.end is not None:
        axes.axvspan(
            _day(record.unlabelled_from), _day(record.end), color=GREY, alpha=0.1, linewidth=0,
            label="too few labels yet",
        )  # fmt: skip
    if record.reference is not None:
        axes.axhline(record.reference, color=GREY, linewidth=1, label="on its holdout")
    if record.threshold is not None:
        axes.axhline(
            record.threshold,
            color=RED,
            linestyle="--",
            linewidth=1.2,
            label="alert below" if record.greater_is_better else "alert above",
        )
    for number, start in enumerate(record.silent):
        axes.axvline(
            _day(start), color=GREY, linestyle=":", linewidth=1,
            label="" if number else "no verdict",
        )  # fmt: skip
    for moments, style, label in (
        (record.retrains, "-", "retrain"), (record.undone, "--", "retrain, rolled back"),
    ):  # fmt: skip
        for number, moment in enumerate(moments):
            axes.axvline(
                _day(moment), color="black", linestyle=style, linewidth=0.8,
                label="" if number else label,
            )  # fmt: skip


def _draw_estimated(axes: Axes, points: tuple[ChunkPoint, ...], estimator: str) -> None:
    if not points:
        return
    days = [_day(point.middle) for point in points]
    axes.fill_between(
        days, [point.low for point in points], [point.high for point in points],
        color=BROWN, alpha=0.15, linewidth=0, label="its sampling error, 3 standard errors",
    )  # fmt: skip
    axes.plot(
        days, [point.value for point in points], color=BROWN, linewidth=1.6,
        label=f"estimated without labels ({estimator})",
    )  # fmt: skip


def _draw_realised(axes: Axes, points: tuple[ChunkPoint, ...]) -> None:
    for complete, fill, label in ((True, GREEN, "realised, 95 %"), (False, "white", "not final")):
        some = [point for point in points if point.complete is complete]
        if some:
            values = [point.value for point in some]
            below = [point.value - point.low for point in some]
            above = [point.high - point.value for point in some]
            axes.errorbar(
                [_day(point.middle) for point in some], values, yerr=[below, above], fmt="o",
                color=GREEN, markerfacecolor=fill, markersize=5, linewidth=1.2, label=label,
            )  # fmt: skip


def _draw_alerts(axes: Axes, points: tuple[ChunkPoint, ...]) -> None:
    alerting = [point for point in points if point.alert and point.complete]
    if alerting:
        axes.plot(
            [_day(point.middle) for point in alerting], [point.value for point in alerting], "o",
            color=RED, markerfacecolor="none", markersize=12, markeredgewidth=1.6, label="alert",
        )  # fmt: skip


def _day(moment: datetime) -> float:
    """Return matplotlib's number of a moment."""
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call]  # matplotlib types it not


def _finish(axes: Axes, *, timed: bool) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.margins(x=0.01)
    if timed:
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(
            ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        )
    else:  # a second of 1970 a row, and matplotlib counts in days
        low, high = axes.get_xlim()
        rows = MaxNLocator(nbins=8, integer=True).tick_values(low * DAY_ROWS, high * DAY_ROWS)
        axes.set_xticks([row / DAY_ROWS for row in rows])
        axes.set_xlim(low, high)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: f"{day * DAY_ROWS:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
