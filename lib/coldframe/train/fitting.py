"""Fitting: rows split by time, an estimator built, seeded and fitted, always with the same end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coldframe.datasets import Dataset, Features
from coldframe.errors import ConfigurationError, DataError
from coldframe.estimators import build_estimator
from coldframe.ledger import Holdout
from coldframe.models import one_thread
from coldframe.order import spell_place

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Split:
    """Labelled rows, split by time: `training` is all before `holdout`."""

    training: pd.DataFrame
    holdout: pd.DataFrame
    features: Features

    @property
    def trained_until(self) -> str:
        """Last moment of the training rows, as :func:`coldframe.order.spell_place` spells it."""
        return spell_place(self.features, self.training[self.features.order].max())

    def describe(self) -> Holdout:
        """Return first and last moment and number of the holdout's rows."""
        times = self.holdout[self.features.order]
        first, last = (spell_place(self.features, one) for one in (times.min(), times.max()))
        return Holdout(start=first, end=last, rows=len(self.holdout))


def split_by_time(dataset: Dataset, frame: pd.DataFrame, *, where: str) -> Split:
    """Split the labelled rows of `frame`: the newest are the holdout.

    They are those of the last `model.holdout_days`, or, where rows have no time, the share
    `model.holdout_share` of them, by order of delivery.

    Rows without a label are in neither part.

    Parameters
    ----------
    dataset : Dataset
        Says what time and target are and how long the holdout is.
    frame : DataFrame of shape (n_rows, n_columns)
        A feature frame.
    where : str
        What it is of, for messages.

    Raises
    ------
    DataError
        No label has come yet, one of the parts would be empty, or training would see one class
        only.
    """
    from coldframe.features import before_holdout  # pandas

    target = dataset.features.target
    labelled = frame[frame[target].notna()]
    if not len(labelled):
        raise DataError(
            "No label has come yet, so there is nothing to learn from.",
            where=where, expected=f"{dataset.model.kind.trainable}, column {target}",
            found=f"{len(frame)} rows, none of them labelled",
            remedy="wait for labels and ingest them; until then nothing can be trained",
        )  # fmt: skip
    old = before_holdout(dataset, labelled)
    training, holdout = labelled[old], labelled[~old]
    task = dataset.model.kind
    if not task.is_enough(training[target]):
        raise DataError(
            "There is not enough to learn from before the holdout.",
            where=where,
            expected=f"{task.trainable}, older than {_spell_holdout(dataset)}",
            found=f"{len(labelled)} labelled rows, {len(training)} of them old enough",
            remedy="choose a later snapshot, or set a smaller "
            + ("model.holdout_days" if dataset.features.time else "model.holdout_share"),
        )
    return Split(training=training, holdout=holdout, features=dataset.features)


def _spell_holdout(dataset: Dataset) -> str:
    if dataset.features.time:
        return f"{dataset.model.holdout_days:g} days before the newest"
    return f"the newest {dataset.model.holdout_share:.0%} of the labelled rows"


def fit_estimator(dataset: Dataset, parameters: Mapping[str, Any], rows: pd.DataFrame) -> Any:
    """Return the user's estimator, fitted on labelled `rows`; the same bytes wherever it runs.

    Raises
    ------
    ConfigurationError
        Builder or estimator refuses the parameters.
    """
    from coldframe.features import feature_matrix  # pandas

    estimator = build_estimator(dataset, parameters)
    target = dataset.model.kind.to_fit(rows[dataset.features.target])
    matrix = feature_matrix(dataset, rows)
    try:
        with one_thread():
            estimator.fit(matrix, target)
    except (TypeError, ValueError) as error:  # scikit-learn looks at parameters only here
        raise ConfigurationError(
            "The estimator cannot be fitted.",
            where=f"{dataset.name}: model.builder, {type(estimator).__name__}",
            found=f"{error}; parameters {dict(parameters)}",
            remedy="see model.parameters in the dataset file, and those given for this training",
        ) from error
    return estimator


@dataclass
class Cost:
    """Seconds that something took; filled in when it is done."""

    seconds: dict[str, float] = field(default_factory=dict)


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure wall and processor time of a block.

    Examples
    --------
    >>> with measured() as cost:
    ...     pass
    >>> sorted(cost.seconds)
    ['cpu_seconds', 'wall_seconds']
    """
    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost.seconds["cpu_seconds"] = round(time.process_time() - cpu, 3)
    cost.seconds["wall_seconds"] = round(time.perf_counter() - wall, 3)
