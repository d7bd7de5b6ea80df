"""Commands that decide: whose word it was, once, and what follows from it."""

import json
import os

import pytest
from cli.conftest import propose_retrain
from feature_edits import edit_code
from promoting import promote

from coldframe.ledger import models, proposals
from coldframe.notebook import approval
from coldframe.settings import user_name
from coldframe.train import train_challenger


def test_an_approval_stands_in_the_ledger_with_who_and_why(flights):
    told = flights.json("approve", 2, "--reason", "labels came")
    assert (told["verdict"], told["who"], told["how"]) == ("approved", "tester", "cli")
    assert flights.json("status")["approved"]["number"] == 2
    # the same word again is the same decision
    assert flights.json("approve", 2, "--reason", "labels came") == told
    shown = flights("show", 2).stdout
    assert "approved by tester" in shown


def test_who_approves_again_is_told_that_it_was_approved_already(flights):
    first = flights("approve", 2, "--reason", "labels came").stdout
    assert first.startswith("Proposal 2 is approved by tester: labels came\n")
    assert "already" not in first
    head = flights.bench.ledger.head()
    minute = flights.json("show", 2)["decision"]["at"][:16].replace("T", " ")
    again = flights("approve", 2, "--reason", "labels came").stdout
    assert again.startswith(f"Proposal 2 was approved already, by tester, {minute} UTC")
    assert "Nothing was changed." in again
    assert "coldframe build" in again
    for words in (["--reason", "another"], ["--reason", "labels came", "--who", "jane"]):
        failed = flights("approve", 2, *words, "--json", code=7)
        error = json.loads(failed.stderr)["error"]
        said = f"Proposal 2 was approved already, by tester on {minute} UTC: labels came."
        assert error["what"] == f"{said} Nothing was changed."
        assert "coldframe reject 2 --withdraw" in error["remedy"]
    assert flights.bench.ledger.head() == head
    # what was approved, and trained since, is not offered for training once more
    (one,) = [s.decision for s in proposals(flights.bench.ledger, "flights")][:1]
    trained = flights("approve", 1, "--reason", one.reason, "--who", one.who).stdout
    assert "Proposal 1 was approved already, by jane" in trained
    assert "Proposal 1 is trained: the challenger was promoted." in trained
    assert "coldframe build" not in trained


def test_what_was_never_approved_cannot_be_withdrawn(flights):
    failed = flights("reject", 2, "--withdraw", "--reason", "r", "--json", code=7)
    error = json.loads(failed.stderr)["error"]
    assert error["what"] == "Proposal 2 was never approved; there is no approval to take back."
    assert error["remedy"] == 'coldframe reject 2 --reason "..."'
    assert flights.json("status")["pending"]["number"] == 2
    flights("approve", 2, "--reason", "r")
    said = flights("reject", 2, "--withdraw", "--reason", "too early").stdout
    assert "The approval of proposal 2 is withdrawn by tester: too early" in said
    assert "Proposal 2 is void: withdrawn by tester: too early." in said
    again = flights("reject", 2, "--withdraw", "--reason", "too early").stdout
    assert "The approval of proposal 2 was withdrawn already, by tester" in again


def test_the_name_is_as_said_else_of_the_environment_else_the_login(flights, monkeypatch):
    assert flights.json("approve", 2, "--reason", "r", "--who", "jane")["who"] == "jane"
    monkeypatch.delenv("COLDFRAME_USER")
    withdrawn = flights.json("reject", 2, "--withdraw", "--reason", "too early")
    assert (withdrawn["verdict"], withdrawn["who"]) == ("withdrawn", user_name())
    assert flights.json("status")["approved"] is None


def form_name(bench):
    """Return the name that the form of the pending proposal is filled in with."""
    fields = approval.approval_form(bench).children
    return next(part.value for part in fields if getattr(part, "description", "") == "Your name")


