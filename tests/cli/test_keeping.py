"""Tags that never move, and garbage: what is told and taken, and what never is."""

import os
import shutil

import pytest

from coldframe.ledger import decide, models
from coldframe.snapshots.damage import inspect_snapshot

HOUR_AGO = 3700


def forget_version(flights, dataset, number):
    """Lose the reference of a version, as a crash of the disk might."""
    (flights.home / "store" / "refs" / dataset / "versions" / str(number)).unlink()


def manifest_of(flights, id_):
    return flights.bench.store.objects.path(id_, ".snapshot.json")


def test_a_tag_is_made_once_shown_and_never_moves(flights):
    assert flights.json("tag") == []
    assert "No tag yet" in flights("tag").stdout
    told = flights.json("tag", "golden", "flights@1")
    id_ = flights.bench.store.resolve("flights@1").id
    assert told == {"tag": "flights@golden", "snapshot": "flights@1", "id": id_}
    assert flights.json("tag", "golden", "flights@1") == told
    assert flights.json("tag") == [told]
    assert "flights@golden" in flights("tag").stdout
    refused = flights("tag", "golden", "flights@2", code=7)
    assert "tags never move" in refused.stderr
    assert flights.json("show", "flights@golden")["id"] == id_
    flights("tag", "first", "flights@golden")
    (listed,) = [s for s in flights.json("snapshots") if s["name"] == "flights@1"]
    assert listed["tags"] == ["first", "golden"]
    assert "first, golden" in flights("snapshots").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [(["latest", "flights@1"], 3), (["../x", "flights@1"], 3), (["new"], 3), (["new", "no@1"], 4)],
)
def test_what_cannot_be_a_tag_is_refused_and_nothing_is_made(fresh, words, code):
    fresh("tag", *words, code=code)
    assert not fresh.home.exists()


def test_the_list_of_snapshots_names_those_who_need_each(flights):
    (version,) = models(flights.bench.ledger, "flights")
    listed = {one["name"]: one for one in flights.json("snapshots", "--all")}
    pin = f"model-{version.digest}"
    assert listed["flights@3"]["pins"] == [pin]
    assert listed["flights@3"]["proposals"] == [2]
    assert listed["flights.reference@1"]["pins"] == [pin]
    assert listed["flights@1"]["pins"] == listed["flights@1"]["proposals"] == []
    assert "proposal 2" in flights("snapshots").stdout
    decide(flights.bench.ledger, "flights", 2, approved=False, reason="no", who="jane", how="cli")
    listed = {one["name"]: one for one in flights.json("snapshots")}
    assert listed["flights@3"]["proposals"] == []


def test_garbage_is_told_before_it_is_taken(flights):
    assert flights.json("gc", "--grace", "0") == {"deleted": False, "bytes": 0, "files": []}
    assert "Nothing to clear away" in flights("gc").stdout
    lost = flights.bench.store.resolve("flights@2").id
    forget_version(flights, "flights", 2)
    left = flights.home / "store" / "tmp" / "left-by-a-crash"
    left.write_bytes(b"x" * 2000)
    assert flights.json("gc")["files"] == []  # they are young
    os.utime(left, (left.stat().st_mtime - HOUR_AGO,) * 2)
    assert [one["kind"] for one in flights.json("gc")["files"]] == ["partial"]
    told = flights.json("gc", "--grace", "0")
    assert sorted(one["kind"] for one in told["files"]) == ["manifest", "partial"]
    assert told["bytes"] == sum(one["bytes"] for one in told["files"]) > 2000
    page = flights("gc", "--grace", "0").stdout
    assert "nothing was deleted" in page
    assert "coldframe gc --delete" in page
    assert left.exists()
    assert manifest_of(flights, lost).exists()
    taken = flights.json("gc", "--delete", "--grace", "0")
    assert taken == told | {"deleted": True}
    assert not left.exists()
    assert not manifest_of(flights, lost).exists()
    assert flights.json("gc", "--delete", "--grace", "0")["files"] == []
    assert flights.json("verify")["faults"] == []


@pytest.mark.parametrize("need", ["tag", "pin", "model", "proposal", "study"])
def test_garbage_collection_takes_nothing_that_somebody_needs(flights, need):
    """Each need by itself: the version's own reference is lost, and so are the others."""
    store = flights.bench.store
    wanted = "flights@3" if need in ("model", "proposal") else "flights@2"
    chosen = store.resolve(wanted)
    pins = flights.home / "store" / "pins"
    shutil.rmtree(pins)
    if need == "tag":
        store.tag("golden", chosen)
    elif need == "pin":
        store.pin("somebody", [chosen.id])
    elif need == "study":
        flights("sweep", "--snapshot", wanted, "--trials", "1")
        assert [owner.partition("-")[0] for owner in store.pins()] == ["study"]
    elif need == "model":
        decide(flights.bench.ledger, "flights", 2, approved=False, reason="no", who="j", how="cli")
        (version,) = models(flights.bench.ledger, "flights")
        assert version.snapshot_id == chosen.id
        forget_version(flights, "flights.reference", 1)
    forget_version(flights, chosen.dataset, chosen.version)
    assert flights.json("gc", "--delete", "--grace", "0")["files"] == []
    assert list(inspect_snapshot(store.objects, store.open(chosen.id))) == []
