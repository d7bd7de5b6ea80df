"""Boosted trees for three classes; few parameters, a second to fit."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

TEXTS = ["acq_channel", "app_channel"]


def build_model(*, max_iter=15, learning_rate=0.2):
    """Return an unfitted classifier."""
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    estimator = HistGradientBoostingClassifier(
        max_iter=max_iter, learning_rate=learning_rate, early_stopping=False
    )
    columns = ColumnTransformer([("texts", encode, TEXTS)], remainder="passthrough")
    return Pipeline([("encode", columns), ("classify", estimator)])


def build_regressor(*, max_iter=15):
    """Return an unfitted regressor, for those who ask for another thing."""
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("texts", encode, TEXTS)], remainder="passthrough")
    estimator = HistGradientBoostingRegressor(max_iter=max_iter, early_stopping=False)
    return Pipeline([("encode", columns), ("estimate", estimator)])


def search_space(trial):
    """Return the parameters that `trial` suggests."""
    return {"max_iter": trial.suggest_int("max_iter", 2, 30, log=True)}
