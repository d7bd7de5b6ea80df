"""Which landed file is looked at: the newest that nobody has taken in yet, else the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from coldframe.contracts import contract_versions
from coldframe.ingest import releasable
from coldframe.ingest.landing import Judged, landed_files, remember_digests
from coldframe.ledger import Delivery, Release, deliveries, releases
from coldframe.workbench import Workbench

Standing = Literal["waiting", "held", "released", "frozen"]
FILES, BYTES = 100, 2 * 2**30
"""So many of a source's files, the newest, are looked at, until they have so many bytes: one that
no build has seen yet has to be read to tell whether its bytes are known."""


@dataclass(frozen=True, kw_only=True)
class LandedChoice:
    """The landed file of a source that is looked at, and what of the others.

    Parameters
    ----------
    path : Path
        Where it is.
    digest : str
        SHA-256 of its bytes when it was looked at.
    standing : {"waiting", "held", "released", "frozen"}
        The next build judges it; the contract of now has held it; it did, and a person has
        released it; or its rows are in a snapshot.
    delivery : Delivery or None
        Why it is held.
    releasable : bool
        Whether a person could release what is held.
    release : Release or None
        Who released it.
    others : mapping of str to int
        How many other files of the source stand how.
    older : int
        How many files have come earlier, and nobody has looked how they stand.
    """

    path: Path
    digest: str
    standing: Standing
    delivery: Delivery | None = None
    releasable: bool = False
    release: Release | None = None
    others: Mapping[str, int] = field(default_factory=dict)
    older: int = 0


def choose_landed(bench: Workbench) -> dict[str, LandedChoice]:
    """Return the file to look at of each source that has one. Nothing is written.

    That is the newest of those that wait; else one that is held, unless a later one was taken in,
    for then somebody has gone on; else one that was released; else the newest of all.
    """
    files: dict[str, list[tuple[int, int, Path]]] = {}
    for source, path in landed_files(bench):
        try:
            about = path.stat()
        except OSError:  # gone since
            continue
        # that of change: a copy may keep the time at which its bytes were written
        files.setdefault(source, []).append((about.st_ctime_ns, about.st_size, path))
    view = _View(bench) if files else None
    chosen = {}
    for source, found in files.items():
        if view and (choice := _choose(view, source, sorted(found, reverse=True))):
            chosen[source] = choice
    return chosen


class _View:
    """What the ledger says of landed files, read once."""

    def __init__(self, bench: Workbench) -> None:
        name = bench.dataset.name
        told, words = deliveries(bench.ledger, name), releases(bench.ledger, name)
        self._judged = Judged.of(told, words)
        self._held = {(d.source, d.batch, d.contract): d for d in told if d.outcome == "held"}
        self._open = {(d.source, d.batch) for d in releasable(bench, self._held.values())}
        self._words = {(r.source, r.batch, r.contract): r for r in words}
        self._versions = contract_versions(bench.agreed, lib=bench.settings.lib)
        self._memory = remember_digests(bench)  # never saved: who only looks writes nothing

    def look(self, source: str, path: Path) -> LandedChoice | None:
        """Return how a file stands, None if it cannot be read."""
        try:
            digest = self._memory.digest(path)
        except OSError:
            return None
        name = (source, digest, self._versions[source])
        if name[:2] in self._judged.frozen:
            return LandedChoice(path=path, digest=digest, standing="frozen")
        if name in self._judged.held:
            return LandedChoice(
                path=path, digest=digest, standing="held", delivery=self._held[name],
                releasable=name[:2] in self._open,
            )  # fmt: skip
        if name in self._words:
            word = self._words[name]
            return LandedChoice(path=path, digest=digest, standing="released", release=word)
        return LandedChoice(path=path, digest=digest, standing="waiting")


def _choose(
    view: _View, source: str, newest_first: Sequence[tuple[int, int, Path]]
) -> LandedChoice | None:
    looked = list(_within(newest_first))
    found = [one for path in looked if (one := view.look(source, path))]
    if not found:
        return None
    standings = [one.standing for one in found]
    # a held file that a later one followed into a snapshot is past
    open_ = standings[: standings.index("frozen")] if "frozen" in standings else standings
    if "waiting" in standings:
        place = standings.index("waiting")
    elif "held" in open_:
        place = open_.index("held")
    else:
        place = standings.index("released") if "released" in standings else 0
    chosen = found[place]
    others = Counter(map(str, standings))
    others[chosen.standing] -= 1  # those of none are left out by +
    older = len(newest_first) - len(looked)
    return replace(chosen, others=+others, older=older)


def _within(newest_first: Sequence[tuple[int, int, Path]]) -> Iterator[Path]:
    """Yield the newest files, at least one, as many as are looked at."""
    total = 0
    for place, (_, size, path) in enumerate(newest_first):
        total += size
        if place and (place >= FILES or total > BYTES):
            return
        yield path
