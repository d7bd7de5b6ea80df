"""Mappings: what deliveries put forward, what people said of it, and where it stands.

A mapping that was accepted is read as if its name stood under `also` in the dataset file: it is
part of the contract and of its version, so that a batch that was held for the lost column is
judged anew. Needs no pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coldframe.datasets import Dataset
from coldframe.errors import NotFoundError
from coldframe.files import locked
from coldframe.ledger import (
    Delivery,
    MappingVerdict,
    MappingWord,
    Renaming,
    deliveries,
    mapping_words,
    say_of_mapping,
)
from coldframe.workbench import Workbench

About = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class MappingStanding:
    """A mapping that a delivery put forward, and where it stands.

    Parameters
    ----------
    source, column, delivered : str
        Whose columns they are, the declared one, and the one that came in its place.
    standing : {"proposed", "accepted", "declined", "declared", "void"}
        It waits for a person; it is in force; it is not to be; the dataset file itself says so by
        now; or there is nothing left to be said, for the dataset file has another column of
        that name, or the declared one no more.
    evidence : Renaming
        What speaks for it, of the delivery that put it forward last.
    batch, file : str
        That delivery.
    words : tuple of MappingWord
        What people said of it, oldest first.
    """

    source: str
    column: str
    delivered: str
    standing: Literal["proposed", "accepted", "declined", "declared", "void"]
    evidence: Renaming
    batch: str
    file: str
    words: tuple[MappingWord, ...] = ()


def mapping_standings(bench: Workbench) -> tuple[MappingStanding, ...]:
    """Return every mapping that was ever put forward, in the order of the first deliveries."""
    name = bench.dataset.name
    last: dict[About, tuple[Delivery, Renaming]] = {}
    for delivery in deliveries(bench.ledger, name):
        for one in delivery.renamed:
            last[delivery.source, one.column, one.delivered] = (delivery, one)
    words = mapping_words(bench.ledger, name)
    agreed = bench.agreed
    return tuple(
        MappingStanding(
            source=about[0], column=about[1], delivered=about[2], evidence=evidence,
            standing=_stand(bench.dataset, agreed, about, own), words=tuple(own),
            batch=delivery.batch, file=delivery.file,
        )
        for about, (delivery, evidence) in last.items()
        for own in [[word for word in words if word.about == about]]
    )  # fmt: skip


def _stand(
    dataset: Dataset, agreed: Dataset, about: About, words: Sequence[MappingWord]
) -> Literal["proposed", "accepted", "declined", "declared", "void"]:
    source, column, delivered = about
    if _means(dataset, source, delivered) == column:
        return "declared"
    if source not in dataset.sources or column not in dataset.sources[source].columns:
        return "void"
    if (means := _means(agreed, source, delivered)) is not None:
        return "accepted" if means == column else "void"
    return "declined" if words and words[-1].verdict == "declined" else "proposed"


def _means(dataset: Dataset, source: str, delivered: str) -> str | None:
    """Return the declared column that `delivered` fills, if it fills one."""
    columns = dataset.sources[source].columns if source in dataset.sources else {}
    if delivered in columns:
        return delivered
    return next((name for name, column in columns.items() if delivered in column.also), None)


def decide_mapping(
    bench: Workbench, column: str, delivered: str, verdict: MappingVerdict, *, reason: str,
    who: str, source: str | None = None,
) -> MappingWord:  # fmt: skip
    """Write down a person's word on a mapping that a delivery put forward.

    Accepted, it is in force from the next build on: batches that were held for the lost column are
    judged anew, and later ones fill it. What is frozen stays as it is, also when the word is
    undone.

    Parameters
    ----------
    bench : Workbench
        Where.
    column, delivered : str
        The declared column, and the one that comes in its place.
    verdict : {"accepted", "declined", "undone"}
        The word.
    reason, who : str
        Why, and who says so; both stand in the ledger.
    source : str, optional
        Whose columns they are; to be named if several sources have them.

    Raises
    ------
    NotFoundError
        No delivery put it forward, or those of several sources did.
    ConflictError
        Another word on it stands, or none that could be undone.
    DataError
        The reason, or who says so, is empty.
    """
    # a run of ingest judges all its batches by one contract
    with locked(bench.settings.home / f"ingest-{bench.dataset.name}.lock"):
        found = _find(bench, column, delivered, source)
        return say_of_mapping(
            bench.ledger, dataset=bench.dataset.name, source=found.source, evidence=found.evidence,
            batch=found.batch, file=found.file, verdict=verdict, reason=reason, who=who,
        )  # fmt: skip


def _find(bench: Workbench, column: str, delivered: str, source: str | None) -> MappingStanding:
    found = [
        one for one in mapping_standings(bench)
        if (one.column, one.delivered) == (column, delivered) and source in (None, one.source)
    ]  # fmt: skip
    if len(found) == 1 and found[0].standing not in ("declared", "void"):
        return found[0]
    told = f"{delivered} for {column}"
    if len(found) > 1:
        raise NotFoundError(
            "Several sources have brought this mapping.", found=told,
            expected="one source", remedy=f"--source {found[0].source}",
        )  # fmt: skip
    if found:
        raise NotFoundError(
            "There is nothing left to be decided on this mapping.", found=told,
            where=f"{found[0].source} in datasets/{bench.dataset.name}.yaml",
            expected="a declared column that does not come, and a name that no column has",
            remedy="the dataset file decides: `also` of a column, or its name",
        )  # fmt: skip
    known = mapping_standings(bench)
    raise NotFoundError(
        "No delivery has put this mapping forward.", found=told,
        expected="; ".join(f"{one.delivered} for {one.column}" for one in known)
        or "a mapping with the evidence of a delivery",
        remedy=f"coldframe mapping; without evidence, write also: [{delivered}] beside {column} in "
        f"datasets/{bench.dataset.name}.yaml",
    )  # fmt: skip
