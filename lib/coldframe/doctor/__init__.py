"""The doctor: what is wrong with this environment or home folder, and the remedy.

To add a check, write a function that returns a `Finding` in `environment`, `home` or `features`,
and name it in `examine`; one that runs a dataset's code on its rows in `dataset`, and name it in
`check_dataset`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coldframe.datasets import load_dataset
from coldframe.doctor import environment, features, home
from coldframe.doctor.dataset import check_dataset
from coldframe.doctor.findings import Finding, of_error
from coldframe.errors import ColdframeError
from coldframe.settings import load_settings

__all__ = ["Finding", "check_dataset", "examine"]


def examine(*, dataset: str | None = None, folder: Path | None = None) -> Iterator[Finding]:
    """Yield the outcome of every check; one that fails does not keep the others from running.

    Parameters
    ----------
    dataset : str, optional
        Name of a dataset; by default that of COLDFRAME_DATASET, else the one in env.yaml.
    folder : Path, optional
        Home folder; by default that of COLDFRAME_HOME, else the one in env.yaml.
    """
    yield environment.check_python()
    yield environment.check_byte_code()
    yield environment.check_jupyter()
    yield environment.check_kernel()
    yield environment.check_variables()
    try:
        settings = load_settings(home=folder)
    except ColdframeError as error:
        yield of_error("settings", error)
    else:
        yield environment.check_packages(settings.root)
        yield from home.check_home(settings.home)
        yield home.check_leftovers(settings.home)
        yield home.check_ledger(settings)
        try:
            chosen = load_dataset(settings, dataset)
        except ColdframeError as error:
            yield of_error("dataset", error)
        else:
            yield home.check_dotted_paths(chosen)
            yield features.check_features(chosen)
            yield features.check_model(chosen)
    yield from environment.check_test_programs()
