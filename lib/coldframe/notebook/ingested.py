"""What the ingest notebook says of its deliveries and its snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from coldframe.ingest import IngestReport, LandedFile
from coldframe.ledger import Delivery
from coldframe.notebook.shown import Note, Table, escape


def table_pending(pending: Sequence[LandedFile]) -> Table:
    """Return the batches that wait to be ingested."""
    return Table.of(
        ({"source": p.source, "file": p.path.name, "digest": p.digest[:12]} for p in pending),
        columns=("source", "file", "digest"),
    )


def table_deliveries(deliveries: Sequence[Delivery]) -> Table:
    """Return the fate of each batch, and the gravest reason if rows were set aside."""
    return Table.of(
        (
            {
                "source": d.source,
                "file": d.file,
                "outcome": d.outcome,
                "rows frozen": d.rows_accepted,
                "set aside": d.rows_quarantined,
                "first reason": f"{d.reasons[0].rule} ({d.reasons[0].column or 'batch'})"
                if d.reasons
                else None,
            }
            for d in deliveries
        ),
        columns=("source", "file", "outcome", "rows frozen", "set aside", "first reason"),
    )


def table_reasons(deliveries: Sequence[Delivery]) -> Table:
    """Return every reason for which rows were set aside, with an example."""
    return Table.of(
        (
            {"file": d.file, "rule": r.rule, "column": r.column, "rows": r.rows,
             "example": (r.example or "")[:80]}
            for d in deliveries for r in d.reasons
        ),
        columns=("file", "rule", "column", "rows", "example"),
    )  # fmt: skip


def table_snapshot(report: IngestReport) -> Table:
    """Return the tables of the newest snapshot."""
    tables = report.snapshot.tables if report.snapshot else {}
    return Table.of(
        ({"table": name, "rows": t.rows, "bytes": t.bytes} for name, t in tables.items()),
        columns=("table", "rows", "bytes"),
    )


def tell_pending(pending: Sequence[LandedFile]) -> Note:
    """Say how much waits."""
    if not pending:
        return Note("Nothing new has landed.")
    sources = ", ".join(sorted({landed.source for landed in pending}))
    return Note(f"{len(pending)} new batches have landed, of these sources: {escape(sources)}.")


def tell_deliveries(report: IngestReport) -> Note:
    """Say what became of the batches, and which files could not be read."""
    names = ", ".join(escape(path.name) for path in report.unreadable)
    left = f" **Not read, to be tried again:** {names}." if names else ""
    if not report.deliveries:
        return Note(f"No batch was judged.{left}")
    held = [d for d in report.deliveries if d.outcome == "held"]
    aside = sum(d.rows_quarantined for d in report.deliveries if d.outcome == "quarantined")
    frozen = sum(d.rows_accepted for d in report.deliveries)
    parts = [f"{frozen:,} rows of {len(report.deliveries)} batches were fit"]
    if aside:
        parts.append(f"{aside:,} rows were set aside")
    if held:
        names = ", ".join(escape(d.file) for d in held)
        parts.append(f"**nothing of {names} goes on**: the batch as a whole is not fit")
    return Note("; ".join(parts) + "." + left)


def tell_reasons(deliveries: Sequence[Delivery]) -> Note:
    """Say which rule set most rows aside."""
    reasons = [reason for delivery in deliveries for reason in delivery.reasons]
    if not reasons:
        return Note("No rule of the contract was broken.")
    worst = max(reasons, key=lambda reason: reason.rows)
    where = f" in column {escape(worst.column)}" if worst.column else ""
    return Note(
        f"{len(reasons)} rules were broken, most often {escape(worst.rule)}{where} "
        f"({worst.rows:,} rows). `coldframe quarantine` shows the rows."
    )


def tell_snapshot(report: IngestReport) -> Note:
    """Say what the stages after this one will see."""
    if report.snapshot is None:
        return Note("There is no snapshot yet.")
    frozen = "was frozen by this run" if report.frozen_new else "stays the newest snapshot"
    return Note(
        f"**{escape(report.snapshot.name)}** {frozen}: {report.snapshot.rows:,} rows in all. "
        "Monitoring and training see nothing else."
    )
