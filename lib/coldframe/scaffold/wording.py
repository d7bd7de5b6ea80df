"""What differs from task to task in the files that `coldframe new` writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

QUESTIONS: Mapping[str, str] = {
    "binary": "Will {target} be yes, from what is known of a row beforehand?",
    "multiclass": "Which {target} will it be, from what is known of a row beforehand?",
    "regression": "How much will {target} be, from what is known of a row beforehand?",
}
METRICS: Mapping[str, tuple[str, ...]] = {
    "binary": ("metric: roc_auc",),
    "multiclass": ("task: multiclass", "metric: roc_auc_ovr"),
    "regression": ("task: regression", "metric: mae"),
}
"""Lines of the dataset file under `model`."""
PARAMETERS: Mapping[str, Any] = {
    "learning_rate": 0.1, "max_iter": 100, "max_leaf_nodes": 31, "min_samples_leaf": 20,
}  # fmt: skip
