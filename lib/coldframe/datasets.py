"""A dataset: a name and one YAML file that says everything about it."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from coldframe.declarations import Location, Misstatement, Record, read_yaml, refuse, reject
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.provenance import record_digest
from coldframe.settings import VARIABLES, Settings
from coldframe.sources import (
    NAME,
    BatchRules,
    Column,
    Dotted,
    Name,
    Rule,
    Share,
    Source,
    doubled,
    undeclared,
)  # fmt: skip
from coldframe.tasks import PREDICTION, PROBABILITY, TASKS, Metric, Task

__all__ = [
    "BatchRules", "Column", "Dataset", "Features", "Label", "Model", "Monitoring", "Policy", "Rule",
    "Source", "load_dataset", "load_object",
]  # fmt: skip


class Features(Record):
    """The user's feature function and what its frame holds.

    `function` maps {source: frame} to one frame with a row for each row of `rows`, holding the
    key, `time`, the feature columns, and `target` (null while the label is not known). The key is
    of columns that the source `rows` declares; all others may be the function's own.
    """

    function: Dotted
    rows: str
    time: str
    key: tuple[str, ...]
    target: str
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

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
    first); `minimum_gain` is in units of that figure, of losses too: how much smaller.
    """

    task: Literal["binary", "multiclass", "regression"] = "binary"
    builder: Dotted
    space: Dotted | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    metric: str = ""
    holdout_days: float = Field(default=28, gt=0)
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
        return said


class Monitoring(Record):
    """How scored rows are cut into chunks (a pandas period: D, W, M) and what alerts."""

    chunk: Literal["D", "W", "M"] = "W"
    drift: tuple[str, ...] | None = None
    drift_false_alarm: float = Field(default=0.05, gt=0, lt=1)


class Policy(Record):
    """When to propose a retrain. Days are days of the data's own time, not of the wall clock.

    `bootstrap: auto` approves the first model without a person, once `minimum_labelled_rows` of
    both classes are older than the holdout. A rule that is absent never
    triggers. `persistence` chunks in a row must agree before a performance rule counts.
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
    budget_per_year: int = Field(default=8, ge=1)

    @property
    def cooldown(self) -> timedelta:
        """The least time between two retrains."""
        return timedelta(days=self.cooldown_days)


class Dataset(Record):
    """One dataset file, checked.

    By `label` ingest counts the rows whose label is known; without it nothing is said of that.
    `demo`, if given, names a module that can deliver its data.
    """

    name: Name
    title: str
    question: str
    sources: dict[Name, Source] = Field(min_length=1)
    features: Features
    label: Label | None = None
    model: Model
    monitoring: Monitoring = Monitoring()
    policy: Policy = Policy()
    demo: Dotted | None = None

    @model_validator(mode="after")
    def _parts_know_each_other(self) -> Dataset:
        features, drift = self.features, self.monitoring.drift or ()
        found = [
            Misstatement(
                at=("monitoring", "drift", place), found=name,
                expected=f"a feature: {', '.join(features.columns)}",
            )
            for place, name in enumerate(drift) if name not in features.columns
        ]  # fmt: skip
        if features.rows in self.sources:
            named: list[tuple[Location, str]] = [
                (("features", "key", place), name) for place, name in enumerate(features.key)
            ]
            found += undeclared(named, self.sources[features.rows].columns)
        else:
            said = f"one of the sources: {', '.join(self.sources)}"
            found.append(Misstatement(at=("features", "rows"), found=features.rows, expected=said))
        reject([*found, *self._taken_names(), *self._misplaced_label()])
        return self

    def _taken_names(self) -> Iterator[Misstatement]:
        """Yield columns that are called as those in which models' words are kept."""
        features, several = self.features, self.model.task == "multiclass"
        named: list[tuple[Location, str]] = [(("features", "target"), features.target)]
        for part in ("key", "numeric", "categorical"):
            names = getattr(features, part)
            named += [(("features", part, place), name) for place, name in enumerate(names)]
        for at, name in named:
            if name in (PREDICTION, PROBABILITY) or (several and name.startswith("probability_")):
                said = "another name: so a column is called in which the model's words are kept"
                yield Misstatement(at=at, found=name, expected=said)

    def _misplaced_label(self) -> Iterator[Misstatement]:
        """Yield what keeps the rows of the label's source from being matched by their key."""
        label, rows = self.label, self.sources.get(self.features.rows)
        if label is None or rows is None:
            return
        key = _typed_key(rows)
        alike = [name for name, one in self.sources.items() if key and _typed_key(one) == key]
        if label.source in alike:
            columns = self.sources[label.source].columns
            yield from undeclared([(("label", "column"), label.column)], columns)
        else:
            said = f"a source with the key of {self.features.rows}: {', '.join(alike)}"
            yield Misstatement(at=("label", "source"), found=label.source, expected=said)

    def contract_digest(self, source: str) -> str:
        """Return the version of the contract of `source`: a digest of all its rules."""
        return record_digest(self.sources[source].model_dump(mode="json"))


