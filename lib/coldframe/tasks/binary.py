"""Yes-or-no questions: the target is 0 or 1, a model gives the probability of 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from coldframe.tasks._base import PREDICTION, Metric, Task, mean_error, refuse_target, weigh_mean
from coldframe.tasks._pictures import CalibrationBin, CurvePicture
from coldframe.tasks.areas import (
    area_error,
    bootstrap_error,
    has_both,
    weigh_area,
    weigh_precision,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coldframe.tasks._base import Floats, Weighed

PROBABILITY = "probability"
DECISION = 0.5
"""A probability from here on counts as a predicted 1."""
LEAST_OF_A_CLASS = 10
"""With fewer rows of a class, one of them moves an area by more than a tenth of its range."""
BINS = 10
ROC_POINTS = 200


def _lacks_a_class(target: Floats, classes: int) -> str:
    positives = int((target == 1).sum())
    few, label = min((positives, 1), (target.size - positives, 0))
    return f"only {few} labelled rows of class {label}" if few < LEAST_OF_A_CLASS else ""


def _average_precision(target: Floats, probability: Floats) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(target, probability))


def _precision_error(target: Floats, probability: Floats) -> float:
    import numpy as np

    # all rows together: unlike an area, it moves with the share of class 1
    rows: list[Any] = [np.arange(target.size)]
    return bootstrap_error(weigh_precision(target, probability), rows, target.size)


def _squares(target: Floats, probability: Floats) -> Floats:
    squares: Floats = (probability - target) ** 2
    return squares


def _brier(target: Floats, probability: Floats) -> float:
    return float(_squares(target, probability).mean())


def _log_losses(target: Floats, probability: Floats) -> Floats:
    """Return minus the logarithm of the probability of what was, clipped as scikit-learn does."""
    import numpy as np

    least = np.finfo("float64").eps
    right = np.where(target == 1, probability, 1 - probability)
    losses: Floats = -np.log(np.clip(right, least, 1 - least))
    return losses


def _log_loss(target: Floats, probability: Floats) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(target, probability, labels=[0, 1]))


def _weigh_brier(target: Floats, probability: Floats) -> Weighed:
    return weigh_mean(_squares(target, probability))


def _weigh_log_loss(target: Floats, probability: Floats) -> Weighed:
    return weigh_mean(_log_losses(target, probability))


class Binary(Task):
    """Is it so, or not? Metrics: ROC AUC, average precision, Brier score, log loss."""

    name: ClassVar[str] = "binary"
    trainable: ClassVar[str] = "labelled rows of both classes"
    too_alike: ClassVar[str] = "one class only"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="roc_auc", label="ROC AUC", weigh=weigh_area, error=area_error,
            meaning="the chance that a row for which the target is true gets a higher probability "
            "than one for which it is not",
            defined=has_both, lacking=_lacks_a_class, stratified=True, highest=1.0,
            estimated_as="roc_auc",
        ),
        Metric(
            name="average_precision", label="average precision", weigh=weigh_precision,
            error=_precision_error, measure=_average_precision,
            meaning="the precision at each probability, weighted by the recall gained there",
            defined=has_both, lacking=_lacks_a_class, stratified=True, highest=1.0,
            estimated_as="average_precision",
        ),
        Metric(
            name="brier", label="Brier score", weigh=_weigh_brier, measure=_brier,
            error=lambda target, said: mean_error(_squares(target, said)),
            meaning="the mean squared error of the probability", greater_is_better=False,
            highest=1.0,
        ),
        Metric(
            name="log_loss", label="log loss", weigh=_weigh_log_loss, measure=_log_loss,
            error=lambda target, said: mean_error(_log_losses(target, said)),
            meaning="minus the logarithm of the probability given to what was, on average",
            greater_is_better=False,
        ),
    )  # fmt: skip

    def check_target(self, values: Sequence[Any], where: str) -> None:
        """Raise DataError unless all `values` are 0 or 1."""
        if strange := sorted(set(values) - {0.0, 1.0}):
            what = "The target of a yes-or-no question is 0 or 1, or blank where it is not known."
            raise refuse_target(what, where, strange)

    def is_enough(self, target: pd.Series) -> bool:
        """Tell whether both classes are there."""
        return int(target.nunique()) == 2

    def to_fit(self, target: pd.Series) -> NDArray[Any]:
        """Return the classes 0 and 1 as int64."""
        return target.to_numpy().astype("int64")

    def columns(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return the name of the column of probabilities."""
        return (PROBABILITY,)

    def spell(self, said: Floats, classes: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return the probability and the class it stands for, 1 from one half on."""
        return {PROBABILITY: said, PREDICTION: (said >= DECISION).astype("int64")}

    def picture(self, target: pd.Series, said: Floats, classes: Sequence[str]) -> CurvePicture:
        """Return ROC curve and calibration."""
        truth = target.to_numpy(dtype="float64")
        return CurvePicture(roc=_roc_points(truth, said), calibration=_calibration(truth, said))


def _roc_points(target: Floats, probability: Floats) -> tuple[tuple[float, float], ...]:
    """Return the ROC curve, thinned to as many points as an eye can tell apart."""
    import numpy as np
    from sklearn.metrics import roc_curve

    if not has_both(target):
        return ()
    false, true, _ = roc_curve(target, probability)
    chosen = np.unique(np.linspace(0, false.size - 1, ROC_POINTS).round().astype(int))
    return tuple((float(false[i]), float(true[i])) for i in chosen)


def _calibration(target: Floats, probability: Floats) -> tuple[CalibrationBin, ...]:
    """Return bins of about equally many rows, by rising probability."""
    import numpy as np

    order: Any = np.argsort(probability, kind="stable")
    return tuple(
        CalibrationBin(
            predicted=float(probability[rows].mean()),
            observed=float(target[rows].mean()),
            rows=int(rows.size),
        )
        for rows in np.array_split(order, BINS)
        if rows.size
    )
