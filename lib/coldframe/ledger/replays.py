"""Replays: rows that were set aside and taken in later, after a rule was mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from coldframe.ledger.deliveries import Delivery, Reason
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep


@dataclass(frozen=True, kw_only=True)
class Replay(Record):
    """Rows of an accepted batch that came out of quarantine, as they came or mended.

    Parameters
    ----------
    batch : str
        Digest of these rows as a batch of their own, made from that of the original and the rows.
    original : str
        SHA-256 of the bytes that they were delivered with.
    dataset, source, file : str
        Where those came from.
    rows_accepted, rows_remaining : int
        How many of its rows were taken in, and how many are in quarantine still.
    reasons : tuple of Reason
        Why they are.
    contract : str
        Version (digest) of the contract that judged them.
    snapshot : str or None
        Id of the snapshot that first holds the rows.
    mended : str or None
        SHA-256 of the file in which a person mended them; None if a rule was mended.
    """

    entry_kind: ClassVar[str] = "replay"

    batch: str
    original: str
    dataset: str
    source: str
    file: str = field(compare=False)
    rows_accepted: int
    rows_remaining: int
    reasons: tuple[Reason, ...] = ()
    contract: str
    snapshot: str | None = None
    mended: str | None = None

    @property
    def key(self) -> str:
        """Name in the ledger."""
        return f"{self.source}:{self.batch}"


def record_replay(ledger: Ledger, replay: Replay, *, who: str | None = None) -> Replay:
    """Write down a replay; returns the first record if it says the same."""
    with ledger.writing() as transaction:
        return keep(transaction, replay, key=replay.key, who=who)


def replays(ledger: Ledger, dataset: str) -> list[Replay]:
    """Return all replays of rows of `dataset`, oldest first."""
    return [Replay.from_entry(entry) for entry in ledger.entries(dataset, Replay.entry_kind)]


def replays_of(delivery: Delivery, replays: Iterable[Replay]) -> tuple[Replay, ...]:
    """Return those replays that took rows of a batch, in their order."""
    of = (delivery.source, delivery.batch)
    return tuple(one for one in replays if (one.source, one.original) == of)
