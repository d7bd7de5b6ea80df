"""Typed records: the same after a round trip, recorded once, refused where they make no sense."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from promoting import promote

from coldframe.errors import ConflictError, CorruptionError, DataError, NotFoundError
from coldframe.ledger import (
    Decision,
    Delivery,
    Holdout,
    Ledger,
    ModelVersion,
    Promotion,
    Proposal,
    Reason,
    Release,
    Replay,
    Run,
    Verdict,
    champion_model,
    deliveries,
    model,
    models,
    record_delivery,
    record_run,
    record_verdict,
    register_model,
    runs,
    verdicts,
)
from coldframe.ledger.records import Record
from coldframe.provenance import canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | st.integers() | FLOATS | TEXT
JSON = st.dictionaries(TEXT, LEAVES | st.lists(LEAVES, max_size=2), max_size=3)

KINDS: list[type[Record]] = [
    Decision, Delivery, ModelVersion, Promotion, Proposal, Release, Replay, Run,
    Verdict,
]  # fmt: skip


def records(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for records of `kind`, made from the types of its fields."""
    hints = {name: hint for name, hint in _hints(kind).items() if name not in ("sequence", "at")}
    return st.builds(kind, **{name: _values(hint) for name, hint in hints.items()})


def _hints(kind: type[Any]) -> dict[str, Any]:
    import typing

    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _values(hint: Any) -> st.SearchStrategy[Any]:
    simple = {
        str: TEXT, int: st.integers(), float: FLOATS, bool: st.booleans(), dict[str, Any]: JSON,
    }  # fmt: skip
    origin, arguments = getattr(hint, "__origin__", None), getattr(hint, "__args__", ())
    if hint in simple:
        return simple[hint]
    if isinstance(hint, types.UnionType):
        return st.one_of([st.none() if a is type(None) else _values(a) for a in arguments])
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXT, _values(arguments[1]), max_size=2)
    if dataclasses.is_dataclass(hint):
        return records(hint)
    return st.sampled_from(arguments)  # a Literal


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_the_same_after_a_round_trip(kind: type[Record]) -> None:
    @settings(max_examples=50, deadline=None)
    @given(records(kind))
    def check(record: Record) -> None:
        import json

        body = json.loads(canonical_json(record.to_body()))
        again = kind.from_body(body)
        assert dataclasses.asdict(again) == dataclasses.asdict(record)
        assert canonical_json(again.to_body()) == canonical_json(record.to_body())

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_a_later_version_is_ignored(kind: type[Record]) -> None:
    @settings(max_examples=5, deadline=None)
    @given(records(kind))
    def check(record: Record) -> None:
        assert kind.from_body({**record.to_body(), "of_a_later_version": 1}) == record

    check()


def test_an_entry_of_another_shape_is_told_as_corruption(ledger: Ledger) -> None:
    ledger.append(dataset="flights", kind="run", key="x", body={"stage": "ingest"})
    with pytest.raises(CorruptionError, match="entry 1, flights, run x"):
        runs(ledger, "flights")


def test_a_field_of_another_type_is_refused_before_writing(ledger: Ledger) -> None:
    odd = dataclasses.replace(delivery(), outcome="lost")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="outcome"):
        record_delivery(ledger, odd)
    assert ledger.entries() == []


def delivery(**changes: Any) -> Delivery:
    known = Delivery(
        batch="b" * 64, dataset="flights", source="weather", file="2013-01.csv",
        outcome="quarantined", rows_accepted=10, rows_quarantined=2, contract="c1",
        reasons=(Reason(rule="range", column="temp", rows=2, example="451"),), snapshot="s1",
    )  # fmt: skip
    return dataclasses.replace(known, **changes)


def test_a_delivery_is_recorded_once(ledger: Ledger) -> None:
    first = record_delivery(ledger, delivery(), who="ingest")
    assert record_delivery(ledger, delivery()) == first
    renamed = record_delivery(ledger, delivery(file="again.csv"))
    assert (renamed.file, renamed.sequence) == ("2013-01.csv", 1)
    assert deliveries(ledger, "flights") == [delivery()]
    assert ledger.entries()[0].who == "ingest"


def test_another_fate_under_the_same_contract_is_a_conflict(ledger: Ledger) -> None:
    record_delivery(ledger, delivery())
    with pytest.raises(ConflictError) as caught:
        record_delivery(ledger, delivery(outcome="held", rows_accepted=0))
    assert '"outcome":"held"' in str(caught.value)
    assert "batch" not in caught.value.found  # only what differs is shown


def test_a_mended_contract_may_judge_a_batch_anew(ledger: Ledger) -> None:
    record_delivery(ledger, delivery(outcome="held", snapshot=None))
    record_delivery(ledger, delivery(outcome="accepted", contract="c2"))
    assert [d.outcome for d in deliveries(ledger, "flights")] == ["held", "accepted"]


