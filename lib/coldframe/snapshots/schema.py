"""Arrow types as JSON, in one normal form, and how two types of one column are reconciled.

Needs pyarrow; imported only where tables are read or written.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pyarrow as pa

from coldframe.errors import DataError

_SIMPLE = {
    str(t): t
    for t in (
        *(pa.null(), pa.bool_(), pa.string(), pa.binary(), pa.date32()),
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float16(), pa.float32(), pa.float64()),
        *(pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")),
        *(pa.duration(unit) for unit in ("s", "ms", "us", "ns")),
    )
}
_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]")
_DECIMAL = re.compile(r"decimal(128|256)\((\d+), (-?\d+)\)")
_FIXED = re.compile(r"fixed_size_binary\[(\d+)\]")
_UNITS = ("s", "ms", "us", "ns")
_DECIMAL_DIGITS = {8: 3, 16: 5, 32: 10, 64: 20}  # of an integer of so many bits, sign aside


def normal_type(kind: pa.DataType, column: str) -> pa.DataType:
    """Return the type in which a column of type `kind` is stored.

    Dictionaries (pandas categories) and run-end encodings become the type of their values, large
    and view types their plain ones, ``date64`` becomes ``date32``, small decimals ``decimal128``.

    Raises
    ------
    DataError
        Parquet cannot hold the type, or not without changing it.
    """
    t = pa.types
    if t.is_dictionary(kind) or t.is_run_end_encoded(kind):
        return normal_type(kind.value_type, column)
    if t.is_large_string(kind) or t.is_string_view(kind):
        return pa.string()
    if t.is_large_binary(kind) or t.is_binary_view(kind):
        return pa.binary()
    if t.is_date64(kind):
        return pa.date32()
    if t.is_decimal(kind):
        return _decimal(kind.precision, kind.scale, kind.bit_width)
    if t.is_map(kind):
        key, item = normal_type(kind.key_type, column), normal_type(kind.item_type, column)
        return pa.map_(key, item)
    if t.is_nested(kind) and hasattr(kind, "value_type"):  # every kind of list
        return pa.list_(normal_type(kind.value_type, column))
    if t.is_struct(kind) and kind.num_fields:
        return pa.struct([pa.field(f.name, normal_type(f.type, column)) for f in kind])
    if str(kind) in _SIMPLE or t.is_timestamp(kind) or t.is_fixed_size_binary(kind):
        return kind
    raise DataError(
        "A column has a type that cannot be frozen.",
        where=f"column '{column}'",
        found=str(kind),
        remedy="cast the column to a plain type first",
    )


def normal_schema(schema: pa.Schema) -> pa.Schema:
    """Return `schema` in normal types, all columns nullable, without metadata."""
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if repeated:
        raise DataError(
            "Two columns have the same name.",
            where=", ".join(repr(name) for name in repeated),
            remedy="rename one of them",
        )
    return pa.schema(
        [pa.field(field.name, normal_type(field.type, field.name)) for field in schema]
    )


def type_to_json(kind: pa.DataType) -> Any:
    """Return a normal type as JSON.

    Examples
    --------
    >>> type_to_json(pa.timestamp("us", tz="America/New_York"))
    'timestamp[us, tz=America/New_York]'
    >>> type_to_json(pa.list_(pa.int32()))
    {'list': 'int32'}
    """
    t = pa.types
    if t.is_map(kind):
        return {"map": [type_to_json(kind.key_type), type_to_json(kind.item_type)]}
    if t.is_list(kind):
        return {"list": type_to_json(kind.value_type)}
    if t.is_struct(kind):
        return {"struct": [[field.name, type_to_json(field.type)] for field in kind]}
    return str(kind)


def type_from_json(record: Any) -> pa.DataType:
    """Return the type that `type_to_json` wrote."""
    if isinstance(record, dict):
        if "map" in record:
            key, item = record["map"]
            return pa.map_(type_from_json(key), type_from_json(item))
        if "list" in record:
            return pa.list_(type_from_json(record["list"]))
        return pa.struct([pa.field(name, type_from_json(kind)) for name, kind in record["struct"]])
    if record in _SIMPLE:
        return _SIMPLE[record]
    if match := _TIMESTAMP.fullmatch(record):
        return pa.timestamp(match[1], tz=match[2])
    if match := _DECIMAL.fullmatch(record):
        make = pa.decimal128 if match[1] == "128" else pa.decimal256
        return make(int(match[2]), int(match[3]))
    if match := _FIXED.fullmatch(record):
        return pa.binary(int(match[1]))
    raise DataError("A manifest names a type that this version does not know.", found=repr(record))


def common_type(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    """Return the type that holds all values of both, or None if there is no such.

    A null column gives way to any type. Integers widen to the smallest signed (or both unsigned)
    one that holds both; with a floating-point number they become ``double``, if the values
    delivered allow it, which `fits` says. Decimals keep all digits of both. Times, durations and
    timestamps of one zone take the finer unit. Lists, structs and maps follow their members.
    Nothing becomes a string, and no time zone changes.

    Examples
    --------
    >>> common_type(pa.int32(), pa.int64())
    DataType(int64)
    >>> common_type(pa.timestamp("us"), pa.timestamp("us", tz="UTC")) is None
    True
    """
    t = pa.types
    if old == new or t.is_null(new):
        return old
    if t.is_null(old):
        return new
    if t.is_integer(old) and t.is_integer(new):
        return _common_integer(old, new)
    if t.is_floating(old) and t.is_floating(new):
        return max(old, new, key=lambda kind: kind.bit_width)
    if (t.is_integer(old) or t.is_floating(old)) and (t.is_integer(new) or t.is_floating(new)):
        return pa.float64()
    if (t.is_decimal(old) or t.is_integer(old)) and (t.is_decimal(new) or t.is_integer(new)):
        return _common_decimal(old, new)
    if t.is_temporal(old) and t.is_temporal(new):
        return _common_temporal(old, new)
    return _common_nested(old, new)


def _common_integer(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    signed = {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}
    kinds = [pa.types.is_signed_integer(kind) for kind in (old, new)]
    if kinds[0] == kinds[1]:
        return max(old, new, key=lambda kind: kind.bit_width)
    with_sign, without = (old, new) if kinds[0] else (new, old)
    return signed.get(max(with_sign.bit_width, 2 * without.bit_width))


def _decimal(precision: int, scale: int, bits: int = 128) -> pa.DataType:
    return (pa.decimal128 if precision <= 38 and bits <= 128 else pa.decimal256)(precision, scale)


def _common_decimal(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    sizes = [
        (kind.precision - kind.scale, kind.scale)
        if pa.types.is_decimal(kind)
        else (_DECIMAL_DIGITS[kind.bit_width], 0)
        for kind in (old, new)
    ]
    whole, scale = (max(parts) for parts in zip(*sizes, strict=True))
    return _decimal(whole + scale, scale) if whole + scale <= 76 else None


def _common_temporal(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    t = pa.types
    if t.is_date(old) or t.is_date(new):
        return None
    unit = max(old.unit, new.unit, key=_UNITS.index)
    if t.is_timestamp(old) and t.is_timestamp(new) and old.tz == new.tz:
        return pa.timestamp(unit, tz=old.tz)
    if t.is_duration(old) and t.is_duration(new):
        return pa.duration(unit)
    if t.is_time(old) and t.is_time(new):
        return pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)
    return None


def _common_nested(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    t = pa.types
    if t.is_list(old) and t.is_list(new):
        value = _certain(old.value_type, new.value_type)
        return None if value is None else pa.list_(value)
    if t.is_map(old) and t.is_map(new):
        key = _certain(old.key_type, new.key_type)
        item = _certain(old.item_type, new.item_type)
        return None if key is None or item is None else pa.map_(key, item)
    if t.is_struct(old) and t.is_struct(new):
        members = {field.name: field.type for field in old}
        for field in new:
            known = members.get(field.name, field.type)
            members[field.name] = _certain(known, field.type)
        if None in members.values():
            return None
        return pa.struct([pa.field(name, kind) for name, kind in members.items()])
    return None


def _certain(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    """Return the common type of members, whose least and greatest values are not known."""
    common = common_type(old, new)
    if common is None or any(depends_on_values(kind, common) for kind in (old, new)):
        return None
    return common


def depends_on_values(kind: pa.DataType, target: pa.DataType) -> bool:
    """Tell whether some values of type `kind` cannot become `target`, others can."""
    t = pa.types
    if t.is_integer(kind) and kind.bit_width == 64:
        return bool(t.is_floating(target))
    return kind != target and bool(t.is_timestamp(kind) or t.is_duration(kind))


def fits(kind: pa.DataType, target: pa.DataType, extremes: tuple[Any, Any]) -> bool:
    """Tell whether values of type `kind` between `extremes` become `target` without loss.

    Extremes are as a manifest has them: numbers, or text for dates and timestamps; None is not
    known, and then only what is right for all values fits.

    Examples
    --------
    >>> fits(pa.int64(), pa.float64(), (0, 2**53)), fits(pa.int64(), pa.float64(), (0, 2**60))
    (True, False)
    >>> fits(pa.uint64(), pa.float64(), (0, 2**64 - 1))
    False
    """
    if not depends_on_values(kind, target):
        return True
    if None in extremes:
        return False
    spelled = kind  # numbers; their own type is said, for beyond 2^63 pyarrow finds none
    if pa.types.is_timestamp(kind):
        extremes = (extremes[0].removesuffix("Z"), extremes[1].removesuffix("Z"))
        spelled, kind, target = pa.string(), pa.timestamp(kind.unit), pa.timestamp(target.unit)
    with contextlib.suppress(pa.ArrowInvalid):
        pa.array(extremes, spelled).cast(kind).cast(target)
        return True
    return False


def rescale(kind: pa.DataType, target: pa.DataType, extreme: Any) -> Any:
    """Return an extreme of a column of type `kind` as one of type `target`."""
    if extreme is None or not pa.types.is_duration(kind):
        return extreme
    return extreme * 1000 ** (_UNITS.index(target.unit) - _UNITS.index(kind.unit))
