"""The quality of a snapshot: what came, what was set aside and why, and what its columns are like.

The record first; `coldframe.figures.quality` draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from coldframe.ledger import Renaming
from coldframe.shares import Bin, share_bins
from coldframe.snapshots import BatchRecord, Snapshot
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

FORMER = 8
"""So many batches before the new ones say what was usual."""

SEVERAL = 30  # fewer values than this say nothing of a distribution


@dataclass(frozen=True, kw_only=True)
class BatchQuality:
    """One batch that came with a snapshot.

    Parameters
    ----------
    digest, file : str
        Which.
    rows, aside : int
        How many of its rows are in, and how many were set aside.
    broken : tuple of (rule, column or None, rows, example or None)
        Why rows were set aside, most rows first.
    undeclared : tuple of str
        Columns that the contract does not declare; kept as text.
    renamed : tuple of Renaming
        Columns that did not come, and those that look like them.
    overruled : tuple of str
        Rules that a person overruled when the batch was released.
    replay_of : str or None
        The batch whose rows these are, if they came out of quarantine.
    """

    digest: str
    file: str
    rows: int
    aside: int
    broken: tuple[tuple[str, str | None, int, str | None], ...] = ()
    undeclared: tuple[str, ...] = ()
    renamed: tuple[Renaming, ...] = ()
    overruled: tuple[str, ...] = ()
    replay_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class ColumnQuality:
    """One column of the batches that came with a snapshot.

    Parameters
    ----------
    name, type : str
        As in the snapshot's table.
    null_share : float
        Of the new rows.
    null_share_before : float or None
        Of the rows before; None if there are none.
    minimum, maximum : str or None
        Of the new values.
    bins : tuple of Bin
        Shares of ranges of numbers or times, or of the most frequent categories.
    stability_index : float or None
        How far these are from those before; None for times, for a column that is the key by itself
        (both are new in every batch), and if there are too few values to say.
    broken : int
        Rows that were set aside for a rule on this column.
    """

    name: str
    type: str
    null_share: float
    null_share_before: float | None
    minimum: str | None
    maximum: str | None
    bins: tuple[Bin, ...]
    stability_index: float | None
    broken: int


@dataclass(frozen=True, kw_only=True)
class TableQuality:
    """One table of a snapshot.

    Parameters
    ----------
    name : str
        The source.
    rows, rows_before : int
        In this snapshot and in the one before.
    batches : tuple of BatchQuality
        Those that are new in it.
    columns : tuple of ColumnQuality
        Those of the new batches, the worst first; empty if nothing new came.
    new_columns, lost_columns : tuple of str
        Beside the snapshot before.
    """

    name: str
    rows: int
    rows_before: int
    batches: tuple[BatchQuality, ...]
    columns: tuple[ColumnQuality, ...]
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]

    @property
    def aside(self) -> int:
        """Rows of the new batches that were set aside."""
        return sum(batch.aside for batch in self.batches)


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """The quality of one snapshot.

    Parameters
    ----------
    dataset, snapshot, id : str
        Which.
    parent : str or None
        The snapshot before, with which it is compared.
    frozen_at : str
        When.
    contract : str or None
        Version of the rules.
    labels : tuple of (known, rows) or None
        For how many rows the label is known.
    tables : tuple of TableQuality
        In the order of the dataset file.
    """

    dataset: str
    snapshot: str
    id: str
    parent: str | None
    frozen_at: str
    contract: str | None
    labels: tuple[int, int] | None
    tables: tuple[TableQuality, ...]


def report_quality(bench: Workbench, name: str | None = None) -> QualityReport:
    """Return the quality of the snapshot called `name`, by default the newest.

    Reads the rows of its new batches and of at most `FORMER` before them.

    Raises
    ------
    NotFoundError
        There is no such snapshot.
    CorruptionError
        A file of it was damaged.
    """
    snapshot = bench.store.resolve(name or bench.dataset.name)
    parent = bench.store.open(snapshot.parent) if snapshot.parent else None
    known = parent.batches.digests if parent else frozenset()
    labels = snapshot.about.get("labels")
    order = [*bench.dataset.sources, *sorted(set(snapshot.tables) - set(bench.dataset.sources))]
    return QualityReport(
        dataset=snapshot.dataset,
        snapshot=snapshot.name,
        id=snapshot.id,
        parent=parent.name if parent else None,
        frozen_at=str(snapshot.frozen_at),
        contract=snapshot.contract,
        labels=(int(labels["known"]), int(labels["rows"])) if isinstance(labels, dict) else None,
        tables=tuple(
            _table(bench, snapshot, parent, table, known)
            for table in order
            if table in snapshot.tables
        ),
    )


def _table(
    bench: Workbench, snapshot: Snapshot, parent: Snapshot | None, name: str, known: frozenset[str]
) -> TableQuality:
    own = [one for one in snapshot.batches if one.source == name]
    new = [one for one in own if one.digest not in known]
    former = [one.digest for one in own if one.digest in known and one.rows][-FORMER:]
    before = parent.tables.get(name) if parent else None
    schema, old = snapshot.tables[name].schema, before.schema if before else {}
    batches = tuple(map(_batch, new))
    arrived = [one.digest for one in new if one.rows]
    columns: Sequence[ColumnQuality] = ()
    if arrived:
        rows = bench.store.read(snapshot, name, batches=arrived)
        usual = bench.store.read(snapshot, name, batches=former) if former else None
        declared = bench.dataset.sources.get(name)
        named = declared.key if declared and len(declared.key) == 1 else ()
        columns = [
            _column(rows, usual, one, str(kind), batches, named=one in named)
            for one, kind in schema.items()
        ]
    return TableQuality(
        name=name,
        rows=snapshot.tables[name].rows,
        rows_before=before.rows if before else 0,
        batches=batches,
        columns=tuple(sorted(columns, key=_worst, reverse=True)),
        new_columns=tuple(one for one in schema if before and one not in old),
        lost_columns=tuple(c.name for c in columns if before and c.null_share == 1.0
                           and (c.null_share_before or 0.0) < 1.0),
    )  # fmt: skip


def _worst(column: ColumnQuality) -> tuple[int, float, float]:
    """Return by what columns are sorted: broken rules, a moved distribution, more nulls."""
    before = column.null_share_before
    more = column.null_share - (column.null_share if before is None else before)
    return column.broken, column.stability_index or 0.0, more


def _batch(record: BatchRecord) -> BatchQuality:
    about = cast("Mapping[str, Any]", record.about)
    reasons = sorted(about.get("reasons", ()), key=lambda one: -int(one["rows"]))
    return BatchQuality(
        digest=record.digest, file=record.name, rows=record.rows,
        aside=int(about.get("rows_quarantined", 0)),
        broken=tuple((r["rule"], r["column"], int(r["rows"]), r["example"]) for r in reasons),
        undeclared=tuple(about.get("unknown_columns", ())),
        renamed=tuple(Renaming(**one) for one in about.get("renamed_columns", ())),
        overruled=tuple(one["rule"] for one in about.get("overruled", ())),
        replay_of=about.get("replay_of"),
    )  # fmt: skip


def _column(
    rows: pd.DataFrame, usual: pd.DataFrame | None, name: str, kind: str,
    batches: Sequence[BatchQuality], *, named: bool,
) -> ColumnQuality:  # fmt: skip
    values = rows[name]
    before = usual[name] if usual is not None else None
    held = values.dropna()
    bins = share_bins(held, before.dropna() if before is not None else None)
    return ColumnQuality(
        name=name, type=kind,
        null_share=float(values.isna().mean()),
        null_share_before=None if before is None else float(before.isna().mean()),
        minimum=None if held.empty else _spell(held.min()),
        maximum=None if held.empty else _spell(held.max()),
        bins=bins,
        # what names each row is another in every batch, which says nothing of quality
        stability_index=None if named else _index(bins, held, before),
        broken=sum(
            count for batch in batches for _, column, count, _ in batch.broken
            if name in (column or "").split(", ")
        ),
    )  # fmt: skip


def _spell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:40]


def _index(bins: Sequence[Bin], held: pd.Series, before: pd.Series | None) -> float | None:
    from coldframe.contracts.profiles import stability_index  # numpy

    if before is None or min(len(held), int(before.notna().sum())) < SEVERAL:
        return None
    if any(one.before is None for one in bins):  # times move on, which says nothing of quality
        return None
    counts: dict[object, int] = {one.label: round(one.now * len(held)) for one in bins}
    if not sum(counts.values()):
        return None
    return round(stability_index(counts, {one.label: one.before or 0.0 for one in bins}), 4)
