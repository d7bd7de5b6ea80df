"""What a contract expects where one of its rules was broken, in words. Needs no pandas."""

from __future__ import annotations

from coldframe.contracts.faults import shorten
from coldframe.datasets import Column, Source

OF_FILES = {
    "empty": "a header, and rows below it",
    "not_csv": "plain text, parted into fields",
    "not_jsonl": "a JSON object on each line",
    "not_parquet": "a whole Parquet file",
    "not_excel": "a whole workbook (.xlsx) with a header in the first row",
    "not_ods": "a whole workbook (.ods) with a header in the first row",
    "sheet": "one sheet, or the one that is declared",
    "formula": "formulas with the values that they had when the workbook was saved",
    "byte_order_mark": "text in the declared encoding, without a byte-order mark",
    "nul_bytes": "text in the declared encoding",
    "encoding": "text in the declared encoding",
    "compression": "a sound file, compressed as declared",
    "truncated": "a line end behind the last row",
    "field_length": "fields of at most 131,072 characters",
    "quoting": "each quote closed, and doubled inside of a field",
    "delimiter": "the declared delimiter between the fields",
    "field_count": "as many fields in each row as in the header",
    "no_rows": "at least one row",
    "no_fit_rows": "at least one row that keeps every row rule",
    "missing_column": "it in the header, or required: false in the contract",
    "renamed_column": "each column under its own name, one under `also`, or an accepted one",
    "doubled_column": "it in the header once",
    "delivered_elsewhere": "bytes that no other source has delivered",
    "stored_type": "the type that is frozen already",
    "duplicate_key": "each key once in a file",
    "type_integer": "a whole number without leading zeros",
    "type_number": "a number with a point, such as 10.5",
    "type_boolean": "true or false",
    "type_timestamp": "a moment with its offset, such as 2013-01-01T05:00:00Z",
    "null": "a value",
}
"""For rules that expect the same of every source."""
OPTIONS = {
    "not_csv": "compression (or kind)",
    "compression": "compression",
    "not_parquet": "kind",
    "not_excel": "kind",
    "not_ods": "kind",
    "sheet": "sheet",
    "byte_order_mark": "encoding (utf-8-sig, utf-16)",
    "nul_bytes": "encoding",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "quoting": "quote",
}
"""For rules on how a file is spelled, which option of the source says so."""


BATCH_RULES = frozenset(
    {
        *("row_count", "quarantined_share", "duplicate_key_share", "known_key_share"),
        *("null_share", "unseen_share", "mean_shift", "stability_index", "stale"),
    }
)
"""Rules on a batch that could be read row by row: a person may overrule them."""


COLUMN_LIMITS = {
    "duplicate_key_share": "batch.duplicate_key",
    "known_key_share": "batch.known_key",
    "null_share": "null_share of the column",
    "unseen_share": "unseen_share of the column",
    "mean_shift": "mean_shift of the column",
    "stability_index": "stability_index of the column",
    "stale": "fresh_hours of the column",
    "undeclared_columns": "batch.undeclared",
}
"""Which key of the dataset file is the limit of a rule on a batch."""


def expectation(source: Source, rule: str, column: str | None = None) -> str | None:
    """Return what `source` expects of a value, or of a batch; None if it has no such rule.

    Parameters
    ----------
    source : Source
        The contract.
    rule : str
        Name of the rule that was broken.
    column : str, optional
        The column that it is about.

    Examples
    --------
    >>> from coldframe.datasets import Source
    >>> columns = {"wind": {"type": "number", "minimum": 0, "maximum": 150}}
    >>> source = Source(files="*.csv", key=(), columns=columns)
    >>> expectation(source, "maximum", "wind")
    'at most 150'
    >>> expectation(source, "quarantined_share")
    'at most 2 % of its rows set aside'
    """
    zone = source.columns[column].timezone if column in source.columns else None
    if zone is not None and rule == "type_timestamp":
        return f"a moment that clocks in {zone} show once, such as 2013-01-01 05:00:00"
    if rule in OF_FILES:
        return OF_FILES[rule]
    batch = source.batch
    told = {
        "file_size": f"at most {batch.bytes:,} bytes",
        "row_count": "{:g} to {:g} times as many rows as usual".format(*batch.rows),
        "quarantined_share": f"at most {100 * batch.quarantined:g} % of its rows set aside",
        "duplicate_key_share": _percent(batch.duplicate_key, "of its rows with a key twice"),
        "known_key_share": _percent(batch.known_key, "of its rows with a key of an earlier file"),
        "undeclared_columns": f"at most {batch.undeclared} columns that are not declared",
        "known_key": "a key that no earlier file has brought",
        "header": f"a header with {shorten(', '.join(source.columns))}",
    }
    if told.get(rule):
        return told[rule]
    if column in source.columns and (said := _of_column(source.columns[column], rule)):
        return said
    functions = [own.function for own in source.rules if own.name == rule]
    return f"True from {functions[0]}" if functions else None


