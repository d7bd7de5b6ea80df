"""SIGKILL at any moment of any deed: nothing torn, nothing acknowledged lost, nothing doubled."""

import json
import random
import signal
from collections import Counter
from pathlib import Path

import pytest
import warm
from counts import count
from pyiceberg.table import StaticTable
from snapshots import deeds
from snapshots.snapshot_cases import expected_keys, freeze, keys

from coldframe.ingest import ingest_batches, quarantined, read_quarantine, replay_batches
from coldframe.ledger import replays
from coldframe.snapshots import SnapshotStore
from coldframe.snapshots.importing import read_archive

WORLDS, LIVES = count(1, 17), count(16, 80)
"""At full counts freeze, append, tag, publish, replay and GC are killed 1,020 times together."""

Acknowledged = dict[tuple[str, str], str]


def live_and_die(
    deed: str, folder: Path, number: int, usual: dict[str, float], *, once: bool
) -> list[tuple]:
    """Let a process do `deed` (`once` for certain) until it is killed; return what was done."""
    dice = random.Random(number)
    process = warm.Process(deeds.repeat, deed, str(folder), number).go()
    said = [process.hear()]
    while once and said[-1][0] != "done":
        said.append(process.hear())
    process.wait(dice.random() * 1.5 * usual[deed])
    said += process.kill()
    assert process.returncode == -signal.SIGKILL
    done = [words[1:] for words in said if words[0] == "done"]
    # killed mostly before the deed is done, or after many: look at other moments next time
    usual[deed] *= 1.3 if not done else 1 / (0.5 + len(done) - once)
    return done


@pytest.mark.parametrize("world", range(WORLDS))
def test_sigkill_at_any_moment_of_any_deed(tmp_path, world):
    usual = dict(deeds.SECONDS)
    acknowledged: dict[str, Acknowledged] = {deed: {} for deed in deeds.DEEDS}
    deeds.make_world(tmp_path)
    for number in range(LIVES):
        deed = list(deeds.DEEDS)[number % len(deeds.DEEDS)]
        seed, once = world * LIVES + number, number < len(deeds.DEEDS)
        acknowledged[deed] |= live_and_die(deed, tmp_path, seed, usual, once=once)
        look(tmp_path, acknowledged)
    assert all(acknowledged.values())
    finish(tmp_path, acknowledged)


def look(folder: Path, acknowledged: dict[str, Acknowledged]) -> None:
    """Look at the world as the killed one left it."""
    store, other = deeds.open_store(folder), SnapshotStore(folder / "other")
    assert store.verify() == []
    assert other.verify() == []
    for deed in ("freeze", "append", "tag"):
        for name, id_ in acknowledged[deed].items():
            assert store.resolve(name).id == id_
    pins = store.pins()
    assert all(pins[owner] == (id_,) for owner, id_ in acknowledged["pin"].items())
    assert keys(store) == expected_keys(*range(store.head("pets").version))
    for one in store.versions("fresh"):
        assert keys(store, one.name) == expected_keys(one.version)
    for path in (folder / "archives").glob("*.tar"):
        assert read_archive(path).id == store.resolve(f"pets@{path.stem}").id
    assert all(other.resolve(name).id == id_ for name, id_ in acknowledged["archive"].items())
    look_at_view(folder, store, acknowledged["publish"])
    look_at_replays(folder, acknowledged["replay"])


def look_at_view(folder: Path, store: SnapshotStore, acknowledged: Acknowledged) -> None:
    pointer = folder / "lake" / "pets" / "latest.json"
    assert pointer.exists() or not acknowledged
    if pointer.exists():
        view = json.loads(pointer.read_text())
        rows = StaticTable.from_metadata(view["tables"]["cats"]).scan().to_arrow()
        assert store.resolve(view["snapshot"]).id == view["id"]
        assert sorted(rows["key"].to_pylist()) == keys(store, view["snapshot"])


def look_at_replays(folder: Path, acknowledged: Acknowledged) -> None:
    """Each row that was set aside is in quarantine or frozen once; those replayed are frozen."""
    bench = deeds.open_bench(folder)
    assert bench.ledger.verify() == []
    origins = Counter(bench.store.read("flights", "flights", columns=["origin"])["origin"])
    frozen = {name: times for name, times in origins.items() if name.startswith("Q")}
    assert set(frozen.values()) <= {1}
    (batch,) = quarantined(bench)
    aside = set(read_quarantine(bench, "flights", batch.batch)["value"])
    assert aside | set(frozen) == {f"Q{one:02}" for one in range(deeds.ASIDE)}
    assert set(acknowledged) <= set(frozen)


def finish(folder: Path, acknowledged: dict[str, Acknowledged]) -> None:
    """Do what the killed ones left undone: the world is as if nobody had been killed."""
    bench = deeds.open_bench(folder)
    replay_batches(bench)
    ingest_batches(bench)
    known = deeds.known_origins(folder)
    look(folder, acknowledged)
    (batch,) = quarantined(bench)
    aside = read_quarantine(bench, "flights", batch.batch)["value"].tolist()
    assert aside == [f"Q{one:02}" for one in range(known, deeds.ASIDE)]
    assert sum(one.rows_accepted for one in replays(bench.ledger, "flights")) == known
    store = bench.store
    store.collect_garbage(grace_seconds=0)
    look(folder, acknowledged)
    assert list((store.root / "tmp").iterdir()) == []
    clean = SnapshotStore(folder / "clean", durable=False)
    for number in range(store.head("pets").version):
        freeze(clean, number)
    assert clean.head("pets").id == store.head("pets").id
    deeds.publish_iceberg(store, store.head("pets"), folder / "lake")
    assert len([one for one in (folder / "lake" / "pets").iterdir() if one.is_dir()]) == 1
