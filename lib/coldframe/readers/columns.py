"""Columns of formats that have types of their own, as text that says all of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldframe.faults import unfit
from coldframe.readers.spelling import spell

if TYPE_CHECKING:
    import pyarrow as pa


LONGEST = {"bool": 5, "float": 24, "double": 24, "halffloat": 24}  # -2.2250738585072014e-308
"""Bytes of the longest text of a type; of whole numbers it is ``-9223372036854775808``."""
LONGEST_INTEGER = 20
LONGEST_MOMENT = 30
FIRST_YEAR, LAST_YEAR = -62_135_596_800, 253_402_300_799
"""Seconds at which the years 1 to 9999 begin and end: those that ISO 8601 and Python spell."""


def keep_column(column: pa.Array) -> pa.Array:
    """Return a column as a piece has it: with its type where there is a text for every value.

    Raises
    ------
    UnfitBatchError
        There is no such text.
    pyarrow.ArrowException
        It is no sound column.
    """
    import pyarrow as pa

    t, kind = pa.types, column.type
    if t.is_integer(kind) or t.is_floating(kind) or t.is_boolean(kind):
        return column
    if t.is_timestamp(kind) and kind.tz is not None and _within_years(column):
        return column
    if t.is_date32(kind):  # few days, many rows
        coded = column.dictionary_encode()
        return pa.DictionaryArray.from_arrays(coded.indices, spell_column(coded.dictionary))
    if t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
        column.validate(full=True)  # Parquet says that it is UTF-8, and nobody else looks
    text = spell_column(column)
    if t.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType):
        text.validate(full=True)
    return text


def longest_bytes(column: pa.Array) -> int:
    """Return how many bytes a column that was kept has as text, or somewhat more."""
    import pyarrow as pa
    import pyarrow.compute as pc

    t, kind, rows = pa.types, column.type, len(column)
    if t.is_large_string(kind):
        return int(column.nbytes)
    if t.is_dictionary(kind):
        longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
    elif t.is_timestamp(kind):
        longest = LONGEST_MOMENT
    else:
        longest = LONGEST.get(str(kind), LONGEST_INTEGER)
    return rows * (longest + 8) + rows // 8 + 16  # offsets, and a bit for each null


def _within_years(column: pa.Array) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    ticks = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    found = pc.min_max(column.cast(pa.int64())).as_py()
    if found["min"] is None:
        return True
    return bool(FIRST_YEAR * ticks <= found["min"] and found["max"] <= LAST_YEAR * ticks)


def spell_column(column: pa.Array) -> pa.Array:
    """Return a column of any type as ``large_string``; what it lacks stays null.

    Moments with a zone are spelled in UTC, those without one as they are. Floats of four bytes have
    the digits of their exact value. Lists, structures and bytes are spelled as JSON and in
    hexadecimal.

    Raises
    ------
    UnfitBatchError
        There is no such text: a moment or a day of a year that has no spelling, say.

    Examples
    --------
    >>> import pyarrow as pa
    >>> spell_column(pa.array([0.1, None, 1e300])).to_pylist()
    ['0.1', None, '1e+300']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column, kind = column.storage, kind.storage_type
    if pa.types.is_dictionary(kind):
        return spell_column(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_date(kind):
        return _known(pc.cast(column, pa.large_string()), kind)
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())  # the digits of the value, not of the shorter type
        return pa.array([spell(value) for value in column.to_pylist()], pa.large_string())
    plain = (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_integer,
        pa.types.is_boolean, pa.types.is_decimal, pa.types.is_time,
        pa.types.is_null,
    )  # fmt: skip
    if any(test(kind) for test in plain):
        return pc.cast(column, pa.large_string())
    try:
        return pa.array([spell(value) for value in column.to_pylist()], pa.large_string())
    except ValueError as error:
        raise unfit("not_parquet", "A column has no text.", example=f"{kind}: {error}") from error


def _known(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return `text`, unless Arrow wrote into it that it has no spelling for a year."""
    import pyarrow.compute as pc

    unspelled = text.filter(pc.starts_with(text, "<"))
    if len(unspelled):
        raise unfit("not_parquet", "A value has no text.", example=f"{kind}: {unspelled[0]}")
    return text


def _moments(column: pa.Array) -> pa.Array:
    """Return timestamps in ISO 8601, in UTC with a Z if they have a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unit, zone = column.type.unit, column.type.tz
    if unit == "ns":
        try:
            column = column.cast(pa.timestamp("us", zone))
            unit = "us"
        except pa.ArrowInvalid:
            pass  # nanoseconds that are not zero: the contract does not take them, and says so
    naive = column.cast(pa.int64()).cast(pa.timestamp(unit))
    text = _known(pc.cast(naive, pa.large_string()), column.type)
    text = pc.replace_substring(text, " ", "T")
    if zone is None:
        return text
    zulu, nothing = (pa.scalar(one, pa.large_string()) for one in ("Z", ""))
    return pc.binary_join_element_wise(text, zulu, nothing)
