"""Pictures of a model on its holdout, one kind for each task, drawn side by side in two panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from coldframe.tasks import ConfusionPicture, CurvePicture, Picture, ResidualPicture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"challenger": "#0b6e4f", "champion": "#8a6d3b"}
GREY = "#7f7f7f"
NAMED = 12
"""So many classes are named on an axis; more would overlap."""

WITHOUT_ROWS = "-: no row of this class in the holdout"

Curves = Sequence[tuple[str, str, CurvePicture]]
Residuals = Sequence[tuple[str, str, ResidualPicture]]
Confusions = Sequence[tuple[str, str, ConfusionPicture]]


def draw_pictures(left: Axes, right: Axes, models: Sequence[tuple[str, str, Picture]]) -> None:
    """Draw pictures of one kind.

    Parameters
    ----------
    left, right : Axes
        Two panels.
    models : sequence of (str, str, Picture)
        Role (challenger, champion), label and picture of each model; the challenger first.
    """
    kind = type(models[0][2])
    if kind is CurvePicture:
        _draw_roc(left, cast("Curves", models))
        _draw_calibration(right, cast("Curves", models))
    elif kind is ResidualPicture:
        _draw_pairs(left, cast("Residuals", models))
        _draw_residuals(right, cast("Residuals", models))
    else:
        _draw_confusion(left, cast("Confusions", models)[0])
        _draw_recall(right, cast("Confusions", models))


def _draw_roc(axes: Axes, models: Curves) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    for role, label, picture in models:
        if picture.roc:
            false, true = zip(*picture.roc, strict=True)
            axes.plot(false, true, label=label, **_style(role))
    axes.set(
        title="Who ranks better?", xlabel="false positive rate", ylabel="true positive rate",
        xlim=(0, 1), ylim=(0, 1.005), aspect="equal",
    )  # fmt: skip
    finish(axes)
    if any(picture.roc for _, _, picture in models):
        axes.legend(loc="lower right", frameon=False, fontsize=9)


def _draw_calibration(axes: Axes, models: Curves) -> None:
    bins = [one for _, _, picture in models for one in picture.calibration]
    limit = min(1.0, 1.08 * max([one.predicted for one in bins] + [one.observed for one in bins]))
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    for role, _, picture in models:
        axes.plot(
            [one.predicted for one in picture.calibration],
            [one.observed for one in picture.calibration],
            marker="o", markersize=4, label=role, **_style(role),
        )  # fmt: skip
    axes.set(
        title="Can its probabilities be believed?", xlabel="mean probability, rows in tenths",
        ylabel="share that came true", xlim=(0, limit), ylim=(0, limit), aspect="equal",
    )  # fmt: skip
    finish(axes)
    axes.legend(loc="upper left", frameon=False, fontsize=9)


def _draw_pairs(axes: Axes, models: Residuals) -> None:
    ends = [value for _, _, picture in models for pair in picture.pairs for value in pair]
    limits = (min(ends), max(ends))
    axes.plot(limits, limits, color=GREY, linewidth=0.8, linestyle=":")
    for role, label, picture in reversed(models):  # the challenger on top
        true, predicted = zip(*picture.pairs, strict=True)
        axes.plot(
            true, predicted, "o", color=COLOURS[role], markersize=3, markeredgewidth=0, alpha=0.35,
            label=label,
        )  # fmt: skip
    axes.set(title="Does it say what was?", xlabel="true value", ylabel="predicted value")
    finish(axes)
    _legend_above(axes)


def _draw_residuals(axes: Axes, models: Residuals) -> None:
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    for role, _, picture in models:
        axes.stairs(picture.counts, picture.edges, label=role, **_style(role))
    axes.set(
        title="How far is it off, and to which side?", xlabel="residual: true less predicted",
        ylabel="rows",
    )  # fmt: skip
    finish(axes)
    axes.legend(loc="upper right", frameon=False, fontsize=9)


def _draw_confusion(axes: Axes, model: tuple[str, str, ConfusionPicture]) -> None:
    _, label, picture = model
    names = [_short(one) for one in picture.classes]
    totals = [sum(row) for row in picture.counts]
    shares = [
        [count / total if total else 0.0 for count in row]
        for row, total in zip(picture.counts, totals, strict=True)
    ]
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    if len(names) <= NAMED:
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        for y, row in enumerate(shares):
            for x, share in enumerate(row):
                told = f"{share:.0%}" if totals[y] else "-"
                colour = "white" if share > 0.6 else "black"
                axes.text(x, y, told, ha="center", va="center", fontsize=8, color=colour)
    told = "predicted" if all(totals) or len(names) > NAMED else f"predicted ({WITHOUT_ROWS})"
    axes.set(title=f"What is taken for what?\n{label}", xlabel=told, ylabel="true")
    finish(axes)


def _draw_recall(axes: Axes, models: Confusions) -> None:
    names = list(dict.fromkeys(name for _, _, picture in models for name in picture.classes))
    height = 0.8 / len(models)
    for place, (role, _, picture) in enumerate(models):
        known = dict(zip(picture.classes, enumerate(picture.counts), strict=True))
        shares = [_recall(*known[name]) if name in known else 0.0 for name in names]
        middle = height * (place - (len(models) - 1) / 2)
        axes.barh(
            [n + middle for n in range(len(names))], shares, height=height, label=role,
            color=COLOURS[role], alpha=0.75,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), [_short(name) for name in names], fontsize=8)
    axes.invert_yaxis()
    told = "share of the class's rows predicted as such"
    without = set(names) - {
        name for _, _, picture in models
        for name, row in zip(picture.classes, picture.counts, strict=True) if sum(row)
    }  # fmt: skip
    for place, name in enumerate(names):
        if name in without:
            axes.text(0.01, place, "-", va="center", fontsize=8)
    if without:
        told += f" ({WITHOUT_ROWS})"
    axes.set(title="Which classes does it find?", xlabel=told, xlim=(0, 1))
    finish(axes)
    handles, labels = axes.get_legend_handles_labels()  # bars may reach everywhere
    axes.legend(
        handles[::-1], labels[::-1], loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2,
        frameon=False, fontsize=9,
    )  # fmt: skip


def _recall(place: int, row: Sequence[int]) -> float:
    return row[place] / sum(row) if sum(row) else 0.0


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _legend_above(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="best", frameon=False, fontsize=9)


def _style(role: str) -> Mapping[str, Any]:
    return {"color": COLOURS[role], "linewidth": 2.0 if role == "challenger" else 1.4}


def finish(axes: Axes) -> None:
    """Take away the lines that say nothing."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.title.set_fontsize(10)
