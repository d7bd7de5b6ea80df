"""Row rules: bounds, patterns and nulls with pandera, and the user's own rules in Python.

pandera skips nulls in every check but its own null check, may coerce NaN to True, and its
``drop_invalid_rows`` lets bad rows pass at column level. So nothing is coerced here, nothing
dropped, nulls are a rule of their own, and the caller takes rows out by their line. It is asked
only about the values that a quick look (`coldframe.contracts.looks`) finds suspicious.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from coldframe.contracts.casting import Typed
from coldframe.contracts.faults import Fault, UnfitBatchError, failures_frame, shorten
from coldframe.contracts.looks import find_suspects, matcher
from coldframe.datasets import Column, Rule, Source, load_object
from coldframe.variables import IGNORE_ZONES, variables_kept


def check_rows(
    rows: pd.DataFrame | Typed, source: Source, *, clock: datetime | None = None
) -> pd.DataFrame:
    """Return every value that breaks a rule, all rules and all rows together.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, n_columns), or Typed
        As `cast` returns it; its index (unique) is the number of the line.
    source : Source
        Its columns and rules.
    clock : datetime, optional
        When the rows were delivered; without it nothing is in the future.

    Returns
    -------
    DataFrame of shape (n_failures, 4)
        Line, rule, column and value of each; sorted by line.

    Raises
    ------
    UnfitBatchError
        A rule in Python could not judge this batch.
    """
    typed = rows if isinstance(rows, Typed) else Typed.of(rows)
    found = [_declared(typed, source)]
    found += [_told(typed.frame, rule) for rule in source.rules]
    if clock is not None:
        found += [_future(typed.select([name])[name], column.future_hours, clock)
                  for name, column in source.columns.items()
                  if column.future_hours is not None]  # fmt: skip
    found = [failures for failures in found if len(failures)]
    if not found:
        return failures_frame([])
    failures = pd.concat(found, ignore_index=True)
    return failures.sort_values(["line", "rule", "column"], ignore_index=True)


def _future(times: pd.Series, hours: float, clock: datetime) -> pd.DataFrame:
    """Return the times that are later than a delivery can know of."""
    late = times[times > clock + timedelta(hours=hours)]
    name = str(times.name)
    return failures_frame(
        [
            (int(line), "future", name, str(value))
            for line, value in zip(late.index, late, strict=True)
        ]
    )


def _declared(typed: Typed, source: Source) -> pd.DataFrame:
    """Return what breaks the bounds, patterns and nulls of the dataset file."""
    looks = {name: find_suspects(typed.columns[name], column, key=name in source.key)
             for name, column in source.columns.items()}  # fmt: skip
    suspects = {name: mask for name, mask in looks.items() if mask is not None}
    if not suspects:
        return failures_frame([])
    rows = np.any([mask.to_numpy(zero_copy_only=False) for mask in suspects.values()], axis=0)
    frame = typed.select(list(suspects))[rows]
    with variables_kept(IGNORE_ZONES):
        import pandera.pandas as pandera  # two seconds; only where something is wrong

    schema = pandera.DataFrameSchema(
        {
            # types are the cast's business: it has no failure that pandera could find
            name: pandera.Column(
                nullable=column.nullable and name not in source.key,
                checks=_checks(column),
                required=True,
            )
            for name, column in source.columns.items()
            if name in suspects
        }
    )
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        lost = cases[cases["index"].isna()]
        if len(lost):
            raise UnfitBatchError(
                "A rule could not be checked.",
                tuple(
                    Fault(rule=str(rule), column=str(column), example=shorten(case))
                    for rule, column, case in zip(
                        lost["check"], lost["column"], lost["failure_case"], strict=True
                    )
                ),
            ) from errors
        return failures_frame(
            [
                (
                    int(case.index_),
                    "null" if case.check == "not_nullable" else str(case.check),
                    str(case.column),
                    shorten(case.failure_case),
                )
                for case in cases.rename(columns={"index": "index_"}).itertuples(index=False)
            ]
        )
    return failures_frame([])


def _checks(column: Column) -> list[Any]:
    import pandera.pandas as pandera

    checks = []
    if column.minimum is not None:
        checks.append(pandera.Check.ge(column.minimum, name="minimum", error="minimum"))
    if column.maximum is not None:
        checks.append(pandera.Check.le(column.maximum, name="maximum", error="maximum"))
    if column.pattern is not None:
        checks.append(pandera.Check(_matches(column.pattern), name="pattern", error="pattern"))
    if column.among is not None:
        checks.append(pandera.Check.isin(column.among, name="among", error="among"))
    return checks


def _matches(pattern: str) -> Callable[[pd.Series], pd.Series]:
    """Return the check of pandera that texts match; nulls are dropped before.

    pandas hands some patterns to Arrow, whose dialect is another one.
    """

    def check(texts: pd.Series) -> pd.Series:
        found = matcher(pattern)(Typed.of(texts.to_frame("")).columns[""])
        return pd.Series(found.to_numpy(zero_copy_only=False), index=texts.index)

    return check


def _told(typed: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return what breaks a rule in Python; a rule that fails itself holds the batch."""
    function = load_object(rule.function, where=f"rule {rule.name}")
    try:
        fit = function(typed.copy())
    except Exception as error:  # the user's code may raise anything on odd data
        raise _unjudged(rule, f"{type(error).__name__}: {error}") from error
    if not isinstance(fit, pd.Series) or not fit.index.equals(typed.index):
        raise _unjudged(rule, "it returned no Series with the frame's index")
    if fit.isna().any() or not pd.api.types.is_bool_dtype(fit.dtype):
        raise _unjudged(rule, f"it returned {fit.dtype} or blanks instead of True and False")
    unfit_lines = typed.index[~fit.to_numpy(dtype=bool)]
    values = typed.loc[unfit_lines, rule.column]
    return failures_frame(
        [(int(line), rule.name, rule.column, shorten(value)) for line, value in values.items()]
    )


def _unjudged(rule: Rule, found: str) -> UnfitBatchError:
    return UnfitBatchError(
        f"The rule {rule.name} could not judge this batch.",
        (Fault(rule=rule.name, column=rule.column, example=found[:300]),),
        remedy=f"mend {rule.function}; the batch is judged again when it changes",
    )
