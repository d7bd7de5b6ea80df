"""The guard of NannyML: each check beside the hazard that it is for."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from coldframe.errors import DataError, EnvironmentFaultError
from coldframe.monitor import guard

WEEKS = 6


def make_rows(seed, *, weeks=WEEKS, shift=0.0):
    generator = np.random.default_rng(seed)
    n = 400 * weeks
    time = pd.Timestamp("2013-01-07", tz="UTC") + pd.to_timedelta(
        np.sort(generator.uniform(0, 7 * weeks, n)), unit="D"
    )
    probability = generator.beta(2, 4, n)
    return pd.DataFrame(
        {
            "time": time.floor("us"),
            "probability": probability,
            # calibrated by construction: a label is drawn with exactly its probability
            "late": (generator.uniform(size=n) < probability).astype("float64"),
            "x": generator.normal(size=n) + shift,
            "c": generator.choice(["a", "b", "c"], n).astype(object),
        }
    )


REFERENCE, ROWS = make_rows(1), make_rows(2, shift=0.0)


def estimate(reference=REFERENCE, rows=ROWS):
    return guard.estimate_binary(
        reference, rows, time="time", target="late", probability="probability", period="W"
    )


def drift(reference=REFERENCE, rows=ROWS, *, numeric=("x",), categorical=("c",)):
    return guard.measure_drift(
        reference, rows, time="time", numeric=numeric, categorical=categorical, period="W"
    )


def plain_drift(nannyml, reference, rows, columns):
    """NannyML as one would call it without a guard."""
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=columns, continuous_methods=["jensen_shannon"],
        categorical_methods=["jensen_shannon"], chunk_size=len(rows),
    )  # fmt: skip
    return calculator.fit(reference).calculate(rows).filter(period="analysis").to_df()


@pytest.fixture
def nannyml():
    with guard.nannyml_at_home() as module:
        yield module


def expected_roc_auc(chance, score):
    """The chance that a random positive outranks a random negative, over all pairs."""
    outranks = (score[:, None] > score[None, :]) + 0.5 * (score[:, None] == score[None, :])
    np.fill_diagonal(outranks, 0.5)
    pairs = chance[:, None] * (1 - chance)[None, :]
    return (pairs * outranks).sum() / pairs.sum()


def test_estimate_equals_the_formula_on_calibrated_rows():
    from sklearn.isotonic import IsotonicRegression

    found = estimate()
    calibrate = IsotonicRegression(out_of_bounds="clip").fit(
        REFERENCE["probability"], REFERENCE["late"]
    )
    chunks = guard.chunk_of(ROWS["time"], "W")
    for chunk, rows in ROWS.groupby(chunks):
        score = rows["probability"].to_numpy()
        # NannyML calibrates only if that helps; the guard does not say whether it did
        formulas = [expected_roc_auc(c, score) for c in (score, calibrate.predict(score))]
        # NannyML rounds cumulated counts to five decimals, of at least 100 of each class
        assert min(abs(found.at[chunk, "value"] - one) for one in formulas) < 1e-6
        assert found.at[chunk, "low"] < found.at[chunk, "value"] < found.at[chunk, "high"]


def test_estimate_is_the_same_each_time():
    pd.testing.assert_frame_equal(estimate(), estimate())


def plain_estimate(nannyml, reference, rows):
    """CBPE as one would call it without a guard."""
    estimator = nannyml.CBPE(
        metrics=["roc_auc"], y_pred_proba="probability", y_true="late", chunk_size=500,
        problem_type="classification_binary",
    )  # fmt: skip
    found = estimator.fit(reference.astype({"late": "int64"})).estimate(rows)
    return found.filter(period="analysis").to_df()["roc_auc"]


def test_one_nan_among_the_probabilities_crashes_nannyml(nannyml):
    rows = ROWS.assign(probability=ROWS["probability"].where(ROWS.index != 5))
    with pytest.raises(nannyml.exceptions.CalculatorException, match="contains NaN"):
        plain_estimate(nannyml, REFERENCE, rows)


def test_nannyml_estimates_from_numbers_that_are_no_probabilities(nannyml):
    found = plain_estimate(nannyml, REFERENCE, ROWS.assign(probability=ROWS["probability"] + 0.5))
    assert found["value"].notna().all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.1])
def test_what_is_no_probability_is_refused(bad):
    rows = ROWS.assign(probability=ROWS["probability"].where(ROWS.index != 5, bad))
    with pytest.raises(DataError, match=r"probability|infinities"):
        estimate(rows=rows)
    with pytest.raises(DataError, match=r"probability|infinities"):
        estimate(reference=REFERENCE.assign(probability=rows["probability"]))


def test_nannyml_is_content_with_a_reference_of_one_class(nannyml):
    found = plain_estimate(nannyml, REFERENCE.assign(late=1), ROWS)
    assert found["lower_threshold"].isna().all()  # nothing to compare with …
    assert found["value"].notna().all()
    assert not found["alert"].any()  # … and yet the verdict is "fine"


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_reference_of_one_class_is_refused(label):
    with pytest.raises(DataError, match="both classes"):
        estimate(reference=REFERENCE.assign(late=label))


@pytest.mark.parametrize("dtype", ["Float64", "double[pyarrow]"])
def test_nannyml_leaves_out_columns_of_types_it_does_not_know(nannyml, dtype):
    frames = [frame[["x", "c"]].astype({"x": dtype}) for frame in (REFERENCE, ROWS)]
    found = plain_drift(nannyml, *frames, ["x", "c"])
    assert ("x", "jensen_shannon", "value") not in found.columns


@pytest.mark.parametrize("dtype", ["Float64", "float32", "int64", "Int64", "double[pyarrow]"])
def test_numbers_of_any_type_are_measured_alike(dtype):
    scaled = [f.assign(x=(f["x"] * 10).round()) for f in (REFERENCE, ROWS)]
    typed = [frame.astype({"x": dtype}) for frame in scaled]
    pd.testing.assert_frame_equal(drift(*typed), drift(*scaled))


@pytest.mark.parametrize("dtype", ["str", "category", "string[python]", "string[pyarrow]"])
def test_texts_of_any_type_are_measured_alike(dtype):
    typed = [frame.astype({"c": dtype}) for frame in (REFERENCE, ROWS)]
    pd.testing.assert_frame_equal(drift(*typed), drift())


def alerts_of(found):
    """What a program reads that asks whether anything alerted."""
    return found.loc[:, (slice(None), slice(None), "alert")].astype("boolean").fillna(False)


def test_nannyml_does_not_alert_for_numbers_that_became_text_or_went_missing(nannyml):
    for value in ("1.5", np.nan):
        found = plain_drift(nannyml, REFERENCE[["x"]], ROWS[["x"]].assign(x=value), ["x"])
        assert found[("x", "jensen_shannon", "value")].isna().all()
        assert not alerts_of(found).to_numpy().any()


def test_infinities_silence_nannymls_wasserstein_distance(nannyml):
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=["x"], continuous_methods=["wasserstein"], chunk_size=500
    )
    found = calculator.fit(REFERENCE[["x"]]).calculate(ROWS[["x"]].assign(x=np.inf))
    assert not alerts_of(found.filter(period="analysis").to_df()).to_numpy().any()


def test_text_in_a_numeric_column_is_refused():
    with pytest.raises(DataError, match="holds something else"):
        drift(rows=ROWS.assign(x="a lot"))


def test_infinities_are_refused():
    with pytest.raises(DataError, match="infinities"):
        drift(rows=ROWS.assign(x=ROWS["x"].where(ROWS.index != 3, np.inf)))


def test_a_chunk_without_a_value_has_no_verdict():
    empty = guard.chunk_of(ROWS["time"], "W") == "2013-01-14/2013-01-20"
    found = drift(rows=ROWS.assign(x=ROWS["x"].where(~empty)))
    assert np.isnan(found.at["2013-01-14/2013-01-20", "x"])
    assert found["x"].notna().sum() == WEEKS - 1


def test_reference_without_a_value_of_a_column_is_refused():
    with pytest.raises(DataError, match="holds no value"):
        drift(reference=REFERENCE.assign(x=np.nan))


def test_a_column_or_chunk_that_nannyml_left_out_is_a_fault():
    with pytest.raises(EnvironmentFaultError, match="other chunks"):
        guard.expect_chunks(["2013-01-07/2013-01-13"], ROWS["time"], "W")


def test_pandas_is_as_it_was_afterwards():
    before = pd.get_option("mode.string_storage")
    drift()
    assert pd.get_option("mode.string_storage") == before


def test_import_sends_nothing_and_reads_no_env_file(tmp_path):
    """NannyML loads the nearest .env into the process, and reports usage unless told not to."""
    code = (
        "import os; from coldframe.monitor.guard import load_nannyml; load_nannyml();"
        "assert os.environ['NML_DISABLE_USAGE_LOGGING'] == '1';"
        "assert 'PYTHON_DOTENV_DISABLED' not in os.environ;"
        "assert 'COLDFRAME_STRAY' not in os.environ;"
        "assert 'PYARROW_IGNORE_TIMEZONE' not in os.environ"
    )
    (tmp_path / ".env").write_text("COLDFRAME_STRAY=1\n")
    ours = ("NML_", "PYARROW_")  # the tests import NannyML and pandera themselves
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=env, timeout=120)
