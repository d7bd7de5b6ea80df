"""What a manifest says, as records: snapshots, their tables, columns, parts and batches.

A manifest is canonical JSON and its SHA-256 is the snapshot's id. It holds no clock time, no host
and no path. See docs/manifest.md for the format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias, overload

from coldframe.snapshots.lists import Listing

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
Load: TypeAlias = Callable[[str], Mapping[str, Any]]

Base: TypeAlias = Literal["append", "empty"]

FORMAT = "coldframe.snapshot/1"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its type as JSON (see docs/manifest.md) and what is known of it.

    `nulls` is None where it is not known (nested types). `minimum` and `maximum` are those of the
    values delivered: numbers as numbers, other types as text; None if unknown, or if there are no
    values.
    """

    name: str
    type: Any
    nulls: int | None = 0
    minimum: JSON = None
    maximum: JSON = None

    def to_json(self) -> dict[str, JSON]:
        """Return this column as it stands in a manifest."""
        known = {"min": self.minimum, "max": self.maximum}
        return {
            "name": self.name,
            "type": self.type,
            "nulls": self.nulls,
            **{key: value for key, value in known.items() if value is not None},
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Column:
        """Read a column back from a manifest."""
        return cls(
            record["name"], record["type"], record["nulls"], record.get("min"), record.get("max")
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One immutable Parquet file: digest, size in bytes, rows, the batch it came with, its info."""

    digest: str
    bytes: int
    rows: int
    info: str
    batch: str | None = None

    def to_json(self) -> dict[str, JSON]:
        """Return this part as it stands in a manifest."""
        return {
            "digest": self.digest,
            "bytes": self.bytes,
            "rows": self.rows,
            "info": self.info,
            "batch": self.batch,
        }


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One delivery that went into a snapshot.

    Parameters
    ----------
    digest : str
        SHA-256 of the delivery as it came; the batch's true name.
    source : str
        The source it came from.
    name : str, default=""
        What it was called, a file name say; never a path.
    rows : int, default=0
        Rows that went into the snapshot.
    about : Mapping, default={}
        Anything else that is known and depends on nothing but the delivery (no clock): rows
        quarantined, size in bytes, verdicts of rules.
    """

    digest: str
    source: str
    name: str = ""
    rows: int = 0
    about: Mapping[str, JSON] = field(default_factory=dict)

    def to_json(self) -> dict[str, JSON]:
        """Return this batch as it stands in a manifest."""
        return {
            "digest": self.digest,
            "source": self.source,
            "name": self.name,
            "rows": self.rows,
            "about": dict(self.about),
        }


class BatchHistory(Sequence[BatchRecord]):
    """All batches of a snapshot in the order of delivery, read from the store when first needed.

    Knowing how many there are costs nothing; so a snapshot of ten thousand batches opens as fast
    as one of two.
    """

    def __init__(self, listing: Listing, load: Load) -> None:
        self.listing = listing
        self._load = load
        self._records: tuple[BatchRecord, ...] | None = None
        self._digests: frozenset[str] | None = None

    def _all(self) -> tuple[BatchRecord, ...]:
        if self._records is None:
            self._records = tuple(BatchRecord(**r) for r in self.listing.iterate(self._load))
        return self._records

    @property
    def digests(self) -> frozenset[str]:
        """The digests of all batches, to ask whether a delivery is already in."""
        if self._digests is None:
            self._digests = frozenset(r["digest"] for r in self.listing.iterate(self._load))
        return self._digests

    def __len__(self) -> int:
        return self.listing.count

    @overload
    def __getitem__(self, index: int) -> BatchRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[BatchRecord]: ...
    def __getitem__(self, index: int | slice) -> BatchRecord | Sequence[BatchRecord]:
        return self._all()[index]

    def __iter__(self) -> Iterator[BatchRecord]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BatchHistory) and self.listing == other.listing

    def __hash__(self) -> int:
        return hash(self.listing.count)

    def __repr__(self) -> str:
        return f"<{len(self)} batches>"


@dataclass(frozen=True, slots=True)
class TableSummary:
    """One table of a snapshot: how much it holds and of which columns."""

    rows: int
    bytes: int
    columns: tuple[Column, ...]
    listing: Listing = field(repr=False)

    @property
    def parts(self) -> int:
        """How many Parquet files hold it."""
        return self.listing.count

    @property
    def schema(self) -> dict[str, Any]:
        """Type (as in the manifest) of each column, by name, in order."""
        return {column.name: column.type for column in self.columns}

    def to_json(self) -> dict[str, JSON]:
        """Return this table as it stands in a manifest."""
        return {
            "rows": self.rows,
            "bytes": self.bytes,
            "columns": [column.to_json() for column in self.columns],
            "parts": self.listing.to_json(),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> TableSummary:
        """Read a table back from a manifest."""
        return cls(
            rows=record["rows"],
            bytes=record["bytes"],
            columns=tuple(Column.from_json(column) for column in record["columns"]),
            listing=Listing.from_json(record["parts"]),
        )


@dataclass(frozen=True)
class Snapshot:
    """A frozen version of a dataset.

    `id` is the SHA-256 of the manifest and the snapshot's true name; `parent` the id of the
    version before; `frozen_at` when it was published here (UTC; not part of the digest).
    """

    dataset: str
    version: int
    id: str
    parent: str | None
    tables: Mapping[str, TableSummary]
    batches: BatchHistory
    contract: str | None
    about: Mapping[str, JSON]
    frozen_at: datetime | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The name people use: ``flights@7``."""
        return f"{self.dataset}@{self.version}"

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())

    @property
    def bytes(self) -> int:
        """Size of all parts, in bytes."""
        return sum(table.bytes for table in self.tables.values())

    def to_json(self) -> dict[str, JSON]:
        """Return the manifest."""
        return manifest_record(
            dataset=self.dataset,
            version=self.version,
            parent=self.parent,
            tables=self.tables,
            batches=self.batches.listing,
            contract=self.contract,
            about=self.about,
        )


def manifest_record(
    *,
    dataset: str,
    version: int,
    parent: str | None,
    tables: Mapping[str, TableSummary],
    batches: Listing,
    contract: str | None,
    about: Mapping[str, JSON],
) -> dict[str, JSON]:
    """Return a manifest, ready to be spelled as canonical JSON."""
    return {
        "format": FORMAT,
        "dataset": dataset,
        "version": version,
        "parent": parent,
        "tables": {name: table.to_json() for name, table in tables.items()},
        "batches": batches.to_json(),
        "contract": contract,
        "about": dict(about),
    }


def snapshot_from(
    id_: str, record: Mapping[str, Any], *, load: Load, frozen_at: datetime | None
) -> Snapshot:
    """Read a snapshot from its manifest; `load` fetches a segment by its digest."""
    tables = {name: TableSummary.from_json(table) for name, table in record["tables"].items()}
    return Snapshot(
        dataset=record["dataset"],
        version=record["version"],
        id=id_,
        parent=record["parent"],
        tables=tables,
        batches=BatchHistory(Listing.from_json(record["batches"]), load),
        contract=record["contract"],
        about=record["about"],
        frozen_at=frozen_at,
    )
