"""The ingest stage: judge what has landed, freeze what is fit as one snapshot, write it all down.

The order is what makes a run that was killed anywhere end like one that was not:

1. each batch that is held goes to quarantine, then to the ledger: it has no part in the snapshot;
2. the unfit rows of the others go to quarantine;
3. all fit rows are frozen, in one step;
4. the batches that were frozen go to the ledger.

A run that finds batches in the snapshot and not in the ledger first does what is left of 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.contracts import contract_versions
from coldframe.files import locked
from coldframe.ingest.landing import pending_batches, unreadable_files
from coldframe.ingest.quarantine import sweep_partial
from coldframe.ingest.reconciling import reconcile
from coldframe.ingest.records import snapshot_about, write_delivery
from coldframe.ingest.spool import swept_spool
from coldframe.ingest.strays import StrayFile, stray_files
from coldframe.ingest.telling import sum_up
from coldframe.ledger import Delivery, deliveries, releases
from coldframe.provenance import record_digest
from coldframe.snapshots import JSON, Addition, Snapshot
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coldframe.ingest.judging import Outcome

Progress = Callable[[str], None]


@dataclass(frozen=True)
class IngestReport:
    """What one run of the ingest stage did.

    Parameters
    ----------
    snapshot : Snapshot or None
        The newest one; None if nothing was ever frozen.
    frozen_new : bool
        Whether this run froze it.
    deliveries : tuple of Delivery
        What became of each batch, in the order in which they were taken.
    unreadable : tuple of Path
        Landed files that this process may not read, or for which memory was not enough; they are
        tried again.
    stray : tuple of StrayFile
        Files in the landing folder that match no source; they are left where they are.
    again : int, default=0
        How many of the deliveries had been held before, under another version of the contract or
        until a person released them.
    """

    snapshot: Snapshot | None
    frozen_new: bool
    deliveries: tuple[Delivery, ...]
    unreadable: tuple[Path, ...] = ()
    stray: tuple[StrayFile, ...] = ()
    again: int = 0

    @property
    def summary(self) -> str:
        """How many batches met which fate, and how many of them are no new ones."""
        before = f"; {self.again} of them had been held before, by another version of the contract"
        if any(delivery.released for delivery in self.deliveries):
            before += " or until a person released them"
        return sum_up(self.deliveries) + (before if self.again else "")

    @property
    def held(self) -> tuple[Delivery, ...]:
        """The batches of which nothing goes on."""
        return tuple(delivery for delivery in self.deliveries if delivery.outcome == "held")

    @property
    def rows_set_aside(self) -> int:
        """How many rows of the batches that were taken are in quarantine."""
        taken = (delivery for delivery in self.deliveries if delivery.outcome != "held")
        return sum(delivery.rows_quarantined for delivery in taken)

    def to_json(self) -> dict[str, Any]:
        """Return what the notebook hands over."""
        return {
            "snapshot": self.snapshot.name if self.snapshot else None,
            "snapshot_id": self.snapshot.id if self.snapshot else None,
            "frozen_new": self.frozen_new,
            "outcomes": sorted(delivery.outcome for delivery in self.deliveries),
            "summary": self.summary,
            "rows_set_aside": self.rows_set_aside,
            "held": [f"{delivery.source}/{delivery.file}" for delivery in self.held],
            "stray": [one.path.as_posix() for one in self.stray],
        }


def ingest_batches(bench: Workbench, *, progress: Progress | None = None) -> IngestReport:
    """Judge every pending batch and freeze all that is fit as the next snapshot.

    A batch that is held never keeps another from being frozen. Two processes that ingest at
    once take turns.

    Parameters
    ----------
    bench : Workbench
        Dataset, landing folder, store and ledger.
    progress : callable, optional
        Told a line for each batch and each stray file, and one about all of them.

    Returns
    -------
    IngestReport

    Raises
    ------
    ConfigurationError
        The contract names a rule in Python that cannot be loaded; nothing was judged.
    """
    tell = progress or _silent
    with locked(bench.settings.home / f"ingest-{bench.dataset.name}.lock"), swept_spool(bench):
        sweep_partial(bench)
        finished = reconcile(bench)
        unreadable, stray = unreadable_files(bench), stray_files(bench)
        for one in stray:
            tell(f"{one.path}: left, it matches no source; expected {one.expected}")
        head = bench.store.head(bench.dataset.name)
        if not pending_batches(bench):
            return IngestReport(head, False, finished, unreadable, stray)
        # pandas and pandera, only when there is something to read
        from coldframe.ingest.history import History
        from coldframe.ingest.judging import judge_pending

        history = History(bench.dataset, bench.store, head)
        left: list[Path] = []
        before = {(one.source, one.batch) for one in deliveries(bench.ledger, bench.dataset.name)}
        outcomes = list(judge_pending(bench, history, tell, left.append))
        tell(sum_up(outcome.delivery for outcome in outcomes))
        accepted = [outcome for outcome in outcomes if outcome.record is not None]
        snapshot = head
        if accepted:
            snapshot = _freeze(bench, accepted, history.labels(), head)
            tell(f"{snapshot.name} frozen: {snapshot.rows:,} rows in all")
        told = tuple(
            outcome.delivery
            if outcome.record is None
            else write_delivery(bench, outcome.delivery, snapshot)
            for outcome in outcomes
        )
        again = sum((one.source, one.batch) in before for one in told)
        return IngestReport(
            snapshot, bool(accepted), (*finished, *told), (*unreadable, *left), stray, again
        )


def ingest_inputs(bench: Workbench) -> dict[str, Any]:
    """Return what decides whether ingest is due, as JSON.

    Returns
    -------
    dict
        `pending`, source and digest of each batch that a run consumes, and `contracts`, their
        versions; if
        there are stray files, their paths, so that a run tells of them once.
    """
    stray = [one.path.as_posix() for one in stray_files(bench)]
    told = {one.key for one in releases(bench.ledger, bench.dataset.name)}
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    found = pending_batches(bench)
    released = [
        f"{one.source}/{one.digest}"
        for one in found
        if f"{one.source}:{one.digest}:{versions[one.source]}" in told
    ]
    return {
        # the same bytes as two sources are judged twice
        "pending": [f"{landed.source}/{landed.digest}" for landed in found],
        "contracts": versions,
        **({"released batches": released} if released else {}),
        **({"files that match no source": stray} if stray else {}),
    }


def _silent(line: str) -> None:
    del line


def _freeze(
    bench: Workbench,
    accepted: Sequence[Outcome],
    labels: Mapping[str, JSON] | None,
    head: Snapshot | None,
) -> Snapshot:
    """Freeze the fit rows of all batches as one snapshot on top of `head`."""
    records = [outcome.record for outcome in accepted if outcome.record is not None]
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    additions = [
        Addition(
            record.source, outcome.rows.batches(), batch=record.digest, schema=outcome.rows.schema
        )
        for outcome, record in zip(accepted, records, strict=True)
        if outcome.rows is not None
    ]
    return bench.store.freeze(
        bench.dataset.name,
        additions,
        contract=record_digest(versions),
        about=snapshot_about(records, labels),
        batches=records,
        expected_parent=head,
    )
