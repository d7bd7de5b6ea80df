"""Replaying mended rows: exactly those of a person's file get in, each once. Needs pandas.

The order is what makes a replay that was killed anywhere end like one that was not:

1. quarantine keeps a copy of the mended file;
2. the ledger has whose word it is, and why;
3. the fit rows are frozen as a batch of their own, which names original, lines and mended file;
4. quarantine lets go of these lines;
5. the replay goes to the ledger.

Rows that are not taken stay in quarantine as they came, whatever the file says of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from coldframe.contracts import Fault, UnfitBatchError, contract_versions
from coldframe.contracts.faults import FAILURE_COLUMNS, sum_up
from coldframe.contracts.rejudging import judge_rows
from coldframe.errors import DataError
from coldframe.files import write_atomically
from coldframe.ingest.history import History
from coldframe.ingest.mended_file import (
    MendedFile,
    Row,
    changed_cells,
    rows_aside,
    take_over,
)
from coldframe.ingest.quarantine import mended_copy, read_quarantine
from coldframe.ingest.records import (
    replay_digest,
    replay_lines,
    replay_of,
    replay_record,
    settle_replay,
)
from coldframe.ingest.replay import MendedReport, RefusedRow
from coldframe.ingest.replaying import Fit, freeze_replays
from coldframe.ledger import Delivery, Mending, record_mending
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench


@dataclass(frozen=True, eq=False)
class Sorted:
    """The rows of a file: those that could be taken, as text by line, and those that cannot."""

    text: pd.DataFrame
    refused: tuple[RefusedRow, ...]


def replay_rows(
    bench: Workbench, delivery: Delivery, mended: MendedFile, head: Snapshot, *, reason: str,
    who: str, tell: Callable[[str], None],
) -> MendedReport:  # fmt: skip
    """Take in the mended rows of one batch that keep all rules now.

    Call it under the ingest lock, when all that is frozen stands in the ledger.
    """
    source, aside = bench.agreed.sources[delivery.source], rows_aside(bench, delivery)
    found = _sort_out(delivery, mended, head, aside)
    cells = dict(sorted(Counter(name for _, name in changed_cells(mended, aside)).items()))
    history = History(bench.dataset, bench.store, head)
    if faults := history.type_faults(delivery.source):
        raise _unjudged(mended, faults)
    text = found.text
    try:
        judged = judge_rows(text, source, known=history.known_keys(delivery.source))
    except UnfitBatchError as error:
        raise _unjudged(mended, error.faults) from error
    refused = found.refused + tuple(
        RefusedRow(int(line), f"{rule} ({column}): found {value}")
        for line, rule, column, value in judged.failures.itertuples(index=False)
    )
    fit = text[~text.index.isin(judged.text.index)]
    tell(f"{delivery.source}/{delivery.file}: {len(fit):,} of {len(mended.rows):,} rows taken in")
    if fit.empty:
        return MendedReport(head, None, None, refused, cells)
    faults, remaining = _left(bench, delivery, {int(line) for line in fit.index})
    record = replay_record(
        digest=replay_digest(delivery, fit), original=delivery.batch, source=delivery.source,
        file=delivery.file, lines=[int(line) for line in fit.index], faults=faults,
        contract=contract_versions(bench.agreed, lib=bench.settings.lib)[delivery.source],
        remaining=remaining, unknown_columns=judged.unknown_columns, mended=mended.digest,
    )  # fmt: skip
    word = _keep(bench, delivery, mended, cells, reason=reason, who=who)
    history.add(record, judged.fit)
    snapshot = freeze_replays(bench, [Fit(record, judged.fit)], history, head)
    return MendedReport(snapshot, settle_replay(bench, record, snapshot), word, refused, cells)


def _sort_out(
    delivery: Delivery, mended: MendedFile, head: Snapshot, aside: Mapping[int, Row]
) -> Sorted:
    """Return the rows that are in quarantine, as the file has them; of the others why not."""
    columns = list(dict.fromkeys(name for row in aside.values() for name in row))
    if aside and set(columns) != set(mended.columns):
        lost, new = set(columns) - set(mended.columns), set(mended.columns) - set(columns)
        raise DataError(
            "The columns of the mended file are not those of the batch; nothing was taken.",
            where=str(mended.path), expected=f"{', '.join(columns):.300}",
            found="; ".join(
                f"{what} {', '.join(sorted(names)):.200}"
                for what, names in (("without", lost), ("with", new)) if names
            ),
            remedy="coldframe quarantine export BATCH FILE --mend writes them",
        )  # fmt: skip
    taken = {
        line: batch.digest
        for batch in head.batches
        if batch.source == delivery.source and replay_of(batch) == delivery.batch
        for line in replay_lines(batch)
    }
    refused = tuple(
        RefusedRow(
            line, f"taken in already, as batch {taken[line][:10]}" if line in taken
            else "no row of this line is in quarantine",
        )
        for line in mended.rows if line not in aside or line in taken
    )  # fmt: skip
    rows = {
        line: take_over(mended, line, aside[line])
        for line in sorted(mended.rows) if line in aside and line not in taken
    }  # fmt: skip
    index = pd.Index(list(rows), dtype="int64", name="line")
    text = pd.DataFrame(list(rows.values()), index=index, columns=columns).astype("str")
    return Sorted(text, refused)


def _left(bench: Workbench, delivery: Delivery, lines: set[int]) -> tuple[tuple[Fault, ...], int]:
    """Return why rows stay in quarantine without those of `lines`, and how many."""
    rows = read_quarantine(bench, delivery.source, delivery.batch)
    staying = rows[~rows["line"].isin(lines)]
    if staying.empty:
        return (), 0
    return sum_up(staying[list(FAILURE_COLUMNS)]), int(staying["line"].nunique())


def _keep(
    bench: Workbench, delivery: Delivery, mended: MendedFile, cells: Mapping[str, int], *,
    reason: str, who: str,
) -> Mending:  # fmt: skip
    """Keep the file and whose word it is."""
    copy = mended_copy(bench, delivery.source, delivery.batch, mended.digest)
    copy.parent.mkdir(exist_ok=True)
    write_atomically(copy, mended.data)
    mending = Mending(
        batch=delivery.batch, dataset=delivery.dataset, source=delivery.source, file=delivery.file,
        mended=mended.digest, name=mended.path.name, rows=len(mended.rows), cells=cells,
        reason=reason.strip(), who=who.strip(),
    )  # fmt: skip
    return record_mending(bench.ledger, mending)


def _unjudged(mended: MendedFile, faults: tuple[Fault, ...]) -> DataError:
    told = "; ".join(f"{fault.rule} ({fault.column}): {fault.example}" for fault in faults)
    return DataError(
        "The mended rows cannot be judged; nothing was taken.", where=str(mended.path), found=told,
        remedy="mend the dataset file or its rules: coldframe check",
    )  # fmt: skip
