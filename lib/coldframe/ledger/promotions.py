"""Promotions: how the champion moved, and the way back."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from coldframe.errors import ConflictError, NotFoundError
from coldframe.ledger.champion import Promotion, move_champion, promotions_of
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.registry import ModelVersion, choose_model, models_of


def promotions(ledger: Ledger, dataset: str) -> list[Promotion]:
    """Return every move of the dataset's champion, oldest first; rollbacks too."""
    with ledger.reading() as reader:
        return promotions_of(reader, dataset)


def former_champions(moves: Sequence[Promotion]) -> list[str]:
    """Return the digests a rollback leads through, the champion in force last.

    A rollback takes back what came after its target, so that two rollbacks in a row go two
    steps back and do not swing between two models.

    Examples
    --------
    >>> def moved(model, kind="promotion"):
    ...     return Promotion(dataset="d", model=model, previous=None, reason="", who="", kind=kind)
    >>> former_champions([moved("a"), moved("b"), moved("c"), moved("b", "rollback")])
    ['a', 'b']
    """
    stack: list[str] = []
    for move in moves:
        if move.kind == "rollback" and move.model in stack:
            del stack[len(stack) - stack[::-1].index(move.model) - 1 :]
        stack.append(move.model)
    return stack


def _former(
    versions: Sequence[ModelVersion], name: str, former: Sequence[str], *, dataset: str,
    champion: str | None,
) -> ModelVersion:  # fmt: skip
    """Return the former champion that `name` means; NotFoundError lists which there are."""
    known = [version for version in versions if version.digest in former]
    try:
        return choose_model(known, name, dataset=dataset, champion=champion)
    except NotFoundError as error:
        what = error.what
        with contextlib.suppress(NotFoundError):
            chosen = choose_model(versions, name, dataset=dataset, champion=champion)
            if chosen not in known:
                what = f"{chosen.name} never was champion."
        back = [version.name for version in known if version.digest != champion]
        raise NotFoundError(
            what, where=dataset, found=error.found,
            expected=f"a former champion: {', '.join(back) or 'there is none'}",
            remedy=f'coldframe rollback --to {back[-1]} --reason "..."' if back
            else "coldframe models",
        ) from error  # fmt: skip


def rollback(
    ledger: Ledger, dataset: str, *, to: str | None = None, reason: str, who: str,
    expected: str | None = None,
) -> Promotion:  # fmt: skip
    """Make a former champion the champion again.

    Parameters
    ----------
    ledger, dataset : Ledger, str
        Whose champion moves.
    to : str, optional
        A former champion by name (``v2``) or digest; by default the one before the present.
    reason, who : str
        Why, and by whom.
    expected : str, optional
        Digest of the champion that is to go. Given, a rollback that comes too late, or is
        repeated after a crash, does nothing to anybody else's champion.

    Raises
    ------
    NotFoundError
        There is no champion before the present one, or `to` never was champion.
    ConflictError
        The champion is not `expected` any more, or `to` is the champion already.
    """
    with ledger.writing() as transaction:
        present, sequence = transaction.champion(dataset)
        if expected is not None and present != expected:
            raise ConflictError(
                "Another model is champion by now.", where=dataset, expected=expected,
                found=present or "no champion", remedy="coldframe models",
            )  # fmt: skip
        moves = promotions_of(transaction, dataset)
        former = [move.model for move in moves]
        if to is None:
            stack = former_champions(moves)
            if len(stack) < 2:
                raise NotFoundError(
                    "There is no champion before the present one.", where=dataset,
                    found=present or "no champion", remedy="coldframe models",
                )  # fmt: skip
            target = stack[-2]
        else:
            versions = models_of(transaction, dataset)
            target = _former(versions, to, former, dataset=dataset, champion=present).digest
        # the sequence makes the key new for each champion that is rolled back
        return move_champion(
            transaction, dataset, model=target, expected=present, reason=reason, who=who,
            key=f"rollback-of-{sequence}", kind="rollback",
        )  # fmt: skip
