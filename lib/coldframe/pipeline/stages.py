"""A stage of the graph: what it depends on, and what of the dataset's own code it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from coldframe.datasets import Dataset, load_object
from coldframe.pipeline.cells import code_sources, read_cells
from coldframe.pipeline.receipts import Inputs
from coldframe.provenance import code_files, file_digest, record_digest
from coldframe.settings import Settings
from coldframe.workbench import Workbench

Use = Literal["rules", "features", "model"]
# Where things are does not change what comes out; a moved folder must not run everything again.
_LOCATION = "home"


@dataclass(frozen=True)
class Stage:
    """One notebook of the graph.

    Parameters
    ----------
    name : str
        Its name in pipeline.yaml.
    notebook : Path
        What it runs.
    inputs : str
        Dotted path of a function of the workbench that returns, as JSON, all data that decides
        whether the stage is due, or None if there is nothing for it to do. A key ``pending``
        lists work that a run consumes.
    uses : tuple of {"rules", "features", "model"}
        Which of the dataset's own Python it calls.
    parameters : mapping
        Of the notebook.
    prepares : str, optional
        Dotted path of a function that is called before `inputs` in a build: given the workbench
        and a function to tell progress to, it returns what the build is to say of it, in lines.
    resumes : str, optional
        Dotted path of a function that is asked when there is nothing to do but a run was killed
        or failed: given the workbench and the data which that run began with, whether it is to
        be run once more. By default it is.
    """

    name: str
    notebook: Path
    inputs: str
    uses: tuple[Use, ...]
    parameters: Mapping[str, Any]
    resumes: str | None = None
    prepares: str | None = None


def dataset_code(dataset: Dataset, uses: Iterable[Use]) -> list[str]:
    """Return the dotted paths of the dataset's own functions that belong to `uses`."""
    model = dataset.model
    known: dict[Use, list[str | None]] = {
        "rules": [rule.function for source in dataset.sources.values() for rule in source.rules],
        "features": [dataset.features.function],
        "model": [model.builder, model.space],
    }
    return [dotted for use in uses for dotted in known[use] if dotted]


def _code(stage: Stage, dataset: Dataset, settings: Settings) -> tuple[list[str], dict[str, str]]:
    """Return the code cells of `stage` and the digest of each project file that they import."""
    sources = code_sources(read_cells(stage.notebook))
    modules = [dotted.rpartition(".")[0] for dotted in dataset_code(dataset, stage.uses)]
    imports = [f"import {module}" for module in modules]
    files = code_files([*sources, *imports], settings.lib)
    return sources, {str(p.relative_to(settings.lib)): file_digest(p) for p in files}


def collect_inputs(stage: Stage, bench: Workbench) -> Inputs | None:
    """Return what a run of `stage` would be made from now, or None if it has nothing to do.

    Raises
    ------
    ConfigurationError
        pipeline.yaml names a function that does not exist.
    """
    ask: Callable[[Workbench], Mapping[str, Any] | None] = load_object(
        stage.inputs, where=f"pipeline.yaml, executor, stages, {stage.name}"
    )
    said = ask(bench)
    if said is None:
        return None
    data = dict(said)
    pending = tuple(str(item) for item in data.pop("pending", ()))
    sources, files = _code(stage, bench.dataset, bench.settings)
    return Inputs(
        dataset=bench.dataset.name, data=data, pending=pending,
        parameters={k: v for k, v in stage.parameters.items() if k != _LOCATION},
        cells=record_digest(sources), files=files,
    )  # fmt: skip


def prepare(stage: Stage, bench: Workbench, progress: Callable[[str], None]) -> tuple[str, ...]:
    """Do what comes before it can be told whether `stage` is due; return what is to be said of it.

    Raises
    ------
    ConfigurationError
        pipeline.yaml names a function that does not exist.
    """
    if stage.prepares is None:
        return ()
    do: Callable[[Workbench, Callable[[str], None]], Iterable[str]] = load_object(
        stage.prepares, where=f"pipeline.yaml, executor, stages, {stage.name}"
    )
    return tuple(do(bench, progress))


def may_resume(stage: Stage, bench: Workbench, begun: Inputs) -> bool:
    """Tell whether a run that `begun` and did not end well may be run once more.

    It may have used up its inputs, so that only its report is missing; or they are void by now.

    Raises
    ------
    ConfigurationError
        pipeline.yaml names a function that does not exist.
    """
    if stage.resumes is None:
        return True
    ask: Callable[[Workbench, Mapping[str, Any]], bool] = load_object(
        stage.resumes, where=f"pipeline.yaml, executor, stages, {stage.name}"
    )
    return bool(ask(bench, begun.data))
