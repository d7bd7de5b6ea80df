"""Proposals, decisions, verdicts, promotions and rollbacks against a simple model in memory."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counts import count
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from promoting import promote

from coldframe.endings import unpromoted_training
from coldframe.errors import ConflictError, DataError, NotFoundError
from coldframe.ledger import (
    Holdout,
    Ledger,
    ModelVersion,
    Verdict,
    approved,
    conclude,
    decide,
    pending,
    promotions,
    proposals,
    propose,
    record_verdict,
    register_model,
    rollback,
    withdraw,
)


def suggest(ledger: Ledger, snapshot: int, **changes: Any) -> Any:
    options = {"origin": "policy", "champion": ledger.champion("flights"), **changes}
    return propose(
        ledger, dataset="flights", snapshot=f"flights@{snapshot}", snapshot_id=f"s{snapshot}",
        **options,
    )  # fmt: skip


def approve(ledger: Ledger, number: int, who: str = "ann") -> Any:
    return decide(ledger, "flights", number, approved=True, reason="due", who=who, how="cli")


def challenger(ledger: Ledger, letter: str) -> ModelVersion:
    return register_model(
        ledger,
        ModelVersion(
            dataset="flights", estimator=letter * 64, recipe=letter, snapshot="flights@1",
            snapshot_id="s1",
        ),
    )  # fmt: skip


def judge(ledger: Ledger, number: int | None, model: str, outcome: Any = "promote") -> Verdict:
    return Verdict(
        dataset="flights", proposal=number, challenger=model, snapshot_id="s1",
        champion=ledger.champion("flights"), holdout=Holdout(start="a", end="b", rows=5),
        metric="auc", challenger_value=0.7, outcome=outcome,
    )  # fmt: skip


def standings(ledger: Ledger) -> list[str]:
    return [standing.standing for standing in proposals(ledger, "flights")]


def test_the_whole_way_from_proposal_to_rollback(ledger: Ledger) -> None:
    for number, letter in enumerate("ab", start=1):
        proposal = suggest(ledger, number)
        assert pending(ledger, "flights") == proposal
        approve(ledger, number)
        assert pending(ledger, "flights") is None
        assert approved(ledger, "flights") == proposal
        model = challenger(ledger, letter)
        verdict, promotion = conclude(
            ledger, judge(ledger, number, model.digest), reason="better", who="train"
        )
        assert promotion is not None
        assert (verdict.outcome, promotion.proposal) == ("promote", number)
        assert approved(ledger, "flights") is None
    first, second = promotions(ledger, "flights")
    back = rollback(ledger, "flights", reason="complaints", who="ann")
    assert (back.kind, back.model, back.previous) == ("rollback", first.model, second.model)
    assert ledger.champion("flights") == first.model
    assert standings(ledger) == ["trained", "trained"]
    assert ledger.verify() == []


def test_a_first_training_that_promotes_nothing_keeps_no_champion(ledger: Ledger) -> None:
    suggest(ledger, 1)
    approve(ledger, 1)
    alike = "the holdout holds one class only"
    verdict = judge(ledger, 1, challenger(ledger, "a").digest, "keep")
    conclude(ledger, replace(verdict, reasons=(alike,)), reason="x", who="train")
    assert proposals(ledger, "flights")[0].why == f"there is still no champion: {alike}"
    found = unpromoted_training(proposals(ledger, "flights"), promotions(ledger, "flights"))
    assert found == proposals(ledger, "flights")[0]
    promote(
        ledger, "flights", model=verdict.challenger, expected=None, reason="x", who="me", key="1"
    )
    assert unpromoted_training(proposals(ledger, "flights"), promotions(ledger, "flights")) is None
    suggest(ledger, 2)
    approve(ledger, 2)
    kept = judge(ledger, 2, challenger(ledger, "b").digest, "keep")
    conclude(ledger, kept, reason="x", who="train")
    assert proposals(ledger, "flights")[1].why == "the champion was kept"


def test_a_newer_proposal_supersedes_and_the_older_cannot_be_approved(ledger: Ledger) -> None:
    suggest(ledger, 1)
    suggest(ledger, 2)
    assert standings(ledger) == ["superseded", "pending"]
    with pytest.raises(ConflictError, match="superseded: proposal 2 is newer"):
        approve(ledger, 1)


def test_what_was_superseded_stays_so_when_the_champion_moves(ledger: Ledger) -> None:
    a, b = challenger(ledger, "a").digest, challenger(ledger, "b").digest
    promote(ledger, "flights", model=a, expected=None, reason="x", who="me", key="1")
    suggest(ledger, 1)
    suggest(ledger, 2)
    promote(ledger, "flights", model=b, expected=a, reason="x", who="me", key="2")
    suggest(ledger, 3)
    expected = [
        ("superseded", "proposal 2 is newer"),
        ("void", "the champion has changed since it was made"),
    ]
    said = [(s.standing, s.why) for s in proposals(ledger, "flights")]
    assert said == [*expected, ("pending", "waits for a decision")]
    rollback(ledger, "flights", reason="back", who="me")
    said = [(s.standing, s.why) for s in proposals(ledger, "flights")]
    assert said == [*expected, expected[1]]
    # the first state of things is back: what was superseded in it may be proposed anew
    assert suggest(ledger, 1).number == 4
    assert standings(ledger) == ["superseded", "void", "void", "pending"]


def test_a_policy_that_repeats_itself_changes_nothing(ledger: Ledger) -> None:
    first = suggest(ledger, 1, parameters={"depth": 3}, reasons=("time",), evidence={"days": 30})
    again = suggest(ledger, 1, parameters={"depth": 3}, reasons=("more time",))
    assert again == first
    suggest(ledger, 1, parameters={"depth": 4}, origin="person")
    assert suggest(ledger, 1, parameters={"depth": 3}) == first  # does not press its point
    assert standings(ledger) == ["superseded", "pending"]


def test_what_was_superseded_may_be_proposed_again_once_the_newer_one_is_decided(
    ledger: Ledger,
) -> None:
    suggest(ledger, 1)
    suggest(ledger, 2, origin="sweep")
    decide(ledger, "flights", 2, approved=False, reason="no gain", who="me", how="cli")
    assert suggest(ledger, 1).number == 3
    assert standings(ledger) == ["superseded", "rejected", "pending"]


def test_a_policy_does_not_repeat_what_was_rejected_but_a_person_may(ledger: Ledger) -> None:
    for origin, expected in (("policy", 1), ("person", 3)):
        number = suggest(ledger, 1, origin=origin).number
        decide(ledger, "flights", number, approved=False, reason="no", who="ann", how="widget")
        assert suggest(ledger, 1, origin=origin).number == expected


def test_a_proposal_for_a_champion_that_is_gone_is_refused(ledger: Ledger) -> None:
    model = challenger(ledger, "a")
    promote(ledger, "flights", model=model.digest, expected=None, reason="x", who="me", key="1")
    with pytest.raises(ConflictError, match="champion"):
        suggest(ledger, 1, champion=None)


@pytest.mark.parametrize("decided", [True, False])
def test_a_change_of_champion_voids_for_good(ledger: Ledger, decided: bool) -> None:
    a, b = challenger(ledger, "a").digest, challenger(ledger, "b").digest
    promote(ledger, "flights", model=a, expected=None, reason="x", who="me", key="1")
    suggest(ledger, 1)
    if decided:
        approve(ledger, 1)
    promote(ledger, "flights", model=b, expected=a, reason="x", who="me", key="2")
    assert standings(ledger) == ["void"]
    assert approved(ledger, "flights") is None
    rollback(ledger, "flights", reason="back", who="me")
    assert ledger.champion("flights") == a
    assert standings(ledger) == ["void"]  # the same champion again does not bring it back
    assert suggest(ledger, 1).number == 2
    with pytest.raises(ConflictError, match="void"):
        approve(ledger, 1, who="bob")


@pytest.mark.parametrize(("reason", "who"), [("", "ann"), ("  \n", "ann"), ("due", " ")])
def test_a_decision_without_reason_or_name_is_refused(
    ledger: Ledger, reason: str, who: str
) -> None:
    suggest(ledger, 1)
    with pytest.raises(DataError, match="reason"):
        decide(ledger, "flights", 1, approved=True, reason=reason, who=who, how="cli")
    assert standings(ledger) == ["pending"]
    approve(ledger, 1)
    with pytest.raises(DataError, match="reason"):
        withdraw(ledger, "flights", 1, reason=reason, who=who, how="cli")
    assert standings(ledger) == ["approved"]


def test_only_an_approval_can_be_withdrawn(ledger: Ledger) -> None:
    suggest(ledger, 1)
    before = ledger.head()
    with pytest.raises(ConflictError, match="never approved") as caught:
        withdraw(ledger, "flights", 1, reason="x", who="ann", how="cli")
    assert caught.value.remedy == 'coldframe reject 1 --reason "..."'
    assert ledger.head() == before
    approve(ledger, 1)
    first = withdraw(ledger, "flights", 1, reason="x", who="ann", how="cli")
    assert withdraw(ledger, "flights", 1, reason="x", who="ann", how="cli").at == first.at
    assert standings(ledger) == ["void"]


def test_the_same_decision_again_is_the_first_one(ledger: Ledger) -> None:
    suggest(ledger, 1)
    first = approve(ledger, 1)
    assert approve(ledger, 1).sequence == first.sequence
    for yes in (True, False):
        with pytest.raises(ConflictError, match="approved by ann") as caught:
            decide(ledger, "flights", 1, approved=yes, reason="due", who="bob", how="cli")
        minute = str(first.at)[:16].replace("T", " ")
        assert caught.value.what == (
            f"Proposal 1 was approved already, by ann on {minute} UTC: due. Nothing was changed."
        )
        assert "--withdraw" in str(caught.value.remedy)
    with pytest.raises(NotFoundError, match="proposal"):
        approve(ledger, 2)


def test_a_withdrawn_approval_promotes_nothing(ledger: Ledger) -> None:
    suggest(ledger, 1)
    approve(ledger, 1)
    model = challenger(ledger, "a")
    withdraw(ledger, "flights", 1, reason="holiday", who="ann", how="cli")
    before = ledger.head()
    with pytest.raises(ConflictError, match="void by now"):
        conclude(ledger, judge(ledger, 1, model.digest), reason="better", who="train")
    assert ledger.head() == before
    assert ledger.champion("flights") is None


def test_withdrawing_a_later_approval_does_not_bring_back_an_older_one(ledger: Ledger) -> None:
    for number in (1, 2):
        suggest(ledger, number)
        approve(ledger, number)
    assert standings(ledger) == ["void", "approved"]
    withdraw(ledger, "flights", 2, reason="holiday", who="ann", how="cli")
    assert standings(ledger) == ["void", "void"]
    assert approved(ledger, "flights") is None


def test_a_verdict_whose_promotion_is_missing_leaves_training_something_to_do(
    ledger: Ledger,
) -> None:
    proposal = suggest(ledger, 1)
    approve(ledger, 1)
    verdict = judge(ledger, 1, challenger(ledger, "a").digest)
    record_verdict(ledger, verdict)
    assert approved(ledger, "flights") == proposal
    _, promotion = conclude(ledger, verdict, reason="better", who="train")
    assert approved(ledger, "flights") is None
    head = ledger.head()
    assert conclude(ledger, verdict, reason="better", who="train")[1] == promotion
    assert ledger.head() == head


def test_a_proposal_is_trained_once(ledger: Ledger) -> None:
    suggest(ledger, 1)
    approve(ledger, 1)
    kept = judge(ledger, 1, challenger(ledger, "a").digest, "keep")
    assert conclude(ledger, kept, reason="", who="train")[1] is None
    assert standings(ledger) == ["trained"]
    other = judge(ledger, 1, challenger(ledger, "b").digest)
    with pytest.raises(ConflictError, match="trained by now"):
        conclude(ledger, other, reason="better", who="train")


def test_a_rollback_goes_only_to_a_former_champion(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError, match="no champion before"):
        rollback(ledger, "flights", reason="x", who="me")
    before = None
    for letter in "abc":
        digest = challenger(ledger, letter).digest
        promote(ledger, "flights", model=digest, expected=before, reason="x", who="me", key=letter)
        before = digest
    challenger(ledger, "d")
    for name, said in (("v4", "v4 never was champion"), ("v9", "No such model")):
        with pytest.raises(NotFoundError, match=said) as caught:
            rollback(ledger, "flights", to=name, reason="x", who="me")
        assert caught.value.expected == "a former champion: v1, v2"
        assert caught.value.found == name
        assert caught.value.remedy == 'coldframe rollback --to v2 --reason "..."'
    with pytest.raises(ConflictError, match="already"):
        rollback(ledger, "flights", to="v3", reason="x", who="me")
    with pytest.raises(ConflictError, match="by now"):
        rollback(ledger, "flights", expected="somebody", reason="x", who="me")
    moved = [rollback(ledger, "flights", reason="x", who="me").model[:9] for _ in range(2)]
    names = [version.digest[:9] for version in (challenger(ledger, "b"), challenger(ledger, "a"))]
    assert moved == names
    rollback(ledger, "flights", to="v3", reason="it was not the model", who="me")
    assert ledger.champion("flights") == challenger(ledger, "c").digest
    assert ledger.verify() == []


class Bench(RuleBasedStateMachine):
    """Random orders of all that people and stages do, beside a model that keeps plain lists."""

    fresh = staticmethod(str)  # set by the test: returns the URL of a fresh ledger

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger.open(self.fresh())
        self.models = [challenger(self.ledger, letter).digest for letter in "abcd"]
        self.standing: list[str] = []
        self.about: list[tuple[Any, ...]] = []
        self.stack: list[str] = []  # champions, the one in force last
        self.moves = 0

    def champion_moved(self) -> None:
        self.moves += 1
        alive = ("pending", "approved")
        self.standing = ["void" if s in alive else s for s in self.standing]

    @rule(snapshot=st.integers(1, 2), origin=st.sampled_from(["policy", "person"]))
    def propose(self, snapshot: int, origin: str) -> None:
        champion = self.stack[-1] if self.stack else None
        about = (snapshot, origin, champion)
        same = [n for n, earlier in enumerate(self.about) if earlier == about]
        stays = {"pending", "approved", "trained"}
        stays |= {"rejected"} if origin == "policy" else set()
        if origin == "policy" and {"pending", "approved"} & set(self.standing):
            stays |= {"superseded"}
        number = suggest(self.ledger, snapshot, origin=origin).number
        if same and self.standing[same[-1]] in stays:
            assert number == same[-1] + 1
            return
        self.standing = ["superseded" if s == "pending" else s for s in self.standing]
        self.standing.append("pending")
        self.about.append(about)
        assert number == len(self.standing)

    @precondition(lambda self: self.standing)
    @rule(data=st.data(), yes=st.booleans())
    def decide(self, data: st.DataObject, yes: bool) -> None:
        n = data.draw(st.integers(0, len(self.standing) - 1))
        was = self.standing[n]
        who = f"person {len(self.ledger.entries())}"  # never the same decision again
        try:
            decide(self.ledger, "flights", n + 1, approved=yes, reason="x", who=who, how="cli")
        except ConflictError:
            assert was != "pending"
            return
        assert was == "pending"
        if yes:
            self.standing = ["void" if s == "approved" else s for s in self.standing]
        self.standing[n] = "approved" if yes else "rejected"

    @precondition(lambda self: self.standing)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        n = data.draw(st.integers(0, len(self.standing) - 1))
        was = self.standing[n]
        who = f"person {len(self.ledger.entries())}"
        try:
            withdraw(self.ledger, "flights", n + 1, reason="x", who=who, how="cli")
        except ConflictError:
            assert was != "approved"
            return
        assert was == "approved"
        self.standing[n] = "void"

    @precondition(lambda self: self.standing)
    @rule(data=st.data(), outcome=st.sampled_from(["promote", "keep"]), which=st.integers(0, 3))
    def train(self, data: st.DataObject, outcome: str, which: int) -> None:
        n = data.draw(st.integers(0, len(self.standing) - 1))
        model = self.models[which]
        verdict = judge(self.ledger, n + 1, model, outcome)
        known = [v for v in self.ledger.entries(kind="verdict") if v.key == verdict.key]
        already = outcome == "promote" and self.stack[-1:] == [model]
        try:
            conclude(self.ledger, verdict, reason="x", who="train")
        except ConflictError:
            assert self.standing[n] != "approved" or already or known
            return
        if known:
            return
        assert self.standing[n] == "approved"
        self.standing[n] = "trained"
        if outcome == "promote":
            self.stack.append(model)
            self.champion_moved()

    @precondition(lambda self: len(self.stack) > 1)
    @rule()
    def roll_back(self) -> None:
        if self.stack[-1] == self.stack[-2]:
            return
        rollback(self.ledger, "flights", reason="x", who="me")
        self.stack.pop()
        self.champion_moved()

    @rule()
    def open_again(self) -> None:
        self.ledger = Ledger.open(self.ledger._engine.url.render_as_string(hide_password=False))

    @invariant()
    def agree(self) -> None:
        assert standings(self.ledger) == self.standing
        assert self.ledger.champion("flights") == (self.stack[-1] if self.stack else None)
        assert len(promotions(self.ledger, "flights")) == self.moves
        assert self.standing.count("pending") <= 1
        assert self.standing.count("approved") <= 1
        waiting, ready = pending(self.ledger, "flights"), approved(self.ledger, "flights")
        for proposal, name in ((waiting, "pending"), (ready, "approved")):
            assert (proposal is not None) == (name in self.standing)
            assert proposal is None or self.standing[proposal.number - 1] == name

    def teardown(self) -> None:
        assert self.ledger.verify() == []


# fewer on PostgreSQL: the model is the same, and each call opens a connection there
@pytest.mark.parametrize(
    ("database", "examples"), [("sqlite", count(12, 300)), ("postgresql", count(4, 60))]
)
def test_any_order_of_events_agrees_with_the_model(
    database: str, examples: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    class Machine(Bench):
        @staticmethod
        def fresh() -> str:
            if database == "postgresql":
                return server()
            return f"sqlite:///{tempfile.mkdtemp(dir=tmp_path)}/ledger.db"

    if database == "postgresql":
        server = request.getfixturevalue("fresh_postgres")
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
