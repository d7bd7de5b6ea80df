"""A quick look at a column: whether anything in it may break a rule of the dataset file.

Most pieces of most files are clean, and to find that costs a tenth of finding what is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coldframe.datasets import Column

SAFE = re.compile(
    r"""(?: [A-Za-z0-9\ _:/,;@%&=-]                        # itself
          | \[ (?: [A-Za-z0-9]-[A-Za-z0-9] | [A-Za-z0-9_:/.,+] )+ \]
          | \.  |  \\ [.+*?()|/]
          | \( (?!\?)  |  [)|]
          | (?: [*+?] | \{ [0-9]{1,3} (?: , [0-9]{1,3} )? \} ) \?? (?![*+?{])
        )*""",
    re.VERBOSE | re.ASCII,
)
"""Patterns that mean the same to Python and to Arrow (RE2): no flags, no classes with a backslash
(``\\d`` has other digits, too, in Python), nothing possessive, nothing that looks around."""


def may_break(values: pd.Series, column: Column, *, key: bool) -> bool:
    """Return False only if no value of a column breaks a rule that is declared for it.

    Parameters
    ----------
    values : Series of shape (n_rows,)
        As `cast` returns it.
    column : Column
        Its rules.
    key : bool
        Whether it is part of the key, and so must not be null.

    Examples
    --------
    >>> column = Column(type="integer", minimum=0)
    >>> may_break(pd.Series([0, 1]), column, key=True), may_break(pd.Series([-1]), column, key=True)
    (False, True)
    """
    blank = bool(values.isna().any())
    if blank and (key or not column.nullable):
        return True
    if column.minimum is not None or column.maximum is not None:
        given = values.dropna() if blank else values
        if not len(given):
            return False
        low, high = given.min(), given.max()
        if column.minimum is not None and not low >= column.minimum:
            return True
        if column.maximum is not None and not high <= column.maximum:
            return True
    if column.among is not None:
        texts = pa.array(values)
        known = pc.is_in(texts, pa.array(column.among, texts.type))
        if pc.all(pc.or_(known, pc.is_null(texts))).as_py() is False:
            return True
    if column.pattern is not None:
        given = values.dropna() if blank else values
        return not matcher(column.pattern)(given).all()
    return False


def matcher(pattern: str) -> Callable[[pd.Series], pd.Series]:
    """Return the check that the whole of each text matches, in Python's dialect alone.

    pandas hands some patterns to Arrow, whose dialect is another one: it refuses ``(?>a)`` and
    ``a{1001}``, which the dataset file was allowed to say. Here Arrow is given only what both
    understand alike.
    """
    whole = re.compile(pattern)

    def match(texts: pd.Series) -> pd.Series:
        array = pa.array(texts)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if SAFE.fullmatch(pattern) and pa.types.is_large_string(array.type):
            try:
                found = pc.match_substring_regex(array, f"^(?:{pattern})$")
            except pa.ArrowInvalid:  # too large for it
                found = None
            if found is not None:
                return pd.Series(found.to_numpy(zero_copy_only=False), index=texts.index)
        # nulls are dropped before; a column mostly has far fewer texts than rows
        coded = pc.dictionary_encode(array)
        fit = np.array([whole.fullmatch(text) is not None for text in coded.dictionary.to_pylist()])
        places = coded.indices.to_numpy(zero_copy_only=False)
        return pd.Series(fit.astype(bool)[places], index=texts.index)

    return match
