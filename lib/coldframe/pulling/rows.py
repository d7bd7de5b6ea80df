"""Rows of a query: those that were taken before are left out, the others written as JSON Lines."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coldframe.errors import DataError
from coldframe.pulling.watermarks import decode, encode, reach_back
from coldframe.readers.spelling import spell

PRUNED_EVERY = 10_000


@dataclass
class Window:
    """The rows at and shortly before the highest watermark, by digest: another pull meets them.

    Parameters
    ----------
    lookback : float
        How far it reaches back behind the highest watermark.
    high : Any
        The highest watermark so far; None before the first row.
    taken : dict
        Of each watermark, how often each row has been taken.
    """

    lookback: float
    high: Any = None
    taken: dict[Any, Counter[str]] = field(default_factory=dict)
    noted: int = field(default=0, init=False)

    @classmethod
    def load(cls, lookback: float, said: Mapping[str, Any]) -> Window:
        """Read it from what `to_json` returned; an empty mapping is an empty window."""
        if not said:
            return cls(lookback)
        taken = {decode(one["at"]): Counter(one["rows"]) for one in said["taken"]}
        return cls(lookback, decode(said["high"]), taken)

    def to_json(self) -> dict[str, Any]:
        """Return it as the state keeps it."""
        self._prune()
        if self.high is None:
            return {}
        taken = [{"at": encode(at), "rows": dict(rows)} for at, rows in self.taken.items()]
        return {"high": encode(self.high), "taken": taken}

    @property
    def since(self) -> Any:
        """What the next pull is bound to."""
        return reach_back(self.high, self.lookback)

    def take(self, at: Any, digest: str) -> None:
        """Note a row with its watermark."""
        if self.high is None or at > self.high:
            self.high = at
        self.taken.setdefault(at, Counter())[digest] += 1
        self.noted += 1
        if self.noted % PRUNED_EVERY == 0:
            self._prune()

    def _prune(self) -> None:
        if self.high is not None:
            since = self.since
            self.taken = {at: rows for at, rows in self.taken.items() if at >= since}


def fresh_rows(
    names: Sequence[str], rows: Iterable[Sequence[Any]], *, watermark: str | None, before: Window,
    after: Window, count: Callable[[bool], None],
) -> Iterator[bytes]:  # fmt: skip
    """Yield each row that was not taken before as a line of JSON, every cell text or null.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    rows : iterable
        Of the query.
    watermark : str or None
        The column whose highest value the next pull begins at.
    before, after : Window
        What was taken before, and what will have been; all rows are noted in `after`.
    count : callable
        Told of each row whether it is new.

    Raises
    ------
    DataError
        A row has no watermark, or a value has no text.
    """
    place = names.index(watermark) if watermark is not None else None
    met = {at: Counter(found) for at, found in before.taken.items()}
    for row in rows:
        line = _line(names, row)
        if place is not None:
            at = row[place]
            encode(at)  # raises if there is nothing to go by
            digest = hashlib.sha256(line).hexdigest()[:32]
            try:
                if before.high is not None and at < before.since:
                    raise _too_early(at, before)
                after.take(at, digest)
            except TypeError as error:
                raise DataError(
                    "Watermarks cannot be compared.", found=f"{at!r} and {after.high!r}",
                    expected="one type in all rows", remedy="cast the column in the query",
                ) from error  # fmt: skip
            known = met.get(at)
            if known is not None and known[digest] > 0:
                known[digest] -= 1
                count(False)
                continue
        count(True)
        yield line


def _too_early(at: Any, before: Window) -> DataError:
    return DataError(
        "The query returns rows from before what it was bound to.", found=f"{at!r}",
        expected=f"a watermark of at least :since, {before.since!r}",
        remedy="compare the watermark with :since alone; to reach back there is lookback",
    )  # fmt: skip


def _line(names: Sequence[str], row: Sequence[Any]) -> bytes:
    cells = {}
    for name, value in zip(names, row, strict=True):
        try:
            cells[name] = spell(value)
        except ValueError as error:
            raise DataError(
                "A value of the query has no text that says all of it.", where=f"column {name}",
                found=str(error), remedy="cast it to text in the query",
            ) from error  # fmt: skip
    return (json.dumps(cells, ensure_ascii=False) + "\n").encode()
