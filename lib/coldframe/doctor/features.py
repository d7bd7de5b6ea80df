"""Checks of the dataset file against the user's code: feature columns, model parameters."""

from __future__ import annotations

from coldframe.datasets import Dataset, load_object
from coldframe.doctor.findings import Finding, fine, judged
from coldframe.errors import ColdframeError
from coldframe.estimators import build_estimator

CHECK = "features"


def check_features(dataset: Dataset) -> Finding:
    """Call the feature function with empty tables, and look whether it returns what is declared.

    Which columns come back only the function knows. One that cannot work without rows is not at
    fault; then the first build tells.
    """
    features, where = dataset.features, f"datasets/{dataset.name}.yaml"
    try:
        function = load_object(features.function, where=f"{where}, features.function")
        found = list(function(_empty_tables(dataset)).columns)
    except Exception as error:  # noqa: BLE001  # the user's code may raise anything
        told = (
            error.what if isinstance(error, ColdframeError) else f"{type(error).__name__}: {error}"
        )
        return judged(
            CHECK,
            "note",
            f"{features.function} cannot be tried with empty tables ({told}), so which columns it "
            "returns is not known before a build.",
            "nothing, if it works with rows",
        )
    named = [("time", features.time)] if features.time else []
    named.append(("target", features.target))
    for key in ("key", "numeric", "categorical"):
        named += [(f"{key}.{place}", name) for place, name in enumerate(getattr(features, key))]
    lacking = [f"features.{at}: {name}" for at, name in named if name not in found]
    if not lacking:
        return fine(
            CHECK, f"{features.function} returns all {len(named)} columns that are declared"
        )
    return judged(
        CHECK,
        "problem",
        f"{where} names columns that {features.function} does not return: {', '.join(lacking)}; "
        f"it returns {', '.join(map(str, found))}.",
        "correct the name in the dataset file, or let the function return the column",
    )


def check_model(dataset: Dataset) -> Finding:
    """Build the user's estimator with the dataset file's parameters."""
    where = f"datasets/{dataset.name}.yaml"
    try:
        estimator = build_estimator(dataset, dataset.model.parameters)
    except ColdframeError as error:
        found = f"{where}: {error.what} {error.found or ''}".strip()
        return judged("model", "problem", found, error.remedy or "correct it in the dataset file")
    return fine("model", f"{dataset.model.builder} builds a {type(estimator).__name__}")


def _empty_tables(dataset: Dataset) -> dict[str, object]:
    """Return every source as it is before its first delivery."""
    import pandas as pd  # only the doctor's patient needs it, not the command line

    from coldframe.features import EMPTY

    return {
        name: pd.DataFrame({n: pd.Series(dtype=EMPTY[c.type]) for n, c in source.columns.items()})
        for name, source in dataset.sources.items()
    }
