"""The recipe of a model: everything it is made from, under one digest."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coldframe.ledger.chain import plain_json
from coldframe.provenance import code_digest, environment_digest, record_digest
from coldframe.workbench import Workbench

METHOD = 1
"""Version of the way in which rows are split and the estimator is seeded and fitted; it changes
with train/fitting.py, which is not part of the code digest as half the library would be then."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides what a fitted estimator will be.

    Parameters
    ----------
    dataset, snapshot_id : str
        The rows.
    parameters : dict
        For the builder.
    builder : str
        Dotted name of the builder.
    features : dict
        The dataset file's section.
    holdout_days : float
        Days at the end that are kept from training.
    holdout_share : float or None
        Share of the rows instead, where rows have no time.
    seed : int
        For everything in the estimator that draws.
    task : str
        What kind of answer the model gives.
    code, environment : str
        Digests of the user's code and of the installed distributions.
    """

    dataset: str
    snapshot_id: str
    parameters: Mapping[str, Any]
    builder: str
    features: Mapping[str, Any]
    holdout_days: float
    holdout_share: float | None
    seed: int
    task: str
    code: str
    environment: str

    @property
    def digest(self) -> str:
        """The recipe's true name."""
        said = dataclasses.asdict(self)
        if self.task == "binary":  # as it was before there were others
            del said["task"]
        if self.holdout_share is None:
            del said["holdout_share"]
        return record_digest({"method": METHOD, **said})


def write_recipe(bench: Workbench, *, snapshot_id: str, parameters: Mapping[str, Any]) -> Recipe:
    """Return the recipe of `parameters` on a snapshot, with code and environment as they are now.

    Raises
    ------
    DataError
        A parameter is not a plain JSON value.
    """
    dataset = bench.dataset
    return Recipe(
        dataset=dataset.name,
        snapshot_id=snapshot_id,
        parameters=plain_json(dict(parameters), where="parameters of the model"),
        builder=dataset.model.builder,
        features=dataset.features.model_dump(mode="json"),
        holdout_days=dataset.model.holdout_days,
        holdout_share=None if dataset.features.time else dataset.model.holdout_share,
        seed=dataset.model.seed,
        task=dataset.model.task,
        code=digest_code(bench, dataset.model.builder, dataset.features.function),
        environment=environment_digest(),
    )


def digest_code(bench: Workbench, *dotted: str) -> str:
    """Return one digest over the modules of `dotted`, all they import, and the feature frame's."""
    modules = sorted({name.rpartition(".")[0] for name in dotted} | {"coldframe.features"})
    return code_digest([f"import {module}" for module in modules], bench.settings.lib)
