"""The champion: one row, moved by compare-and-swap together with the entry that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from coldframe.errors import ConflictError, NotFoundError
from coldframe.ledger.chain import Damage, Entry
from coldframe.ledger.records import Record, keep
from coldframe.ledger.transaction import Reader, Transaction


@dataclass(frozen=True, kw_only=True)
class Promotion(Record):
    """A move of the champion, forward or back.

    Parameters
    ----------
    dataset : str
        Whose champion moved.
    model : str
        Digest of the model that is champion from now on.
    previous : str or None
        Digest of the model that was champion until then.
    reason, who : str
        Why, and the person or stage that did it.
    proposal : int or None
        Number of the proposal that led to it.
    kind : {"promotion", "rollback"}
        Forward to a new model, or back to a former champion.
    """

    entry_kind: ClassVar[str] = "promotion"

    dataset: str
    model: str
    previous: str | None
    reason: str
    who: str
    proposal: int | None = None
    kind: Literal["promotion", "rollback"] = "promotion"


def promotions_of(reader: Reader, dataset: str) -> list[Promotion]:
    """Return every move of the dataset's champion, oldest first."""
    return [Promotion.from_entry(entry) for entry in reader.entries(dataset, "promotion")]


def move_champion(
    transaction: Transaction, dataset: str, *, model: str, expected: str | None, reason: str,
    who: str, proposal: int | None = None, key: str, kind: Literal["promotion", "rollback"],
) -> Promotion:  # fmt: skip
    """Make `model` the champion if `expected` still is, and write that down, in one step.

    Parameters
    ----------
    transaction : Transaction
        Of the ledger; nothing is kept if an error leaves it.
    dataset : str
        Whose champion moves.
    model : str
        `ModelVersion.digest` of a registered model.
    expected : str or None
        Digest of the champion that the decision was made against.
    reason, who : str
        Why, and by whom.
    proposal : int, optional
        Number of the proposal that led here.
    key : str
        Name of this move; repeated with the same key it does nothing, whatever has happened
        since.
    kind : {"promotion", "rollback"}
        Forward to a new model, or back to a former champion.

    Raises
    ------
    ConflictError
        The champion is another by now; the message says who moved it.
    NotFoundError
        `model` is not registered.
    """
    promotion = Promotion(
        dataset=dataset, model=model, previous=expected, reason=reason, who=who,
        proposal=proposal, kind=kind,
    )  # fmt: skip
    if transaction.find(dataset, "promotion", key) is not None:
        return keep(transaction, promotion, key=key, who=who)
    if transaction.find(dataset, "model", model) is None:
        raise NotFoundError(
            "Only a registered model can become champion.", where=dataset, found=model,
            expected="the digest of a ModelVersion (not that of its estimator file)",
            remedy="register_model(...) first",
        )  # fmt: skip
    present, sequence = transaction.champion(dataset)
    if present != expected:
        raise _moved(transaction, dataset, expected=expected)
    if model == present:
        raise ConflictError(
            "This model is the champion already.", where=dataset, found=model,
            remedy="coldframe models",
        )  # fmt: skip
    written = keep(transaction, promotion, key=key, who=who)
    moved = transaction.swap_champion(
        dataset, model=model, expected=sequence, sequence=written.sequence or 0
    )
    if not moved:  # cannot be while writers take turns; if it is, nothing of this is kept
        raise _moved(transaction, dataset, expected=expected)
    return written


def _moved(reader: Reader, dataset: str, *, expected: str | None) -> ConflictError:
    """Return the error that says who moved the champion."""
    present, sequence = reader.champion(dataset)
    entries = reader.entries(dataset, "promotion", after=sequence - 1, limit=1)
    by = "".join(
        f" by {entry.who} at {entry.at}, because: {entry.body['reason']}" for entry in entries
    )
    return ConflictError(
        "Another model is champion by now.", where=dataset, expected=expected or "no champion",
        found=f"{present or 'no champion'}{by}",
        remedy="look at it with `coldframe models`, then judge and decide anew",
    )  # fmt: skip


def find_champion_damage(
    entries: Iterable[Entry], champions: dict[str, tuple[str, int]]
) -> Iterator[Damage]:
    """Yield where the champions' rows differ from what the `promotion` entries say.

    Parameters
    ----------
    entries : iterable of Entry
        All `promotion` entries of all datasets, by sequence.
    champions : dict of str to (str, int)
        Model digest and sequence of each row, by dataset.
    """
    last: dict[str, Entry] = {}
    for entry in entries:
        before = last.get(entry.dataset)
        if entry.body.get("previous") != (before.body.get("model") if before else None):
            yield Damage(entry.sequence, "this promotion does not follow from the one before it")
        last[entry.dataset] = entry
    for dataset in sorted(last.keys() | champions.keys(), key=str):
        said = last.get(dataset)
        due = (said.body.get("model"), said.sequence) if said else (None, 0)
        found = champions.get(dataset, (None, 0))
        if found != due:
            yield Damage(
                due[1] or None,
                f"the champion of {dataset} is {found[0]} (entry {found[1]}), but the last "
                f"promotion says {due[0]} (entry {due[1]})",
            )
