"""Mappings: a person's word that a column of deliveries is a declared one under another name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from coldframe.errors import ConflictError, DataError
from coldframe.ledger.deliveries import Renaming
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep
from coldframe.ledger.transaction import Reader
from coldframe.provenance import record_digest

MappingVerdict = Literal["accepted", "declined", "undone"]
VERDICTS: tuple[str, ...] = get_args(MappingVerdict)


@dataclass(frozen=True, kw_only=True)
class MappingWord(Record):
    """What a person said of one mapping, for which a delivery gave the evidence.

    A word stands until it is undone; a mapping may then be accepted or declined anew.

    Parameters
    ----------
    dataset, source : str
        Whose columns they are.
    column, delivered : str
        The declared one, and the one that comes in its place.
    verdict : {"accepted", "declined", "undone"}
        Whether the second fills the first from now on, or that the last word is taken back.
    number : int
        How many words on this mapping there are with it.
    evidence : Renaming
        What spoke for it.
    batch, file : str
        The delivery that gave the evidence.
    reason, who : str
        Why, and who says so.
    """

    entry_kind: ClassVar[str] = "mapping"

    dataset: str
    source: str
    column: str
    delivered: str
    verdict: MappingVerdict
    number: int
    evidence: Renaming
    batch: str
    file: str
    reason: str
    who: str

    @property
    def about(self) -> tuple[str, str, str]:
        """Which mapping: source, declared column, delivered column."""
        return self.source, self.column, self.delivered

    @property
    def key(self) -> str:
        """Name in the ledger; column names may hold whatever a name in it may not."""
        return record_digest([*self.about, self.number])


def say_of_mapping(
    ledger: Ledger, *, dataset: str, source: str, evidence: Renaming, batch: str, file: str,
    verdict: MappingVerdict, reason: str, who: str,
) -> MappingWord:  # fmt: skip
    """Write down a person's word on a mapping; said again, it is the first one.

    Raises
    ------
    DataError
        The reason, or who says so, is empty.
    ConflictError
        Another word on it stands, or none that could be undone.
    """
    if not reason.strip() or not who.strip():
        raise DataError(
            "A word on a mapping needs a reason and somebody who says so.",
            found=f"reason {reason!r}, who {who!r}", remedy='--reason "..." and --who NAME',
        )  # fmt: skip
    about = (source, evidence.column, evidence.delivered)
    with ledger.writing() as transaction:
        told = [one for one in mapping_words_of(transaction, dataset) if one.about == about]
        last = told[-1] if told else None
        if last is not None and last.verdict == verdict:
            return last
        standing = "undone" if last is None else last.verdict
        if (standing == "undone") == (verdict == "undone"):
            raise _stands_already(about, last, verdict)
        word = MappingWord(
            dataset=dataset, source=source, column=evidence.column, delivered=evidence.delivered,
            verdict=verdict, number=len(told) + 1, evidence=evidence, batch=batch, file=file,
            reason=reason.strip(), who=who.strip(),
        )  # fmt: skip
        return keep(transaction, word, key=word.key, who=word.who)


def _stands_already(
    about: tuple[str, str, str], last: MappingWord | None, verdict: MappingVerdict
) -> ConflictError:
    source, column, delivered = about
    where = f"{source}, {delivered} for {column}"
    if last is None:
        return ConflictError(
            "Nobody has said anything of this mapping that could be undone.", where=where,
            remedy="coldframe mapping",
        )  # fmt: skip
    return ConflictError(
        f"This mapping is {last.verdict} already.", where=where, expected=f"{verdict} by nobody "
        "yet, or the last word undone", found=f"{last.verdict} by {last.who}: {last.reason}",
        remedy="coldframe mapping undo, then say the other word",
    )  # fmt: skip


def mapping_words_of(reader: Reader, dataset: str) -> list[MappingWord]:
    """Return all words that `reader` sees, oldest first."""
    found = reader.entries(dataset, MappingWord.entry_kind)
    return [MappingWord.from_entry(entry) for entry in found]


def mapping_words(ledger: Ledger, dataset: str) -> list[MappingWord]:
    """Return all words on mappings of columns of `dataset`, oldest first."""
    with ledger.reading() as reader:
        return mapping_words_of(reader, dataset)


def accepted_mappings(words: Iterable[MappingWord]) -> list[MappingWord]:
    """Return the words by which mappings are in force, in the order in which they were said."""
    last = {word.about: word for word in words}
    found = [word for word in last.values() if word.verdict == "accepted"]
    return sorted(found, key=lambda word: word.sequence or 0)
