"""Long lists that grow at the end and never cost their whole length again.

The last items stand in the manifest itself; each 64 that are full move into a segment (canonical
JSON, named by its digest), each 64 segments into a segment of segments. Appending writes what is
new, and a manifest names at most 63 entries of each level, however long the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FANOUT = 64
FORMAT = "coldframe.segment/1"


@dataclass(frozen=True, slots=True)
class Listing:
    """An immutable list whose older items are stored in segments.

    Parameters
    ----------
    count : int
        Items in the list.
    levels : tuple of tuples
        Level 0 holds the newest items themselves, level 1 digests of segments of 64 items, level
        2 digests of segments of 64 such digests, and so on.

    Examples
    --------
    >>> stored = {}
    >>> def put(record):
    ...     digest = f"segment {len(stored)}"
    ...     stored[digest] = record
    ...     return digest
    >>> listing = Listing().append(range(150), put)
    >>> listing.count, listing.levels[1], len(stored)
    (150, ('segment 0', 'segment 1'), 2)
    >>> list(listing.iterate(stored.__getitem__)) == list(range(150))
    True
    """

    count: int = 0
    levels: tuple[tuple[Any, ...], ...] = ()

    def append(self, items: Sequence[Any], put: Callable[[Mapping[str, Any]], str]) -> Listing:
        """Return a list with `items` (JSON) at the end; `put` stores a segment, names its digest.

        The result depends on the items alone, not on how many came at a time.
        """
        levels = [list(level) for level in self.levels]
        for item in items:
            carried: Any = item
            for depth in range(len(levels) + 1):
                if depth == len(levels):
                    levels.append([])
                levels[depth].append(carried)
                if len(levels[depth]) < FANOUT:
                    break
                carried = put({"format": FORMAT, "level": depth, "items": levels[depth]})
                levels[depth] = []
        return Listing(self.count + len(items), tuple(tuple(level) for level in levels))

    def iterate(self, load: Callable[[str], Mapping[str, Any]]) -> Iterator[Any]:
        """Yield all items, oldest first; `load` fetches a segment by its digest."""
        for depth in reversed(range(len(self.levels))):
            for entry in self.levels[depth]:
                yield from _expand(entry, depth, load)

    def segments(self, load: Callable[[str], Mapping[str, Any]]) -> Iterator[str]:
        """Yield the digest of every segment, each before those below it."""
        todo = [
            (digest, depth) for depth in range(1, len(self.levels)) for digest in self.levels[depth]
        ]
        while todo:
            digest, depth = todo.pop()
            yield digest
            if depth > 1:
                todo += [(below, depth - 1) for below in load(digest)["items"]]

    def to_json(self) -> dict[str, Any]:
        """Return this list as it stands in a manifest."""
        return {"count": self.count, "levels": [list(level) for level in self.levels]}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Listing:
        """Read a list back from a manifest."""
        return cls(record["count"], tuple(tuple(level) for level in record["levels"]))


def _expand(entry: Any, depth: int, load: Callable[[str], Mapping[str, Any]]) -> Iterator[Any]:
    if depth == 0:
        yield entry
        return
    for below in load(entry)["items"]:
        yield from _expand(below, depth - 1, load)
