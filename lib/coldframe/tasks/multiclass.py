"""Questions with several classes: the target is a text, a model gives each class a probability."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from coldframe.tasks._base import PREDICTION, Metric, Task, mean_error, weigh_mean
from coldframe.tasks._pictures import ConfusionPicture
from coldframe.tasks.areas import bootstrap_error, weigh_area

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from coldframe.tasks._base import Floats, Weighed

LEAST_OF_A_CLASS = 10
"""With fewer rows of a class, one of them moves that class's figure by more than a tenth."""
LONGEST = 40  # characters of a class in a column's name


def _present(target: Floats) -> list[Any]:
    import numpy as np

    return list(np.unique(target))


def _differs(target: Floats) -> bool:
    return bool((target != target[0]).any())


def _lacks_a_class(target: Floats, classes: int) -> str:
    rows, place = min(((int((target == one).sum()), one) for one in range(classes)), default=(0, 0))
    return f"only {rows} labelled rows of class {place + 1} of {classes}" if (
        rows < LEAST_OF_A_CLASS
    ) else ""  # fmt: skip


def _log_losses(target: Floats, said: Floats) -> Floats:
    """Return minus the logarithm of the true class's probability, clipped as scikit-learn does."""
    import numpy as np

    least = np.finfo("float64").eps
    right = said[np.arange(target.size), target.astype("int64")]
    losses: Floats = -np.log(np.clip(right, least, 1 - least))
    return losses


def _hits(target: Floats, said: Floats) -> Floats:
    hits: Floats = (said.argmax(axis=1) == target).astype("float64")
    return hits


def _weigh_log_loss(target: Floats, said: Floats) -> Weighed:
    return weigh_mean(_log_losses(target, said))


def _weigh_accuracy(target: Floats, said: Floats) -> Weighed:
    return weigh_mean(_hits(target, said))


def _weigh_recall(target: Floats, said: Floats) -> Weighed:
    """Return the mean recall of the classes that are there (balanced accuracy)."""
    import numpy as np

    hits, known = _hits(target, said), [target == one for one in _present(target)]

    def recall(weights: Floats) -> float:
        return float(np.mean([np.dot(weights[one], hits[one]) / weights[one].sum()
                              for one in known]))  # fmt: skip

    return recall


def _recall_error(target: Floats, said: Floats) -> float:
    import numpy as np

    hits, known = _hits(target, said), [target == one for one in _present(target)]
    return float(np.sqrt(sum(mean_error(hits[one]) ** 2 for one in known)) / len(known))


def _weigh_areas(target: Floats, said: Floats) -> Weighed:
    """Return the mean area of each class against the rest, over the classes that are there."""
    import numpy as np

    areas = [
        weigh_area((target == one).astype("float64"), said[:, int(one)]) for one in _present(target)
    ]
    return lambda weights: float(np.mean([area(weights) for area in areas]))


def _areas_error(target: Floats, said: Floats) -> float:
    import numpy as np

    strata: list[Any] = [np.flatnonzero(target == one) for one in _present(target)]
    return bootstrap_error(_weigh_areas(target, said), strata, target.size, rounds=100)


