"""Rules on a batch's columns as a whole: each with a batch that trips it and one that does not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from coldframe.contracts.casting import Typed
from coldframe.contracts.expectations import BATCH_RULES, COLUMN_LIMITS, expectation, remedy
from coldframe.contracts.judging import judge_batch
from coldframe.contracts.profiles import BatchProfile, Reference, stability_index
from coldframe.datasets import Source
from coldframe.ledger import Reason
from coldframe.wording import explain_reason

CLOCK = datetime(2026, 3, 1, 12, tzinfo=UTC)


def source(batch=None, **limits):
    columns = {
        "id": {"type": "integer"},
        "wind": {"type": "number", "nullable": True},
        "place": {"type": "string"},
        "time": {"type": "timestamp"},
    }
    for name, own in limits.items():
        columns[name] |= own
    return Source(files="*.csv", key=("id",), columns=columns, batch=batch or {})


def frame(rows=100, *, mean=10.0, nulls=0, places=("a", "b"), age_hours=1.0, first=0, seed=0):
    draw = np.random.default_rng(seed)
    wind = pd.Series(draw.normal(mean, 2.0, rows).round(3), dtype=object)
    wind.iloc[:nulls] = ""
    newest = CLOCK - timedelta(hours=age_hours)
    return pd.DataFrame(
        {
            "id": range(first, first + rows),
            "wind": wind,
            "place": [places[i % len(places)] for i in range(rows)],
            "time": [(newest - timedelta(minutes=i)).isoformat() for i in range(rows)],
        }
    )


def judge(tmp_path, contract, rows, former=None, **options):
    path = tmp_path / "batch.csv"
    rows.to_csv(path, index=False)
    references = {}
    if former is not None:
        typed = judge_batch(write(tmp_path, former), source(), folder=tmp_path).fit.read()
        references = {
            name: Reference.of(typed[name], column)
            for name, column in contract.columns.items()
            if column.is_compared
        }
    return judge_batch(
        path, contract, folder=tmp_path, references=references, clock=CLOCK, **options
    )


def count_unfit(judged):
    return pd.read_parquet(judged.aside)["line"].nunique()


def write(tmp_path, rows):
    path = tmp_path / "former.csv"
    rows.to_csv(path, index=False)
    return path


USUAL = frame(400, seed=1, first=1000)
CASES = {
    "null_share": (source(wind={"null_share": 0.1}), frame(nulls=11), frame(nulls=10)),
    "unseen_share": (
        source(place={"unseen_share": 0.2}),
        frame(places=("a", "b", "c", "d")), frame(places=("a", "b", "a", "b", "c")),
    ),
    "mean_shift": (source(wind={"mean_shift": 1.0}), frame(mean=13.0), frame(mean=11.0)),
    "stability_index": (
        source(place={"stability_index": 0.25}),
        frame(places=("a", *"bbbbb")), frame(places=("a", "b", "b")),
    ),
    "stale": (source(time={"fresh_hours": 24}), frame(age_hours=25), frame(age_hours=23)),
}  # fmt: skip


@pytest.mark.parametrize("rule", CASES)
def test_a_batch_that_breaks_a_limit_is_held_and_another_is_not(tmp_path, rule):
    contract, bad, good = CASES[rule]
    held = judge(tmp_path, contract, bad, USUAL)
    assert held.held
    (fault,) = held.faults
    assert fault.rule == rule
    assert not judge(tmp_path, contract, good, USUAL).held
    # it is told what was expected, what to do, and in plain words
    assert expectation(contract, rule, fault.column)
    assert "release it, or change" in remedy("d", "s", rule, held=True)
    reason = Reason(rule=rule, column=fault.column, rows=fault.rows, example=fault.example)
    assert fault.example in explain_reason(reason)
    # a person may overrule it
    taken = judge(tmp_path, contract, bad, USUAL, released=True)
    assert [one.rule for one in taken.overruled] == [rule]
    assert not taken.held


def test_a_distribution_of_numbers_is_compared_in_bins(tmp_path):
    contract = source(wind={"stability_index": 0.25})
    wide = frame(300).assign(wind=np.linspace(0, 20, 300).round(3))
    assert [one.rule for one in judge(tmp_path, contract, wide, USUAL).faults] == [
        "stability_index"
    ]
    assert not judge(tmp_path, contract, frame(300, seed=5), USUAL).held


def test_without_history_nothing_is_compared(tmp_path):
    contract = source(
        wind={"mean_shift": 0.1, "stability_index": 0.01}, place={"unseen_share": 0.0}
    )
    assert not judge(tmp_path, contract, frame()).held


def test_rows_from_the_future_are_set_aside_alone(tmp_path):
    contract = source(time={"future_hours": 2}, batch={"quarantined": 0.5})
    rows = frame(20, age_hours=-2.5)  # the first half hour of them is too late
    judged = judge(tmp_path, contract, rows)
    late = [(CLOCK + timedelta(hours=2.5, minutes=-i)) for i in range(20)]
    assert sum(one > CLOCK + timedelta(hours=2) for one in late) == count_unfit(judged) == 20
    some = judge(tmp_path, contract, frame(60, age_hours=-2.5))
    assert count_unfit(some) == 30
    assert {one.rule for one in some.faults} == {"future"}
    assert not judge(tmp_path, contract, frame(20, age_hours=-1.9)).faults
    assert expectation(contract, "future", "time") == "a time at most 2 hours after the delivery"


@pytest.mark.parametrize(
    ("rule", "limit"), [("duplicate_key_share", "duplicate_key"), ("known_key_share", "known_key")]
)
def test_repeated_keys_have_limits_of_their_own(tmp_path, rule, limit):
    rows = frame(100)
    known = pd.DataFrame({"id": [3, 4]}) if limit == "known_key" else None
    if known is None:
        rows.loc[[3, 4], "id"] = [0, 1]
    for share, held in ((0.01, True), (0.02, False)):
        contract = source(batch={"quarantined": 0.5, limit: share})
        judged = judge(tmp_path, contract, rows, known=known)
        assert judged.held is held
        assert count_unfit(judged) == 2
        if held:
            assert judged.faults[0].rule == rule
            assert expectation(contract, rule) is not None


def test_pieces_count_like_a_whole():
    contract = source(
        wind={"mean_shift": 0.0, "stability_index": 0.0, "null_share": 0.0},
        place={"unseen_share": 0.0, "stability_index": 0.0}, time={"fresh_hours": 0.0},
    )  # fmt: skip
    rows = frame(90, nulls=3, places=("a", "b", "x"))
    rows = rows.assign(
        wind=pd.to_numeric(rows["wind"].replace("", None)), time=pd.to_datetime(rows["time"])
    )
    usual = USUAL.assign(wind=pd.to_numeric(USUAL["wind"]))
    references = {n: Reference.of(usual[n], contract.columns[n]) for n in ("wind", "place")}
    whole, pieces = (BatchProfile(contract, references) for _ in range(2))
    whole.add(Typed.of(rows))
    for start in range(0, 90, 7):
        pieces.add(Typed.of(rows.iloc[start : start + 7]))
    assert len(whole.faults(CLOCK)) == 6
    assert [one.rule for one in pieces.faults(CLOCK)] == [one.rule for one in whole.faults(CLOCK)]


def test_the_index_is_nothing_for_the_same_and_known_for_a_shift():
    assert stability_index({"a": 3, "b": 1}, {"a": 0.75, "b": 0.25}) == pytest.approx(0)
    expected = (0.9 - 0.5) * np.log(0.9 / 0.5) + (0.1 - 0.5) * np.log(0.1 / 0.5)
    assert stability_index({"a": 90, "b": 10}, {"a": 0.5, "b": 0.5}) == pytest.approx(expected)


def test_every_limit_may_be_overruled_but_that_on_undeclared_columns():
    assert set(COLUMN_LIMITS) - BATCH_RULES == {"undeclared_columns"}


def test_a_limit_for_another_type_is_refused():
    with pytest.raises(ValueError, match="mean_shift"):
        source(place={"mean_shift": 1.0})
    with pytest.raises(ValueError, match="fresh_hours"):
        source(wind={"fresh_hours": 1.0})
