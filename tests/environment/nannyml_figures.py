"""NannyML's figures on fixed data: one recipe for two environments.

nannyml 0.13.1 was released for pandas 2 and numpy 1; it is used here with pandas 3 and numpy 2.
`nannyml_figures.json` holds what this file computed where nannyml's own tests were run, and
`test_nannyml_figures.py` compares what it computes here. To make the JSON again, in a folder
outside the repository, with Python 3.11:

    python3.11 -m venv known
    known/bin/pip install nannyml==0.13.1 'pandas<3' 'numpy<2' 'scikit-learn<1.6' statsmodels
    known/bin/python tests/environment/nannyml_figures.py tests/environment/nannyml_figures.json
"""

import json
import math
import os
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

with warnings.catch_warnings():
    # the known environment's libraries deprecate things of their own
    warnings.simplefilter("ignore")
    import nannyml as nml
import numpy as np
import pandas as pd

DISTRIBUTIONS = ("nannyml", "pandas", "numpy", "scipy", "scikit-learn", "lightgbm")
CLASSIFICATION_METRICS = ["roc_auc", "f1", "precision", "recall", "specificity", "accuracy"]
# what describes a chunk rather than measures it
CHUNK_COLUMNS = ("chunk_", "chunk")
# one thread and one seed, so that two environments fit the same trees
LIGHTGBM = {"n_jobs": 1, "deterministic": True, "force_row_wise": True, "seed": 0, "verbose": -1}


def make_rows(*, n_rows: int, shift: float, seed: int) -> pd.DataFrame:
    """Return rows of a model in use: features, its probability, prediction and the truth.

    `shift` moves one number and one category, and loosens the link between score and truth.
    The stream of `RandomState` is frozen by numpy's compatibility policy; `default_rng`'s is not.
    """
    random = np.random.RandomState(seed)
    distance = random.normal(loc=shift, size=n_rows)
    wind = random.exponential(size=n_rows)
    hour = random.randint(0, 24, size=n_rows)
    carrier = np.where(random.uniform(size=n_rows) < 0.3 + shift / 4, "UA", "B6").astype(object)
    carrier[random.uniform(size=n_rows) < 0.2] = "DL"
    logit = 0.8 * distance + 0.5 * wind - 1.0 + 0.4 * (carrier == "UA")
    truth = (random.uniform(size=n_rows) < 1 / (1 + np.exp(-logit * (1 - shift / 2)))).astype(int)
    # over-confident, so that CBPE has something to calibrate
    probability = 1 / (1 + np.exp(-1.7 * (logit + random.normal(scale=0.3, size=n_rows))))
    delay = 12 * logit + random.normal(scale=5 + 5 * np.abs(distance), size=n_rows)
    wind_with_gaps = wind.copy()
    wind_with_gaps[random.uniform(size=n_rows) < 0.05 + shift / 10] = np.nan
    return pd.DataFrame(
        {
            "distance": distance,
            "wind": wind_with_gaps,
            "hour": hour,
            "carrier": carrier,
            "probability": probability,
            "predicted": (probability >= 0.5).astype(int),
            "truth": truth,
            "delay": delay,
            "predicted_delay": 12 * logit,
        }
    )


def with_times(rows: pd.DataFrame, *, start: str) -> pd.DataFrame:
    """Return the rows with a quarter of an hour between them; NannyML sorts by time."""
    minutes = pd.to_timedelta(np.arange(len(rows)) * 15, unit="min")
    return rows.assign(time=pd.Timestamp(start) + minutes)


def make_reference(n_rows: int = 6_000) -> pd.DataFrame:
    """Return the rows that the calculators are fitted on."""
    return with_times(make_rows(n_rows=n_rows, shift=0.0, seed=1), start="2013-01-01")


def make_analysis() -> pd.DataFrame:
    """Return six chunks: two like the reference, two that drift, two that drift far.

    Below six NannyML warns that they are too few.
    """
    shifts = [0.0, 0.0, 0.3, 0.3, 0.8, 0.8]
    chunks = [make_rows(n_rows=1_000, shift=s, seed=i) for i, s in enumerate(shifts, 10)]
    return with_times(pd.concat(chunks, ignore_index=True), start="2013-06-01")


def list_values(result: object) -> dict[str, list[float | None]]:
    """Return every number of the analysed chunks by column; alerts become 0 and 1, NaN None."""
    frame = result.filter(period="analysis").to_df(multilevel=False)
    frame = frame[[c for c in frame.columns if not str(c).startswith(CHUNK_COLUMNS)]]
    numbers = frame.apply(pd.to_numeric, errors="coerce").astype(float)
    return {
        str(column): [None if math.isnan(number) else number for number in numbers[column]]
        for column in numbers.columns
    }