class Multiclass(Task):
    """Which one is it? Metrics: ROC AUC of each class against the rest, log loss, accuracies.

    A label of a class that the model never saw counts against it: the class gets no probability
    and is never predicted.
    """

    name: ClassVar[str] = "multiclass"
    target_is_text: ClassVar[bool] = True
    trainable: ClassVar[str] = "labelled rows of two classes or more"
    too_alike: ClassVar[str] = "one class only"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="roc_auc_ovr", label="mean ROC AUC", weigh=_weigh_areas,
            error=_areas_error, defined=_differs, lacking=_lacks_a_class, stratified=True,
            meaning="the chance that a row of a class gets a higher probability of it than a row "
            "of another one, as a mean over the classes", highest=1.0, estimated_as="roc_auc",
        ),
        Metric(
            name="log_loss", label="log loss", weigh=_weigh_log_loss,
            error=lambda target, said: mean_error(_log_losses(target, said)),
            meaning="minus the logarithm of the probability given to the true class, on average",
            greater_is_better=False,
        ),
        Metric(
            name="accuracy", label="accuracy", weigh=_weigh_accuracy,
            error=lambda target, said: mean_error(_hits(target, said)),
            meaning="the share of rows whose class is predicted", highest=1.0,
            estimated_as="accuracy",
        ),
        Metric(
            name="balanced_accuracy", label="balanced accuracy", weigh=_weigh_recall,
            error=_recall_error, lacking=_lacks_a_class, stratified=True,
            meaning="the share of each class's rows that are predicted, as a mean over the "
            "classes", highest=1.0, estimated_as="recall",
        ),
    )  # fmt: skip

    def check_target(self, values: Sequence[Any], where: str) -> None:
        """Accept any text: which classes there are, the data says."""

    def is_enough(self, target: pd.Series) -> bool:
        """Tell whether two classes are there at least."""
        return int(target.nunique()) > 1

    def classes(self, target: pd.Series) -> tuple[str, ...]:
        """Return the distinct classes, sorted."""
        return tuple(sorted(target.dropna().unique()))

    def to_fit(self, target: pd.Series) -> NDArray[Any]:
        """Return the place of each row's class among the sorted classes, int64."""
        import numpy as np

        places = {name: place for place, name in enumerate(self.classes(target))}
        return np.array([places[one] for one in target], dtype="int64")

    def columns(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return a column's name for each class: ``probability_`` and the class, made plain.

        Examples
        --------
        >>> Multiclass().columns(["a", "A b", "ä"])
        ('probability_a', 'probability_a_b', 'probability_3')
        """
        plain = [re.sub(r"[^a-z0-9]+", "_", one.lower()).strip("_")[:LONGEST] for one in classes]
        unsafe = {one for one in plain if not one or one.isdigit() or plain.count(one) > 1}
        if unsafe and any(one != two for one, two in zip(plain, classes, strict=True)):
            plain = [str(n) if one in unsafe else one for n, one in enumerate(plain, start=1)]
        return tuple(f"probability_{one}" for one in plain)

    def spell(self, said: Floats, classes: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return the probability of each class, and the most probable class."""
        import numpy as np

        found: dict[str, Any] = {
            name: said[:, place] for place, name in enumerate(self.columns(classes))
        }
        likely = said.argmax(axis=1) if len(said) else np.empty(0, dtype="int64")
        return found | {PREDICTION: np.array(classes, dtype=object)[likely]}

    def read(self, frame: pd.DataFrame, classes: Sequence[str]) -> Floats:
        """Return the probabilities of all classes, float64 of shape (n_rows, n_classes)."""
        return frame[list(self.columns(classes))].to_numpy(dtype="float64")

    def align(
        self, target: pd.Series, said: Mapping[str, tuple[Floats, Sequence[str]]]
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return target and probabilities over all classes that any model or any label knows.

        The first model's classes come first. A class that a model does not know has probability 0.
        """
        import numpy as np

        known = dict.fromkeys(name for _, classes in said.values() for name in classes)
        everything = [*known, *(one for one in sorted(target.unique()) if one not in known)]
        places = {name: place for place, name in enumerate(everything)}
        truth = np.array([places[one] for one in target], dtype="float64")
        found = {}
        for name, (one, classes) in said.items():
            wide = np.zeros((len(truth), len(everything)))
            wide[:, [places[kind] for kind in classes]] = one
            found[name] = wide
        return truth, found

    def picture(self, target: pd.Series, said: Floats, classes: Sequence[str]) -> ConfusionPicture:
        """Return how many rows of each class were taken for which."""
        import numpy as np

        truth, aligned = self.align(target, {"model": (said, classes)})
        wide = aligned["model"]
        n = wide.shape[1]
        counts = np.zeros((n, n), dtype="int64")
        np.add.at(counts, (truth.astype("int64"), wide.argmax(axis=1)), 1)
        names = (*classes, *(one for one in sorted(target.unique()) if one not in classes))
        return ConfusionPicture(classes=names, counts=tuple(map(tuple, counts.tolist())))
