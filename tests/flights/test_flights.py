import numpy as np
import pandas as pd
import pytest
import samples
from threadpoolctl import threadpool_limits

from coldframe.features import feature_matrix
from coldframe.ingest import ingest_batches
from coldframe.models import ModelFiles
from flights.features import build_features
from flights.model import build_model
from flights.rules import arrival_agrees, departure_agrees


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = samples.open_bench(samples.write_project(tmp_path_factory.mktemp("flights") / "p"))
    samples.land_sample(bench, samples.MONTHS[:4])
    ingest_batches(bench)
    return bench


@pytest.fixture(scope="module")
def tables(bench):
    head = bench.store.head("flights")
    return {name: bench.store.read(head, name) for name in head.tables}


@pytest.fixture(scope="module")
def frame(bench):
    return bench.frame(bench.store.head("flights"))


def test_a_flight_is_late_from_the_sixteenth_minute(tables, frame):
    joined = frame.merge(tables["arrivals"], on=["time_hour", "carrier", "flight"], how="left")
    delay = joined["arr_delay"].to_numpy()
    expected = np.where(np.isnan(delay), np.nan, np.where(delay >= 16, 1.0, 0.0))
    np.testing.assert_array_equal(frame["late"], expected)
    assert {15.0, 16.0} <= set(delay)


def test_no_outcome_leaks_into_the_features(bench, tables, frame):
    """Without a single arrival, every feature is what it was."""
    from coldframe.features import build_frame

    blind = build_frame(bench.dataset, {**tables, "arrivals": tables["arrivals"].iloc[:0]})
    assert blind["late"].isna().all()
    pd.testing.assert_frame_equal(
        feature_matrix(bench.dataset, blind), feature_matrix(bench.dataset, frame)
    )


def test_weather_is_that_of_the_scheduled_hour_and_no_later(tables, frame):
    weather = tables["weather"].set_index(["origin", "time_hour"])
    for row in frame.sample(50, random_state=1).itertuples():
        at = (row.origin, row.time_hour)
        known = weather["temp"].get(at, np.nan)
        np.testing.assert_equal(row.temp, known)


def test_a_missing_weather_hour_leaves_blanks_and_loses_no_flight(tables):
    frame = build_features({**tables, "weather": tables["weather"].iloc[::2]})
    assert len(frame) == len(tables["flights"])
    assert 0.3 < frame["temp"].isna().mean() < 0.7


def test_features_do_not_depend_on_the_order_of_delivery(bench, tables, frame):
    from coldframe.features import build_frame

    shuffled = {name: one.sample(frac=1, random_state=2) for name, one in tables.items()}
    pd.testing.assert_frame_equal(build_frame(bench.dataset, shuffled), frame)


def test_the_model_learns_is_repeatable_and_can_be_saved(bench, frame, tmp_path):
    from sklearn.metrics import roc_auc_score

    labelled = frame[frame["late"].notna()]
    matrix, late = feature_matrix(bench.dataset, labelled), labelled["late"]
    cut = len(labelled) * 3 // 4
    parameters = bench.dataset.model.parameters
    # on a busy machine OpenMP's threads wait for each other; the figures are the same with one
    with threadpool_limits(1):
        models = [build_model(**parameters).fit(matrix[:cut], late[:cut]) for _ in range(2)]
    first, second = (one.predict_proba(matrix[cut:])[:, 1] for one in models)
    np.testing.assert_array_equal(first, second)
    assert roc_auc_score(late[cut:], first) > 0.55
    files = ModelFiles(tmp_path)
    loaded = files.load(files.save(models[0]))
    np.testing.assert_array_equal(loaded.predict_proba(matrix[cut:])[:, 1], first)


def test_an_airline_never_seen_is_unknown_not_an_error(bench, frame):
    labelled = frame[frame["late"].notna()]
    matrix = feature_matrix(bench.dataset, labelled)
    model = build_model(max_iter=5).fit(matrix, labelled["late"])
    strange = feature_matrix(bench.dataset, frame[:3].assign(carrier="ZZ", dest=None))
    assert model.predict_proba(strange).shape == (3, 2)


def test_all_real_delays_agree_with_the_clock(tables):
    arrivals = tables["arrivals"]
    assert departure_agrees(arrivals).all()
    assert arrival_agrees(arrivals).all()


@pytest.mark.parametrize(
    ("there", "planned", "told", "agrees"),
    [
        (10, 2350, 20, True),
        (2350, 10, -20, True),
        (2400, 2355, 5, True),
        (1200, 1000, 120, True),
        (1200, 1000, 2, False),
        (1260, 1000, 180, False),
        (None, 1000, None, True),
        (1000, 1000, None, True),
        (None, 1000, 5, False),
    ],
)
def test_a_delay_and_a_clock(there, planned, told, agrees):
    frame = pd.DataFrame({"dep_time": [there], "sched_dep_time": [planned], "dep_delay": [told]})
    assert departure_agrees(frame.astype("Float64")).tolist() == [agrees]
