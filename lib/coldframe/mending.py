"""What of batches is set aside by now: a file is mended by one of its name, a row by a replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from coldframe.ledger import Delivery, Replay, replays_of


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


def as_of_now(delivery: Delivery, replays: Iterable[Replay]) -> Delivery:
    """Return a delivery with what is set aside of it by now: rows taken in since count as taken.

    Examples
    --------
    >>> came = Delivery(batch="a", dataset="d", source="s", file="f", outcome="quarantined",
    ...                 rows_accepted=7, rows_quarantined=3, reasons=(), contract="c")
    >>> one = Replay(batch="r", original="a", dataset="d", source="s", file="f",
    ...              rows_accepted=2, rows_remaining=1, contract="c")
    >>> now = as_of_now(came, [one])
    >>> now.rows_accepted, now.rows_quarantined
    (9, 1)
    """
    own = replays_of(delivery, replays)
    if delivery.outcome != "quarantined" or not own:
        return delivery
    left = own[-1].rows_remaining
    taken = delivery.rows_accepted + delivery.rows_quarantined - left
    return replace(delivery, rows_accepted=taken, rows_quarantined=left, reasons=own[-1].reasons)
