"""Features, settings and code edited under a champion: monitoring goes on and says so."""

import pandas as pd
import pytest
from feature_edits import BUILD, add_feature, edit_code, remove_feature, with_features

import flights.features
from coldframe.ledger import champion_model
from coldframe.monitor import monitor_inputs, monitor_snapshot
from coldframe.monitor.chunks import Reference, cut_chunks, figure_new_chunks
from coldframe.monitor.scored import type_chunks
from coldframe.notebook.monitored import tell_scored


def test_an_added_feature_has_no_verdict_and_the_champion_scores_with_its_own(
    overdue, opened, monkeypatch
):
    bench = opened(overdue)
    before = monitor_snapshot(opened(overdue))
    report = monitor_snapshot(add_feature(bench, monkeypatch))
    assert report.scored_rows == before.scored_rows
    pd.testing.assert_frame_equal(report.realised, before.realised)
    added = report.drift[report.drift["column"] == "rush"]
    assert len(added) == len(report.estimated)
    assert added["alert"].isna().all()
    assert added["why"].str.contains("does not have this column").all()
    # the other columns share the false alarms with nobody new
    others = report.drift[report.drift["column"] != "rush"]
    pd.testing.assert_frame_equal(others, before.drift)


def test_a_removed_feature_stops_the_scores_and_a_retrain_is_proposed(overdue, opened, monkeypatch):
    bench = opened(overdue, every_days=None)
    assert not monitor_snapshot(bench, snapshot="flights@4").judgement.propose
    report = monitor_snapshot(remove_feature(bench, monkeypatch))
    assert report.scored_rows == len(report.estimated) == len(report.drift) == 0
    assert report.obstacle == (
        "v1 cannot score: it reads visib, which flights does not have any more; put it back under "
        "`features` in the dataset file, or approve a retrain"
    )
    assert report.proposal.reasons == (report.obstacle,)
    assert "visib" in tell_scored(report).text
    monkeypatch.undo()
    assert monitor_snapshot(bench).scored_rows


def test_a_feature_of_another_type_is_an_obstacle_too(grown, opened):
    bench = opened(grown)
    features = bench.dataset.features
    numeric = tuple(name for name in features.numeric if name != "weekday")
    edited = with_features(
        bench, numeric=numeric, categorical=(*features.categorical, "weekday")
    )  # fmt: skip
    assert "weekday, which flights has as another type" in monitor_snapshot(edited).obstacle


def test_the_order_of_the_columns_in_the_file_is_not_the_champions(overdue, opened):
    bench = opened(overdue)
    before = monitor_snapshot(opened(overdue))
    turned = with_features(bench, numeric=tuple(reversed(bench.dataset.features.numeric)))
    pd.testing.assert_frame_equal(monitor_snapshot(turned).realised, before.realised)


def test_changed_values_move_the_drift_and_nothing_else_and_are_kept(overdue, opened, monkeypatch):
    bench = opened(overdue)
    first = monitor_snapshot(bench)
    monkeypatch.setattr(
        flights.features, "build_features",
        lambda tables: BUILD(tables).assign(distance=lambda f: f["distance"] * 1.5),
    )  # fmt: skip
    second = monitor_snapshot(bench)
    pd.testing.assert_frame_equal(second.estimated, first.estimated)
    pd.testing.assert_frame_equal(second.realised, first.realised)
    moved = [one.drift.set_index("column", append=True)["value"] for one in (first, second)]
    differs = moved[0].ne(moved[1]) & moved[0].notna()
    assert set(differs[differs].index.get_level_values("column")) == {"distance"}
    # the same snapshot, champion and settings, and still nothing was taken for a known batch
    third = monitor_snapshot(bench)
    assert third.figured_chunks == 0
    pd.testing.assert_frame_equal(third.drift, second.drift)


def test_edited_feature_code_is_told_and_figures_are_computed_anew(grown, opened):
    bench = opened(grown)
    before, config = monitor_snapshot(bench), monitor_inputs(bench)["config"]
    assert not before.features_changed
    assert "other code" not in tell_scored(before).text
    edit_code(bench.settings.root)
    assert monitor_inputs(bench)["config"] != config
    report = monitor_snapshot(bench)
    assert report.features_changed
    assert "Features are built by other code" in tell_scored(report).text
    assert report.scored_rows == 0
    assert report.figured_chunks == before.figured_chunks > 0
    assert monitor_snapshot(bench).figured_chunks == 0


@pytest.mark.parametrize("columns", [("wind_gust",), ("wind_gust", "temp")])
def test_a_reference_without_any_value_gives_no_verdict(grown, opened, columns):
    bench = opened(grown)
    champion = champion_model(bench.ledger, "flights")
    monitoring = bench.dataset.monitoring.model_copy(update={"drift": columns})
    dataset = bench.dataset.model_copy(update={"monitoring": monitoring})
    rows = bench.store.read(champion.reference_id, "reference")
    reference = Reference.of(dataset, rows.assign(wind_gust=float("nan")))
    chunks = cut_chunks(dataset, rows, newest=rows["time_hour"].max(), newest_label=None)
    found = figure_new_chunks(
        dataset, champion.digest, "config", reference=reference, chunks=chunks,
        known=type_chunks([]), progress=lambda _: None,
    )  # fmt: skip
    drift = found[found["kind"] == "drift"]
    assert len(drift) == len(columns) * len(chunks)
    empty = drift[drift["column"] == "wind_gust"]
    assert empty["alert"].isna().all()
    assert empty["why"].str.contains("holds no value").all()
    assert drift.loc[drift["column"] == "temp", "value"].notna().all()
