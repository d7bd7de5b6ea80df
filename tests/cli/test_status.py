"""Status says what a build has to do, and that there is nothing when there is nothing."""

from dataclasses import replace

import samples
from cli.conftest import propose_retrain
from promoting import promote

from coldframe.endings import last_runs, settle_training
from coldframe.ingest import ingest_batches
from coldframe.ledger import (
    Holdout,
    ModelVersion,
    Verdict,
    conclude,
    decide,
    models,
    proposals,
    register_model,
    runs,
)
from coldframe.train import train_challenger

NOTHING = "A build has nothing to do, but 1 file is held (flights/flights-2013-04.csv)."
IDLE = "Nothing is due: what landed is ingested and monitored, and no decision waits."


def outcomes(report):
    return {stage["stage"]: stage["outcome"] for stage in report["stages"]}


def test_after_a_rollback_monitoring_is_due_until_a_build_has_done_it(flights, monkeypatch):
    bench = flights.bench
    flights("reject", 2, "--reason", "not now")
    train_challenger(bench, snapshot="flights@3", parameters={"max_iter": 10})
    first, second = models(bench.ledger, "flights")
    promote(
        bench.ledger, "flights", model=second.digest, expected=first.digest, reason="r", who="w",
        key="k",
    )  # fmt: skip
    for champion in ("v2", "v1"):
        if champion == "v1":
            flights("rollback", "--reason", "late flights were missed")
        told = flights.json("status")
        assert told["due"]
        assert told["next"][0] == {
            "command": "coldframe build", "why": f"monitor flights@3 with {champion}",
        }  # fmt: skip
        assert NOTHING not in flights("status").stdout
        built = flights.json("build")
        assert outcomes(built)["monitor"] == "ran"
        assert outcomes(built)["train"] == "skipped"
        told = flights.json("status")
        assert not told["due"]
        # a held file is still to be looked at, and what could be done is told
        commands = [step["command"] for step in told["next"]]
        assert commands == ["coldframe quarantine", "coldframe demo land MONTH", "coldframe build"]
        assert NOTHING in flights("status").stdout
    # where files go is a path that leads there from where one stands
    for here, path in ((flights.root.parent, "project/home"), (flights.root, "home")):
        monkeypatch.chdir(here)
        why = flights.json("status")["next"][-1]["why"]
        assert why.endswith(f"(coldframe land FILE copies them to {path}/landing/flights)")
    # what status says is so: there is nothing for a build to do
    assert NOTHING in flights("build").stdout
    assert set(outcomes(flights.json("build")).values()) == {"skipped"}


def test_a_training_that_failed_and_whose_approval_was_withdrawn_asks_for_nothing(flights):
    flights("build")
    flights("approve", 2, "--reason", "labels came")
    for path in flights.home.glob("models/*.skops"):
        path.rename(path.with_suffix(".gone"))  # the champion that a challenger is compared with
    assert outcomes(flights.json("build", code=8))["train"] == "failed"
    told = flights.json("status")
    assert told["failed"] == ["train"]
    assert told["settled"] == {}
    assert told["next"][0]["why"] == "see where train failed"
    assert told["next"][1] == {"command": "coldframe build", "why": "run train again"}
    failed_once = runs(flights.bench.ledger, "flights")

    flights("reject", 2, "--withdraw", "--reason", "the champion's file is lost")
    told = flights.json("status")
    why = "proposal 2 is void: withdrawn by tester: the champion's file is lost"
    assert told["failed"] == []
    assert told["settled"] == {"train": why}
    assert not told["due"]
    assert [run["outcome"] for run in told["runs"] if run["stage"] == "train"] == ["failed"]
    shown = " ".join(flights("status", width=None).stdout.split())
    assert f"train failed and is not run again: {why}" in shown
    assert "partial notebook" not in shown
    # and so it is: a build runs it no more
    assert outcomes(flights.json("build"))["train"] == "skipped"

    # a later approval asks for a training of its own, and does not revive the failure
    for path in flights.home.glob("models/*.gone"):
        path.rename(path.with_suffix(".skops"))
    number = propose_retrain(flights.bench, "flights@3", max_iter=30).number
    flights("approve", number, "--reason", "it is back")
    told = flights.json("status")
    assert told["settled"] == {"train": why}
    assert told["next"][0]["why"] == "train on flights@3, as approved"
    assert runs(flights.bench.ledger, "flights")[: len(failed_once)] == failed_once


