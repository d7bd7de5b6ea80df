"""The quality report as one HTML page that needs no network: everything is in it, also the bars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from coldframe.contracts.expectations import expectation
from coldframe.datasets import Source
from coldframe.ingest import tell_renaming
from coldframe.quality import (
    FORMER,
    SEVERAL,
    BatchQuality,
    ColumnQuality,
    QualityReport,
    TableQuality,
)
from coldframe.shares import Bin
from coldframe.wording import count

WIDTH, HEIGHT, GAP = 168, 44, 2
LITTLE, GREAT = 0.1, 0.25  # of the stability index; Siddiqi, Credit Risk Scorecards, 2006
DASH = '<span class="dim">–</span>'  # noqa: RUF001 - what a reader takes for nothing
STYLE = """
:root { color-scheme: light; --ink: #1d2b24; --dim: #66756d; --line: #dde5e0; --green: #0b6e4f;
  --amber: #b87503; --red: #a23b3b; --paper: #fff; --ground: #f4f7f5; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 0; }
h3 { font-size: 14px; margin: 24px 0 6px; color: var(--dim); font-weight: 600; }
p { margin: 4px 0; } .dim { color: var(--dim); } code { font-size: 13px; overflow-wrap: anywhere; }
code.value { display: inline-block; min-width: 20ch; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 28px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 12px 18px; min-width: 150px; }
.card b { display: block; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 20px 22px 22px; margin: 0 0 20px; }
table { border-collapse: collapse; width: 100%; } td, th { padding: 6px 12px 6px 0;
  text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-size: 12px; font-weight: 600; color: var(--dim); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.n + td:not(.n), th.n + th:not(.n) { padding-left: 14px; }
td { overflow-wrap: break-word; } tr:last-child td { border-bottom: 0; }
.good { color: var(--green); } .fair { color: var(--amber); } .bad { color: var(--red); }
.cards + .dim { margin: -12px 0 20px; } svg { display: block; } .scroll { overflow-x: auto; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px;
  margin: 0 5px 0 12px; }
"""


def draw_quality(report: QualityReport, sources: dict[str, Source]) -> str:
    """Return the page; whatever a delivery brought is escaped in it.

    Parameters
    ----------
    report : QualityReport
        What is to be told.
    sources : dict of str to Source
        The contracts, for what they had expected.
    """
    title = f"Quality of {report.snapshot}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="dim">frozen {escape(report.frozen_at[:16].replace("T", " "))} UTC, '
        + (f"beside {escape(report.parent)}" if report.parent else "the first one")
        + f", contract <code>{escape((report.contract or 'none')[:12])}</code>, id "
        f"<code>{escape(report.id[:12])}</code></p>",
        _cards(report),
        _legend(report),
        *(
            _section(table, sources.get(table.name), compared=report.parent is not None)
            for table in report.tables
        ),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _cards(report: QualityReport) -> str:
    rows = sum(table.rows for table in report.tables)
    new = sum(batch.rows for table in report.tables for batch in table.batches)
    aside = sum(table.aside for table in report.tables)
    batches = sum(len(table.batches) for table in report.tables)
    cards = [
        (f"{rows:,}", "rows in all", ""),
        (f"+{new:,}", f"new, in {count(batches, 'batch')}", "good" if new else ""),
        (f"{aside:,}", "set aside" + (f", {_percent(aside / (new + aside))}" if aside else ""),
         "fair" if aside else "good"),
    ]  # fmt: skip
    if report.labels:
        known, of = report.labels
        cards.append((_percent(known / of if of else 0.0), f"labels known, {known:,}", ""))
    told = (f'<div class="card {tone}"><b>{big}</b>{small}</div>' for big, small, tone in cards)
    return f'<div class="cards">{"".join(told)}</div>'


def _legend(report: QualityReport) -> str:
    """Return what the stability index says, or that there is nothing to compare with yet."""
    columns = [one for table in report.tables for one in table.columns]
    if not columns:
        return ""
    if any(one.stability_index is not None for one in columns):
        told = (
            "The stability index (population stability index) says how far the new values of a "
            f"column are from those of up to {FORMER} batches before: below {LITTLE} the change is "
            f"small, from {LITTLE} to {GREAT} moderate, from {GREAT} on large. A column that "
            "follows the calendar moves with every batch; times, keys and fewer than "
            f"{SEVERAL} values are not compared."
        )
    elif report.parent is None:
        told = "These are the first rows: the next ones will be compared with them."
    else:
        told = "No column could be compared with the batches before."
    return (
        f'<p class="dim">{told} A bar tells its figures when pointed at, and the last one of text '
        "is all other values.</p>"
    )


def _tell_change(table: TableQuality, *, compared: bool) -> str:
    change = table.rows - table.rows_before
    if not change:
        return "none new"
    return f"{change:+,} beside the snapshot before" if compared else "all of them new"


def _section(table: TableQuality, source: Source | None, *, compared: bool) -> str:
    parts = [
        f"<h2>{escape(table.name)}</h2><p>{table.rows:,} rows, "
        + _tell_change(table, compared=compared)
        + "</p>"
    ]
    if table.new_columns:
        parts.append(f'<p class="fair">New: {_names(table.new_columns)}</p>')
    if table.lost_columns:
        parts.append(f'<p class="bad">Blank in all new rows: {_names(table.lost_columns)}</p>')
    if table.batches:
        parts += ["<h3>What came</h3>", _batches(table.batches)]
    if any(batch.broken for batch in table.batches):
        parts += ["<h3>Rules that were broken</h3>", _rules(table.batches, source)]
    if table.columns:
        before = any(bar.before is not None for one in table.columns for bar in one.bins)
        key = (
            '<span class="key"><i style="background:#0b6e4f"></i>new '
            '<i style="background:#c4cfc9"></i>the batches before</span>'
        ) if before else ""  # fmt: skip
        parts += [f"<h3>Columns of the new rows, the worst first {key}</h3>"]
        parts.append(_columns(table.columns))
    return f"<section>{''.join(parts)}</section>"


def _batches(batches: Sequence[BatchQuality]) -> str:
    rows = (
        [f"<code>{escape(one.digest[:10])}</code>", _let_break(one.file), f"{one.rows:,}",
         f"{one.aside:,}", _remarks(one)]
        for one in batches
    )  # fmt: skip
    return _draw_table(["batch", "file", "#rows", "#set aside", ""], rows)


def _remarks(batch: BatchQuality) -> str:
    told = []
    if batch.replay_of:
        told.append(f"rows of {escape(batch.replay_of[:10])}, taken in later")
    if batch.overruled:
        told.append(f"released by a person, who overruled {_names(batch.overruled)}")
    if batch.undeclared:
        told.append(f"not declared, kept as text: {_names(batch.undeclared)}")
    for one in batch.renamed:
        told.append(
            f"<code>{escape(one.column)}</code> did not come: {escape(tell_renaming(one))}; "
            "<code>coldframe mapping</code> takes your word"
        )
    return "; ".join(told)


def _rules(batches: Iterable[BatchQuality], source: Source | None) -> str:
    rows = []
    for batch in batches:
        for rule, column, broken, example in batch.broken:
            expected = expectation(source, rule, column) if source else None
            rows.append([
                escape(rule), _let_break(column or ""), f"{broken:,}",
                f'<code class="value">{escape(example or "")}</code>', escape(expected or ""),
                _let_break(batch.file),
            ])  # fmt: skip
    return _draw_table(["rule", "column", "#rows", "such as", "expected", "file"], rows)


def _columns(columns: Sequence[ColumnQuality]) -> str:
    compared = any(one.stability_index is not None for one in columns)
    rows = (
        [
            f"{_let_break(one.name)}<br><span class='dim'>{escape(one.type)}</span>",
            draw_bars(one.bins),
            f"{escape(one.minimum or '')}<br>{escape(one.maximum or '')}",
            _nulls(one),
            *([_index(one.stability_index)] if compared else []),
            f'<span class="bad">{one.broken:,}</span>' if one.broken else DASH,
        ]
        for one in columns
    )
    index = ["#stability index"] if compared else []
    heads = ["column", "values", "least and greatest", "#blank", *index, "#broken"]
    return _draw_table(heads, rows)


def _nulls(column: ColumnQuality) -> str:
    told = _percent(column.null_share)
    before = column.null_share_before
    if before is None or _percent(before) == told:
        return told
    tone = "bad" if column.null_share > before else "good"
    return f'<span class="{tone}">{told}</span><br><span class="dim">was {_percent(before)}</span>'


def _index(index: float | None) -> str:
    if index is None:
        return '<span class="dim">not compared</span>'
    tone = "good" if index < LITTLE else "fair" if index < GREAT else "bad"
    return f'<span class="{tone}">{index:.3f}</span>'


def draw_bars(bins: Sequence[Bin]) -> str:
    """Return shares as bars, the new ones before those that were; each tells its figures.

    Examples
    --------
    >>> drawn = draw_bars([Bin(label="<b>", now=0.5, before=None)])
    >>> "&lt;b&gt;: 50.0 %" in drawn, "<b>" in drawn
    (True, False)
    """
    if not bins:
        return '<span class="dim">no values</span>'
    top = max(max(one.now, one.before or 0.0) for one in bins) or 1.0
    width = (WIDTH - GAP * (len(bins) - 1)) / len(bins)
    drawn = []
    for place, one in enumerate(bins):
        left = place * (width + GAP)
        told = f"{one.label}: {_percent(one.now)}"
        told += "" if one.before is None else f", before {_percent(one.before)}"
        bars = [(one.before, "#c4cfc9", left, width), (one.now, "#0b6e4f", left, width)]
        if one.before is not None:
            bars[1] = (one.now, "#0b6e4f", left + width * 0.25, width * 0.5)
        shapes = "".join(
            f'<rect x="{x:.1f}" y="{HEIGHT - HEIGHT * share / top:.1f}" width="{wide:.1f}" '
            f'height="{HEIGHT * share / top:.1f}" fill="{fill}"/>'
            for share, fill, x, wide in bars
            if share
        )
        drawn.append(f"<g><title>{escape(told)}</title>{shapes}</g>")
    labels = f"{bins[0].label} … {bins[-1].label}" if len(bins) > 1 else bins[0].label
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(labels)}">'
        f"{''.join(drawn)}</svg>"
    )


def _draw_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already; a head that begins with # is of numbers."""
    numbers = [head.startswith("#") for head in heads]
    tags = [' class="n"' if one else "" for one in numbers]
    top = "".join(f"<th{t}>{h.removeprefix('#')}</th>" for t, h in zip(tags, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{t}>{c}</td>' for t, c in zip(tags, row, strict=True))}</tr>"
        for row in rows
    )
    drawn = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{drawn}</div>'


def _let_break(name: str) -> str:
    """Return a name, escaped, that a narrow cell breaks at its seams and nowhere else."""
    return re.sub("([_./-])", r"\1<wbr>", escape(name))


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"<code>{escape(name)}</code>" for name in names)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
