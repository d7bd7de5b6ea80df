"""Deliveries: what became of each batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why rows or a whole batch were set aside.

    Parameters
    ----------
    rule : str
        The contract's rule that was broken.
    column : str or None
        The column it is about; None for a rule on the batch as a whole.
    rows : int
        How many rows broke it.
    example : str or None
        One offending value, as text.
    """

    rule: str
    column: str | None = None
    rows: int = 0
    example: str | None = None


@dataclass(frozen=True, kw_only=True)
class Renaming:
    """Evidence that a column which did not come has come under another name.

    Parameters
    ----------
    column, delivered : str
        The declared one, and the one that came in its place.
    name : float
        How much the names are alike, between 0 and 1.
    content : float or None
        How much the values are those of the last good batches, between 0 and 1; None if nothing
        is known of them.
    """

    column: str
    delivered: str
    name: float
    content: float | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery(Record):
    """The fate of one batch under one version of the contract.

    Parameters
    ----------
    batch : str
        SHA-256 of the batch's bytes.
    dataset, source, file : str
        Where it came from. The same bytes under another file name are the same delivery.
    outcome : {"accepted", "quarantined", "held"}
        All rows frozen; some rows set aside and the rest frozen; the whole batch set aside.
    rows_accepted, rows_quarantined : int
        How many rows went where.
    reasons : tuple of Reason
        Why rows were set aside.
    contract : str
        Version (digest) of the contract that judged it.
    snapshot : str or None
        Id of the snapshot that first holds it.
    released : bool, default=False
        Whether it had been held, and was judged again after a person released it.
    renamed : tuple of Renaming
        Columns that may have come under another name; a person may accept that as a mapping.
    """

    entry_kind: ClassVar[str] = "delivery"

    batch: str
    dataset: str
    source: str
    file: str = field(compare=False)
    outcome: Literal["accepted", "quarantined", "held"]
    rows_accepted: int
    rows_quarantined: int
    reasons: tuple[Reason, ...] = ()
    contract: str
    snapshot: str | None = None
    released: bool = False
    renamed: tuple[Renaming, ...] = ()

    @property
    def key(self) -> str:
        """Name in the ledger; a mended contract or a release may judge a held batch anew."""
        again = ":released" if self.released else ""
        return f"{self.source}:{self.batch}:{self.contract}{again}"


def record_delivery(ledger: Ledger, delivery: Delivery, *, who: str | None = None) -> Delivery:
    """Write down what became of a batch; returns the first record if it says the same.

    Raises
    ------
    ConflictError
        The same batch met another fate under the same contract before.
    """
    with ledger.writing() as transaction:
        return keep(transaction, delivery, key=delivery.key, who=who)


def deliveries(ledger: Ledger, dataset: str) -> list[Delivery]:
    """Return all deliveries of `dataset`, oldest first."""
    return [Delivery.from_entry(entry) for entry in ledger.entries(dataset, "delivery")]
