"""Rules on a batch as a whole: its size, its keys, and how much of it had to be set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from coldframe.contracts.casting import Typed
from coldframe.contracts.expectations import BATCH_RULES
from coldframe.contracts.faults import Fault, failures_frame, shorten
from coldframe.contracts.keys import KeySet, digest_keys, gather_keys
from coldframe.datasets import Source


def check_keys(
    rows: pd.DataFrame | Typed,
    source: Source,
    *,
    known: KeySet | pd.DataFrame | None = None,
    seen: KeySet | None = None,
) -> pd.DataFrame:
    """Return the rows whose key stands earlier in the batch, or in an earlier one.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, n_columns), or Typed
        Rows that broke no other rule: a row that was set aside does not take up its key.
    source : Source
        Its key; with `keys_known` an earlier batch's key is welcome.
    known : KeySet or DataFrame of shape (n_known, n_key_columns), optional
        Keys of all rows frozen before.
    seen : KeySet, optional
        Keys of earlier pieces of the same batch; those of this piece are added.

    Returns
    -------
    DataFrame of shape (n_failures, 4)
        Rules ``duplicate_key`` and ``known_key``.
    """
    key = list(source.key)
    if not key or not len(rows.index):
        return failures_frame([])
    typed = rows if isinstance(rows, Typed) else Typed.of(rows[key])
    digests = digest_keys([typed.columns[name] for name in key])
    doubled = (KeySet() if seen is None else seen).take(digests, _whole_numbers(typed, key))
    before = np.zeros(len(doubled), dtype=bool)
    if known is not None and len(known) and not source.batch.keys_known:
        held = known if isinstance(known, KeySet) else gather_keys([known[key]])
        before = held.holds(digests) & ~doubled
    if not (doubled.any() or before.any()):
        return failures_frame([])
    keys = typed.select(key)
    found = _name(keys[doubled], "duplicate_key") + _name(keys[before], "known_key")
    return failures_frame(found)


def _whole_numbers(typed: Typed, key: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """Return the keys if they are one column of whole numbers (or moments), else None."""
    values = typed.columns[key[0]]
    t = pa.types
    if len(key) > 1 or not (t.is_integer(values.type) or t.is_timestamp(values.type)):
        return None
    numbers: npt.NDArray[np.int64] = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _name(keys: pd.DataFrame, rule: str) -> list[tuple[int, str, str, str]]:
    column = ", ".join(keys.columns)
    return [
        (int(row[0]), rule, column, shorten(", ".join(map(str, row[1:]))))
        for row in keys.itertuples()
    ]


def check_batch(
    source: Source, *, rows: int, quarantined: int, history: Sequence[int] = ()
) -> tuple[Fault, ...]:
    """Return why all of a batch must be held; nothing if it is fit.

    Parameters
    ----------
    source : Source
        Its rules on batches.
    rows : int
        Rows delivered.
    quarantined : int
        How many of them broke a row rule.
    history : sequence of int
        Rows of the accepted batches of the same source.

    Examples
    --------
    >>> from coldframe.datasets import Source
    >>> source = Source(files="*.csv", key=("a",), columns={"a": {"type": "integer"}})
    >>> check_batch(source, rows=100, quarantined=50)[0].example
    '50 of 100 rows (50.0 %), at most 2.0 % are allowed'
    """
    if rows == 0:
        return (Fault(rule="no_rows", example="a header and nothing else"),)
    faults = []
    if history:
        usual = median(history)
        low, high = (share * usual for share in source.batch.rows)
        if not low <= rows <= high:
            told = f"{rows} rows, {low:.0f} to {high:.0f} are usual"
            faults.append(Fault(rule="row_count", rows=rows, example=told))
    if quarantined > source.batch.quarantined * rows:
        told = (
            f"{quarantined} of {rows} rows ({100 * quarantined / rows:.1f} %), "
            f"at most {100 * source.batch.quarantined:.1f} % are allowed"
        )
        faults.append(Fault(rule="quarantined_share", rows=quarantined, example=told))
    return tuple(faults)


def check_key_shares(source: Source, broken: Iterable[Fault], *, rows: int) -> tuple[Fault, ...]:
    """Return that too many rows of a batch repeat a key, here or of an earlier batch.

    `broken` sums up what is wrong with its rows.
    """
    counts = {fault.rule: fault.rows for fault in broken}  # of keys there is one at most
    limits = {"duplicate_key": source.batch.duplicate_key, "known_key": source.batch.known_key}
    faults = []
    for rule, limit in limits.items():
        unfit = counts.get(rule, 0)
        if limit is not None and unfit > limit * rows:
            told = (
                f"{unfit} of {rows} rows ({100 * unfit / rows:.1f} %), "
                f"at most {100 * limit:.1f} % are allowed"
            )
            faults.append(Fault(rule=f"{rule}_share", rows=unfit, example=told))
    return tuple(faults)


def overrule(
    holds: Sequence[Fault], *, rows: int, unfit: int
) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Part what still holds a batch that a person has released from what does not any more.

    Examples
    --------
    >>> holds = [Fault(rule="row_count", rows=9, example="9 rows, 20 to 80 are usual")]
    >>> [len(part) for part in overrule(holds, rows=9, unfit=2)]
    [0, 1]
    >>> overrule(holds, rows=9, unfit=9)[0][0].rule
    'no_fit_rows'
    """
    still = [fault for fault in holds if fault.rule not in BATCH_RULES]
    if rows and unfit == rows:
        still.append(Fault(rule="no_fit_rows", rows=unfit, example=f"{unfit} of {rows} rows"))
    return tuple(still), tuple(fault for fault in holds if fault.rule in BATCH_RULES)
