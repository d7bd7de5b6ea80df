"""`coldframe export` and `coldframe import`: a snapshot goes to another home and back."""

import json
from hashlib import sha256

from pyiceberg.table import StaticTable

from coldframe.snapshots import Addition, SnapshotStore


def test_a_snapshot_goes_to_a_home_that_has_none(flights, tmp_path):
    path = tmp_path / "flights-2.tar"
    told = flights.json("export", "flights@2", path)
    id_ = flights.bench.store.resolve("flights@2").id
    assert (told["snapshot"], told["id"]) == ("flights@2", id_)
    assert told["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert told["bytes"] == path.stat().st_size
    assert id_ in flights("export", "flights@2", path).stdout
    flights("export", "flights@1", path, code=7)
    other = tmp_path / "other"
    assert flights.json("import", path, "--home", other)["id"] == id_
    assert flights.json("import", path, "--home", other)["id"] == id_
    assert [s["name"] for s in flights.json("snapshots", "--home", other)] == ["flights@2"]
    assert "every digest agreed" in flights("import", path, "--home", other).stdout
    assert flights.json("verify", "--home", other)["faults"] == []


def test_what_is_imported_under_a_tag_alone_is_listed_by_it(flights, tmp_path):
    """Another's flights@1: the same number here is another snapshot."""
    there = SnapshotStore(tmp_path / "there", durable=False)
    rows = flights.bench.store.read("flights@1", "flights", as_pandas=False).slice(0, 9)
    twin = there.freeze("flights", [Addition("flights", rows)])
    path = tmp_path / "twin.tar"
    there.export_archive(twin, path)
    flights("import", path, code=7)
    flights("import", path, "--tag", "from-jane")
    before, *_, listed = flights.json("snapshots")
    assert (before["name"], listed["name"]) == ("flights@1", "flights@from-jane")
    assert (listed["id"], listed["tags"], listed["frozen_at"]) == (twin.id, ["from-jane"], None)
    assert before["id"] != twin.id
    page = flights("snapshots").stdout
    assert "flights@from-jane" in page
    shown = flights.json("show", listed["name"])
    assert (shown["id"], shown["rows"]) == (twin.id, {"flights": 9})


def test_what_cannot_be_imported_is_told(flights, tmp_path):
    path = tmp_path / "flights-2.tar"
    flights("import", path, code=4)
    path.write_bytes(b"no archive")
    assert "no sound archive" in flights("import", path, code=6).stderr


def test_a_snapshot_is_published_for_other_engines(flights, tmp_path):
    flights("publish", "flights@3", tmp_path / "lake", code=3)
    snapshot = flights.bench.store.resolve("flights@3")
    told = flights.json("publish", "flights@3", tmp_path / "lake", "--iceberg")
    assert told["id"] == snapshot.id
    assert set(told["tables"]) == set(snapshot.tables)
    for name, path in told["tables"].items():
        rows = StaticTable.from_metadata(path).scan().to_arrow()
        assert rows.num_rows == snapshot.tables[name].rows
    page = flights("publish", "flights@3", tmp_path / "lake", "--iceberg").stdout
    assert "latest.json" in page


def test_what_is_published_is_named_without_detours(flights, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    told = flights.json("publish", "flights@3", "../lake", "--iceberg")
    lake = (tmp_path / "lake").resolve()
    for path in (told["pointer"], *told["tables"].values()):
        assert path.startswith(f"{lake}/flights/")
    assert json.loads((lake / "flights" / "latest.json").read_text())["tables"] == told["tables"]
    monkeypatch.chdir(tmp_path)
    page = flights("publish", "flights@3", "here/../lake", "--iceberg", width=None).stdout
    assert "named by lake/flights/latest.json" in page
    assert str(tmp_path) not in page
