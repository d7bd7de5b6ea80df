"""Contracts: what a source's batches must be, and what to do with those that are not.

`judge_batch` does all of it; the steps are `read_batch`, `cast`, `check_rows`, `check_keys`
and `check_batch`. The rules stand in the dataset file; see `coldframe.datasets.Source`.
Light callers import `coldframe.contracts.version` alone.
"""

from coldframe.contracts.faults import Fault, UnfitBatchError
from coldframe.contracts.version import contract_version, contract_versions

__all__ = ["Fault", "UnfitBatchError", "contract_version", "contract_versions"]
