"""Imported by the fork server alone: what every stage's notebook would import, and draw first.

The first figure of a process finds fonts, glyphs and formats, which takes longer than the figure.
"""

from __future__ import annotations

import importlib

import pandas as pd
from matplotlib.backends.registry import backend_registry
from matplotlib.figure import Figure
from sklearn.utils.validation import column_or_1d

from coldframe.notebook.shown import show_figure

STAGES = (
    *("coldframe.ingest", "coldframe.ingest.judging", "coldframe.monitor", "coldframe.train"),
    *("coldframe.figures.deliveries", "coldframe.figures.drift", "coldframe.figures.performance"),
    *("coldframe.figures.sweep", "coldframe.figures.verdict", "coldframe.notebook.approval"),
    *("coldframe.notebook.ingested", "coldframe.notebook.monitored", "coldframe.notebook.trained"),
    *("coldframe.snapshots.reading", "coldframe.snapshots.parts", "coldframe.snapshots.versions"),
    *("coldframe.snapshots.engines", "coldframe.contracts.judging", "coldframe.features"),
    *("coldframe.monitor.examination", "coldframe.monitor.scored", "coldframe.models.canonical"),
)


def warm_up() -> None:
    """Import the stages, and draw a small figure that nobody sees."""
    for name in STAGES:
        importlib.import_module(name)
    # both ask every installed package for its entry points
    backend_registry.list_all()  # type: ignore[no-untyped-call]
    column_or_1d(pd.Series([1.0]))
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    months = pd.to_datetime(["2013-01-01", "2013-02-01", "2013-03-01"])
    axes.plot(months, [1.0, 10.0, 5.0], label="a")
    axes.bar(months[:1], [0.1])
    axes.set(title="ABC", xlabel="0123456789", ylabel="abcdefghijklmnopqrstuvwxyz")
    axes.legend()
    show_figure(figure, alt="nothing")


warm_up()
