"""What the ingest notebook says of its deliveries and its snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from coldframe.contracts.expectations import expectation
from coldframe.datasets import Dataset
from coldframe.figures.quality import draw_quality
from coldframe.files import write_atomically
from coldframe.ingest import IngestReport, LandedFile, find_cause, tell_cause, tell_renaming
from coldframe.ingest.telling import SHARE, name_column
from coldframe.ledger import Delivery
from coldframe.notebook.shown import Note, Table, escape
from coldframe.pulling import PullReport
from coldframe.quality import report_quality
from coldframe.wording import count
from coldframe.workbench import Workbench

SHOWN = 5  # files named one by one
DRAWN_ROWS = 1_000_000  # new rows; of more the quality report costs a run too much


def table_pending(pending: Sequence[LandedFile]) -> Table:
    """Return the batches that wait to be ingested."""
    return Table.of(
        ({"source": p.source, "file": p.path.name, "digest": p.digest[:12]} for p in pending),
        columns=("source", "file", "digest"),
        empty="",
    )


def table_deliveries(deliveries: Sequence[Delivery]) -> Table:
    """Return the fate of each batch, and the rule behind it if rows were set aside."""
    return Table.of(
        (
            {
                "source": d.source,
                "file": d.file,
                "outcome": d.outcome,
                "rows frozen": d.rows_accepted,
                "set aside": d.rows_quarantined,
                "cause": f"{cause.rule} ({cause.column or 'batch'})"
                if (cause := find_cause(d))
                else None,
            }
            for d in deliveries
        ),
        columns=("source", "file", "outcome", "rows frozen", "set aside", "cause"),
        empty="",
    )


def table_reasons(deliveries: Sequence[Delivery], dataset: Dataset) -> Table:
    """Return every rule that was broken, with what was found and what the contract expects."""
    return Table.of(
        (
            {"file": d.file, "rule": r.rule, "column": r.column, "rows": r.rows,
             "found": (r.example or "")[:80],
             "expected": expectation(dataset.sources[d.source], r.rule, r.column)
             if d.source in dataset.sources else None}
            for d in deliveries for r in d.reasons
        ),
        columns=("file", "rule", "column", "rows", "found", "expected"),
        empty="",
    )  # fmt: skip


def table_snapshot(report: IngestReport) -> Table:
    """Return the tables of the newest snapshot."""
    tables = report.snapshot.tables if report.snapshot else {}
    return Table.of(
        ({"table": name, "rows": t.rows, "bytes": t.bytes} for name, t in tables.items()),
        columns=("table", "rows", "bytes"),
        empty="",
    )


def tell_pending(pending: Sequence[LandedFile]) -> Note:
    """Say how much waits."""
    if not pending:
        return Note("Nothing new has landed.")
    sources = sorted({landed.source for landed in pending})
    have = "has" if len(pending) == 1 else "have"
    of = "this source" if len(sources) == 1 else "these sources"
    return Note(
        f"{count(len(pending), 'new batch')} {have} landed, of {of}: {escape(', '.join(sources))}."
    )


def tell_pulled(report: PullReport) -> Note:
    """Say what was fetched from elsewhere, and which sources could not be asked."""
    if not report.sources:
        return Note("No source is pulled: what is delivered comes into the landing folder.")
    names = ", ".join(one.source for one in report.sources)
    lines = [f"{count(len(report.files), 'new file')} pulled for {escape(names)}."]
    lines += [f"**Left:** {escape(text)}." for one in report.sources for text in one.left[:SHOWN]]
    lines += [
        f"**Not pulled, to be tried again:** {escape(one.source)}. {escape(one.fault)}"
        for one in report.faults
    ]
    return Note("\n\n".join(lines))


def tell_deliveries(report: IngestReport, dataset: Dataset) -> Note:
    """Say what became of the batches: of each that is held the cause, and what was left alone."""
    lines = _tell_held(report, dataset) + _tell_renamed(report)
    if report.unreadable:
        names = _few([path.name for path in report.unreadable])
        lines.append(f"**Not read, to be tried again:** {names}.")
    lines += _tell_strays(report)
    listed = "".join(f"\n- {line}" for line in lines)
    return Note(f"{_tell_fates(report)}\n{listed}" if listed else _tell_fates(report))


def _tell_fates(report: IngestReport) -> str:
    if not report.deliveries:
        return "No batch was judged."
    frozen = sum(d.rows_accepted for d in report.deliveries)
    aside = sum(d.rows_quarantined for d in report.deliveries if d.outcome == "quarantined")
    parts = [f"{count(len(report.deliveries), 'batch')} {report.summary}"]
    parts.append(f"{count(frozen, 'row')} fit")
    parts += [f"{count(aside, 'row')} set aside"] if aside else []
    return "; ".join(parts) + "."


def _tell_held(report: IngestReport, dataset: Dataset) -> list[str]:
    """Return a line for each held batch, with its cause."""
    return [
        f"**Held: {escape(f'{d.source}/{d.file}')}.** "
        + _sentence(tell_cause(d, dataset.sources.get(d.source)))
        for d in report.held
    ]


def _tell_renamed(report: IngestReport) -> list[str]:
    """Return a line for each column that need not come and looks renamed."""
    return [
        f"**{escape(one.column)} did not come in {escape(f'{d.source}/{d.file}')}.** "
        f"{escape(tell_renaming(one))}; `coldframe mapping` takes your word."
        for d in report.deliveries if d.outcome != "held"
        for one in d.renamed
    ]  # fmt: skip


def _tell_strays(report: IngestReport) -> list[str]:
    """Return a line for each name that files should have had, with the files."""
    files: dict[str, list[str]] = {}
    for one in report.stray:
        files.setdefault(one.expected, []).append(one.path.as_posix())
    return [
        f"**Left alone, for no source takes them:** {_few(names)}. "
        f"What is to be ingested is named like {escape(expected)} in the landing folder."
        for expected, names in files.items()
    ]


def _few(names: Sequence[str]) -> str:
    """Return the first names, escaped, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return escape(", ".join(names[:SHOWN])) + more


