"""A dataset: a name and one YAML file that says everything about it."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import Field, ValidationError, model_validator

from coldframe.declarations import Location, Misstatement, Record, read_yaml, refuse, reject
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.provenance import record_digest
from coldframe.sections import DELIVERED, Features, Label, Model, Monitoring, Policy
from coldframe.settings import VARIABLES, Settings
from coldframe.sources import (
    NAME,
    BatchRules,
    Column,
    Dotted,
    Name,
    Rule,
    Source,
    undeclared,
)  # fmt: skip
from coldframe.tasks import PREDICTION, PROBABILITY
from coldframe.variables import IGNORE_ZONES, variables_kept

__all__ = [
    "BatchRules", "Column", "Dataset", "Features", "Label", "Model", "Monitoring", "Policy", "Rule",
    "Source", "load_dataset", "load_object",
]  # fmt: skip


ROWS_OF_A_CHUNK = 500


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

    @model_validator(mode="before")
    @classmethod
    def _without_time_count_rows(cls, said: Any) -> Any:
        """Fill in other defaults for what is in days, if rows have no time."""
        features = said.get("features") if isinstance(said, dict) else None
        if not isinstance(features, dict) or features.get("time") is not None:
            return said
        usual: dict[str, dict[str, Any]] = {
            "monitoring": {"chunk": ROWS_OF_A_CHUNK},
            "policy": {"every_days": None, "cooldown_days": 0},
        }
        filled = {
            name: {**part, **found}
            for name, part in usual.items() if isinstance(found := said.get(name, {}), dict)
        }  # fmt: skip
        return {**said, **filled}

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
        found += [*self._taken_names(), *misplaced_times(self)]
        reject([*found, *self._misplaced_label()])
        return self

    def _taken_names(self) -> Iterator[Misstatement]:
        """Yield columns that are called as those in which models' words are kept."""
        features, several = self.features, self.model.task == "multiclass"
        named: list[tuple[Location, str]] = [(("features", "target"), features.target)]
        taken = {PREDICTION, PROBABILITY} | ({DELIVERED} if features.time is None else set())
        for part in ("key", "numeric", "categorical"):
            names = getattr(features, part)
            named += [(("features", part, place), name) for place, name in enumerate(names)]
        for at, name in named:
            if name in taken or (several and name.startswith("probability_")):
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
        return record_digest(self.sources[source].model_dump(mode="json", exclude={"pull"}))


def misplaced_times(dataset: Dataset) -> Iterator[Misstatement]:
    """Yield what is said in days though rows have no time, or in rows though they have one."""
    model, policy, chunk = dataset.model, dataset.policy, dataset.monitoring.chunk
    timed = dataset.features.time is not None
    without, having = "features.time is not given", "features.time is given"
    cases: list[tuple[bool, Location, object, str, str]] = [
        (isinstance(chunk, str), ("monitoring", "chunk"), chunk, "a number of rows", "rows"),
        (policy.every_days is not None, ("policy", "every_days"), policy.every_days,
         "null, and new_labelled_rows instead", "rows"),
        (policy.cooldown_days > 0, ("policy", "cooldown_days"), policy.cooldown_days,
         "0, and cooldown_rows instead", "rows"),
        ("budget_per_year" in policy.model_fields_set, ("policy", "budget_per_year"),
         policy.budget_per_year, "nothing; cooldown_rows keeps retrains apart", "rows"),
        ("holdout_days" in model.model_fields_set, ("model", "holdout_days"), model.holdout_days,
         "nothing; holdout_share instead", "rows"),
        (isinstance(chunk, int), ("monitoring", "chunk"), chunk, "D, W or M", "days"),
        (policy.cooldown_rows > 0, ("policy", "cooldown_rows"), policy.cooldown_rows,
         "0, and cooldown_days instead", "days"),
        ("holdout_share" in model.model_fields_set, ("model", "holdout_share"),
         model.holdout_share, "nothing; holdout_days instead", "days"),
    ]  # fmt: skip
    for wrong, at, found, expected, unit in cases:
        if wrong and timed == (unit == "days"):
            why = f"{having if timed else without}, so it is counted in {unit}"
            yield Misstatement(at=at, found=found, expected=expected, why=why)


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
        with variables_kept(IGNORE_ZONES):  # it may import pandera
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
