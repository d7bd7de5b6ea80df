"""The user's estimator, built from parameters; fitted by training alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coldframe.datasets import Dataset, load_object
from coldframe.errors import ConfigurationError


def build_estimator(dataset: Dataset, parameters: Mapping[str, Any]) -> Any:
    """Return the user's unfitted estimator with `parameters`, seeded and single-threaded.

    Whatever draws and was given no seed by the builder gets `model.seed`; whatever would run
    in parallel runs alone, since forests add up in the order in which their threads finish.

    Raises
    ------
    ConfigurationError
        The builder refuses the parameters, or returns no estimator.
    """
    where = f"{dataset.name}: model.builder"
    builder = load_object(dataset.model.builder, where=where)
    try:
        estimator = builder(**parameters)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            "The model builder refuses these parameters.",
            where=where,
            found=f"{dict(parameters)}: {error}",
            remedy="see the builder's parameters, and model.parameters in the dataset file",
        ) from error
    if not (hasattr(estimator, "fit") and hasattr(estimator, "get_params")):
        raise ConfigurationError(
            "The model builder returned no estimator.",
            where=where,
            expected="an unfitted scikit-learn estimator",
            found=type(estimator).__name__,
        )
    settings = estimator.get_params(deep=True)
    seeds = {
        name: dataset.model.seed
        for name, value in settings.items()
        if name.split("__")[-1] == "random_state" and value is None
    }
    threads = {
        name: 1
        for name, value in settings.items()
        if name.split("__")[-1] == "n_jobs" and value not in (None, 1)
    }
    return estimator.set_params(**seeds, **threads) if seeds or threads else estimator