def _sentence(text: str) -> str:
    return escape(f"{text[0].upper()}{text[1:]}") + "."


def tell_reasons(deliveries: Sequence[Delivery]) -> Note:
    """Say which rule most rows broke."""
    broken = {(r.rule, r.column) for d in deliveries for r in d.reasons if r.rule != SHARE}
    causes = [cause for delivery in deliveries if (cause := find_cause(delivery))]
    if not broken or not causes:
        return Note("No rule of the contract was broken.")
    worst = max(causes, key=lambda reason: reason.rows)
    where = f" in {escape(name_column(worst.column))}" if worst.column else ""
    rows = f" ({count(worst.rows, 'row')})" if worst.rows else ""
    were = "was" if len(broken) == 1 else "were"
    return Note(
        f"{count(len(broken), 'rule')} {were} broken, "
        f"most often {escape(worst.rule)}{where}{rows}. "
        "`coldframe quarantine` shows the rows."
    )


def tell_snapshot(report: IngestReport) -> Note:
    """Say what the stages after this one will see."""
    if report.snapshot is None:
        return Note("There is no snapshot yet.")
    frozen = "was frozen by this run" if report.frozen_new else "stays the newest snapshot"
    rows = count(report.snapshot.rows, "row")
    return Note(
        f"Snapshot **{escape(report.snapshot.name)}** {frozen}: {rows} in all. "
        "Monitoring and training see nothing else."
    )


def write_quality(bench: Workbench, report: IngestReport) -> Note:
    """Write the quality report of what was frozen beside the ingest page, and say where.

    Nothing is written if nothing was frozen, or if so much that drawing it would take long; and
    nothing that goes wrong with it makes a run fail whose rows are frozen.
    """
    if report.snapshot is None or not report.frozen_new:
        return Note("Nothing new was frozen: the last quality report still holds.")
    name = report.snapshot.name
    itself = f"`coldframe quality {escape(name)} --html quality.html` draws it."
    if sum(delivery.rows_accepted for delivery in report.deliveries) > DRAWN_ROWS:
        return Note(
            f"More than {DRAWN_ROWS:,} new rows: their quality report takes a while; {itself}"
        )
    path = bench.settings.home / "latest" / bench.dataset.name / "quality.html"
    try:
        page = draw_quality(report_quality(bench, name), dict(bench.dataset.sources))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, page.encode("utf-8", "replace"))
    except Exception as error:  # noqa: BLE001 - isolation: a page is no reason to lose a run
        told = escape(f"{type(error).__name__}: {error}"[:300])
        return Note(f"**The quality report was not written:** {told}. {itself}")
    return Note(
        f"The quality report of **{escape(name)}** (what came, what was set aside, its "
        f"columns beside those before) is the page `{escape(path.name)}` beside this one, "
        f"`{escape(str(path.parent))}`."
    )
