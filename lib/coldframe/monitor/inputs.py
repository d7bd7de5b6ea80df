"""What decides whether monitoring is due; imports neither pandas nor NannyML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coldframe import tasks
from coldframe.datasets import Dataset
from coldframe.provenance import file_digest, record_digest
from coldframe.workbench import Workbench

FIGURING = ("chunks", "estimates", "guard", "periods", "realised", "thresholds")
"""The modules beside this one whose code decides what a figure is."""
TASK_FOLDER = Path(tasks.__file__).parent


def monitoring_config(bench: Workbench) -> str:
    """Return the digest of all settings and code that the figures of a chunk depend on."""
    dataset, here = bench.dataset, Path(__file__)
    said = {
        "monitoring": dataset.monitoring.model_dump(mode="json"),
        "features": dataset.features.model_dump(mode="json"),
        "seed": dataset.model.seed,
        "judged_by": [dataset.model.task, dataset.model.metric],
        "feature_code": bench.feature_code(),
        "figure_code": [file_digest(here.with_name(f"{name}.py")) for name in FIGURING],
        "metric_code": [file_digest(path) for path in sorted(TASK_FOLDER.glob("*.py"))],
    }
    return record_digest(said)


def monitor_inputs(bench: Workbench) -> dict[str, Any] | None:
    """Return newest snapshot, champion and settings, as JSON; the same means nothing to do.

    None as long as nothing was frozen: there is nothing to monitor.

    Examples
    --------
    >>> monitor_inputs(Workbench.open())  # doctest: +SKIP
    {'snapshot': '3f0c…', 'champion': None, 'config': '9b1e…', 'policy': '77d2…'}
    """
    head = bench.store.head(bench.dataset.name)
    if head is None:
        return None
    return {
        "snapshot": head.id,
        "champion": bench.ledger.champion(bench.dataset.name),
        "config": monitoring_config(bench),
        "policy": policy_digest(bench.dataset),
    }


def policy_digest(dataset: Dataset) -> str:
    """Return the digest of the policy, by which a proposal names it."""
    said = dataset.policy.model_dump(mode="json")
    if not said["cooldown_rows"]:  # as it was before rows could be without time
        del said["cooldown_rows"]
    return record_digest(said)
