"""The flights' estimator: gradient boosting on histograms, few parameters, seconds to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

CATEGORICAL = ["carrier", "origin", "dest"]


def build_model(
    *,
    learning_rate: float = 0.15,
    max_iter: int = 60,
    max_leaf_nodes: int = 31,
    min_samples_leaf: int = 100,
    l2_regularization: float = 0.0,
    random_state: int = 2013,
) -> Pipeline:
    """Return an unfitted classifier; a destination that it has not seen counts as unknown.

    Parameters
    ----------
    learning_rate, max_iter, max_leaf_nodes, min_samples_leaf, l2_regularization
        Those of HistGradientBoostingClassifier.
    random_state : int, default=2013
        Draws the rows from which the histogram bins are made.

    Examples
    --------
    >>> build_model(max_iter=10).named_steps["classify"].max_iter
    10
    """
    encode = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=float("nan"), encoded_missing_value=-1
    )
    return Pipeline(
        [
            (
                "encode",
                ColumnTransformer(
                    [("categories", encode, CATEGORICAL)],
                    remainder="passthrough",
                    verbose_feature_names_out=False,
                ),
            ),
            (
                "classify",
                HistGradientBoostingClassifier(
                    learning_rate=learning_rate,
                    max_iter=max_iter,
                    max_leaf_nodes=max_leaf_nodes,
                    min_samples_leaf=min_samples_leaf,
                    l2_regularization=l2_regularization,
                    # the encoded columns come first
                    categorical_features=list(range(len(CATEGORICAL))),
                    early_stopping=False,
                    random_state=random_state,
                ),
            ),
        ]
    )


def search_space(trial: BaseTrial) -> dict[str, Any]:
    """Return the parameters that `trial` suggests."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.4, log=True),
        "max_iter": trial.suggest_int("max_iter", 20, 120, step=20),
        "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 7, 63, log=True),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 20, 500, log=True),
        "l2_regularization": trial.suggest_float("l2_regularization", 1e-3, 10.0, log=True),
    }
