"""NannyML's figures are right under the locked pandas and numpy.

Shown twice: against figures computed where nannyml 0.13.1 is at home (pandas 2, numpy 1; recipe in
`nannyml_figures.py`), and, where a formula is short, against that formula.
"""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from environment import nannyml_figures as recipe
from nannyml.exceptions import CalculatorException
from scipy import stats
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

# Both sides run the same formulas on the same numbers: only the order of floating-point sums may
# differ, over at most 12,000 rows (12,000 * 2**-53 = 1.3e-12). Measured: below 1e-12.
SAME_FORMULA = 1e-11
# nannyml draws this one from an unseeded generator; two runs in one environment differ by 18 %
UNSEEDED = "average_precision"

KNOWN = json.loads(Path(__file__).with_name("nannyml_figures.json").read_text())


@pytest.fixture(scope="module")
def figures():
    # without it DLE refuses string features, see the test below
    with pd.option_context("mode.string_storage", "python"):
        return recipe.compute_figures()


@pytest.fixture(scope="module")
def chunks():
    analysis = recipe.make_analysis()
    return [analysis[start : start + 1_000] for start in range(0, len(analysis), 1_000)]


def is_unseeded(column):
    return column.startswith(UNSEEDED) and column.endswith(("sampling_error", "boundary"))


def differs(known, found):
    if known is None or found is None:
        return known is not found
    return not math.isclose(known, found, rel_tol=SAME_FORMULA, abs_tol=SAME_FORMULA)


def test_known_figures_were_made_by_the_same_nannyml_under_older_pandas_and_numpy():
    made_with = {name: int(text.split(".")[0]) for name, text in KNOWN["made with"].items()}
    assert KNOWN["made with"]["nannyml"] == recipe.version("nannyml")
    assert (made_with["pandas"], made_with["numpy"]) == (2, 1)
    assert int(recipe.version("pandas").split(".")[0]) >= 3
    assert int(recipe.version("numpy").split(".")[0]) >= 2


@pytest.mark.parametrize("calculator", list(KNOWN["figures"]))
def test_figures_equal_those_of_the_known_environment(figures, calculator):
    known, found = KNOWN["figures"][calculator], figures[calculator]
    assert found.keys() == known.keys()
    wrong = {
        column: (known[column], found[column])
        for column in known
        if not is_unseeded(column)
        and (
            len(known[column]) != len(found[column])
            or any(map(differs, known[column], found[column]))
        )
    }
    assert not wrong
    # a table of nothing but gaps would compare equal too
    assert any(value is not None for values in found.values() for value in values)


def test_comparison_notices_a_changed_figure():
    assert differs(0.5, 0.5 + 1e-9)
    assert differs(None, 0.5)
    assert not differs(None, None)


@pytest.mark.parametrize("calculator", ["CBPE", "realised classification"])
def test_unseeded_sampling_error_has_the_known_magnitude(figures, calculator):
    column = "average_precision_sampling_error"
    known, found = KNOWN["figures"][calculator][column][0], figures[calculator][column][0]
    # a standard deviation over 50 draws has a relative standard error of 10 %; both sides are
    # drawn: sqrt(2) * 10 % = 14 %, five of which are 70 %
    assert found == pytest.approx(known, rel=0.7)


def test_direct_loss_estimation_needs_python_strings():
    """The hazard that the option in `figures` guards against, as long as it exists."""
    with (
        pd.option_context("mode.string_storage", "pyarrow"),
        pytest.raises(CalculatorException, match="ArrowStringArray"),
    ):
        recipe.estimate_regression("distance", "carrier")


# --- formulas of our own ---------------------------------------------------------------------


def jensen_shannon_distance(p, q):
    """Square root of the divergence in bits (Lin 1991, IEEE Trans. Inf. Theory 37, eq. 2.20)."""
    mixture = (p + q) / 2

    def divergence(a):
        held = a > 0
        return np.sum(a[held] * np.log2(a[held] / mixture[held]))

    return math.sqrt((divergence(p) + divergence(q)) / 2)


def hellinger_distance(p, q):
    return math.sqrt(1 - np.sum(np.sqrt(p * q)))


def list_binned(reference, chunk):
    """Shares of reference and chunk in Doane's bins of the reference, and outside of them."""
    edges = np.histogram_bin_edges(reference, bins="doane")
    p = np.histogram(reference, edges)[0] / len(reference)
    q = np.histogram(chunk, edges)[0] / len(chunk)
    return np.append(p, 0), np.append(q, 1 - q.sum())


def list_shares(reference, chunk):
    labels = sorted(set(reference) | set(chunk))
    p = np.array([np.mean(reference == label) for label in labels])
    q = np.array([np.mean(chunk == label) for label in labels])
    return p, q


@pytest.mark.parametrize("column", ["distance", "wind", "probability"])
def test_drift_of_numbers_follows_its_formulas(figures, chunks, column):
    reference = recipe.make_reference()[column].dropna().to_numpy()
    drift = figures["drift"]
    for index, chunk in enumerate(rows[column].dropna().to_numpy() for rows in chunks):
        p, q = list_binned(reference, chunk)
        expected = {
            "jensen_shannon": jensen_shannon_distance(p, q),
            "hellinger": hellinger_distance(p, q),
            "kolmogorov_smirnov": max(
                abs(np.mean(reference <= x) - np.mean(chunk <= x)) for x in [*reference, *chunk]
            ),
            "wasserstein": stats.wasserstein_distance(reference, chunk),
        }
        for method, value in expected.items():
            # 1 - sum(...) of shares loses about 1e-16, its square root near 0.01 about 1e-14
            assert drift[f"{column}_{method}_value"][index] == pytest.approx(value, abs=1e-11)


