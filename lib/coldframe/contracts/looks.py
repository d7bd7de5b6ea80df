"""A quick look at a column: which values in it may break a rule of the dataset file.

Most pieces of most files are clean, and to find that costs a tenth of finding what is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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


def find_suspects(values: pa.Array, column: Column, *, key: bool) -> pa.Array | None:
    """Return where a value may break a rule that is declared for its column; None for nowhere.

    Parameters
    ----------
    values : pyarrow.Array of shape (n_rows,)
        As `coldframe.contracts.casting.Typed` has it.
    column : Column
        Its rules.
    key : bool
        Whether it is part of the key, and so must not be null.

    Examples
    --------
    >>> column = Column(type="integer", minimum=0)
    >>> find_suspects(pa.array([0, 1]), column, key=True) is None
    True
    >>> find_suspects(pa.array([0, -1]), column, key=True).to_pylist()
    [False, True]
    """
    found = []
    if values.null_count and (key or not column.nullable):
        found.append(pc.is_null(values))
    if column.minimum is not None or column.maximum is not None:
        found += _beyond(values, column)
    if column.among is not None:
        among = column.among
        found.append(_where_not(values, lambda texts: pc.is_in(texts, pa.array(among, texts.type))))
    if column.pattern is not None:
        found.append(_where_not(values, matcher(column.pattern)))
    told = [pc.fill_null(mask, False) for mask in found if pc.any(mask).as_py()]
    if not told:
        return None
    suspects = told[0]
    for mask in told[1:]:
        suspects = pc.or_(suspects, mask)
    return suspects


def _beyond(values: pa.Array, column: Column) -> list[pa.Array]:
    """Return where numbers are beyond a bound, compared as floats, which pandas does."""
    least, greatest = pc.min_max(values).as_py().values()
    if least is None:
        return []
    found = []
    if column.minimum is not None and float(least) < column.minimum:
        found.append(pc.less(values.cast(pa.float64(), safe=False), column.minimum))
    if column.maximum is not None and float(greatest) > column.maximum:
        found.append(pc.greater(values.cast(pa.float64(), safe=False), column.maximum))
    return found


def _where_not(texts: pa.Array, test: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return where texts fail a test; each text of a dictionary is tried once."""
    if pa.types.is_dictionary(texts.type):
        failing = pc.invert(test(texts.dictionary))
        # mostly none does, and then no row has to be looked at
        return pc.take(failing, texts.indices) if pc.any(failing).as_py() else failing
    failing = pc.invert(test(texts))
    return pc.and_(failing, pc.is_valid(texts)) if texts.null_count else failing


def matcher(pattern: str) -> Callable[[pa.Array], pa.Array]:
    """Return the check that the whole of each text matches, in Python's dialect alone.

    Arrow, whose dialect is another one (it refuses ``(?>a)`` and ``a{1001}``, which the dataset
    file was allowed to say), is given only what both understand alike. Nulls stay null.

    Examples
    --------
    >>> matcher("[A-Z]{3}")(pa.array(["EWR", "JFKX", None], pa.large_string())).to_pylist()
    [True, False, None]
    """
    whole = re.compile(pattern)

    def match(texts: pa.Array) -> pa.Array:
        if SAFE.fullmatch(pattern):
            try:
                return pc.match_substring_regex(texts, f"^(?:{pattern})$")
            except pa.ArrowInvalid:  # too large for it
                pass
        coded = pc.dictionary_encode(texts)  # a column mostly has far fewer texts than rows
        fit = [whole.fullmatch(text) is not None for text in coded.dictionary.to_pylist()]
        return pc.take(pa.array(fit, pa.bool_()), coded.indices)

    return match
