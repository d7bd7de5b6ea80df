"""What is handed to the store to be frozen, checked before anything is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.errors import ConflictError, DataError
from coldframe.provenance import canonical_json
from coldframe.snapshots.manifest import JSON, BatchRecord, Snapshot
from coldframe.snapshots.names import check_digest, check_name

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Addition:
    """Rows to append to one table.

    Parameters
    ----------
    table : str
        Name of the table.
    data : pyarrow.Table, pandas.DataFrame or iterable of pyarrow.RecordBatch
        The rows. An iterable is read once and never held in memory as a whole.
    batch : str, optional
        Digest of the delivery they came with. Rows of a batch that is in the history are not
        added again; rows without a batch always are.
    schema : pyarrow.Schema, optional
        Columns of an iterable that may be empty and has no ``schema`` itself.
    """

    table: str
    data: pa.Table | pd.DataFrame | Iterable[pa.RecordBatch]
    batch: str | None = None
    schema: pa.Schema | None = None


def plain_json(about: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return `about` as it will be read back from a manifest, or raise DataError."""
    try:
        plain: dict[str, JSON] = json.loads(canonical_json(about))
    except (TypeError, ValueError) as error:
        raise DataError(
            "What is said about a snapshot must be JSON.",
            found=str(error),
            remedy="pass text, finite numbers, truth values, lists and mappings",
        ) from error
    return plain


def batch_records(
    additions: Sequence[Addition], batches: Sequence[BatchRecord]
) -> list[BatchRecord]:
    """Return the record of every batch that `batches` or `additions` name, checked."""
    records = list(batches)
    named = {record.digest for record in records}
    for addition in additions:
        check_name("table", addition.table)
        if addition.batch is not None and addition.batch not in named:
            records.append(BatchRecord(digest=addition.batch, source=addition.table))
            named.add(addition.batch)
    for record in records:
        check_digest("batch", record.digest)
    if not additions and not records:
        raise DataError("There is nothing to freeze.", remedy="pass additions or batches")
    return [
        BatchRecord(one.digest, one.source, one.name, one.rows, plain_json(one.about))
        for one in records
    ]


def check_parent(dataset: str, head: Snapshot | None, expected: Snapshot | str | None) -> None:
    """Raise ConflictError unless `head` is the version that was expected."""
    wanted = expected.id if isinstance(expected, Snapshot) else expected
    if (head.id if head else None) != wanted:
        raise ConflictError(
            f"Somebody else has frozen a version of '{dataset}' meanwhile.",
            expected=expected.name if isinstance(expected, Snapshot) else wanted or "no version",
            found=f"{head.name} ({head.id})" if head else "no version",
            remedy="look at the newest version, then freeze again",
        )
