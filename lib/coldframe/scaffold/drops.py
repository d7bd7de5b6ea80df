"""How much worse than on its holdout a model may become before a retrain is proposed."""

from __future__ import annotations

import math

from coldframe.contracts.casting import cast
from coldframe.scaffold.drafts import Draft
from coldframe.tasks import TASKS

RANKING_DROP = 0.05
"""Of ROC AUC, which lies between 0.5 and 1: as much as it scatters from week to week on the
flights (docs/decisions/monitoring.md); `persistence` asks for it several times in a row."""
SHARE_OF_SPREAD = 0.1
"""Of MAE, which is in units of the target: so much of what somebody errs who has no model."""


def usual_drop(draft: Draft) -> tuple[float, str] | None:
    """Return a drop that is worth a retrain, and in words what it is.

    Of a number it is a share of the mean absolute deviation from the median, the error of whoever
    always says the median.

    Returns
    -------
    (float, str) or None
        None if the sample does not tell: nearly all of its numbers are the same.
    """
    label = TASKS[draft.target.task].metrics[0].label  # by which a draft is judged
    if draft.target.task != "regression":
        return RANKING_DROP, f"{label} so much lower than on the holdout"
    name = draft.target.name
    alone = {name: draft.source.columns[name]}
    source = draft.source.model_copy(update={"key": (), "columns": alone, "rules": ()})
    numbers = cast(draft.sample.frame[[name]], source)[0][name].dropna().astype("float64")
    spread = float((numbers - numbers.median()).abs().mean())
    drop = float(f"{SHARE_OF_SPREAD * spread:.2g}")
    if not math.isfinite(drop) or drop <= 0:
        return None
    told = f"{100 * SHARE_OF_SPREAD:g} % of what the median alone errs"
    return drop, f"{label} so much higher than on the holdout ({told})"
