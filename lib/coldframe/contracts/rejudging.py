"""Rows that were set aside, judged once more, each on its own: their batch is accepted already."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from coldframe.contracts import judging
from coldframe.contracts.keys import KeySet
from coldframe.datasets import Source
from coldframe.readers import check_columns


def judge_rows(text: pd.DataFrame, source: Source, *, known: KeySet) -> judging.Judgement:
    """Judge rows by the row rules alone.

    A key that is known is never taken, not even where the contract takes corrections: the row
    that has it may have come later than these, and the row that comes last wins.

    Parameters
    ----------
    text : DataFrame of shape (n_rows, n_columns)
        The rows as they came, by line.
    source : Source
        The contract of now.
    known : KeySet
        Keys of all rows frozen before.

    Raises
    ------
    UnfitBatchError
        A column that must come is not among theirs by any agreed name, or a rule in Python could
        not judge them.
    """
    if len(text):
        check_columns(list(text.columns), source)
    strict = source.batch.model_copy(update={"keys_known": False})
    source = source.model_copy(update={"batch": strict})
    return judging.judge_rows(text, source, known=known, clock=datetime.now(UTC))
