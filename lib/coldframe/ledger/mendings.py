"""Mendings: a person's word that rows which were set aside should have said something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from coldframe.errors import DataError
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep


@dataclass(frozen=True, kw_only=True)
class Mending(Record):
    """A file of mended rows of one batch, from which rows were taken in.

    Parameters
    ----------
    batch : str
        SHA-256 of the bytes that the rows were delivered with.
    dataset, source, file : str
        Where those came from.
    mended : str
        SHA-256 of the mended file, of which quarantine keeps a copy.
    name : str
        What it was called.
    rows : int
        Rows in it.
    cells : dict of str to int
        How many cells of each column say something else than the rows that came.
    reason, who : str
        Why, and who says so.
    """

    entry_kind: ClassVar[str] = "mending"

    batch: str
    dataset: str
    source: str
    file: str
    mended: str
    name: str
    rows: int
    cells: Mapping[str, int] = field(default_factory=dict)
    reason: str
    who: str

    @property
    def key(self) -> str:
        """Name in the ledger."""
        return f"{self.source}:{self.batch}:{self.mended}"


def check_mending(reason: str, who: str) -> None:
    """Raise DataError unless there is a reason and somebody who says so."""
    if not reason.strip() or not who.strip():
        raise DataError(
            "Mended rows need a reason and somebody who says so.",
            found=f"reason {reason!r}, who {who!r}", remedy='--reason "..." and --who NAME',
        )  # fmt: skip


def record_mending(ledger: Ledger, mending: Mending) -> Mending:
    """Write down a mending; of several of one file the first stands."""
    check_mending(mending.reason, mending.who)
    with ledger.writing() as transaction:
        found = transaction.find(mending.dataset, Mending.entry_kind, mending.key)
        if found is not None:
            return Mending.from_entry(found)
        return keep(transaction, mending, key=mending.key, who=mending.who)


def mendings(ledger: Ledger, dataset: str) -> list[Mending]:
    """Return all mendings of rows of `dataset`, oldest first."""
    return [Mending.from_entry(entry) for entry in ledger.entries(dataset, Mending.entry_kind)]
