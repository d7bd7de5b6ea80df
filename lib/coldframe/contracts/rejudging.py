"""Rows that were set aside, judged once more, each on its own: their batch is accepted already."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from coldframe.contracts.batches import check_keys
from coldframe.contracts.casting import cast
from coldframe.contracts.evolving import allow_lost, keep_undeclared
from coldframe.contracts.faults import failures_frame, sum_up
from coldframe.contracts.judging import Judgement, drop_made
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Source


def judge_rows(text: pd.DataFrame, source: Source, *, known: pd.DataFrame) -> Judgement:
    """Judge rows by the row rules alone.

    A key that is known is never taken, not even where the contract takes corrections: the row
    that has it may have come later than these, and the row that comes last wins.

    Parameters
    ----------
    text : DataFrame of shape (n_rows, n_columns)
        The rows as they came, by line.
    source : Source
        The contract of now.
    known : DataFrame of shape (n_known, n_key_columns)
        Keys of all rows frozen before.

    Raises
    ------
    UnfitBatchError
        A rule in Python could not judge them.
    """
    strict = source.batch.model_copy(update={"keys_known": False})
    source = source.model_copy(update={"batch": strict})
    typed, uncast = cast(text, source)
    broken = check_rows(typed, allow_lost(source, text.columns), clock=datetime.now(UTC))
    failures = pd.concat([uncast, drop_made(broken, uncast)], ignore_index=True)
    sound = typed[~typed.index.isin(failures["line"])]
    failures = pd.concat([failures, check_keys(sound, source, known=known)], ignore_index=True)
    failures = failures.sort_values(["line", "rule", "column"], ignore_index=True)
    unfit = text.index.isin(failures["line"])
    return Judgement(
        rows=len(text),
        fit=keep_undeclared(typed[~unfit], text[~unfit], source),
        failures=failures if len(failures) else failures_frame([]),
        text=text[unfit],
        faults=sum_up(failures),
        unknown_columns=tuple(name for name in text.columns if name not in source.columns),
    )
