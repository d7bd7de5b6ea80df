"""A retrain that a person asks for: on what, refused when it cannot be trained, and trained."""

import json

import pytest
import yaml

from coldframe.ledger import models, proposals


def test_after_a_withdrawal_a_person_asks_and_the_build_trains_on_it(flights):
    flights("approve", 2, "--reason", "labels came")
    said = flights("reject", 2, "--withdraw", "--reason", "the feed was wrong").stdout
    assert 'coldframe propose --reason "..."' in said
    shown = flights("propose", "--reason", "the feed is mended", "--who", "jane").stdout
    assert "Proposal 3: retrain on flights@3. It is pending" in shown
    assert 'coldframe approve 3 --reason "..."' in shown
    proposal = proposals(flights.bench.ledger, "flights")[-1].proposal
    assert (proposal.number, proposal.origin) == (3, "person")
    assert proposal.reasons == ("jane: the feed is mended",)
    assert proposal.parameters == flights.bench.dataset.model.parameters
    assert proposal.champion == models(flights.bench.ledger, "flights")[0].digest
    assert flights.json("status")["pending"]["number"] == 3
    flights("approve", 3, "--reason", "yes")
    assert "train" in [s["stage"] for s in flights.json("build")["stages"] if s["outcome"] == "ran"]
    assert flights.json("show", 3)["standing"] == "trained"


def test_it_names_another_snapshot_and_what_is_said_twice_is_one_proposal(flights):
    first = flights.json("propose", "--snapshot", "flights@2", "--reason", "the old feed")
    assert first["proposal"]["snapshot"] == "flights@2"
    head = flights.bench.ledger.head()
    again = flights("propose", "--snapshot", "flights@2", "--reason", "once more").stdout
    assert "Nothing was changed." in again
    assert "tester: the old feed" in again
    assert flights.bench.ledger.head() == head
    flights("reject", 3, "--reason", "no")
    assert flights.json("propose", "--snapshot", "flights@2", "--reason", "I insist")["proposal"][
        "number"
    ] == 4  # fmt: skip


@pytest.mark.parametrize("parameters", [{"nosuch": 1}, {"max_iter": 5, "depth": "x"}])
def test_what_the_builder_refuses_is_not_proposed(flights, parameters):
    path = flights.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["model"]["parameters"] = parameters
    path.write_text(yaml.safe_dump(record, sort_keys=False), "utf-8")
    error = json.loads(flights("propose", "--reason", "r", "--json", code=3).stderr)["error"]
    assert error["what"] == "The model builder refuses these parameters."
    assert len(proposals(flights.bench.ledger, "flights")) == 2


def test_without_a_reason_nothing_is_proposed(flights):
    assert "needs a name and a reason" in flights("propose", "--reason", " ", code=5).stderr
    assert len(proposals(flights.bench.ledger, "flights")) == 2


def test_without_a_snapshot_nothing_is_proposed(fresh):
    said = fresh("propose", "--reason", "r", code=4).stderr
    assert "There is no snapshot of flights yet." in said
    assert not fresh.home.exists()