@pytest.mark.parametrize("column", ["carrier", "hour"])
def test_drift_of_categories_follows_its_formulas(figures, chunks, column):
    reference = recipe.make_reference()[column].to_numpy(dtype=object)
    drift = figures["drift"]
    for index, chunk in enumerate(rows[column].to_numpy(dtype=object) for rows in chunks):
        p, q = list_shares(reference, chunk)
        counts = np.array([p * len(reference), q * len(chunk)])
        expected_counts = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
        expected = {
            "jensen_shannon": jensen_shannon_distance(p, q),
            "hellinger": hellinger_distance(p, q),
            "l_infinity": np.abs(p - q).max(),
            "chi2": np.sum((counts - expected_counts) ** 2 / expected_counts),
        }
        for method, value in expected.items():
            found = drift[f"{column}_{method}_value"][index]
            assert found == pytest.approx(value, rel=1e-11, abs=1e-11)


def test_binned_statistics_of_a_large_reference_stay_near_the_exact_ones(figures, chunks):
    """From 10,000 rows on NannyML bins; a bin's share or width bounds what that may cost."""
    reference = recipe.make_reference(12_000)["distance"].to_numpy()
    drift = figures["drift, large reference"]
    width = np.ptp(reference) / 10_000
    reference_share = np.histogram(reference, 10_000)[0].max() / len(reference)
    for index, chunk in enumerate(rows["distance"].to_numpy() for rows in chunks):
        counts = np.histogram(chunk, 10_000, (reference.min(), reference.max()))[0]
        largest_share = counts.max() / len(chunk) + reference_share
        exact = stats.ks_2samp(reference, chunk).statistic
        found = drift["distance_kolmogorov_smirnov_value"][index]
        assert exact - largest_share <= found <= exact + 1e-11
        exact = stats.wasserstein_distance(reference, chunk)
        beyond = np.mean((chunk < reference.min()) | (chunk > reference.max()))
        # NannyML counts the rows beyond the reference's range once too often (n + 1 of n)
        slack = 2 * width + np.ptp(chunk) * (1 / len(chunk) if beyond else 0)
        assert drift["distance_wasserstein_value"][index] == pytest.approx(exact, abs=slack)


def test_realised_classification_equals_scikit_learn(figures, chunks):
    realised = figures["realised classification"]
    for index, rows in enumerate(chunks):
        truth, predicted, score = rows["truth"], rows["predicted"], rows["probability"]
        expected = {
            "roc_auc": metrics.roc_auc_score(truth, score),
            "average_precision": metrics.average_precision_score(truth, score),
            "f1": metrics.f1_score(truth, predicted),
            "precision": metrics.precision_score(truth, predicted),
            "recall": metrics.recall_score(truth, predicted),
            "specificity": metrics.recall_score(truth, predicted, pos_label=0),
            "accuracy": metrics.accuracy_score(truth, predicted),
        }
        for metric, value in expected.items():
            assert realised[f"{metric}_value"][index] == pytest.approx(value, rel=1e-12)


def test_estimated_classification_follows_its_formulas(figures, chunks):
    """CBPE: the expected confusion counts if each calibrated probability holds."""
    reference = recipe.make_reference()
    calibrator = IsotonicRegression(out_of_bounds="clip").fit(
        reference["probability"], reference["truth"]
    )
    estimated = figures["CBPE"]
    for index, rows in enumerate(chunks):
        score = rows["probability"].to_numpy()
        chance = calibrator.predict(score)
        positive = rows["predicted"].to_numpy() == 1
        true_positives, false_positives = chance[positive].sum(), (1 - chance[positive]).sum()
        recall = true_positives / chance.sum()
        precision = true_positives / (true_positives + false_positives)
        # the chance that a random positive outranks a random negative, over all pairs
        outranks = (score[:, None] > score[None, :]) + 0.5 * (score[:, None] == score[None, :])
        np.fill_diagonal(outranks, 0.5)
        pairs = chance[:, None] * (1 - chance)[None, :]
        expected = {
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / (precision + recall),
            "specificity": (1 - chance[~positive]).sum() / (1 - chance).sum(),
            "accuracy": (true_positives + (1 - chance[~positive]).sum()) / len(chance),
            "roc_auc": (pairs * outranks).sum() / pairs.sum(),
        }
        for metric, value in expected.items():
            # NannyML rounds the curve's counts to five decimals: 5e-6 of at least 400 positives and
            # 400 negatives at each of 1,000 points, hence at most 5e-6 / 400 * 2 + ... < 5e-8
            tolerance = 5e-8 if metric == "roc_auc" else 1e-11
            assert estimated[f"{metric}_value"][index] == pytest.approx(value, abs=tolerance)


def test_realised_regression_follows_its_formulas(figures, chunks):
    realised = figures["realised regression"]
    for index, rows in enumerate(chunks):
        loss = (rows["delay"] - rows["predicted_delay"]).to_numpy()
        expected = {
            "mae": np.abs(loss).mean(),
            "mse": (loss**2).mean(),
            "rmse": math.sqrt((loss**2).mean()),
        }
        for metric, value in expected.items():
            assert realised[f"{metric}_value"][index] == pytest.approx(value, rel=1e-12)


def test_direct_loss_estimation_comes_near_the_realised_loss_without_drift(figures):
    """No short formula for boosted trees; on a chunk like the reference the loss is known."""
    estimated, realised = figures["DLE"], figures["realised regression"]
    for metric in ("mae", "rmse"):
        # three standard errors of a 1,000-row chunk's realised loss, as NannyML reports them
        margin = 3 * estimated[f"{metric}_sampling_error"][0]
        assert estimated[f"{metric}_value"][0] == pytest.approx(
            realised[f"{metric}_value"][0], abs=margin
        )
