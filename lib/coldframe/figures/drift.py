"""Drift: how far each column of each chunk lies from the reference, measured by its own bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from coldframe.figures.emptiness import draw_emptiness, explain_emptiness
from coldframe.monitor import MonitorReport
from coldframe.order import row_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RED, GREY = "#a23b3b", "#7f7f7f"
STRONGEST = 3.0
"""Beyond so many times its bound, a cell gets no darker."""
CELL, BAR, AROUND = 0.27, 0.12, 2.5
"""Inches: height of a column's cells and of the colour bar, and what title and labels take."""


@dataclass(frozen=True, kw_only=True)
class DriftFigure:
    """What the figure of drift draws.

    Parameters
    ----------
    title : str
        How much drifted in the newest finished chunk.
    columns : tuple of str
        Those that drifted most often first.
    chunks : tuple of str
        First day (or row, where rows have no time) of each chunk, oldest first.
    ratios : tuple of tuple of float
        Distance over bound for each column (row) and chunk; above 1 is drift, NaN no verdict.
    alerts : tuple of int
        In how many finished chunks each column drifted.
    finished : tuple of bool
        Whether each chunk is finished.
    timed : bool
        Whether rows have a time.
    empty : str
        Without any column: why, and what will fill the figure.
    """

    title: str
    columns: tuple[str, ...]
    chunks: tuple[str, ...]
    ratios: tuple[tuple[float, ...], ...]
    alerts: tuple[int, ...]
    finished: tuple[bool, ...]
    timed: bool = True
    empty: str = ""


def _name_start(start: datetime, *, timed: bool) -> str:
    return start.strftime("%Y-%m-%d") if timed else f"{row_number(start):,}"


def describe_drift(report: MonitorReport) -> DriftFigure:
    """Return what is to be drawn of a monitoring run."""
    rows = report.drift
    known = dict(zip(rows.index, rows["start"], strict=True))
    chunks = sorted(known, key=lambda chunk: known[chunk])
    complete = dict(zip(rows.index, rows["complete"], strict=True))
    ratio, alerts = {}, dict.fromkeys(rows["column"], 0)
    drifted = rows["alert"].fillna(False).astype("bool")
    for chunk, column, value, bound, alert in zip(
        rows.index, rows["column"], rows["value"], rows["threshold"], drifted, strict=True
    ):
        ratio[column, chunk] = value / bound if bound else math.nan
        alerts[column] += bool(complete[chunk] and alert)
    columns = sorted(alerts, key=lambda column: (-alerts[column], column))
    return DriftFigure(
        title=_word_title(report, [chunk for chunk in chunks if complete[chunk]]),
        columns=tuple(columns),
        chunks=tuple(_name_start(known[chunk], timed=report.history.timed) for chunk in chunks),
        timed=report.history.timed,
        ratios=tuple(tuple(ratio.get((c, k), math.nan) for k in chunks) for c in columns),
        alerts=tuple(alerts[column] for column in columns),
        finished=tuple(bool(complete[chunk]) for chunk in chunks),
        empty="" if columns else explain_emptiness(report, rows),
    )


def _word_title(report: MonitorReport, finished: list[str]) -> str:
    if report.champion is None:
        return f"{report.snapshot.name}: no champion yet, nothing to compare with"
    if not finished:
        return f"{report.snapshot.name}: no finished chunk to measure drift in yet"
    newest = report.drift[report.drift.index == finished[-1]]
    silent = int(newest["alert"].isna().sum())
    drifted = int(newest["alert"].fillna(False).sum())
    doubt = f", {silent} without verdict" if silent else ""
    return f"{drifted} of {len(newest)} columns drifted in {finished[-1]}{doubt}"


def draw_drift(record: DriftFigure) -> Figure:
    """Draw a cell for each column and chunk, and in how many chunks each column drifted."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    if record.empty:
        return draw_emptiness(record.title, record.empty)
    cells = CELL * len(record.columns)
    figure = Figure(figsize=(11, cells + AROUND), layout="constrained")
    figure.suptitle(record.title, x=0.01, ha="left", fontsize=12)
    # the bar has a row of its own: beside few columns its label would be longer than they are high
    grid = figure.add_gridspec(2, 2, height_ratios=[cells, BAR], width_ratios=[3, 2])
    axes = figure.add_subplot(grid[0, :])
    _draw_cells(figure, axes, figure.add_subplot(grid[1, 1]), record)
    _label(axes, record)
    return figure


def _draw_cells(figure: Figure, axes: Axes, below: Axes, record: DriftFigure) -> None:
    from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

    # pale up to the bound, red beyond it: a colour is an alert
    colours = ["#f6f6f4", "#dfe5e1", "#e7b7a5", "#7d1f1f"]
    places = [0.0, 0.499, 0.5, 1.0]
    named = LinearSegmentedColormap.from_list("drift", list(zip(places, colours, strict=True)))
    shades = named.with_extremes(bad="#a5a5a5")
    image = axes.imshow(
        record.ratios, cmap=shades, norm=TwoSlopeNorm(1.0, 0.0, STRONGEST), aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    bar = figure.colorbar(image, cax=below, orientation="horizontal", extend="max")
    bar.set_ticks([0, 1, 2, STRONGEST], labels=["0", "1: bound", "2", f"{STRONGEST:g}"])
    bar.set_label("distance over its bound (dark grey: no verdict)", fontsize=9)
    bar.ax.tick_params(labelsize=9)


def _label(axes: Axes, record: DriftFigure) -> None:
    finished = sum(record.finished)
    axes.set_yticks(range(len(record.columns)), record.columns, fontsize=9)
    step = max(1, math.ceil(len(record.chunks) / 16))
    shown = range(0, len(record.chunks), step)
    names = [record.chunks[k] + ("" if record.finished[k] else " (running)") for k in shown]
    axes.set_xticks(list(shown), names, rotation=90, fontsize=8)
    axes.set_xlabel("chunk, by its first day" if record.timed else "chunk, by its first row")
    for place, count in enumerate(record.alerts):
        axes.text(
            len(record.chunks) - 0.3, place, f"{count} of {finished}", va="center", fontsize=8,
            color=RED if count else GREY,
        )  # fmt: skip
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for place in range(1, len(record.columns)):
        axes.axhline(place - 0.5, color="white", linewidth=1.2)
    for place in range(1, len(record.chunks)):
        axes.axvline(place - 0.5, color="white", linewidth=1.2)