def _typed_key(source: Source) -> list[tuple[str, str]]:
    """Return the columns of a source's key, each with its type."""
    return [(name, source.columns[name].type) for name in source.key]


def load_dataset(settings: Settings, name: str | None = None) -> Dataset:
    """Read datasets/NAME.yaml.

    Raises
    ------
    NotFoundError
        There is no such file; says which there are.
    ConfigurationError
        The file says something that cannot be; names file and key, all findings together.
    """
    chosen = name or settings.dataset
    folder = settings.root / "datasets"
    path = folder / f"{chosen}.yaml"
    known = sorted(p.stem for p in folder.glob("*.yaml"))
    if chosen not in known:
        raise _no_dataset(settings, chosen, known, named=name is not None)
    try:
        dataset = Dataset.model_validate({"name": chosen, **read_yaml(path)})
    except ValidationError as error:
        raise refuse(
            error, Dataset, what="The dataset file says something that cannot be.", path=path,
            remedy="correct the file; no batch is judged and no stage runs until then",
        ) from error  # fmt: skip
    if dataset.name != chosen:
        raise ConfigurationError(
            "The dataset's name is not its file's.",
            where=f"{path}, name", expected=chosen, found=dataset.name,
            remedy="leave the name out, or give the file that name",
        )  # fmt: skip
    return dataset


def _no_dataset(
    settings: Settings, chosen: str, known: Sequence[str], *, named: bool
) -> NotFoundError:
    """Return the error for a dataset that is not there; says who named it, and what is near."""
    near = get_close_matches(chosen, known, n=1)
    remedy = f"name {near[0]}" if near else "name one of those that were found"
    if re.fullmatch(NAME, chosen):
        remedy += f", or write datasets/{chosen}.yaml"
    folder = settings.root / "datasets"
    said = VARIABLES["dataset"] if os.environ.get(VARIABLES["dataset"]) else "dataset: in env.yaml"
    return NotFoundError(
        f"There is no dataset {chosen!r}.",
        where=str(folder) if named else f"{folder}, named by {said}",
        expected="the name of a file there, without .yaml",
        found=", ".join(known) or "none", remedy=remedy,
    )  # fmt: skip


def load_object(dotted: str, *, where: str) -> Callable[..., Any]:
    """Return the user's function or class that `dotted` names.

    Raises
    ------
    ConfigurationError
        Module or attribute do not exist, or the module cannot be imported; `where` says which
        key named them.
    """
    module, _, attribute = dotted.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # the user's module may raise anything
        raise ConfigurationError(
            f"{dotted} cannot be loaded.",
            where=where, expected="module.function of code that can be imported",
            found=f"{type(error).__name__}: {error}",
            remedy="correct the dotted path, or what the module's own error names",
        ) from error  # fmt: skip
    if not callable(found):
        raise ConfigurationError(
            f"{dotted} is not callable.",
            where=where, expected="a function or a class", found=type(found).__name__,
            remedy="name the function itself",
        )  # fmt: skip
    return found  # type: ignore[no-any-return]