def test_a_training_that_failed_after_its_verdict_is_run_again(flights):
    """Only its report is missing, so that a build runs it: what failed asks for attention."""
    flights("build")
    flights("approve", 2, "--reason", "labels came")
    notebook = flights.root / "notebooks" / "train" / "train.ipynb"
    text = notebook.read_text("utf-8")
    folder = flights.root / "notebooks"
    kept = folder.resolve()
    folder.unlink()  # a link to the real ones
    copy_notebooks(kept, folder)
    notebook.write_text(text.replace('"finish(product', '"1 / 0\\n", "finish(product'), "utf-8")
    assert outcomes(flights.json("build", code=8))["train"] == "failed"
    standings = proposals(flights.bench.ledger, "flights")
    assert standings[1].standing == "trained"
    last = last_runs(runs(flights.bench.ledger, "flights"))
    assert settle_training(last, standings) == {}
    assert flights.json("status")["failed"] == ["train"]
    rejected = replace(standings[1], standing="void", why="x")
    assert settle_training(last, [standings[0], rejected]) == {"train": "proposal 2 is void: x"}
    notebook.write_text(text, "utf-8")
    assert outcomes(flights.json("build"))["train"] == "ran"
    assert flights.json("status")["failed"] == []


def train_on_one_class(command):
    """Ingest two months; train a first model on a holdout that says nothing."""
    bench = command.bench
    samples.land_sample(bench, ["2013-01", "2013-02"])
    ingest_batches(bench)
    head = bench.store.head("flights")
    proposal = propose_retrain(bench, head.name)
    decide(bench.ledger, "flights", 1, approved=True, reason="first", who="ada", how="cli")
    model = register_model(
        bench.ledger,
        ModelVersion(
            dataset="flights", estimator="a" * 64, recipe="a", snapshot=head.name,
            snapshot_id=head.id,
        ),
    )  # fmt: skip
    verdict = Verdict(
        dataset="flights", proposal=proposal.number, challenger=model.digest, champion=None,
        snapshot_id=head.id, holdout=Holdout(
            start="2013-01-18T00:00:00+00:00", end="2013-01-31T23:00:00+00:00", rows=5
        ), metric="roc_auc",
        challenger_value=None, outcome="keep",
        reasons=("the holdout holds one class only, so nothing can be said",),
    )  # fmt: skip
    conclude(bench.ledger, verdict, reason="x", who="train")


def test_after_a_training_that_promoted_nothing_the_answers_say_why_and_what_to_do(fresh):
    train_on_one_class(fresh)
    why = (
        "The last training, of proposal 1 on flights@1, promoted nothing: the holdout holds one "
        "class only, so nothing can be said. There is still no champion."
    )
    built = fresh("build", width=None).stdout
    assert outcomes(fresh.json("build"))["train"] == "skipped"
    for page in (built, fresh("status", width=None).stdout):
        assert why in page
        assert 'coldframe propose --reason "..."' in page
        assert "coldframe show 1" in page
        assert IDLE in page
    assert fresh.json("status")["unpromoted"]["proposal"]["number"] == 1
    # one that waits is what there is to be done
    fresh("propose", "--reason", "once more")
    assert "promoted nothing" not in fresh("status", width=None).stdout


def test_a_build_that_set_rows_aside_says_how_many_and_where_to_look(fresh):
    samples.land_sample(fresh.bench, ["2013-02"])
    built = fresh("build", width=None).stdout
    assert "1 row set aside: coldframe quarantine" in built
    assert "see why 1 row was set aside" in built.partition("Next")[2]
    # what is told is told once: nothing new was set aside
    assert "set aside: coldframe" not in fresh("build", width=None).stdout


def copy_notebooks(source, target):
    for path in source.rglob("*.ipynb"):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
