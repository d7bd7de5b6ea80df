"""What is written down of a batch: in the snapshot's manifest, and from that in the ledger.

A delivery is always spelled from the batch's record in the manifest, so that a run that was
killed before it wrote the ledger can be finished by the next one with the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal, cast

from coldframe.contracts import Fault
from coldframe.ledger import Delivery, Reason, record_delivery
from coldframe.snapshots import JSON, BatchRecord, Snapshot
from coldframe.workbench import Workbench

WHO = "ingest"


def reasons_of(faults: Iterable[Fault]) -> tuple[Reason, ...]:
    """Return faults as the ledger spells them."""
    return tuple(Reason(**asdict(fault)) for fault in faults)


def batch_record(
    *, digest: str, source: str, file: str, rows: int, aside: int, contract: str,
    faults: Iterable[Fault], unknown_columns: Iterable[str],
) -> BatchRecord:  # fmt: skip
    """Return what a manifest says of an accepted batch; `rows` went in, `aside` did not."""
    return BatchRecord(
        digest=digest,
        source=source,
        name=file,
        rows=rows,
        about={
            "contract": contract,
            "rows_quarantined": aside,
            "reasons": [asdict(fault) for fault in faults],
            "unknown_columns": list(unknown_columns),
        },
    )


def delivery_of(dataset: str, record: BatchRecord) -> Delivery:
    """Return the delivery of an accepted batch, without the snapshot that holds it."""
    about = cast("Mapping[str, Any]", record.about)
    aside = int(about.get("rows_quarantined", 0))
    return Delivery(
        batch=record.digest,
        dataset=dataset,
        source=record.source,
        file=record.name,
        outcome="quarantined" if aside else "accepted",
        rows_accepted=record.rows,
        rows_quarantined=aside,
        reasons=tuple(Reason(**reason) for reason in about.get("reasons", ())),
        contract=str(about.get("contract", "")),
    )


def held_delivery(
    *, digest: str, dataset: str, source: str, file: str, rows: int, contract: str,
    faults: Iterable[Fault],
) -> Delivery:  # fmt: skip
    """Return the delivery of a batch of which nothing goes on."""
    outcome: Literal["held"] = "held"
    return Delivery(
        batch=digest, dataset=dataset, source=source, file=file, outcome=outcome, rows_accepted=0,
        rows_quarantined=rows, reasons=reasons_of(faults), contract=contract,
    )  # fmt: skip


def write_delivery(bench: Workbench, delivery: Delivery, snapshot: Snapshot | None) -> Delivery:
    """Write a delivery to the ledger, with the snapshot that first holds it."""
    complete = replace(delivery, snapshot=snapshot.id if snapshot else None)
    return record_delivery(bench.ledger, complete, who=WHO)


def snapshot_about(
    records: Iterable[BatchRecord], labels: Mapping[str, JSON] | None
) -> dict[str, JSON]:
    """Return what a snapshot says of itself: quality of its new batches, and label coverage.

    Examples
    --------
    >>> record = BatchRecord("d" * 64, "flights", "a.csv", 9, {"rows_quarantined": 1,
    ...     "reasons": [{"rule": "null", "column": "dest", "rows": 1, "example": None}]})
    >>> snapshot_about([record], None)["quality"]["flights/a.csv"]["broken"]
    {'null (dest)': 1}
    """
    quality: dict[str, JSON] = {}
    for record in records:
        about = cast("Mapping[str, Any]", record.about)
        quality[f"{record.source}/{record.name}"] = {
            "rows": record.rows,
            "quarantined": about.get("rows_quarantined", 0),
            "broken": {f"{r['rule']} ({r['column']})": r["rows"] for r in about.get("reasons", ())},
        }
    return {"quality": quality, **({"labels": labels} if labels else {})}