def version(letter: str, **changes: Any) -> ModelVersion:
    known = ModelVersion(
        dataset="flights", estimator=letter * 64, recipe=f"recipe {letter}",
        snapshot="flights@1", snapshot_id="s1", holdout=Holdout(start="a", end="b", rows=5),
        parameters={"depth": 3}, metrics={"auc": 0.7}, cost={"cpu_seconds": 12.0},
    )  # fmt: skip
    return dataclasses.replace(known, **changes)


def test_a_model_registered_again_keeps_its_number_and_first_cost(ledger: Ledger) -> None:
    first = register_model(ledger, version("a"))
    second = register_model(ledger, version("b"))
    again = register_model(ledger, version("a", cost={"cpu_seconds": 99.0}, proposal=4))
    assert [first.name, second.name, again.name] == ["v1", "v2", "v1"]
    assert again.cost == {"cpu_seconds": 12.0}
    assert [m.name for m in models(ledger, "flights")] == ["v1", "v2"]
    assert register_model(ledger, version("a", dataset="trains")).name == "v1"


def test_the_same_recipe_and_estimator_with_another_lineage_is_a_conflict(ledger: Ledger) -> None:
    register_model(ledger, version("a"))
    with pytest.raises(ConflictError, match="snapshot_id"):
        register_model(ledger, version("a", snapshot_id="s2"))


def test_the_same_estimator_by_another_recipe_is_another_model(ledger: Ledger) -> None:
    first = register_model(ledger, version("a"))
    second = register_model(ledger, version("a", recipe="other", snapshot_id="s2"))
    assert first.digest != second.digest
    assert (second.name, second.estimator) == ("v2", first.estimator)


def test_a_model_is_found_by_name_digest_and_office(ledger: Ledger) -> None:
    first, second = register_model(ledger, version("a")), register_model(ledger, version("b"))
    assert champion_model(ledger, "flights") is None
    with pytest.raises(NotFoundError):
        model(ledger, "flights", "champion")
    promote(
        ledger, "flights", model=second.digest, expected=None, reason="first", who="me", key="1"
    )
    assert model(ledger, "flights", "v1") == first
    assert model(ledger, "flights", first.digest[:8]) == first
    assert model(ledger, "flights", "bbbbbb") == second
    assert model(ledger, "flights", "champion") == second
    assert champion_model(ledger, "flights") == second
    for name in ("v3", "b", "", "ffffff"):
        with pytest.raises(NotFoundError, match="v1, v2"):
            model(ledger, "flights", name)


def test_a_name_that_fits_two_models_is_not_guessed(ledger: Ledger) -> None:
    register_model(ledger, version("a"))
    register_model(ledger, version("a", recipe="other"))
    with pytest.raises(NotFoundError, match="Several") as caught:
        model(ledger, "flights", "aaaaaa")
    assert caught.value.found == "v1, v2"


def test_only_a_registered_model_becomes_champion(ledger: Ledger) -> None:
    registered = register_model(ledger, version("a"))
    with pytest.raises(NotFoundError, match="registered"):
        promote(
            ledger,
            "flights",
            model=registered.estimator,
            expected=None,
            reason="x",
            who="me",
            key="1",
        )
    assert ledger.champion("flights") is None


def test_runs_are_recorded_once_and_chosen_by_stage_and_outcome(ledger: Ledger) -> None:
    def run(stage: str, name: str, outcome: Any) -> Run:
        return Run(
            stage=stage, run=name, dataset="flights", outcome=outcome, started="a", ended="b",
            seconds=1.5, inputs="i", result={"snapshot": "flights@1"},
        )  # fmt: skip

    first = record_run(ledger, run("ingest", "1", "succeeded"))
    assert record_run(ledger, run("ingest", "1", "succeeded")).sequence == first.sequence
    record_run(ledger, run("ingest", "2", "failed"))
    record_run(ledger, run("train", "1", "failed"))
    assert [r.run for r in runs(ledger, "flights", stage="ingest")] == ["1", "2"]
    assert [r.stage for r in runs(ledger, "flights", outcome="failed")] == ["ingest", "train"]
    with pytest.raises(ConflictError, match="outcome"):
        record_run(ledger, run("ingest", "1", "failed"))


def test_a_verdict_without_a_proposal_is_kept_for_the_record(ledger: Ledger) -> None:
    verdict = Verdict(
        dataset="flights", proposal=None, challenger="a", champion="b", snapshot_id="s1",
        holdout=Holdout(start="a", end="b", rows=5), metric="auc", challenger_value=0.7,
        champion_value=0.71, gain=-0.01, interval_low=-0.02, interval_high=0.01, outcome="keep",
        reasons=("no better",),
    )  # fmt: skip
    assert record_verdict(ledger, verdict) == verdict
    assert verdicts(ledger, "flights") == [verdict]
