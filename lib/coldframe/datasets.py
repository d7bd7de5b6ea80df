"""A dataset: a name and one YAML file that says everything about it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.provenance import record_digest
from coldframe.settings import Settings, describe_validation, read_yaml

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Dotted = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """Base of all records of a dataset file: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Record):
    """What one column must be. Bounds are inclusive, in the unit of the column."""

    type: Literal["string", "integer", "number", "boolean", "timestamp"]
    required: bool = True
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    among: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _texts_are_for_texts(self) -> Column:
        wrong = [name for name in ("pattern", "among") if getattr(self, name) is not None]
        if wrong and self.type != "string":
            raise ValueError(
                f"{' and '.join(wrong)} would reject every row: for columns of type string only, "
                f"this one is of type {self.type}"
            )
        return self


class Rule(Record):
    """A row rule in Python: a function of the typed frame that returns True where a row is fit."""

    name: Name
    function: Dotted
    column: str


class BatchRules(Record):
    """What a batch as a whole must be, else all of it is held.

    `rows` is the share of the median batch of the same source that a batch must at least and may
    at most have; `quarantined` the highest share of rows set aside; `keys_known` whether rows
    that repeat a key of an earlier batch are welcome (corrections) or not; `bytes` the greatest
    size of a file, which is read into memory as a whole.
    """

    rows: tuple[float, float] = (0.2, 5.0)
    quarantined: Share = 0.02
    keys_known: bool = False
    bytes: int = Field(default=2 * 2**30, gt=0)


class Source(Record):
    """Where one table's batches come from, and the contract that each must keep."""

    files: str
    kind: Literal["csv"] = "csv"
    nulls: tuple[str, ...] = ("", "NA")
    key: tuple[str, ...]
    columns: dict[str, Column] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    batch: BatchRules = BatchRules()

    @model_validator(mode="after")
    def _key_is_declared(self) -> Source:
        if unknown := [c for c in self.key if c not in self.columns]:
            raise ValueError(f"key names columns that are not declared: {unknown}")
        return self


class Features(Record):
    """The user's feature function and what its frame holds.

    `function` maps {source: frame} to one frame with a row for each row of `rows`, holding the
    key, `time`, the feature columns, and `target` (null while the label is not known).
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


class Model(Record):
    """The user's estimator and how champion and challenger are compared.

    `builder` is called with the parameters and returns an unfitted scikit-learn estimator;
    `space`, if given, is called with an Optuna trial and returns parameters.
    """

    builder: Dotted
    space: Dotted | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    metric: Literal["roc_auc"] = "roc_auc"
    holdout_days: float = Field(default=28, gt=0)
    minimum_gain: float = 0.0
    seed: int = 2013


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
    """One dataset file, checked. `demo`, if given, names a module that can deliver its data."""

    name: Name
    title: str
    question: str
    sources: dict[Name, Source] = Field(min_length=1)
    features: Features
    model: Model
    monitoring: Monitoring = Monitoring()
    policy: Policy = Policy()
    demo: Dotted | None = None

    @model_validator(mode="after")
    def _rows_come_from_a_source(self) -> Dataset:
        if self.features.rows not in self.sources:
            raise ValueError(f"features.rows must be one of the sources {sorted(self.sources)}")
        return self

    @model_validator(mode="after")
    def _drift_is_of_features(self) -> Dataset:
        known = self.features.columns
        if unknown := [name for name in self.monitoring.drift or () if name not in known]:
            raise ValueError(f"monitoring.drift names {unknown}, no features; they are {known}")
        return self

    def contract_digest(self, source: str) -> str:
        """Return the version of the contract of `source`: a digest of all its rules."""
        return record_digest(self.sources[source].model_dump(mode="json"))


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
        raise NotFoundError(
            f"There is no dataset {chosen!r}.", where=str(folder), found=", ".join(known) or "none"
        )
    try:
        dataset = Dataset.model_validate({"name": chosen, **read_yaml(path)})
    except ValidationError as error:
        raise ConfigurationError(
            "The dataset file says something that cannot be.",
            where=str(path),
            found=describe_validation(error),
        ) from error
    if dataset.name != chosen:
        raise ConfigurationError(
            "The dataset's name is not its file's.", where=str(path), found=dataset.name
        )
    return dataset


def load_object(dotted: str, *, where: str) -> Callable[..., Any]:
    """Return the user's function or class that `dotted` names.

    Raises
    ------
    ConfigurationError
        Module or attribute do not exist; `where` says which key named them.
    """
    module, _, attribute = dotted.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"{dotted} cannot be loaded.", where=where, found=str(error), expected="module.function"
        ) from error
    if not callable(found):
        raise ConfigurationError(f"{dotted} is not callable.", where=where)
    return found  # type: ignore[no-any-return]
