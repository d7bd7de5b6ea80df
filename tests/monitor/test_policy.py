"""The policy: pure, and it never proposes what a hold forbids."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.datasets import Policy
from coldframe.monitor import Champion, ChunkFigure, History, judge

START = datetime(2013, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def at(days):
    return START + days * DAY


def champion(*, trained=0.0, reference=0.7):
    return Champion(name="v1", trained_until=at(trained), reference=reference)


def figures(kind, values):
    return tuple(
        ChunkFigure(kind=kind, chunk=f"c{n:03}", start=at(7 * n), value=value)
        for n, value in enumerate(values)
    )


days = st.floats(min_value=0, max_value=1000, allow_nan=False).map(lambda d: round(d, 3))
values = st.none() | st.floats(min_value=0, max_value=1, allow_nan=False)
histories = st.builds(
    History,
    now=days.map(at),
    labelled_rows=st.integers(0, 10_000),
    trainable_rows=st.integers(0, 10_000),
    new_labelled_rows=st.integers(0, 10_000),
    champion=st.none()
    | st.builds(
        Champion, name=st.just("v1"), trained_until=st.none() | days.map(at), reference=values
    ),
    figures=st.tuples(
        st.lists(values, max_size=8).map(lambda found: figures("realised", found)),
        st.lists(values, max_size=8).map(lambda found: figures("estimated", found)),
        st.lists(values, max_size=8).map(lambda found: figures("drift", found)),
    ).map(lambda parts: sum(parts, ())),
    retrains=st.lists(days.map(at), max_size=4).map(tuple),
    undone=st.lists(days.map(at), max_size=4).map(tuple),
    refusals=st.lists(days.map(at), max_size=4).map(tuple),
    waiting=st.none() | st.integers(1, 9),
)
policies = st.builds(
    Policy,
    minimum_labelled_rows=st.integers(1, 10_000),
    every_days=st.none() | st.floats(1, 400),
    new_labelled_rows=st.none() | st.integers(1, 10_000),
    realised_drop=st.none() | st.floats(0.001, 0.5),
    estimated_drop=st.none() | st.floats(0.001, 0.5),
    drift_share=st.none() | st.floats(0, 1),
    persistence=st.integers(1, 4),
    cooldown_days=st.floats(0, 100),
    budget_per_year=st.integers(1, 5),
)


@settings(max_examples=300)
@given(histories, policies)
def test_same_history_gives_same_judgement_and_always_reasons(history, policy):
    first = judge(history, policy)
    assert judge(history, policy) == first
    assert first.reasons or history.champion is not None
    assert all(isinstance(reason, str) and reason for reason in first.reasons)
    assert first.reasons or not first.propose


@settings(max_examples=300)
@given(histories, policies)
def test_nothing_is_proposed_against_a_hold(history, policy):
    if not judge(history, policy).propose:
        return
    assert history.waiting is None
    for past in (*history.retrains, *history.undone, *history.refusals):
        assert history.now - past >= policy.cooldown
        assert history.now > past
    trainings = (*history.retrains, *history.undone)
    lately = [time for time in trainings if time > history.now - timedelta(days=365)]
    assert len(lately) < policy.budget_per_year


@settings(max_examples=200)
@given(histories, policies)
def test_order_of_the_figures_does_not_matter(history, policy):
    turned = History(**{**vars(history), "figures": tuple(reversed(history.figures))})
    assert judge(turned, policy) == judge(history, policy)


@settings(max_examples=200)
@given(st.lists(values, min_size=1, max_size=10), st.integers(1, 4))
def test_performance_counts_once_enough_chunks_in_a_row_agree(found, persistence):
    policy = Policy(
        every_days=None, realised_drop=0.2, persistence=persistence, cooldown_days=0
    )  # fmt: skip
    history = History(
        now=at(400), labelled_rows=9, champion=champion(reference=0.7),
        figures=figures("realised", found),
    )  # fmt: skip
    known = [value for value in found if value is not None]
    last = known[-persistence:]
    expected = len(last) == persistence and all(value <= 0.7 - 0.2 for value in last)
    assert judge(history, policy).propose == expected


def test_chunks_without_verdict_are_never_taken_for_fine():
    policy = Policy(every_days=None, realised_drop=0.1, persistence=2)
    run = figures("realised", [0.5, None, 0.5, None, None])
    history = History(now=at(99), labelled_rows=9, champion=champion(), figures=run)
    judgement = judge(history, policy)
    assert judgement.propose
    assert "3 chunks without verdict" in judgement.reasons[0]


def test_bootstrap_waits_for_enough_labelled_rows_before_the_holdout():
    policy = Policy(minimum_labelled_rows=100)
    assert not judge(History(now=at(9), labelled_rows=900, trainable_rows=99), policy).propose
    assert judge(History(now=at(9), labelled_rows=900, trainable_rows=100), policy).propose


def test_schedule_counts_from_the_last_training_whatever_came_of_it():
    policy = Policy(every_days=90, cooldown_days=28)
    champion_of_spring = champion(trained=45)
    without = History(now=at(140), labelled_rows=9, champion=champion_of_spring)
    assert judge(without, policy).propose
    tried = History(
        now=at(140), labelled_rows=9, champion=champion_of_spring, retrains=(at(90), at(60))
    )
    assert not judge(tried, policy).propose


def test_schedule_does_not_count_from_a_training_that_was_rolled_back():
    policy = Policy(every_days=90, cooldown_days=28)
    rolled_back = History(
        now=at(140), labelled_rows=9, champion=champion(trained=45), undone=(at(110),)
    )
    judgement = judge(rolled_back, policy)
    assert judgement.propose
    assert "95 days of data since the last training" in judgement.reasons[0]
    # the rollback itself is no reason to try again at once
    soon = judge(
        History(now=at(140), labelled_rows=9, champion=champion(trained=45), undone=(at(120),)),
        policy,
    )
    assert not soon.propose
    assert "cooling down: 20 days since the last retrain" in soon.reasons[0]


def test_rules_that_are_absent_never_trigger():
    policy = Policy(every_days=None)
    history = History(
        now=at(999), labelled_rows=9, new_labelled_rows=10**9, champion=champion(),
        figures=figures("realised", [0.0] * 9) + figures("drift", [1.0] * 9),
    )  # fmt: skip
    assert not judge(history, policy).propose


def test_drift_triggers_only_if_it_is_told_to():
    history = History(
        now=at(50), labelled_rows=9, champion=champion(), figures=figures("drift", [0.1, 0.6, 0.7])
    )
    assert not judge(history, Policy()).propose
    assert judge(history, Policy(drift_share=0.5, persistence=2)).propose
    assert not judge(history, Policy(drift_share=0.5, persistence=3)).propose


def test_a_hold_says_what_would_be_due_without_it():
    history = History(
        now=at(200), labelled_rows=9, champion=champion(), refusals=(at(190),), waiting=7
    )
    judgement = judge(history, Policy(every_days=90, cooldown_days=28))
    assert not judgement.propose
    assert judgement.reasons == (
        "proposal 7 is approved and waits for training",
        "cooling down: 10 days since the last rejection, at least 28",
        "otherwise due: 200 days of data since the last training, retrain every 90",
    )