def estimate_drift(reference: pd.DataFrame, **chunking: object) -> dict[str, list[float | None]]:
    calculator = nml.UnivariateDriftCalculator(
        column_names=["distance", "wind", "hour", "carrier", "probability"],
        treat_as_categorical=["hour"],
        timestamp_column_name="time",
        continuous_methods=["jensen_shannon", "kolmogorov_smirnov", "wasserstein", "hellinger"],
        categorical_methods=["jensen_shannon", "chi2", "l_infinity", "hellinger"],
        **chunking,
    )
    return list_values(calculator.fit(reference).calculate(make_analysis()))


def estimate_reconstruction_error() -> dict[str, list[float | None]]:
    calculator = nml.DataReconstructionDriftCalculator(
        column_names=["distance", "wind", "hour", "carrier"], chunk_size=1_000
    )
    return list_values(calculator.fit(make_reference()).calculate(make_analysis()))


def estimate_classification() -> dict[str, list[float | None]]:
    estimator = nml.CBPE(
        problem_type="classification_binary",
        y_pred_proba="probability",
        y_pred="predicted",
        y_true="truth",
        metrics=[*CLASSIFICATION_METRICS, "average_precision"],
        chunk_size=1_000,
    )
    return list_values(estimator.fit(make_reference()).estimate(make_analysis()))


def realise_classification() -> dict[str, list[float | None]]:
    calculator = nml.PerformanceCalculator(
        problem_type="classification_binary",
        y_pred_proba="probability",
        y_pred="predicted",
        y_true="truth",
        metrics=[*CLASSIFICATION_METRICS, "average_precision"],
        chunk_size=1_000,
    )
    return list_values(calculator.fit(make_reference()).calculate(make_analysis()))


def estimate_regression(*features: str) -> dict[str, list[float | None]]:
    estimator = nml.DLE(
        feature_column_names=list(features),
        y_pred="predicted_delay",
        y_true="delay",
        metrics=["mae", "rmse", "mse"],
        chunk_size=1_000,
        hyperparameters=LIGHTGBM,
    )
    return list_values(estimator.fit(make_reference()).estimate(make_analysis()))


def realise_regression() -> dict[str, list[float | None]]:
    calculator = nml.PerformanceCalculator(
        problem_type="regression",
        y_pred="predicted_delay",
        y_true="delay",
        metrics=["mae", "rmse", "mse"],
        chunk_size=1_000,
    )
    return list_values(calculator.fit(make_reference()).calculate(make_analysis()))


def count_missing() -> dict[str, list[float | None]]:
    calculator = nml.MissingValuesCalculator(column_names=["wind", "carrier"], chunk_size=1_000)
    return list_values(calculator.fit(make_reference()).calculate(make_analysis()))


def count_unseen() -> dict[str, list[float | None]]:
    calculator = nml.UnseenValuesCalculator(column_names=["carrier"], chunk_size=1_000)
    reference = make_reference()
    seen = reference.assign(carrier=reference["carrier"].replace("DL", "UA"))
    return list_values(calculator.fit(seen).calculate(make_analysis()))


def compute_figures() -> dict[str, dict[str, list[float | None]]]:
    """Return all figures; the key says which calculator made them."""
    return {
        "drift": estimate_drift(make_reference(), chunk_size=1_000),
        # from 10,000 rows on, NannyML bins Kolmogorov-Smirnov and Wasserstein
        "drift, large reference": estimate_drift(make_reference(12_000), chunk_size=1_000),
        "drift by week": estimate_drift(make_reference(), chunk_period="W"),
        "reconstruction": estimate_reconstruction_error(),
        "CBPE": estimate_classification(),
        "realised classification": realise_classification(),
        "DLE": estimate_regression("distance", "wind", "hour"),
        "DLE with strings": estimate_regression("distance", "wind", "hour", "carrier"),
        "realised regression": realise_regression(),
        "missing values": count_missing(),
        "unseen values": count_unseen(),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if int(version("pandas").split(".")[0]) >= 3:
        pd.set_option("mode.string_storage", "python")
    record = {
        "made with": {name: version(name) for name in DISTRIBUTIONS},
        "figures": compute_figures(),
    }
    Path(sys.argv[1]).write_text(json.dumps(record, indent=1) + "\n")
