"""Which rows are wanted: conditions on columns, and the parts that cannot hold such a row.

Needs pyarrow; imported only where tables are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from coldframe.errors import ConfigurationError
from coldframe.snapshots.manifest import Column
from coldframe.snapshots.schema import type_from_json

Where: TypeAlias = Sequence[tuple[Any, ...]]
"""Conditions that must all hold: ``("delay", ">", 15)``, ``("gust", "is null")``."""

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda field, value: field == value,
    "!=": lambda field, value: field != value,
    "<": lambda field, value: field < value,
    "<=": lambda field, value: field <= value,
    ">": lambda field, value: field > value,
    ">=": lambda field, value: field >= value,
}
MEMBERSHIPS = ("in", "not in")
NULLS = ("is null", "is not null")

# whether values between least and greatest may hold, for the comparisons that can tell
_POSSIBLE: dict[str, Callable[[Any, Any, Any], bool]] = {
    "==": lambda least, greatest, value: least <= value <= greatest,
    "<": lambda least, _, value: least < value,
    "<=": lambda least, _, value: least <= value,
    ">": lambda _, greatest, value: greatest > value,
    ">=": lambda _, greatest, value: greatest >= value,
}


@dataclass(frozen=True)
class Condition:
    """One condition on one column.

    Parameters
    ----------
    column : str
        Its name.
    operator : str
        One of ``== != < <= > >= in``, ``not in``, ``is null``, ``is not null``.
    values : tuple of pyarrow.Scalar
        What it is compared with, in the column's own type: one for a comparison, any number for a
        membership, none for the others.
    """

    column: str
    operator: str
    values: tuple[Any, ...] = ()

    def expression(self, kind: pa.DataType) -> pc.Expression:
        """Return this condition for pyarrow; a null never holds but for ``is null``, as in SQL."""
        field = pc.field(self.column)
        if self.operator == "is null":
            return field.is_null()
        if self.operator == "is not null":
            return field.is_valid()
        if self.operator in COMPARISONS:
            found = COMPARISONS[self.operator](field, self.values[0])
        else:
            counted = _counted(kind)
            values = _equal_values(self.values, kind)
            # moments as the numbers that they are: made of values of Python, they would lose their
            # zone in a process where somebody set PYARROW_IGNORE_TIMEZONE, as pandera's import does
            found = field.isin(values) if counted == kind else field.cast(counted).isin(values)
        return field.is_valid() & ~found if self.operator == "not in" else found

    def possible(self, column: Column | None, rows: int, kind: pa.DataType) -> bool:
        """Tell whether any of `rows` rows may hold; `column` says what is known of them.

        Parameters
        ----------
        column : Column or None
            The column of one part; None if the part lacks it, so that all are null.
        rows : int
            Rows of that part.
        kind : pyarrow.DataType
            The type of the column in the whole table.
        """
        if column is None or column.nulls == rows:
            return self.operator == "is null"
        if self.operator == "is null":
            return column.nulls != 0
        if self.operator not in _POSSIBLE and self.operator != "in":
            return True
        least, greatest = (_bound(column, end, kind) for end in (column.minimum, column.maximum))
        if least is None or greatest is None:
            return True
        values = [_comparable(value) for value in self.values]
        test = _POSSIBLE["==" if self.operator == "in" else self.operator]
        return any(test(least, greatest, value) for value in values)


def conditions(where: Where, schema: pa.Schema, place: str) -> list[Condition]:
    """Return `where` with its values in the types of the columns, or raise.

    Raises
    ------
    ConfigurationError
        A condition has another form, names no column of the table, compares half floats, or
        compares with a value that its column cannot hold without loss.

    Examples
    --------
    >>> schema = pa.schema([pa.field("delay", pa.int32())])
    >>> (found,) = conditions([("delay", ">", 15)], schema, "flights")
    >>> found.values
    (<pyarrow.Int32Scalar: 15>,)
    """
    return [_condition(given, schema, place) for given in where]


def _condition(given: tuple[Any, ...], schema: pa.Schema, place: str) -> Condition:
    known = (*COMPARISONS, *MEMBERSHIPS, *NULLS)
    sound = isinstance(given, tuple | list) and len(given) in (2, 3) and given[1] in known
    if not sound or (len(given) == 2) != (given[1] in NULLS):
        raise ConfigurationError(
            "This is no condition on rows.",
            where=place,
            expected=f"(column, operator, value) with one of {', '.join(known)}; nulls need none",
            found=repr(given),
        )
    name, operator = given[0], given[1]
    if name not in schema.names:
        raise ConfigurationError(
            "A condition names no column of the table.",
            where=place,
            expected=", ".join(schema.names),
            found=repr(name),
        )
    if operator in NULLS:
        return Condition(name, operator)
    kind = schema.field(name).type
    if pa.types.is_float16(kind):
        raise ConfigurationError(
            "Half floats cannot be compared; pyarrow has no such function.",
            where=f"{place}, column '{name}'", expected="'is null' or 'is not null'",
            found=operator, remedy="read the column without a condition on it",
        )  # fmt: skip
    values = given[2] if operator in MEMBERSHIPS else [given[2]]
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        values = [object()]  # a text is no list of values, and told like one that does not fit
    return Condition(name, operator, tuple(_scalar(one, kind, name, place) for one in values))


def _scalar(value: Any, kind: pa.DataType, name: str, place: str) -> pa.Scalar:
    """Return `value` in the type of its column; never another value, as `pa.scalar` may."""
    t = pa.types
    try:
        if t.is_boolean(kind) or isinstance(value, bool):
            if t.is_boolean(kind) and isinstance(value, bool):
                return pa.scalar(value, kind)
        elif t.is_integer(kind):
            if value == int(value) and not isinstance(value, str):
                return pa.scalar(int(value), kind)
        elif t.is_temporal(kind):
            if (found := _moment(value, kind)) is not None:
                return found.cast(kind)
        elif value is not None and not t.is_nested(kind):
            return pa.scalar(value, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass
    raise ConfigurationError(
        "A condition compares a column with a value that it cannot hold.",
        where=f"{place}, column '{name}'",
        expected=f"{kind}" + (" (a moment with its zone)" if getattr(kind, "tz", None) else ""),
        found=f"{value!r} ({type(value).__name__})",
        remedy="for blanks: (column, 'is null') or (column, 'is not null')",
    )


def _moment(value: Any, kind: pa.DataType) -> pa.Scalar | None:
    """Return a date, time or duration with all its digits, or None if it is of another kind."""
    t = pa.types
    if isinstance(value, str):
        return pa.scalar(value)  # its cast refuses what does not say its zone, or should not
    nanoseconds = getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0)
    unit = "ns" if nanoseconds else "us"
    if isinstance(value, datetime):
        # a wall time is no moment, and pyarrow would take it for one in UTC
        agrees = t.is_timestamp(kind) and (value.tzinfo is None) == (kind.tz is None)
        return pa.scalar(value, pa.timestamp(unit, tz=kind.tz)) if agrees else None
    if isinstance(value, date):
        return pa.scalar(value) if t.is_date(kind) else None
    if isinstance(value, time):
        return pa.scalar(value) if t.is_time(kind) and value.tzinfo is None else None
    return _duration(value, nanoseconds) if t.is_duration(kind) else None


def _duration(value: Any, nanoseconds: int) -> pa.Scalar | None:
    """Return a timedelta in the coarsest unit that holds it, which fits the longest ones."""
    if not isinstance(value, timedelta):
        return None
    # counted here: pyarrow does not take those of the least and the greatest day
    microseconds = (value.days * 86_400 + value.seconds) * 10**6 + value.microseconds
    if nanoseconds:
        unit, count = "ns", microseconds * 1000 + nanoseconds
    elif value.microseconds % 1000:
        unit, count = "us", microseconds
    elif value.microseconds:
        unit, count = "ms", microseconds // 1000
    else:
        unit, count = "s", microseconds // 10**6
    return pa.scalar(count, pa.int64()).cast(pa.duration(unit))


def _counted(kind: pa.DataType) -> pa.DataType:
    """Return the integers in which moments, times and durations are counted; else `kind`."""
    if not pa.types.is_temporal(kind):
        return kind
    return pa.int32() if kind.bit_width == 32 else pa.int64()


def _equal_values(scalars: Sequence[pa.Scalar], kind: pa.DataType) -> pa.Array:
    """Return the values that `==` finds equal to one of `scalars`: no NaN, and both zeros.

    No value of Python's is made on the way. Moments, times and durations are counts of their unit.
    """
    values = pa.array(scalars, kind).cast(_counted(kind))
    if pa.types.is_floating(kind):
        values = pa.concat_arrays([values, pc.negate(values.filter(pc.equal(values, 0)))])
        values = values.filter(pc.invert(pc.is_nan(values)))
    return values


def _comparable(scalar: pa.Scalar) -> Any:
    """Return a value as Python compares it: moments and durations as counts of their unit."""
    if pa.types.is_timestamp(scalar.type) or pa.types.is_duration(scalar.type):
        return scalar.value
    return scalar.as_py()


def _bound(column: Column, extreme: Any, kind: pa.DataType) -> Any:
    """Return an extreme of a part's column as one of the table's, or None if it does not say."""
    own = type_from_json(column.type)
    if extreme is None:
        return None
    try:
        if pa.types.is_timestamp(kind):
            moment = pa.scalar(extreme.removesuffix("Z")).cast(pa.timestamp(own.unit))
            return moment.cast(pa.timestamp(kind.unit)).value
        if pa.types.is_duration(kind):
            return pa.scalar(extreme, pa.int64()).cast(own).cast(kind).value
        return date.fromisoformat(extreme) if pa.types.is_date(kind) else extreme
    except (pa.ArrowException, ValueError):  # a year that Python cannot spell
        return None


def both(expressions: Sequence[pc.Expression]) -> pc.Expression | None:
    """Return an expression that holds where all do; None if there are none."""
    return reduce(and_, expressions) if expressions else None


def may_hold(conditions: Sequence[Condition], info: Mapping[str, Any], schema: pa.Schema) -> bool:
    """Tell whether a part with what `info` (its record) says may hold a row that is wanted."""
    columns = {record["name"]: Column.from_json(record) for record in info["columns"]}
    return all(
        one.possible(columns.get(one.column), info["rows"], schema.field(one.column).type)
        for one in conditions
    )
