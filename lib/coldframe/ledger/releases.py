"""Releases: a person's word that a batch that was held is to be taken all the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from coldframe.errors import DataError
from coldframe.ledger.deliveries import Reason
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep


@dataclass(frozen=True, kw_only=True)
class Release(Record):
    """What a person overruled: the hold of one batch under one version of the contract.

    It holds for just these bytes, judged by just this contract: a corrected file is another
    batch, and a changed contract judges the batch anew.

    Parameters
    ----------
    batch : str
        SHA-256 of the batch's bytes.
    dataset, source, file : str
        Where it came from.
    contract : str
        Version (digest) of the contract that held it.
    overruled : tuple of Reason
        The rules on the batch as a whole for which it was held.
    reason, who : str
        Why it is to be taken, and who says so.
    """

    entry_kind: ClassVar[str] = "release"

    batch: str
    dataset: str
    source: str
    file: str = field(compare=False)
    contract: str
    overruled: tuple[Reason, ...]
    reason: str
    who: str

    @property
    def key(self) -> str:
        """Name in the ledger."""
        return f"{self.source}:{self.batch}:{self.contract}"


def record_release(ledger: Ledger, release: Release) -> Release:
    """Write down a release; of several of one batch and contract the first stands.

    Raises
    ------
    DataError
        The reason, or who says so, is empty.
    """
    if not release.reason.strip() or not release.who.strip():
        raise DataError(
            "A release needs a reason and somebody who says so.",
            found=f"reason {release.reason!r}, who {release.who!r}",
            remedy='--reason "..." and --who NAME',
        )
    with ledger.writing() as transaction:
        found = transaction.find(release.dataset, Release.entry_kind, release.key)
        if found is not None:
            return Release.from_entry(found)
        return keep(transaction, release, key=release.key, who=release.who)


def releases(ledger: Ledger, dataset: str) -> list[Release]:
    """Return all releases of batches of `dataset`, oldest first."""
    return [Release.from_entry(entry) for entry in ledger.entries(dataset, Release.entry_kind)]
