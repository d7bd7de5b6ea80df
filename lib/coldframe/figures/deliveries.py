"""Deliveries: how many rows of each batch were frozen, set aside, or held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.figures.emptiness import draw_emptiness
from coldframe.ledger import Delivery
from coldframe.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREEN, AMBER, RED = "#0b6e4f", "#d98e04", "#a23b3b"
LABEL_LENGTH = 24
EMPTY = (
    "Empty because no delivery was judged yet. It fills once a file is in the landing folder "
    "(coldframe land puts it there) and a build has judged it."
)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One batch: rows frozen, rows set aside, and whether all of it was held."""

    label: str
    accepted: int
    quarantined: int
    held: bool


@dataclass(frozen=True, kw_only=True)
class DeliveriesFigure:
    """What the figure of deliveries draws.

    Parameters
    ----------
    title : str
        How many batches met which fate.
    panels : tuple of (str, tuple of Bar)
        The batches of each source, in the order of delivery.
    """

    title: str
    panels: tuple[tuple[str, tuple[Bar, ...]], ...]


def describe_deliveries(deliveries: Iterable[Delivery]) -> DeliveriesFigure:
    """Return what is to be drawn; of a batch that was judged again the last fate counts.

    Examples
    --------
    >>> delivery = Delivery(batch="b", dataset="d", source="weather", file="2013-02.csv",
    ...     outcome="quarantined", rows_accepted=9, rows_quarantined=1, contract="c")
    >>> describe_deliveries([delivery]).title
    '1 batch: 0 accepted whole, 1 with rows set aside, 0 held'
    """
    newest = {(one.source, one.batch): one for one in deliveries}
    found = list(newest.values())
    sources = list(dict.fromkeys(one.source for one in found))
    counts = {
        outcome: sum(one.outcome == outcome for one in found)
        for outcome in ("accepted", "quarantined", "held")
    }
    return DeliveriesFigure(
        title=f"{count(len(found), 'batch')}: {counts['accepted']} accepted whole, "
        f"{counts['quarantined']} with rows set aside, {counts['held']} held",
        panels=tuple(
            (source, tuple(_bar(one) for one in found if one.source == source))
            for source in sources
        ),
    )


def _bar(delivery: Delivery) -> Bar:
    label = delivery.file.rsplit("/", 1)[-1].removesuffix(".csv")
    return Bar(
        label=label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…",
        accepted=delivery.rows_accepted,
        quarantined=delivery.rows_quarantined,
        held=delivery.outcome == "held",
    )


def draw_deliveries(record: DeliveriesFigure) -> Figure:
    """Draw a panel for each source, with a bar for each batch."""
    from matplotlib.figure import Figure  # seconds of imports; no pyplot, so nothing is global

    if not record.panels:
        return draw_emptiness(record.title, EMPTY)
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    figure.suptitle(record.title, x=0.01, ha="left", fontsize=12)
    axes = figure.subplots(1, len(record.panels), squeeze=False)[0]
    for place, (one, (source, bars)) in enumerate(zip(axes, record.panels, strict=True)):
        _draw_panel(one, source, bars, first=place == 0)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3, frameon=False, fontsize=9)
    return figure


def _draw_panel(axes: Axes, source: str, bars: tuple[Bar, ...], *, first: bool) -> None:
    places = list(range(len(bars)))
    accepted = [bar.accepted for bar in bars]
    aside = [0 if bar.held else bar.quarantined for bar in bars]
    held = [bar.quarantined if bar.held else 0 for bar in bars]
    axes.bar(places, accepted, color=GREEN, alpha=0.75, label="frozen")
    axes.bar(places, aside, bottom=accepted, color=AMBER, label="set aside")
    axes.bar(places, held, color=RED, alpha=0.6, hatch="//", label="held")
    for place, bar in zip(places, bars, strict=True):
        note = "held" if bar.held else f"{bar.quarantined:,} aside" if bar.quarantined else ""
        # a handful of rows among thousands would not be seen
        axes.annotate(
            note, (place, bar.accepted + bar.quarantined), ha="center", va="bottom", fontsize=8,
            rotation=90, xytext=(0, 2), textcoords="offset points",
        )  # fmt: skip
    axes.set(title=source, ylabel="rows" if first else "")
    axes.set_xticks(places, [bar.label for bar in bars], rotation=90, fontsize=8)
    axes.set_ylim(0, 1.2 * max(1, *(bar.accepted + bar.quarantined for bar in bars)))
    axes.title.set_fontsize(10)
    axes.spines[["top", "right"]].set_visible(False)
