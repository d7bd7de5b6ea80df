"""The forms that a manifest from elsewhere may have: digests prove that it is whole, not sound.

A manifest that a stranger wrote would else become the newest version and spoil every command that
opens it. What is frozen here has these forms by construction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coldframe.errors import DataError
from coldframe.provenance import canonical_json
from coldframe.snapshots import lists
from coldframe.snapshots.names import check_name

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, lt=2**63)]
TEXTS = ("string", "date32", "timestamp")
"""Types, by how they begin, whose least and greatest values are texts."""


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ColumnForm(_Form):
    """A column of a table or of a part."""

    name: str
    type: Any
    nulls: Count | None
    min: bool | int | float | str | None = None
    max: bool | int | float | str | None = None


class PartForm(_Form):
    """A part."""

    digest: Digest
    bytes: Count
    rows: Annotated[int, Field(ge=1, lt=2**63)]
    info: Digest
    batch: Digest | None


class InfoForm(_Form):
    """What is known of a part."""

    format: Literal["coldframe.part/1"]
    rows: Count
    columns: list[ColumnForm]


class BatchForm(_Form):
    """A delivery."""

    digest: Digest
    source: str
    name: str
    rows: Count
    about: dict[str, Any]


class ListForm(_Form):
    """A long list: its newest items, and digests of segments."""

    count: Count
    levels: Annotated[list[Annotated[list[Any], Field(max_length=lists.FANOUT - 1)]],
                      Field(max_length=8)]  # fmt: skip


class SegmentForm(_Form):
    """A segment of a long list."""

    format: Literal["coldframe.segment/1"]
    level: Count
    items: Annotated[list[Any], Field(min_length=lists.FANOUT, max_length=lists.FANOUT)]


class TableForm(_Form):
    """A table."""

    rows: Count
    bytes: Count
    columns: list[ColumnForm]
    parts: ListForm


class ManifestForm(_Form):
    """A manifest."""

    format: Literal["coldframe.snapshot/1"]
    dataset: str
    version: Annotated[int, Field(ge=1, lt=2**53)]
    parent: Digest | None
    tables: dict[str, TableForm]
    batches: ListForm
    contract: str | None
    about: dict[str, Any]


Form = TypeVar("Form", bound=_Form)


def check_manifest(id_: str, records: Mapping[str, bytes]) -> None:
    """Raise ValueError unless the manifest called `id_` and all that it names have their forms.

    Parameters
    ----------
    id_ : str
        Digest of the manifest.
    records : mapping of str to bytes
        The JSON files by name: ``<digest>.snapshot.json``, ``<digest>.json``.

    Raises
    ------
    ValueError
        What is wrong, and where.
    KeyError
        A record is not there.
    ConfigurationError
        A dataset or table has a name that could leave the store.
    """
    found = _read(records, f"{id_}.snapshot.json", ManifestForm)
    check_name("dataset", found.dataset)
    _hold((found.version == 1) == (found.parent is None), "only version 1 has no parent")
    for name, table in found.tables.items():
        check_name("table", name)
        _check_table(name, table, records)
    batches = [_form(BatchForm, one, "batch") for one in _items(found.batches, records)]
    _hold(len({one.digest for one in batches}) == len(batches), "each batch is there once")


def _check_table(name: str, table: TableForm, records: Mapping[str, bytes]) -> None:
    parts = [_form(PartForm, one, f"part of {name}") for one in _items(table.parts, records)]
    _hold(sum(one.rows for one in parts) == table.rows, f"{name}: rows are those of its parts")
    _hold(sum(one.bytes for one in parts) == table.bytes, f"{name}: bytes are those of its parts")
    _check_columns(name, table.columns, table.rows)
    known = {column.name for column in table.columns}
    for part in parts:
        info = _read(records, f"{part.info}.json", InfoForm)
        _hold(info.rows == part.rows, f"{name}: what is known of a part is of its rows")
        _check_columns(name, info.columns, info.rows)
        _hold({column.name for column in info.columns} <= known, f"{name}: parts' columns are its")


def _check_columns(table: str, columns: Iterable[ColumnForm], rows: int) -> None:
    from coldframe.snapshots.schema import type_from_json  # needs pyarrow

    names = [column.name for column in columns]
    _hold(len(set(names)) == len(names), f"{table}: each column is there once")
    for column in columns:
        where = f"{table}, column {column.name!r}"
        try:
            kind = str(type_from_json(column.type))
        except (DataError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{where}: a type: {error}") from error
        _hold(column.nulls is None or column.nulls <= rows, f"{where}: no more nulls than rows")
        expected = str if kind.startswith(TEXTS) else int | float
        known = [one for one in (column.min, column.max) if one is not None]
        _hold(all(isinstance(one, expected) for one in known), f"{where}: extremes of its type")
        _hold(known == sorted(known), f"{where}: the least value is not above the greatest")


def _items(found: ListForm, records: Mapping[str, bytes]) -> list[Any]:
    """Return the items of a list, each segment at the depth that it says."""
    counts = [len(level) * lists.FANOUT**depth for depth, level in enumerate(found.levels)]
    _hold(sum(counts) == found.count, "a list counts its items")
    listing = lists.Listing.from_json(found.model_dump())
    for depth in range(1, len(found.levels)):
        _check_segments(found.levels[depth], depth - 1, records)

    def load(digest: str) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(records[f"{digest}.json"])
        return record

    return list(listing.iterate(load))


def _check_segments(digests: Iterable[Any], level: int, records: Mapping[str, bytes]) -> None:
    for digest in digests:
        _hold(isinstance(digest, str), "segments are named by digests")
        segment = _read(records, f"{digest}.json", SegmentForm)
        _hold(segment.level == level, "a segment is at its level")
        if level:
            _check_segments(segment.items, level - 1, records)


def _read(records: Mapping[str, bytes], name: str, form: type[Form]) -> Form:
    record = json.loads(records[name])
    _hold(canonical_json(record) == records[name], f"{name} is canonical JSON")
    return _form(form, record, name)


def _form(form: type[Form], record: Any, where: str) -> Form:
    try:
        return form.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}, {place}: {first['msg']}") from error


def _hold(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"it does not hold that {what}")
