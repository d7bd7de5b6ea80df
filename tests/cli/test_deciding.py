"""Commands that decide: whose word it was, once, and what follows from it."""

import getpass
import os

from feature_edits import edit_code
from promoting import promote

from coldframe.ledger import models
from coldframe.train import train_challenger


def test_an_approval_stands_in_the_ledger_with_who_and_why(flights):
    told = flights.json("approve", 2, "--reason", "labels came")
    assert (told["verdict"], told["who"], told["how"]) == ("approved", "tester", "cli")
    assert flights.json("status")["approved"]["number"] == 2
    # the same word again is the same decision
    assert flights.json("approve", 2, "--reason", "labels came") == told
    shown = flights("show", 2).stdout
    assert "approved by tester" in shown


def test_the_name_is_as_said_else_of_the_environment_else_the_login(flights, monkeypatch):
    assert flights.json("approve", 2, "--reason", "r", "--who", "jane")["who"] == "jane"
    monkeypatch.delenv("COLDFRAME_USER")
    withdrawn = flights.json("reject", 2, "--withdraw", "--reason", "too early")
    assert (withdrawn["verdict"], withdrawn["who"]) == ("withdrawn", getpass.getuser())
    assert flights.json("status")["approved"] is None


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