@pytest.mark.parametrize(
    ("login", "who"),
    [("ada", "ada"), ("root", "root (shared login)"), ("jovyan", "jovyan (shared login)")],
)
def test_a_login_that_names_no_person_says_so_here_as_in_the_form(flights, monkeypatch, login, who):
    monkeypatch.setenv("COLDFRAME_USER", "Ada Lovelace")
    assert form_name(flights.bench) == "Ada Lovelace"
    monkeypatch.delenv("COLDFRAME_USER")
    monkeypatch.setenv("LOGNAME", login)
    assert form_name(flights.bench) == who
    assert flights.json("approve", 2, "--reason", "r")["who"] == who
    assert flights.json("approve", 2, "--reason", "r")["who"] == who  # the same word again
    monkeypatch.setenv("COLDFRAME_USER", "Ada Lovelace")
    assert flights.json("reject", 2, "--withdraw", "--reason", "r")["who"] == "Ada Lovelace"


def test_a_word_that_is_nobodys_is_not_taken(flights, monkeypatch):
    for name in ("COLDFRAME_USER", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    assert "--who" in flights("approve", 2, "--reason", "r", code=3).stderr
    assert flights.json("approve", 2, "--reason", "r", "--who", "jane")["who"] == "jane"


def test_a_rejection_leaves_the_champion(flights):
    before = flights.json("status")["champion"]
    assert flights.json("reject", 2, "--reason", "not now")["verdict"] == "rejected"
    assert "Proposal 2 is rejected" not in flights("proposals").stdout
    after = flights.json("status")
    assert after["pending"] is None
    assert after["champion"] == before


def test_whoever_comes_second_is_told_who_was_first(flights):
    flights("approve", 2, "--reason", "yes", "--who", "jane")
    failed = flights("reject", 2, "--reason", "no", "--who", "john", code=7)
    assert failed.stdout == ""
    assert "approved by jane" in " ".join(failed.stderr.split())


def test_a_rollback_brings_back_model_snapshot_and_reference(flights):
    bench = flights.bench
    report = train_challenger(bench, snapshot="flights@3", parameters={"max_iter": 10})
    first, second = models(bench.ledger, "flights")
    promote(
        bench.ledger,
        "flights",
        model=second.digest,
        expected=first.digest,
        reason="r",
        who="w",
        key="k",
    )
    assert report.challenger.digest == second.digest
    told = flights.json("rollback", "--reason", "worse in the field")
    assert told["promotion"]["kind"] == "rollback"
    assert told["champion"]["digest"] == first.digest
    assert told["champion"]["reference_id"] == first.reference_id
    again = flights("rollback", "--reason", "further back", code=4)
    assert "no champion before" in again.stderr
    page = flights("rollback", "--to", "v2", "--reason", "it was not the model").stdout
    assert "v2 is champion again; v1 was before" in page


def next_lines(page):
    """Return what stands under the heading Next."""
    lines = page.splitlines()
    return [row.strip() for row in lines[lines.index("Next") + 1 :] if row.strip()]


def test_after_a_rollback_the_steps_are_those_of_status(flights):
    """When nothing is due, and with a proposal that waits."""
    bench = flights.bench
    flights("reject", 2, "--reason", "not now")
    flights("build")  # monitors with v1
    train_challenger(bench, snapshot="flights@3", parameters={"max_iter": 10})
    first, second = models(bench.ledger, "flights")
    promote(
        bench.ledger, "flights", model=second.digest, expected=first.digest, reason="r", who="w",
        key="k",
    )  # fmt: skip
    said = flights("rollback", "--reason", "worse").stdout
    assert next_lines(said) == next_lines(flights("status").stdout)
    assert any(
        row.startswith("A build has nothing to do, but 1 file is") for row in next_lines(said)
    )
    propose_retrain(bench, "flights@3", max_iter=12)
    told = flights.json("rollback", "--to", "v2", "--reason", "better after all")
    assert told["next"] == flights.json("status")["next"]


def test_a_rollback_to_a_model_that_never_was_champion_lists_those_that_were(flights):
    bench = flights.bench
    for trees in (10, 12):
        train_challenger(bench, snapshot="flights@3", parameters={"max_iter": trees})
    first, second, _ = models(bench.ledger, "flights")
    error = json.loads(flights("rollback", "--to", "v2", "--reason", "r", "--json", code=4).stderr)
    assert error["error"]["expected"] == "a former champion: there is none"
    promote(
        bench.ledger, "flights", model=second.digest, expected=first.digest, reason="r", who="w",
        key="k",
    )  # fmt: skip
    error = json.loads(flights("rollback", "--to", "v3", "--reason", "r", "--json", code=4).stderr)
    assert error["error"]["what"] == "v3 never was champion."
    assert error["error"]["expected"] == "a former champion: v1"
    assert error["error"]["remedy"] == 'coldframe rollback --to v1 --reason "..."'
    assert flights.json("status")["champion"]["name"] == "v2"


def test_what_a_rollback_makes_void_is_called_so_everywhere(flights):
    bench = flights.bench
    train_challenger(bench, snapshot="flights@3", parameters={"max_iter": 10})
    first, second = models(bench.ledger, "flights")
    promote(
        bench.ledger, "flights", model=second.digest, expected=first.digest, reason="r", who="w",
        key="k",
    )  # fmt: skip
    for trees in (30, 40, 50):
        propose_retrain(bench, "flights@3", max_iter=trees)
    flights("approve", 5, "--reason", "labels came")
    page = flights("rollback", "--reason", "late flights were missed").stdout
    why = "the champion has changed since it was made"
    assert [row for row in page.splitlines() if row.startswith("Proposal")] == [
        f"Proposal 5 is void: {why}."
    ]
    told = {s["proposal"]["number"]: (s["standing"], s["why"]) for s in flights.json("proposals")}
    assert told == {
        1: ("trained", "the challenger was promoted"), 2: ("void", why),
        3: ("superseded", "proposal 4 is newer"), 4: ("superseded", "proposal 5 is newer"),
        5: ("void", why),
    }  # fmt: skip
    listed = flights("proposals", width=None).stdout
    for number, (standing, reason) in told.items():
        (row,) = [one for one in listed.splitlines() if one.split()[:1] == [str(number)]]
        assert row.split()[1] == standing
        assert row.endswith(reason)
        shown = " ".join(flights("show", number).stdout.split())
        assert f"standing {standing} {reason}" in shown
    for number in (4, 5):
        standing, reason = told[number]
        failed = flights("reject", number, "--reason", "r", code=7, width=None).stderr
        assert f"Proposal {number} is {standing}: {reason}." in failed
    status = flights.json("status")
    assert status["approved"] is None
    assert status["pending"] is None


def test_a_rollback_tells_programs_what_is_void(flights):
    bench = flights.bench
    train_challenger(bench, snapshot="flights@3", parameters={"max_iter": 10})
    first, second = models(bench.ledger, "flights")
    promote(
        bench.ledger, "flights", model=second.digest, expected=first.digest, reason="r", who="w",
        key="k",
    )  # fmt: skip
    assert flights.json("rollback", "--reason", "r")["void"] == []
    propose_retrain(bench, "flights@3", max_iter=30)
    assert flights.json("rollback", "--to", "v2", "--reason", "r")["void"] == [3]


def test_status_and_rollback_say_that_features_were_edited_since(flights):
    bench = flights.bench
    train_challenger(bench, snapshot="flights@3", parameters={"max_iter": 10})
    first, second = models(bench.ledger, "flights")
    promote(
        bench.ledger,
        "flights",
        model=second.digest,
        expected=first.digest,
        reason="r",
        who="w",
        key="k",
    )
    said = "Features are built by other code than when the champion was trained"
    assert not flights.json("status")["champion"]["features_changed"]
    assert said not in flights("status").stdout
    edit_code(flights.root)
    assert flights.json("status")["champion"]["features_changed"]
    assert said in flights("status").stdout
    assert said in flights("rollback", "--reason", "worse in the field").stdout
    told = flights.json("rollback", "--to", "v2", "--reason", "it was not the model")
    assert told["features_changed"]
    assert told["obstacle"] is None
