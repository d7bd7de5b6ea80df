"""What the processes that the kill test kills are doing: one deed, over and over.

Each says what it is about to do, and what has been done after it was done. Whatever was left behind
by others that were killed is its starting point.
"""

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import samples
import yaml
from snapshots.snapshot_cases import delivery, freeze

from coldframe.ingest import ingest_batches, replay_batches
from coldframe.snapshots import Addition, SnapshotStore
from coldframe.snapshots.iceberg import publish_iceberg
from coldframe.workbench import Workbench

ASIDE = 60
"""Rows that are set aside in a new world; each replay takes one of them in."""
Say = Callable[..., None]


def make_world(folder: Path) -> None:
    """Make a project whose store holds what every deed needs, and rows to be replayed."""
    bench = samples.open_bench(samples.write_project(folder / "project"))
    path = bench.settings.root / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    record["sources"]["flights"]["batch"]["quarantined"] = 0.9
    path.write_text(yaml.safe_dump(record, sort_keys=False), encoding="utf-8")
    (landed,) = [one for one in samples.land_sample(bench, ["2013-01"]) if "flights-" in one.name]
    for other in (bench.settings.landing / "flights").glob("*/*.csv"):
        if other != landed:
            other.unlink()
    head, *rows = landed.read_text().splitlines()
    place = head.split(",").index("origin")
    for number in range(ASIDE):
        fields = rows[number].split(",")
        fields[place] = f"Q{number:02}"
        rows[number] = ",".join(fields)
    landed.write_text("\n".join([head, *rows[:100]]) + "\n")
    ingest_batches(samples.open_bench(bench.settings.root))
    store = open_store(folder)
    freeze(store, 0)
    freeze(store, 1)
    (folder / "archives").mkdir()


def open_store(folder: Path) -> SnapshotStore:
    return open_bench(folder).store


def open_bench(folder: Path) -> Workbench:
    return samples.open_bench(folder / "project")


def known_origins(folder: Path, number: int | None = None) -> int:
    """Let the contract know `number` more airports; return how many of them it knows."""
    path = folder / "project" / "datasets" / "flights.yaml"
    record = yaml.safe_load(path.read_text("utf-8"))
    among = record["sources"]["flights"]["columns"]["origin"]["among"]
    if number is not None:
        among[3:] = [f"Q{one:02}" for one in range(number)]
        text = yaml.safe_dump(record, sort_keys=False)
        path.with_suffix(".new").write_text(text, encoding="utf-8")
        path.with_suffix(".new").replace(path)
    return len(among) - 3


def freeze_anew(say: Say, folder: Path, _: random.Random) -> None:
    """Freeze two tables that replace those of the version before."""
    store = open_store(folder)
    head = store.head("fresh")
    for number in itertools.count(head.version + 1 if head else 1):
        say("about", number)
        additions = [Addition(name, delivery(number)) for name in ("cats", "dogs")]
        made = store.freeze("fresh", additions, base="empty", about={"n": number})
        say("done", made.name, made.id)


def append(say: Say, folder: Path, _: random.Random) -> None:
    """Deliver 2, 3, 4, …; every batch once more than needed, as a rerun would."""
    store = open_store(folder)
    for number in itertools.count(store.head("pets").version):
        say("about", number)
        freeze(store, number)
        made = freeze(store, number)
        say("done", made.name, made.id)


def tag(say: Say, folder: Path, dice: random.Random) -> None:
    store = open_store(folder)
    for number in itertools.count(len(store.tags("pets"))):
        say("about", number)
        named = store.tag(f"tag-{number}", dice.choice(store.versions("pets")))
        say("done", f"pets@tag-{number}", named.id)


def pin(say: Say, folder: Path, _: random.Random) -> None:
    store = open_store(folder)
    for number in itertools.count(len(store.pins())):
        say("about", number)
        orphan = store.freeze("scratch", [Addition("cats", delivery(number))], base="empty")
        store.pin(f"model-{number}", [orphan.id])
        store.refs.path("scratch", "versions", str(orphan.version)).unlink()
        say("done", f"model-{number}", orphan.id)


def publish(say: Say, folder: Path, dice: random.Random) -> None:
    store = open_store(folder)
    while True:
        chosen = dice.choice(store.versions("pets"))
        say("about", chosen.name)
        publish_iceberg(store, chosen, folder / "lake")
        say("done", chosen.name, chosen.id)


def send(say: Say, folder: Path, dice: random.Random) -> None:
    """Export a version to an archive and import it elsewhere under a name of its own."""
    store, other = open_store(folder), SnapshotStore(folder / "other")
    for number in itertools.count(len(other.tags("pets"))):
        say("about", number)
        chosen = dice.choice(store.versions("pets"))
        archive = folder / "archives" / f"{chosen.version}.tar"
        store.export_archive(chosen, archive)
        other.import_archive(archive, tag=f"from-{number}")
        say("done", f"pets@from-{number}", chosen.id)


def replay(say: Say, folder: Path, _: random.Random) -> None:
    """Mend a rule for one row more, and take it in."""
    for number in itertools.count(known_origins(folder)):
        say("about", number)
        replay_batches(open_bench(folder))  # what is left from one that was killed
        known_origins(folder, number + 1)
        bench = open_bench(folder)
        say("about", number)
        replay_batches(bench)
        say("done", f"Q{number:02}", bench.store.head("flights").id)


def collect(say: Say, folder: Path, _: random.Random) -> None:
    """Leave garbage, then clear it away, with that of those who were killed."""
    store = open_store(folder)
    for number in itertools.count():
        dead = store.freeze("scratch", [Addition("cats", delivery(number))], base="empty")
        store.refs.path("scratch", "versions", str(dead.version)).unlink()
        say("about", number)
        store.collect_garbage(grace_seconds=0)
        say("done", "garbage", dead.id)


DEEDS = {
    "freeze": freeze_anew, "append": append, "tag": tag, "publish": publish, "replay": replay,
    "gc": collect, "pin": pin, "archive": send,
}  # fmt: skip

SECONDS = dict.fromkeys(DEEDS, 0.05) | {"publish": 0.3, "replay": 0.5, "gc": 0.1}
"""How long each takes, more or less."""


def repeat(say: Say, deed: str, folder: str, seed: int) -> None:
    """Do `deed` over and over, until killed."""
    DEEDS[deed](say, Path(folder), random.Random(seed))
