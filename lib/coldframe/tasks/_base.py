"""What every task and every metric has; see the modules beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from coldframe.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from coldframe.tasks._pictures import Picture

    Floats = NDArray[np.float64]
    Weighed = Callable[[Floats], float]
    """From a weight for each row (a whole number) to the figure of the rows so weighted."""

PREDICTION = "prediction"
"""Column of a scored row: the class, or the number, that the model says."""
NORMAL_95 = 1.959963984540054


def spell_figure(value: float, digits: int = 4, *, sign: str = "") -> str:
    """Return a figure with as many decimals as its size allows.

    Examples
    --------
    >>> spell_figure(0.70183), spell_figure(0.05, sign="+"), spell_figure(45.318, 3)
    ('0.7018', '+0.0500', '45.3')
    >>> spell_figure(-1203.44), spell_figure(31250.0, 3)
    ('-1,203', '31,250')
    """
    size = abs(value)
    decimals = digits if size < 10 else max(digits - 2, 1) if size < 1000 else max(digits - 4, 0)
    return f"{value:{sign},.{decimals}f}"


def no_lack(target: Floats, classes: int) -> str:
    """Return an empty text: any rows at all will do."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure by which models are judged.

    Parameters
    ----------
    name, label : str
        As the dataset file and as a person says it: ``roc_auc``, ``ROC AUC``.
    meaning : str
        What it is, as the end of the sentence "… decides: ".
    weigh : callable
        Takes target and what the model said; returns the figure as a function of row weights.
    error : callable
        Takes the same and returns the figure's standard error.
    greater_is_better : bool, default=True
        False for losses.
    measure : callable, optional
        Takes target and what the model said; by default `weigh` with weights of one.
    defined : callable, optional
        Takes the target; returns False where the figure is undefined.
    lacking : callable, optional
        Takes the target and the number of classes that the model knows; returns why so few rows
        say nothing, or an empty text.
    stratified : bool, default=False
        Whether a bootstrap draws the rows of each class by themselves, so that none is lost.
    lowest, highest : float
        Between which it lies.
    estimated_as : str, optional
        NannyML's name of it; without one it cannot be estimated without labels.
    """

    name: str
    label: str
    meaning: str
    weigh: Callable[[Floats, Floats], Weighed]
    error: Callable[[Floats, Floats], float]
    greater_is_better: bool = True
    measure: Callable[[Floats, Floats], float] | None = None
    defined: Callable[[Floats], bool] = len  # type: ignore[assignment]  # any rows at all
    lacking: Callable[[Floats, int], str] = no_lack
    stratified: bool = False
    lowest: float = 0.0
    highest: float = float("inf")
    estimated_as: str | None = None

    def figure(self, target: Floats, said: Floats) -> float | None:
        """Return the figure of all rows, or None where it is undefined."""
        import numpy as np

        if not target.size or not self.defined(target):
            return None
        if self.measure is not None:
            return float(self.measure(target, said))
        return self.weigh(target, said)(np.ones(target.size))

    def gain(self, challenger: float, champion: float) -> float:
        """Return by how much the challenger is better; negative if it is worse."""
        return challenger - champion if self.greater_is_better else champion - challenger

    def worse_by(self, value: float, by: float) -> float:
        """Return the figure that is worse than `value` by so much."""
        return value - by if self.greater_is_better else value + by

    def strata(self, target: Floats) -> list[NDArray[np.int64]]:
        """Return the rows that a bootstrap draws together; the greatest target first."""
        import numpy as np

        if not self.stratified:
            return [np.arange(target.size)]
        return [np.flatnonzero(target == one) for one in np.unique(target)[::-1]]

    def band(self, target: Floats, said: Floats, value: float) -> tuple[float, float]:
        """Return the 95 % band of `value`: 1.96 standard errors to each side, within bounds."""
        margin = NORMAL_95 * self.error(target, said)
        return max(self.lowest, value - margin), min(self.highest, value + margin)


class Task(ABC):
    """A kind of question; what a model says is an array with one row for each row asked about.

    The array holds probabilities of class 1 (n_rows,), of each class (n_rows, n_classes), or
    numbers (n_rows,). The target that metrics see is an array of float64: 0 and 1, the place of
    the class among the classes, or the number itself.
    """

    name: ClassVar[str]
    target_is_text: ClassVar[bool] = False
    metrics: ClassVar[tuple[Metric, ...]]
    trainable: ClassVar[str]
    """What training needs before the holdout, in words."""
    too_alike: ClassVar[str]
    """What rows hold on which nothing can be judged, in words."""

    def metric(self, name: str) -> Metric:
        """Return the metric `name`; the dataset file was checked for it."""
        return next(one for one in self.metrics if one.name == name)

    @abstractmethod
    def check_target(self, values: Sequence[Any], where: str) -> None:
        """Raise DataError if some of the distinct `values` can be no target."""

    @abstractmethod
    def is_enough(self, target: pd.Series) -> bool:
        """Tell whether rows with these targets can be learned from."""

    def classes(self, target: pd.Series) -> tuple[str, ...]:
        """Return the classes that rows with these targets teach; empty unless there are several."""
        return ()

    @abstractmethod
    def to_fit(self, target: pd.Series) -> NDArray[Any]:
        """Return what the estimator is fitted on."""

    @abstractmethod
    def columns(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return the names of the columns in which what a model said is kept."""

    @abstractmethod
    def spell(self, said: Floats, classes: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return all columns of scored rows by name, `prediction` among them."""

    def read(self, frame: pd.DataFrame, classes: Sequence[str]) -> Floats:
        """Return what a model said from the columns of a frame."""
        (column,) = self.columns(classes)
        return frame[column].to_numpy(dtype="float64")

    def align(
        self, target: pd.Series, said: Mapping[str, tuple[Floats, Sequence[str]]]
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return target and what models said, so that metrics can compare them row by row.

        Parameters
        ----------
        target : Series of shape (n_rows,)
            No value is missing.
        said : mapping of str to (array, classes)
            By a name of the caller's choice: what a model said, and the classes it knows.
        """
        return target.to_numpy(dtype="float64"), {name: one for name, (one, _) in said.items()}

    @abstractmethod
    def picture(self, target: pd.Series, said: Floats, classes: Sequence[str]) -> Picture:
        """Return what is to be drawn of a model on labelled rows."""

    def measure(
        self, target: pd.Series, said: Floats, classes: Sequence[str]
    ) -> dict[str, float | None]:
        """Return all metrics of the task by name; None where one is undefined."""
        truth, aligned = self.align(target, {"model": (said, classes)})
        return {one.name: one.figure(truth, aligned["model"]) for one in self.metrics}


def refuse_target(what: str, where: str, found: Sequence[Any]) -> DataError:
    """Return the error for values that can be no target of the task."""
    return DataError(what, where=where, found=", ".join(map(str, found[:5])))


def mean_error(losses: Floats) -> float:
    """Return the standard error of a mean: sample standard deviation over the root of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> mean_error(np.array([1.0, 3.0]))
    1.0
    """
    import numpy as np

    return float(losses.std(ddof=1) / np.sqrt(losses.size)) if losses.size > 1 else float("nan")


def weigh_mean(losses: Floats) -> Weighed:
    """Return the weighted mean of a loss a row."""
    import numpy as np

    return lambda weights: float(np.dot(weights, losses) / weights.sum())
