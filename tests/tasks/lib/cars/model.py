"""Boosted trees for prices; few parameters, a second to fit."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

TEXTS = ["fuel", "transmission"]


def build_model(*, max_iter=40, learning_rate=0.2, loss="squared_error"):
    """Return an unfitted regressor."""
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    estimator = HistGradientBoostingRegressor(
        max_iter=max_iter, learning_rate=learning_rate, loss=loss, early_stopping=False
    )
    columns = ColumnTransformer([("texts", encode, TEXTS)], remainder="passthrough")
    return Pipeline([("encode", columns), ("estimate", estimator)])


def search_space(trial):
    """Return the parameters that `trial` suggests."""
    return {"max_iter": trial.suggest_int("max_iter", 2, 60, log=True)}
