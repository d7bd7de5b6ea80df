"""Checks of one dataset: its file, the user's code that it names, and both on real rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.datasets import Dataset, load_dataset, load_object
from coldframe.doctor.contract import check_contract, spell_sample
from coldframe.doctor.features import check_features, check_model
from coldframe.doctor.findings import Finding, fine, judged, of_error
from coldframe.doctor.thresholds import check_thresholds
from coldframe.errors import ColdframeError, ConfigurationError
from coldframe.estimators import build_estimator
from coldframe.settings import Settings
from coldframe.wording import count
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

    from coldframe.doctor.samples import SourceSample

FITTED_ROWS = 2000
"""So many rows show whether an estimator fits, predicts and can be saved."""


def check_dataset(settings: Settings, name: str | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a dataset, each with file and key; all of it, not only the first.

    The code is run on the first rows of one file of each source, the newest that is not taken in
    yet (`doctor.landed`), or of the newest snapshot; where nothing has come yet, on empty tables.
    Nothing is written.

    Parameters
    ----------
    settings : Settings
        The project folder.
    name : str, optional
        Which dataset; by default that of COLDFRAME_DATASET, else the one in env.yaml.

    Raises
    ------
    NotFoundError
        There is no such dataset.
    """
    try:
        dataset = load_dataset(settings, name)
    except ConfigurationError as error:
        yield of_error("dataset file", error)
        return
    yield fine("dataset file", f"datasets/{dataset.name}.yaml says nothing that cannot be")
    objects = dict(check_objects(dataset))
    yield from objects.values()
    lost = {key for key, finding in objects.items() if finding.level == "problem"}
    if "model.builder" not in lost:
        yield check_model(dataset)
        if dataset.model.space and "model.space" not in lost:
            yield check_space(dataset)
    if dataset.features.time is not None:
        yield check_thresholds(dataset)
    if any(key.startswith("sources.") for key in lost):
        return
    from coldframe.doctor.samples import sample_sources  # pandas and pandera

    samples = sample_sources(Workbench(settings=settings, dataset=dataset))
    yield from (check_contract(dataset, sample) for sample in samples)
    if "features.function" not in lost:
        yield from check_code(dataset, samples, fit="model.builder" not in lost)


def named_objects(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield key and dotted path of each function that the dataset file names."""
    yield "features.function", dataset.features.function
    yield "model.builder", dataset.model.builder
    if dataset.model.space:
        yield "model.space", dataset.model.space
    for name, source in dataset.sources.items():
        for place, rule in enumerate(source.rules):
            yield f"sources.{name}.rules.{place}.function", rule.function


def check_objects(dataset: Dataset) -> Iterator[tuple[str, Finding]]:
    """Yield for each function that is named whether it can be imported, by its key."""
    for key, dotted in named_objects(dataset):
        try:
            load_object(dotted, where=f"datasets/{dataset.name}.yaml, {key}")
        except ColdframeError as error:
            yield key, of_error("code", error)
        else:
            yield key, fine("code", f"{key}: {dotted}")


def check_space(dataset: Dataset) -> Finding:
    """Draw parameters from the search space once, and build the estimator with them."""
    import optuna  # a second of imports

    where = f"datasets/{dataset.name}.yaml, model.space"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = load_object(str(dataset.model.space), where=where)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=dataset.model.seed))
    try:
        drawn = space(study.ask())
        build_estimator(dataset, {**dataset.model.parameters, **drawn})
    except ColdframeError as error:
        return judged(
            "search space", "problem", f"{where}: {error.what} {error.found or ''}".strip(),
            "let it suggest what the builder takes",
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        return judged(
            "search space", "problem", f"{where}: {_told(error)}.",
            "it is called with an Optuna trial and returns parameters by name",
        )  # fmt: skip
    return fine("search space", f"{dataset.model.space} draws {', '.join(drawn)}")


def check_code(
    dataset: Dataset, samples: tuple[SourceSample, ...], *, fit: bool
) -> Iterator[Finding]:
    """Run the feature function on the sample, then fit, save and load an estimator on it."""
    from coldframe.doctor.samples import ROWS
    from coldframe.features import build_frame

    rows = next(one for one in samples if one.source == dataset.features.rows)
    if rows.fit is None or rows.fit.empty:
        yield check_features(dataset)
        return
    tables = {one.source: one.fit.reset_index(drop=True) for one in samples if one.fit is not None}
    where = f"datasets/{dataset.name}.yaml, features"
    try:
        frame = build_frame(dataset, tables)
    except ColdframeError as error:
        yield of_error("features", error)
        return
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        yield judged(
            "features", "problem",
            f"{where}.function: {dataset.features.function} raised {_told(error)} on "
            f"{count(len(rows.fit), 'row')} of {spell_sample(rows)}.",
            "mend the function",
        )  # fmt: skip
        return
    if dataset.features.time is None:
        share = float(frame[dataset.features.target].notna().mean())
        more = rows.rows == ROWS  # of a file that was read no further
        seen = None if more else round(share * max(rows.known, rows.rows))
        yield check_thresholds(dataset, labelled=seen)
    columns = len(dataset.features.columns)
    yield fine("features", f"{count(len(frame), 'row')} with {count(columns, 'feature')}")
    yield from _blank_features(dataset, frame)
    if fit:
        yield check_fit(dataset, frame)


def _blank_features(dataset: Dataset, frame: pd.DataFrame) -> Iterator[Finding]:
    blank = [name for name in dataset.features.columns if frame[name].isna().all()]
    if blank:
        yield judged(
            "features", "warning",
            f"datasets/{dataset.name}.yaml, features: no value in the sample: {', '.join(blank)}.",
            "nothing, if other deliveries have some",
        )  # fmt: skip


def check_fit(dataset: Dataset, frame: pd.DataFrame) -> Finding:
    """Fit the estimator on a few rows, save it and load it again."""
    from coldframe.features import feature_matrix
    from coldframe.models import ModelFiles, one_thread

    where = f"datasets/{dataset.name}.yaml, model.builder"
    target = dataset.features.target
    labelled = frame[frame[target].notna()]
    # of time, each part of the sample: the first rows may all have one label
    some = labelled.iloc[:: max(1, len(labelled) // FITTED_ROWS)]
    if some[target].nunique() < 2:
        return judged(
            "model", "note", f"{where}: the sample has not two values of {target}; not fitted.",
            "nothing, if other deliveries have some",
        )  # fmt: skip
    try:
        estimator: Any = build_estimator(dataset, dataset.model.parameters)
        matrix = feature_matrix(dataset, some)
        with one_thread(), tempfile.TemporaryDirectory() as folder:
            files = ModelFiles(Path(folder))
            loaded = files.load(files.save(estimator.fit(matrix, some[target])))
            loaded.predict(matrix)
    except ColdframeError as error:
        return of_error("model", error)
    except Exception as error:  # noqa: BLE001 - the user's code may raise anything
        told = f"{where}: fitting on {count(len(some), 'row')} raised {_told(error)}."
        return judged("model", "problem", told, "mend the builder or the features")
    return fine("model", f"fitted on {count(len(some), 'row')}, saved and loaded again")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(
        ": "
    )
