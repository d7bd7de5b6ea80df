"""A figure in which nothing can be drawn: it says in words why, and what will fill it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from coldframe.monitor import MonitorReport

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

GREY = "#5f5f5f"
LINE = 115
"""So many letters stand beside each other."""


def explain_emptiness(report: MonitorReport, figures: pd.DataFrame) -> str:
    """Return why a figure of a monitoring run is empty, and what will fill it.

    Parameters
    ----------
    report : MonitorReport
        What monitoring found.
    figures : DataFrame of shape (n_chunks, n_columns)
        Those of its frames in which nothing is known.

    Returns
    -------
    str
        Two sentences.
    """
    if report.champion is None:
        return (
            "Empty because there is no champion yet. It fills once a first model is approved and "
            "trained, and rows come that are newer than those it was judged on."
        )
    name = report.champion.name
    if report.obstacle:
        return f"Empty because {report.obstacle}. It fills once that is done."
    if not len(figures):
        return (
            f"Empty because no rows have come yet that are newer than those {name} was judged on. "
            "It fills once such rows are delivered and a build has scored them."
        )
    reasons = [str(why) for why in figures["why"] if why]
    told = f" (the newest: {reasons[-1]})" if reasons else ""
    chunks = len(set(figures.index))
    lack = f"none of {chunks:,} chunks has" if chunks > 1 else "the only chunk does not have"
    return (
        f"Empty because {lack} a figure{told}. It fills once a chunk has enough rows, or "
        "labels for them."
    )


def draw_emptiness(title: str, why: str) -> Figure:
    """Draw the title of a figure and, in place of its panels, why there are none."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    lines = textwrap.wrap(why, LINE)
    figure = Figure(figsize=(11, 0.65 + 0.22 * len(lines)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    figure.text(0.01, 0.05, "\n".join(lines), color=GREY, fontsize=10.5, linespacing=1.4)
    return figure
