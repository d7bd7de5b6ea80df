"""Questions for a number: the target is any finite number, a model gives its guess."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from coldframe.tasks._base import PREDICTION, Metric, Task, mean_error, refuse_target, weigh_mean
from coldframe.tasks._pictures import ResidualPicture
from coldframe.tasks.areas import bootstrap_error

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coldframe.tasks._base import Floats, Weighed

PAIRS = 2000
"""So many points are drawn; more only darken the picture."""
BINS = 40


def _absolutes(target: Floats, said: Floats) -> Floats:
    import numpy as np

    return np.abs(target - said)


def _squares(target: Floats, said: Floats) -> Floats:
    squares: Floats = (target - said) ** 2
    return squares


def _weigh_mae(target: Floats, said: Floats) -> Weighed:
    return weigh_mean(_absolutes(target, said))


def _weigh_rmse(target: Floats, said: Floats) -> Weighed:
    mean = weigh_mean(_squares(target, said))
    return lambda weights: math.sqrt(mean(weights))


def _rmse_error(target: Floats, said: Floats) -> float:
    """Return the error of a root: that of what is under it, over twice the root (delta method)."""
    squares = _squares(target, said)
    root = math.sqrt(float(squares.mean()))
    return mean_error(squares) / (2 * root) if root else 0.0


def _weigh_r2(target: Floats, said: Floats) -> Weighed:
    import numpy as np

    squares = _squares(target, said)

    def share(weights: Floats) -> float:
        mean = np.dot(weights, target) / weights.sum()
        spread = float(np.dot(weights, (target - mean) ** 2))
        return 1 - float(np.dot(weights, squares)) / spread if spread else math.nan

    return share


def _r2_error(target: Floats, said: Floats) -> float:
    import numpy as np

    rows: list[Any] = [np.arange(target.size)]
    return bootstrap_error(_weigh_r2(target, said), rows, target.size)


def _differs(target: Floats) -> bool:
    return bool((target != target[0]).any())


class Regression(Task):
    """How much is it? Metrics: mean absolute error, root mean squared error, R²."""

    name: ClassVar[str] = "regression"
    trainable: ClassVar[str] = "labelled rows"
    too_alike: ClassVar[str] = "fewer than two different labels"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="mae", label="MAE", weigh=_weigh_mae,
            error=lambda target, said: mean_error(_absolutes(target, said)),
            meaning="by how much a prediction is off, on average, in units of the target",
            greater_is_better=False, estimated_as="mae",
        ),
        Metric(
            name="rmse", label="RMSE", weigh=_weigh_rmse, error=_rmse_error,
            meaning="the root of the mean squared error, in units of the target; great errors "
            "count most", greater_is_better=False, estimated_as="rmse",
        ),
        Metric(
            name="r2", label="R²", weigh=_weigh_r2, error=_r2_error, defined=_differs,
            meaning="the share of the target's variance that is explained",
            lowest=-math.inf, highest=1.0,
        ),
    )  # fmt: skip

    def check_target(self, values: Sequence[Any], where: str) -> None:
        """Raise DataError if some of `values` are not finite."""
        if strange := [value for value in values if not math.isfinite(value)]:
            raise refuse_target("The target of a regression is a finite number.", where, strange)

    def is_enough(self, target: pd.Series) -> bool:
        """Tell whether there are two rows at least."""
        return len(target) > 1

    def to_fit(self, target: pd.Series) -> NDArray[Any]:
        """Return the numbers as float64."""
        return target.to_numpy(dtype="float64")

    def columns(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return the name of the column of predictions."""
        return (PREDICTION,)

    def spell(self, said: Floats, classes: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return the predictions."""
        return {PREDICTION: said}

    def picture(self, target: pd.Series, said: Floats, classes: Sequence[str]) -> ResidualPicture:
        """Return pairs of true and predicted values, and how the residuals are spread."""
        import numpy as np

        truth = target.to_numpy(dtype="float64")
        chosen = np.unique(np.linspace(0, truth.size - 1, PAIRS).round().astype(int))
        counts, edges = np.histogram(truth - said, bins=BINS)
        return ResidualPicture(
            pairs=tuple((float(truth[i]), float(said[i])) for i in chosen),
            edges=tuple(edges.tolist()),
            counts=tuple(counts.tolist()),
        )
