"""What is written down of a batch: in the snapshot's manifest, and from that in the ledger.

A delivery is always spelled from the batch's record in the manifest, so that a run that was
killed before it wrote the ledger can be finished by the next one with the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from coldframe.contracts import Fault
from coldframe.ingest.quarantine import let_go
from coldframe.ledger import (
    Delivery,
    Reason,
    Renaming,
    Replay,
    record_delivery,
    record_replay,
)
from coldframe.provenance import record_digest
from coldframe.snapshots import JSON, BatchRecord, Snapshot
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

WHO = "ingest"


def reasons_of(faults: Iterable[Fault]) -> tuple[Reason, ...]:
    """Return faults as the ledger spells them."""
    return tuple(Reason(**asdict(fault)) for fault in faults)


def batch_record(
    *, digest: str, source: str, file: str, rows: int, aside: int, contract: str,
    faults: Iterable[Fault], unknown_columns: Iterable[str],
    overruled: Iterable[Fault] | None = None, renamed: Iterable[Renaming] = (),
) -> BatchRecord:  # fmt: skip
    """Return what a manifest says of an accepted batch; `rows` went in, `aside` did not.

    `overruled` is what would have held it, if a person has released it, else None.
    """
    more: dict[str, JSON] = {}
    if overruled is not None:
        more["overruled"] = [asdict(fault) for fault in overruled]
    if alike := [asdict(one) for one in renamed]:
        more["renamed_columns"] = alike
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
            **more,
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
        released="overruled" in about,
        renamed=tuple(Renaming(**one) for one in about.get("renamed_columns", ())),
    )


def held_delivery(
    *, digest: str, dataset: str, source: str, file: str, rows: int, contract: str,
    faults: Iterable[Fault], released: bool = False, renamed: Iterable[Renaming] = (),
) -> Delivery:  # fmt: skip
    """Return the delivery of a batch of which nothing goes on."""
    outcome: Literal["held"] = "held"
    return Delivery(
        batch=digest, dataset=dataset, source=source, file=file, outcome=outcome, rows_accepted=0,
        rows_quarantined=rows, reasons=reasons_of(faults), contract=contract,
        released=released, renamed=tuple(renamed),
    )  # fmt: skip


def write_delivery(bench: Workbench, delivery: Delivery, snapshot: Snapshot | None) -> Delivery:
    """Write a delivery to the ledger, with the snapshot that first holds it."""
    complete = replace(delivery, snapshot=snapshot.id if snapshot else None)
    return record_delivery(bench.ledger, complete, who=WHO)


def replay_record(
    *, digest: str, original: str, source: str, file: str, lines: Iterable[int], contract: str,
    faults: Iterable[Fault], remaining: int, unknown_columns: Iterable[str],
    mended: str | None = None,
) -> BatchRecord:  # fmt: skip
    """Return what a manifest says of rows that came out of quarantine: whose, and which lines.

    `mended` is the digest of the file in which a person mended them, if one did.
    """
    own = sorted(lines)
    more: dict[str, JSON] = {} if mended is None else {"mended": mended}
    return BatchRecord(
        digest=digest,
        source=source,
        name=file,
        rows=len(own),
        about={
            "contract": contract,
            "replay_of": original,
            "lines": cast("JSON", _spans(own)),
            "rows_quarantined": remaining,
            "reasons": [asdict(fault) for fault in faults],
            "unknown_columns": list(unknown_columns),
            **more,
        },
    )


def replay_digest(delivery: Delivery, rows: pd.DataFrame) -> str:
    """Return the digest by which rows of a delivery, text by line, are a batch of their own."""
    cells = rows.fillna("\0").to_numpy().tolist()
    lines = [int(line) for line in rows.index]
    return record_digest(
        {
            "replay of": delivery.batch,
            "source": delivery.source,
            "rows": record_digest([lines, list(rows.columns), cells]),
        }
    )


def replay_of(record: BatchRecord) -> str | None:
    """Return the digest of the batch whose rows these are; None for a batch that was delivered."""
    original = record.about.get("replay_of")
    return None if original is None else str(original)


def replay_lines(record: BatchRecord) -> set[int]:
    """Return the lines that replayed rows had in the file that they were delivered with."""
    spans = cast("list[list[int]]", record.about.get("lines", []))
    return {line for first, last in spans for line in range(first, last + 1)}


def _spans(lines: Iterable[int]) -> list[list[int]]:
    """Return rising numbers as first and last of each unbroken run.

    Examples
    --------
    >>> _spans([2, 3, 4, 9])
    [[2, 4], [9, 9]]
    """
    spans: list[list[int]] = []
    for line in lines:
        if spans and spans[-1][1] == line - 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return spans


def settle_replay(bench: Workbench, record: BatchRecord, snapshot: Snapshot) -> Replay:
    """Take replayed rows, which `snapshot` holds, out of quarantine, and write it down."""
    original = replay_of(record) or ""
    let_go(bench, record.source, original, replay_lines(record))
    told = delivery_of(bench.dataset.name, record)
    replay = Replay(
        batch=record.digest, original=original, dataset=told.dataset, source=record.source,
        file=record.name, rows_accepted=record.rows, rows_remaining=told.rows_quarantined,
        reasons=told.reasons, contract=told.contract, snapshot=snapshot.id,
        mended=None if (mended := record.about.get("mended")) is None else str(mended),
    )  # fmt: skip
    return record_replay(bench.ledger, replay, who=WHO)


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
        original = replay_of(record)
        again = f" (replay of {original[:10]})" if original else ""
        quality[f"{record.source}/{record.name}{again}"] = {
            "rows": record.rows,
            "quarantined": about.get("rows_quarantined", 0),
            "broken": {f"{r['rule']} ({r['column']})": r["rows"] for r in about.get("reasons", ())},
        }
    return {"quality": quality, **({"labels": labels} if labels else {})}
