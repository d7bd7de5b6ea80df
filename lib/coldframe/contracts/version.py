"""The version of a contract: a digest of everything that decides how a batch is judged."""

from __future__ import annotations

from pathlib import Path

from coldframe.datasets import Dataset
from coldframe.provenance import code_digest, record_digest

CHECKS = 8  # raise it when the code of this package judges a batch differently than before


def contract_version(dataset: Dataset, source: str, *, lib: Path) -> str:
    """Return the version of the contract of `source`.

    It changes with the dataset file, with the user's rule functions (and what they import below
    `lib`), and with the checks of this package.
    """
    modules = sorted({rule.function.rpartition(".")[0] for rule in dataset.sources[source].rules})
    code = code_digest([f"import {module}" for module in modules], lib) if modules else None
    return record_digest(
        {"contract": dataset.contract_digest(source), "rules": code, "checks": CHECKS}
    )


def contract_versions(dataset: Dataset, *, lib: Path) -> dict[str, str]:
    """Return the version of every source's contract."""
    return {source: contract_version(dataset, source, lib=lib) for source in dataset.sources}
