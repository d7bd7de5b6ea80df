"""Replaying: rows that were set aside get in, once, after a rule was mended. Needs pandas.

The order is what makes a replay that was killed anywhere end like one that was not:

1. quarantine notes the new reasons of the rows that stay, and keeps the others as they are;
2. the fit rows of each batch are frozen as a batch of their own, which names the original and the
   lines, so that no line is ever taken twice;
3. quarantine lets go of these lines;
4. the replay goes to the ledger.

A run that finds replayed rows in the snapshot and not in the ledger first does what is left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from coldframe.contracts import UnfitBatchError, contract_versions
from coldframe.contracts.aside import spell_failures
from coldframe.contracts.judging import Judgement
from coldframe.contracts.rejudging import judge_rows
from coldframe.ingest.history import History
from coldframe.ingest.quarantine import keep_rows, read_quarantine
from coldframe.ingest.records import (
    replay_digest,
    replay_lines,
    replay_of,
    replay_record,
    settle_replay,
    snapshot_about,
)
from coldframe.ledger import Delivery, Replay
from coldframe.provenance import record_digest
from coldframe.snapshots import Addition, BatchRecord, Snapshot
from coldframe.workbench import Workbench

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Fit:
    """Rows of one batch that are to be taken in."""

    record: BatchRecord
    rows: pd.DataFrame


def replay_pending(
    bench: Workbench, chosen: Sequence[Delivery], head: Snapshot, tell: Progress
) -> tuple[Snapshot, tuple[Replay, ...]]:
    """Judge the rows that were set aside of `chosen` once more and freeze those that are fit now.

    Call it under the ingest lock, when all that is frozen stands in the ledger.
    """
    history = History(bench.dataset, bench.store, head)
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    found: list[Fit] = []
    for delivery in chosen:
        name = f"{delivery.source}/{delivery.file}"
        contract = versions.get(delivery.source)
        if contract is None or history.type_faults(delivery.source):
            tell(f"{name}: left, the contract has no such source, or another type than is frozen")
            continue
        source = bench.agreed.sources[delivery.source]
        text = _read_rows(bench, delivery, head)
        if text.empty:
            continue
        try:
            judgement = judge_rows(text, source, known=history.known_keys(delivery.source))
        except UnfitBatchError as error:
            tell(f"{name}: left, {error.found}")
            continue
        _keep_reasons(bench, delivery, judgement)
        fit = judgement.fit
        if fit.empty:
            tell(f"{name}: none of {len(text):,} rows is fit")
            continue
        record = _record(delivery, contract, text, judgement)
        history.add(record, fit)
        found.append(Fit(record, fit))
        tell(f"{name}: {len(fit):,} of {len(text):,} rows taken in")
    if not found:
        return head, ()
    snapshot = freeze_replays(bench, found, history, head)
    return snapshot, tuple(settle_replay(bench, one.record, snapshot) for one in found)


def _read_rows(bench: Workbench, delivery: Delivery, head: Snapshot) -> pd.DataFrame:
    """Return the rows in quarantine as they came, by line, but for those that are frozen."""
    rows = read_quarantine(bench, delivery.source, delivery.batch)
    rows = rows.drop_duplicates("line").dropna(subset=["line", "record"])
    taken: set[int] = set()
    for batch in head.batches:
        if batch.source == delivery.source and replay_of(batch) == delivery.batch:
            taken |= replay_lines(batch)
    rows = rows[~rows["line"].isin(taken)]
    index = pd.Index(rows["line"], dtype="int64", name="line")
    records = [json.loads(record) for record in rows["record"]]
    columns = list(dict.fromkeys(name for record in records for name in record))
    return pd.DataFrame(records, index=index, columns=columns).astype("str")


def _keep_reasons(bench: Workbench, delivery: Delivery, judgement: Judgement) -> None:
    """Note why rows stay in quarantine; those that are fit keep the reasons that they have."""
    rows = read_quarantine(bench, delivery.source, delivery.batch)
    staying = rows["line"].isin(judgement.text.index)
    spelled = spell_failures(judgement.failures, judgement.text)
    keep_rows(
        bench, delivery.source, delivery.batch,
        pd.concat([rows[~staying], spelled], ignore_index=True)
        .sort_values(["line", "rule", "column"], ignore_index=True),
    )  # fmt: skip


def _record(
    delivery: Delivery, contract: str, text: pd.DataFrame, judgement: Judgement
) -> BatchRecord:
    """Return what the manifest says of the fit rows: a batch of their own, of the original."""
    fit = text[~text.index.isin(judgement.text.index)]
    lines = [int(line) for line in fit.index]
    return replay_record(
        digest=replay_digest(delivery, fit), original=delivery.batch, source=delivery.source,
        file=delivery.file, lines=lines, contract=contract, faults=judgement.faults,
        remaining=len(judgement.text), unknown_columns=judgement.unknown_columns,
    )  # fmt: skip


def freeze_replays(
    bench: Workbench, found: Sequence[Fit], history: History, head: Snapshot
) -> Snapshot:
    """Freeze the rows of all replays as one snapshot on top of `head`."""
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    records = [one.record for one in found]
    return bench.store.freeze(
        bench.dataset.name,
        [
            Addition(one.record.source, one.rows.reset_index(drop=True), batch=one.record.digest)
            for one in found
        ],
        contract=record_digest(versions),
        about=snapshot_about(records, history.labels()),
        batches=records,
        expected_parent=head,
    )
