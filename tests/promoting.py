"""A promotion without proposal and verdict, for tests that need a champion."""

from __future__ import annotations

from coldframe.ledger import Ledger, Promotion
from coldframe.ledger.champion import move_champion


def promote(
    ledger: Ledger, dataset: str, *, model: str, expected: str | None, reason: str, who: str,
    proposal: int | None = None, key: str,
) -> Promotion:  # fmt: skip
    """Make `model` the champion if `expected` still is; see `move_champion`."""
    with ledger.writing() as transaction:
        return move_champion(
            transaction, dataset, model=model, expected=expected, reason=reason, who=who,
            proposal=proposal, key=key, kind="promotion",
        )  # fmt: skip
