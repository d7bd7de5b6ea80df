"""Sections of a dataset file: features, label, model, monitoring, policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from coldframe.declarations import Misstatement, Record, reject
from coldframe.sources import Dotted, Share, doubled
from coldframe.tasks import TASKS, Metric, Task

DELIVERED = "delivered"
"""Column of a feature frame without a time: where a row stands in the order of delivery."""

PERIODS = {"D": ("day", 1), "W": ("week", 7), "M": ("month", 31)}
"""Chunks by time: what each is called, and the most days that it has."""


class Features(Record):
    """The user's feature function and what its frame holds.

    `function` maps {source: frame} to one frame with a row for each row of `rows`, holding the
    key, `time`, the feature columns, and `target` (null while the label is not known). The key is
    of columns that the source `rows` declares; all others may be the function's own. Without
    `time` rows have the order in which their keys were first delivered.
    """

    function: Dotted
    rows: str
    time: str | None = None
    key: tuple[str, ...]
    target: str
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        """Name of the column by which rows are ordered: the time, or when they were delivered."""
        return self.time or DELIVERED

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all feature columns, numeric first."""
        return self.numeric + self.categorical

    @model_validator(mode="after")
    def _each_is_one_thing(self) -> Features:
        found = [*doubled("key", self.key), *doubled("numeric", self.numeric)]
        found += doubled("categorical", self.categorical)
        for place, name in enumerate(self.categorical):
            if name in self.numeric:
                said = "a feature that is not among the numeric ones, too"
                found.append(Misstatement(at=("categorical", place), found=name, expected=said))
        if self.target in self.columns:
            said = "what is to be predicted, and no feature"
            found.append(Misstatement(at=("target",), found=self.target, expected=said))
        reject(found)
        return self


class Label(Record):
    """Where it can be seen, without the user's code, whether a row's label is known.

    It is once `source` has brought a row with the same key whose `column` is not blank.
    """

    source: str
    column: str


class Model(Record):
    """The user's estimator and how champion and challenger are compared.

    `builder` is called with the parameters and returns an unfitted scikit-learn estimator;
    `space`, if given, is called with an Optuna trial and returns parameters. `task` says what kind
    of answer it gives, and `metric` by which of the task's figures it is judged (by default the
    first); `minimum_gain` is in units of that figure, of losses too: how much smaller. The holdout
    is what is newest of the labelled rows: `holdout_days`, or `holdout_share` of them if rows have
    no time.
    """

    task: Literal["binary", "multiclass", "regression"] = "binary"
    builder: Dotted
    space: Dotted | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    metric: str = ""
    holdout_days: float = Field(default=28, gt=0)
    holdout_share: float = Field(default=0.2, gt=0, lt=1)
    minimum_gain: float = 0.0
    seed: int = 2013

    @model_validator(mode="before")
    @classmethod
    def _judge_by_the_usual(cls, said: Any) -> Any:
        """Fill in the task's first metric if none is named."""
        task = isinstance(said, dict) and TASKS.get(said.get("task", "binary"))
        return {"metric": task.metrics[0].name, **said} if task else said

    @model_validator(mode="after")
    def _metric_is_one_of_the_task(self) -> Model:
        names = [one.name for one in TASKS[self.task].metrics]
        if self.metric not in names:
            said = f"a figure of {self.task} models: {', '.join(names)}"
            reject([Misstatement(at=("metric",), found=self.metric, expected=said)])
        return self

    @property
    def kind(self) -> Task:
        """What kind of answer the model gives."""
        return TASKS[self.task]

    @property
    def judged_by(self) -> Metric:
        """The figure that decides."""
        return self.kind.metric(self.metric)

    def ground(self) -> dict[str, Any]:
        """Return what the trials of a study have to have in common, as plain JSON values."""
        said = self.model_dump(mode="json", exclude={"minimum_gain"})
        if self.task == "binary":  # as it was before there were others: studies go on
            del said["task"]
        if self.holdout_share == Model.model_fields["holdout_share"].default:
            del said["holdout_share"]
        return said


class Monitoring(Record):
    """How scored rows are cut into chunks, and what alerts.

    A chunk is a pandas period (D, W, M), or so many rows if rows have no time.
    """

    chunk: Literal["D", "W", "M"] | Annotated[int, Field(ge=50)] = "W"
    drift: tuple[str, ...] | None = None
    drift_false_alarm: float = Field(default=0.05, gt=0, lt=1)


class Policy(Record):
    """When to propose a retrain. Days are days of the data's own time, not of the wall clock.

    `bootstrap: auto` approves the first model without a person, once `minimum_labelled_rows` of
    both classes are older than the holdout. A rule that is absent never
    triggers. `persistence` chunks in a row must agree before a performance rule counts. Where rows
    have no time there are no days and no years: `cooldown_rows` counts rows instead.
    """

    bootstrap: Literal["auto", "ask"] = "ask"
    minimum_labelled_rows: int = Field(default=1000, gt=0)
    every_days: float | None = Field(default=90, gt=0)
    new_labelled_rows: int | None = Field(default=None, gt=0)
    realised_drop: float | None = Field(default=None, gt=0)
    estimated_drop: float | None = Field(default=None, gt=0)
    drift_share: Share | None = None
    persistence: int = Field(default=3, ge=1)
    cooldown_days: float = Field(default=28, ge=0)
    cooldown_rows: int = Field(default=0, ge=0)
    budget_per_year: int = Field(default=8, ge=1)

    @property
    def cooldown(self) -> timedelta:
        """The least time between two retrains."""
        return timedelta(days=self.cooldown_days, seconds=self.cooldown_rows)
