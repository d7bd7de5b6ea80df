"""Which held batches still wait, and which were mended: a file is mended by one of its name."""

from __future__ import annotations

from collections.abc import Sequence

from coldframe.ledger import Delivery


def never_entered(deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """Return the last judgement of each batch that got in under no version of the contract."""
    entered = {(d.source, d.batch) for d in deliveries if d.outcome != "held"}
    last = {(d.source, d.batch): d for d in deliveries}
    return tuple(delivery for name, delivery in last.items() if name not in entered)


def still_held(deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """Return the files of which nothing got into a snapshot, however often they were delivered.

    Examples
    --------
    >>> first = Delivery(batch="a", dataset="d", source="s", file="f", outcome="held",
    ...                  rows_accepted=0, rows_quarantined=1, reasons=(), contract="c")
    >>> len(still_held([first]))
    1
    >>> from dataclasses import replace
    >>> still_held([first, replace(first, batch="b", outcome="accepted")])
    ()
    """
    last = {(d.source, d.file): d for d in deliveries}
    waiting = never_entered(deliveries)
    return tuple(delivery for delivery in last.values() if delivery in waiting)


def successor(delivery: Delivery, deliveries: Sequence[Delivery]) -> Delivery | None:
    """Return the last batch that came as the same file after `delivery`, if another one did."""
    alike = [d for d in deliveries if (d.source, d.file) == (delivery.source, delivery.file)]
    return alike[-1] if alike and alike[-1].batch != delivery.batch else None
