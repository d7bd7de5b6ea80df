"""What became of a delivery or a training, for people who do not know the names of rules."""

from __future__ import annotations

from collections.abc import Sequence

from coldframe.contracts.expectations import remedy
from coldframe.contracts.moments import tell_clock
from coldframe.ingest import MappingStanding, ReleaseStanding, tell_renaming
from coldframe.ledger import Delivery, Mending, ProposalStanding, Reason, Replay, Verdict
from coldframe.sources import Source

BATCH_WORDS = {
    "empty": "the file is empty",
    "file_size": "the file is too large: {example}",
    "not_csv": "the file is no CSV: {example}",
    "not_jsonl": "not every line is a JSON object: {example}",
    "not_parquet": "the file is no sound Parquet: {example}",
    "not_excel": "the file is no sound workbook: {example}",
    "not_ods": "the file is no sound workbook: {example}",
    "sheet": "which sheet is meant cannot be told: {example}",
    "formula": "a formula has no value: {example}",
    "byte_order_mark": "the file begins with a byte-order mark: {example}",
    "nul_bytes": "the file holds NUL bytes, {example}",
    "encoding": "the file is not in the declared encoding: {example}",
    "compression": "the file is not compressed as declared, or damaged: {example}",
    "truncated": "the file was cut off; it ends with {example}",
    "field_length": "a field is too long: {example}; perhaps a quote is not closed",
    "quoting": "its quotes do not match, {example}",
    "delimiter": "its fields are parted by {example}, not as declared",
    "header": "its first line is no header of this source: {example}",
    "field_count": "rows with more or fewer fields than the header: {example}",
    "no_rows": "it holds no rows: {example}",
    "no_fit_rows": "none of its rows is fit: {example}",
    "row_count": "unusual length: {example}",
    "quarantined_share": "too many unfit rows: {example}",
    "duplicate_key_share": "too many rows repeat a key of the same file: {example}",
    "known_key_share": "too many rows repeat a key of an earlier file: {example}",
    "null_share": "{column}: {example}",
    "unseen_share": "{column}: {example}",
    "mean_shift": "{column} has another mean: {example}",
    "stability_index": "{column} has another distribution: {example}",
    "stale": "{column} is too old: {example}",
    "undeclared_columns": "too many columns that are not declared: {example}",
    "delivered_elsewhere": "it belongs to another source: {example}",
    "not_judged": "it could not be judged: {example}",
    "missing_column": "column {column} is missing",
    "renamed_column": "column {column} may have another name: {example}",
    "doubled_column": "column {column} stands in the header more than once",
    "stored_type": "column {column} changed its type: {example}",
}
"""For rules on the batch as a whole, by name; ``column`` and ``example`` are filled in."""

VALUE_WORDS = {
    "null": "is blank",
    "minimum": "is too small",
    "maximum": "is too great",
    "pattern": "has another form",
    "among": "is no known value",
    "duplicate_key": "repeats a key of the same file",
    "known_key": "repeats a key of an earlier file",
    "future": "is later than the delivery",
    "type_integer": "is no whole number",
    "type_number": "is no number",
    "type_boolean": "is neither true nor false",
    "type_timestamp": "is no moment in time",
}
"""For rules on values, by name."""

LISTED = 4
"""So many missing columns are named one by one."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "row"), count(1200, "row"), count(2, "new batch")
    ('1 row', '1,200 rows', '2 new batches')
    """
    ending = "es" if noun.endswith(("ch", "sh", "s", "x")) else "s"
    return f"{number:,} {noun}{'' if number == 1 else ending}"


def was_interrupted(error: str | None) -> bool:
    """Tell whether what a run recorded of its end is somebody's Ctrl-C."""
    return (error or "").partition(":")[0] == KeyboardInterrupt.__name__


def explain_failure(error: str | None) -> str:
    """Return how a run ended that did not succeed, in the words of its first line.

    Examples
    --------
    >>> explain_failure("KeyboardInterrupt: ")
    'was interrupted'
    >>> explain_failure("OSError: "), explain_failure(None)
    ('failed: OSError', 'failed: no reason was given')
    """
    if was_interrupted(error):
        return "was interrupted"
    lines = [part.strip() for part in (error or "").splitlines()]
    return f"failed: {next(filter(None, lines), 'no reason was given').removesuffix(':')}"


def explain_delivery(delivery: Delivery, source: Source | None = None) -> str:
    """Return why a delivery, or some of its rows, was set aside, and what would let it pass.

    With `source`, its contract, a moment that its clocks show twice or never is told as such.

    Examples
    --------
    >>> reason = Reason(rule="maximum", column="wind_speed", rows=1, example="1048.36")
    >>> batch = Delivery(batch="b", dataset="d", source="s", file="f", outcome="quarantined",
    ...                  rows_accepted=9, rows_quarantined=1, reasons=(reason,), contract="c")
    >>> explain_delivery(batch)
    '1 of 10 rows set aside: wind_speed is too great in 1 row (1048.36)'
    """
    total = delivery.rows_accepted + delivery.rows_quarantined
    rules = {reason.rule: reason.rows for reason in delivery.reasons}
    held = delivery.outcome == "held"
    remedies = [
        remedy(delivery.dataset, delivery.source, rule, held=held, rows=rows)
        for rule, rows in rules.items()
    ]
    said = "; ".join([*_explain(delivery.reasons, source), *filter(None, remedies)])
    if held:
        return f"nothing of it was taken: {said}" if said else "nothing of it was taken"
    if not delivery.rows_quarantined:
        return f"all {count(total, 'row')} taken"
    return f"{delivery.rows_quarantined:,} of {count(total, 'row')} set aside: {said}"


