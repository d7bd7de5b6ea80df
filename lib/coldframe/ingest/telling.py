"""What became of a batch, and why, each in a line."""

from __future__ import annotations

from collections.abc import Iterable

from coldframe.contracts.expectations import expectation, remedy
from coldframe.datasets import Source
from coldframe.ledger import Delivery, Reason, Renaming

SHARE = "quarantined_share"  # a consequence: too many rows broke other rules


def find_cause(delivery: Delivery) -> Reason | None:
    """Return the reason behind all others: if too many rows are unfit, why most of them are.

    Examples
    --------
    >>> reasons = (Reason(rule="quarantined_share", rows=9, example="9 of 9 rows"),
    ...            Reason(rule="maximum", column="wind_speed", rows=9, example="1048.36"))
    >>> find_cause(Delivery(batch="b", dataset="d", source="s", file="f", outcome="held",
    ...     rows_accepted=0, rows_quarantined=9, reasons=reasons, contract="c")).rule
    'maximum'
    """
    rules = [reason.rule for reason in delivery.reasons]
    if delivery.outcome == "held" and (not rules or rules[0] != SHARE):
        return delivery.reasons[0] if delivery.reasons else None
    broken = [reason for reason in delivery.reasons if reason.rule != SHARE]
    return max(broken, key=lambda reason: reason.rows, default=None)


def name_column(column: str) -> str:
    """Return a reason's column with its noun; of a key all columns stand in one name.

    Examples
    --------
    >>> name_column("temp"), name_column("origin, time_hour")
    ('column temp', 'columns origin, time_hour')
    """
    return f"columns {column}" if ", " in column else f"column {column}"


def tell_cause(delivery: Delivery, source: Source | None) -> str:
    """Return why rows of a batch were set aside, or all of it: rule, column, found, expected.

    A setting that would let it pass is named, too.

    Parameters
    ----------
    delivery : Delivery
        Of which something was set aside.
    source : Source or None
        Its contract; None if the dataset has no such source any more.
    """
    cause = find_cause(delivery)
    if cause is None:
        return "nobody wrote down why"
    column = f", {name_column(cause.column)}" if cause.column else ""
    wanted = expectation(source, cause.rule, cause.column) if source else None
    expected = f", expected {wanted}" if wanted else ""
    same = sum(reason.rule == cause.rule for reason in delivery.reasons)
    more = [f"columns that break it: {same}"] if same > 1 else []
    more += [str(reason.example) for reason in delivery.reasons if reason.rule == SHARE]
    rules = {reason.rule: reason.rows for reason in delivery.reasons}
    held = delivery.outcome == "held"
    settings = [
        remedy(delivery.dataset, delivery.source, rule, held=held, rows=rows)
        for rule, rows in rules.items()
    ]
    more += filter(None, settings)
    found = f"rule {cause.rule}{column}: found {cause.example}{expected}"
    return "; ".join([found, *more])


def describe(delivery: Delivery, source: Source | None) -> str:
    """Return a line about what became of a batch."""
    name = f"{delivery.source}/{delivery.file}"
    if delivery.outcome == "held":
        return f"{name}: held, {tell_cause(delivery, source)}"
    aside = delivery.rows_quarantined
    word = " of a released batch" if delivery.released else ""
    told = f", {aside:,} quarantined, {tell_cause(delivery, source)}" if aside else ""
    return f"{name}: {delivery.rows_accepted:,} rows accepted{word}{told}"


def sum_up(deliveries: Iterable[Delivery]) -> str:
    """Return how many batches met which fate.

    Examples
    --------
    >>> sum_up([])
    'judged: 0 accepted whole, 0 with rows set aside, 0 held'
    """
    found = [delivery.outcome for delivery in deliveries]
    return (
        f"judged: {found.count('accepted')} accepted whole, "
        f"{found.count('quarantined')} with rows set aside, {found.count('held')} held"
    )


def tell_renaming(one: Renaming) -> str:
    """Return the evidence in words.

    Examples
    --------
    >>> tell_renaming(Renaming(column="dest", delivered="Destination", name=0.53, content=1.0))
    'Destination looks like it: 53 % of its name, 100 % of its content, all values of its type'
    """
    content = "" if one.content is None else f", {100 * one.content:.0f} % of its content"
    alike = f"{100 * one.name:.0f} % of its name{content}"
    return f"{one.delivered:.200} looks like it: {alike}, all values of its type"
