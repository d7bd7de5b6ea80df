"""Features edited under a champion: it is judged on its own, or a person's approval decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from feature_edits import add_feature, edit_code, remove_feature, spoil_feature

from coldframe.errors import DataError
from coldframe.figures.verdict import describe_verdict, draw_verdict
from coldframe.ledger import ModelVersion, Proposal, champion_model
from coldframe.monitor import monitor_snapshot
from coldframe.notebook.trained import table_metrics, tell_verdict
from coldframe.tasks import spell_figure
from coldframe.train import train_challenger
from coldframe.workbench import Workbench

Approve = Callable[..., Proposal]
SMALL = {"max_iter": 10}


@pytest.fixture
def champion(bench: Workbench, approve: Approve) -> ModelVersion:
    approve("flights@2", **SMALL)
    return train_challenger(bench).challenger


def test_after_a_feature_was_added_the_champion_is_judged_on_its_own(
    bench: Workbench, champion: ModelVersion, approve: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = train_challenger(bench, snapshot="flights@4", parameters=SMALL).verdict.champion_value
    approve("flights@4", **SMALL)
    report = train_challenger(add_feature(bench, monkeypatch))
    assert report.challenger.features is not None
    assert report.challenger.features.numeric[-1] == "rush"
    assert champion.features is not None
    assert "rush" not in champion.features.numeric
    assert report.verdict.champion_value == known is not None
    assert report.verdict.gain is not None


def test_after_a_feature_was_removed_the_approval_decides(
    bench: Workbench, champion: ModelVersion, approve: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = remove_feature(bench, monkeypatch)
    experiment = train_challenger(edited, snapshot="flights@4", parameters=SMALL)
    assert (experiment.verdict.outcome, experiment.verdict.gain) == ("keep", None)
    assert "would take over" in experiment.verdict.reasons[-1]
    number = approve("flights@4", **SMALL).number
    report = train_challenger(edited)
    assert report.champion == champion
    assert report.champion_scores is None
    assert report.promotion is not None
    assert "v1 cannot score: it reads visib" in report.verdict.reasons[0]
    assert champion_model(bench.ledger, "flights") == report.challenger
    again = train_challenger(edited, proposal=number)
    assert (again.verdict, again.promotion) == (report.verdict, report.promotion)
    assert "visib" in tell_verdict(report).text
    table = table_metrics(report)
    assert len(table.rows) == 4
    assert table.rows[0][1] == spell_figure(report.challenger_scores.metrics[table.rows[0][0]])
    assert "champion" not in repr(table)  # it has no figure here
    assert draw_verdict(describe_verdict(report)).axes


def test_an_edit_that_spoils_the_champion_is_no_gain_of_the_challenger(
    bench: Workbench, champion: ModelVersion, approve: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    fair = train_challenger(bench, snapshot="flights@4", parameters=SMALL).verdict
    assert fair.champion == champion.digest
    monitor_snapshot(bench, propose=False)  # the champion says what it thinks of all new rows
    spoil_feature(bench, monkeypatch)
    approve("flights@4", **SMALL)
    verdict = train_challenger(bench).verdict
    assert verdict.champion_value == fair.champion_value
    assert verdict.challenger_value is not None
    assert fair.champion_value is not None
    assert verdict.gain == pytest.approx(verdict.challenger_value - fair.champion_value)
    told = verdict.reasons[1]
    assert "features are built by other code than when the champion was trained" in told
    assert f"it came to {fair.champion_value:.4f} before" in told


def test_a_champion_that_cannot_be_judged_by_what_it_knows_is_told(
    bench: Workbench, champion: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    fair = train_challenger(bench, snapshot="flights@4", parameters=SMALL).verdict
    assert fair.champion == champion.digest
    spoil_feature(bench, monkeypatch)
    monitor_snapshot(bench, propose=False)  # too late: what it says now rests on spoiled features
    verdict = train_challenger(bench, snapshot="flights@4", parameters=SMALL).verdict
    assert verdict.champion_value is not None
    assert fair.champion_value is not None
    assert verdict.champion_value < fair.champion_value
    assert "did not score all of these rows before" in verdict.reasons[1]


def test_a_model_is_given_its_own_columns_or_a_plain_word(
    bench: Workbench, champion: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = bench.frame(bench.store.resolve("flights@4"))
    own = bench.matrix(champion, frame)
    edited = add_feature(bench, monkeypatch)
    frame = edited.frame(bench.store.resolve("flights@4"))
    assert edited.matrix(champion, frame).equals(own)
    with pytest.raises(DataError, match="v1 cannot score: it reads visib"):
        remove_feature(bench, monkeypatch).matrix(champion, frame)


def test_edited_feature_code_is_noticed(bench: Workbench, champion: ModelVersion) -> None:
    assert not bench.features_changed(champion)
    edit_code(bench.settings.root)
    assert bench.features_changed(champion)


def test_an_entry_from_before_feature_lists_means_those_of_today(
    bench: Workbench, champion: ModelVersion
) -> None:
    body = champion.to_body()
    del body["features"]
    old = ModelVersion.from_body(body)
    assert old.features is None
    assert bench.obstacle(old) is None
    assert not bench.features_changed(old)
    frame = bench.frame(bench.store.resolve("flights@4"))
    assert bench.matrix(old, frame).equals(bench.matrix(champion, frame))