def remedy(dataset: str, source: str, rule: str, *, held: bool, rows: int = 0) -> str | None:
    """Return which setting to change if it is the rule that is wrong and not the batch, or None.

    Parameters
    ----------
    dataset, source : str
        Whose contract it is.
    rule : str
        Name of the rule that was broken.
    held : bool
        Whether nothing of the batch was taken; it is judged again when the contract changes.
    rows : int, default=0
        How many rows broke it; 0 if that is not known.

    Examples
    --------
    >>> told = remedy("flights", "arrivals", "known_key", held=True)
    >>> told.partition(" in ")[0]
    'if these rows are corrections, set sources.arrivals.batch.keys_known: true'
    """
    if rule == "not_jsonl":  # of a file that is JSON Lines but for one line, `kind` is right
        return (
            "correct the line and deliver the file again under the same name; if it is no JSON "
            f"Lines at all, say so under sources.{source}.kind in datasets/{dataset}.yaml"
        )
    if rule in OPTIONS:
        option = f"sources.{source}.{OPTIONS[rule]} in datasets/{dataset}.yaml"
        return f"if the file is what you want to read, say so under {option}"
    if held and rule in COLUMN_LIMITS:
        return (
            f"if the batch is right as it is, release it, or change {COLUMN_LIMITS[rule]} in "
            f"sources.{source} of datasets/{dataset}.yaml"
        )
    if rule != "known_key":
        return None
    setting = f"set sources.{source}.batch.keys_known: true in datasets/{dataset}.yaml"
    wins = "the row that came last wins"
    if rows == 1:
        if held:
            return f"if that row is a correction, {setting} and the next build takes it; {wins}"
        return (
            f"if that row's key is a slip, coldframe quarantine export BATCH FILE --mend; if it is "
            f"a correction, {setting} and deliver it again; {wins}"
        )
    then = "the next build takes them" if held else "deliver these rows again"
    return f"if these rows are corrections, {setting} and {then}; {wins}"


def _of_column(column: Column, rule: str) -> str | None:
    if rule == "minimum" and column.minimum is not None:
        return f"at least {_spell(column.minimum)}"
    if rule == "maximum" and column.maximum is not None:
        return f"at most {_spell(column.maximum)}"
    if rule == "pattern" and column.pattern is not None:
        return f"text that matches {column.pattern} as a whole"
    if rule == "among" and column.among is not None:
        return f"one of {shorten(', '.join(column.among))}"
    return _of_whole_column(column, rule)


def _of_whole_column(column: Column, rule: str) -> str | None:
    """Return what is expected of a column in a batch as a whole."""
    if rule == "null_share":
        return _percent(column.null_share, "blank")
    if rule == "unseen_share":
        return _percent(column.unseen_share, "of categories that the last batches do not have")
    if rule == "mean_shift" and column.mean_shift is not None:
        return f"a mean at most {column.mean_shift:g} standard deviations from the last batches'"
    if rule == "stability_index" and column.stability_index is not None:
        return f"a stability index of at most {column.stability_index:g} against the last batches"
    if rule == "stale" and column.fresh_hours is not None:
        return f"a newest time at most {column.fresh_hours:g} hours before the delivery"
    if rule == "future" and column.future_hours is not None:
        return f"a time at most {column.future_hours:g} hours after the delivery"
    return None


def _percent(share: float | None, what: str) -> str | None:
    return None if share is None else f"at most {100 * share:g} % {what}"


def _spell(bound: float) -> str:
    """Return a bound in full, without a fraction that is none."""
    return f"{int(bound):,}" if bound.is_integer() else repr(bound)