def _explain(reasons: tuple[Reason, ...], source: Source | None = None) -> list[str]:
    """Return all reasons, many missing columns as one."""
    missing = [reason for reason in reasons if reason.rule == "missing_column"]
    if len(missing) <= LISTED:
        return [explain_reason(reason, source) for reason in reasons]
    names = ", ".join(str(reason.column) for reason in missing[:LISTED])
    others = [explain_reason(one, source) for one in reasons if one.rule != "missing_column"]
    return [f"{len(missing)} columns are missing: {names} and more", *others]


def explain_reason(reason: Reason, source: Source | None = None) -> str:
    """Return one reason in plain words.

    Examples
    --------
    >>> explain_reason(Reason(rule="missing_column", column="dest"))
    'column dest is missing'
    >>> explain_reason(Reason(rule="arrival_agrees", column="arr_delay", rows=3, example="12.5"))
    'arr_delay breaks the rule arrival_agrees in 3 rows (such as 12.5)'
    """
    if reason.rule in BATCH_WORDS:
        return BATCH_WORDS[reason.rule].format(column=reason.column, example=reason.example)
    said = VALUE_WORDS.get(reason.rule, f"breaks the rule {reason.rule}")
    where = f" in {count(reason.rows, 'row')}" if reason.rows else ""
    such = "" if reason.rows == 1 else "such as "
    clock = _tell_clock(reason, source)
    example = f" ({such}{reason.example}{clock})" if reason.example is not None else ""
    return f"{reason.column or 'it'} {said}{where}{example}"


def _tell_clock(reason: Reason, source: Source | None) -> str:
    """Return what is wrong with a moment that was read on the clock of a time zone."""
    column = source.columns.get(reason.column or "") if source else None
    if reason.rule != "type_timestamp" or column is None or column.timezone is None:
        return ""
    told = tell_clock(reason.example or "", column.timezone)
    return f": {told}" if told else ""


def tell_release(found: ReleaseStanding | None) -> str:
    """Return whose word let a batch in, and what has come of it; nothing if nobody released it."""
    if found is None:
        return ""
    release, came = found.release, found.delivery
    rules = ", ".join(dict.fromkeys(one.rule for one in release.overruled))
    word = f"Released by {release.who} ({release.reason}), who overrules {rules}: "
    if found.standing == "taken" and came is not None:
        return f"{word}{count(came.rows_accepted, 'row')} of it taken."
    if found.standing == "held" and came is not None:
        return f"{word}but it could not be taken: {explain_delivery(came)}."
    if found.standing == "waiting":
        return f"{word}the next build takes its fit rows."
    return f"{word}void, for the contract has changed since and judges the batch by itself."


def tell_mapping(found: MappingStanding) -> str:
    """Return what a mapping would do, its evidence, and what a person has said of it."""
    one = f"{found.delivered} for {found.column} in {found.source}"
    word = found.words[-1] if found.words else None
    said = "" if word is None else f", by {word.who} ({word.reason})"
    if found.standing == "accepted" and word is not None:
        return f"{one}: accepted{said}; the next build judges anew what was held for it."
    if found.standing == "declined":
        return f"{one}: declined{said}; it is not put forward again."
    if found.standing == "declared":
        return f"{one}: the dataset file says so."
    if found.standing == "void":
        return f"{one}: void, the dataset file has other columns by now."
    back = f"; {word.verdict}{said}" if word is not None else ""
    return f"{one}: {tell_renaming(found.evidence)}{back}; it waits for a person."


def tell_replays(found: Sequence[Replay], words: Sequence[Mending] = ()) -> str:
    """Return how many rows of a batch were taken in later, by whom mended, and what is left."""
    if not found:
        return ""
    taken = sum(one.rows_accepted for one in found)
    left = found[-1].rows_remaining
    files = {one.mended for one in found}
    mended = [f"{word.who} ({word.reason})" for word in words if word.mended in files]
    by = f", mended by {', '.join(mended)}" if mended else ""
    told = f"{count(taken, 'row')} of it taken in since{by}; "
    return told + (f"{left:,} still set aside." if left else "nothing of it is set aside any more.")


def explain_reasons(reasons: tuple[Reason, ...]) -> str:
    """Return reasons in plain words."""
    return "; ".join(_explain(reasons))


def tell_unpromoted(standing: ProposalStanding) -> str:
    """Return what a training came to that promoted nothing: who is in force, and why."""
    proposal, verdict = standing.proposal, standing.verdict
    head = f"The last training, of proposal {proposal.number} on {proposal.snapshot}, promoted "
    if verdict is None:
        return f"{head}nothing."
    stays = "The champion stays in force" if verdict.champion else "There is still no champion"
    return f"{head}nothing: {'; '.join(verdict.reasons) or 'no reason is known'}. {stays}."


def conclude(verdict: Verdict) -> str:
    """Return what a verdict says is to be done, and with whom."""
    if verdict.outcome == "promote":
        return "promote the challenger"
    kept = "keep the champion" if verdict.champion else "promote nothing"
    return kept if verdict.proposal is not None else f"an experiment, {kept}"
