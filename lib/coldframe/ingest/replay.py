"""Replay: what was set aside and is fit now gets in; imports pandas only if there is any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coldframe.contracts import contract_versions
from coldframe.errors import NotFoundError
from coldframe.files import locked
from coldframe.ingest.mended_file import MendedFile, read_mended, refuse_held
from coldframe.ingest.quarantine import quarantined, sweep_partial
from coldframe.ingest.reconciling import reconcile
from coldframe.ledger import Delivery, Mending, Replay, check_mending, replays, replays_of
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench


@dataclass(frozen=True)
class ReplayReport:
    """What a replay did.

    Parameters
    ----------
    snapshot : Snapshot or None
        The newest one.
    replays : tuple of Replay
        What was taken in by this run, in the order of delivery.
    looked_at : tuple of Delivery
        Batches of which rows were judged once more.
    """

    snapshot: Snapshot | None
    replays: tuple[Replay, ...]
    looked_at: tuple[Delivery, ...]


def replay_batches(
    bench: Workbench,
    chosen: Sequence[Delivery] | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> ReplayReport:
    """Take in rows that were set aside and keep all rules now, each once, as the next snapshot.

    Rows that are still unfit stay in quarantine with the reasons of now. Two processes take turns.

    Parameters
    ----------
    bench : Workbench
        Dataset, quarantine, store and ledger.
    chosen : sequence of Delivery, optional
        Accepted batches of which rows were set aside; by default all.
    progress : callable, optional
        Told a line for each batch.
    """
    tell = progress or (lambda _: None)
    with locked(bench.settings.home / f"ingest-{bench.dataset.name}.lock"):
        sweep_partial(bench)
        reconcile(bench)
        head = bench.store.head(bench.dataset.name)
        found = [one for one in quarantined(bench) if one.outcome == "quarantined"]
        if chosen is not None:
            wanted = {one.key for one in chosen}
            found = [one for one in found if one.key in wanted]
        if head is None or not found:
            return ReplayReport(head, (), tuple(found))
        # pandas and pandera, only when there is something to judge
        from coldframe.ingest.replaying import replay_pending

        snapshot, taken = replay_pending(bench, found, head, tell)
        return ReplayReport(snapshot, taken, tuple(found))


@dataclass(frozen=True)
class RefusedRow:
    """A row of a mended file that was not taken: its line in the batch, and why not."""

    line: int
    why: str


@dataclass(frozen=True)
class MendedReport:
    """What a replay of mended rows did.

    Parameters
    ----------
    snapshot : Snapshot or None
        The newest one.
    replay : Replay or None
        The rows that were taken in; None if there are none.
    mending : Mending or None
        Whose word it was, if rows were taken in.
    refused : tuple of RefusedRow
        Rows of the file that were not taken: those still unfit, known by key or taken in already;
        a row stands here for each rule that it breaks.
    cells : dict of str to int
        How many cells of each column say something else than the rows that came.
    """

    snapshot: Snapshot | None
    replay: Replay | None
    mending: Mending | None
    refused: tuple[RefusedRow, ...]
    cells: Mapping[str, int]


def replay_mended(
    bench: Workbench,
    path: Path,
    *,
    reason: str,
    who: str,
    source: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> MendedReport:
    """Take in the rows of a file that a person has mended: those that are fit, each once.

    Rows in quarantine that are not in the file stay there, and so do those of the file that are
    not taken, as they came. Two processes take turns.

    Parameters
    ----------
    bench : Workbench
        Dataset, quarantine, store and ledger.
    path : Path
        A file as `export_to_mend` writes it.
    reason, who : str
        Why these are the right values, and who says so; both stand in the ledger.
    source : str, optional
        As which the batch was delivered, if the same bytes came as several.
    progress : callable, optional
        Told how many rows are taken.

    Raises
    ------
    NotFoundError
        There is no such file, or no batch in quarantine as it names.
    ConflictError
        All of the batch is held.
    DataError
        It is no such file, the reason is empty, or the rows cannot be judged.
    """
    check_mending(reason, who)
    mended = read_mended(path)
    with locked(bench.settings.home / f"ingest-{bench.dataset.name}.lock"):
        sweep_partial(bench)
        reconcile(bench)
        delivery = _mended_batch(bench, mended, source)
        head = bench.store.head(bench.dataset.name)
        if head is None:
            return MendedReport(None, None, None, (), {})
        # pandas and pandera, only when there is something to judge
        from coldframe.ingest.mended import replay_rows

        return replay_rows(
            bench, delivery, mended, head, reason=reason, who=who, tell=progress or (lambda _: None)
        )


def _mended_batch(bench: Workbench, mended: MendedFile, source: str | None) -> Delivery:
    """Return the delivery whose rows a file has."""
    found = [
        one for one in quarantined(bench)
        if one.batch == mended.batch and source in (None, one.source)
        and one.source in bench.dataset.sources
    ]  # fmt: skip
    if len(found) != 1:
        several = ", ".join(one.source for one in found)
        raise NotFoundError(
            "The same bytes were delivered by several sources." if found
            else "No batch that the file names is in quarantine.",
            where=str(mended.path), found=several or mended.batch,
            remedy=f"--source {found[0].source}" if found else "coldframe quarantine",
        )  # fmt: skip
    refuse_held(found[0])
    return found[0]


def replayable(bench: Workbench, deliveries: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """Return those of `deliveries` that have rows set aside by another contract than that of now.

    Parameters
    ----------
    bench : Workbench
        Its dataset's contracts of now count, with the mappings that people accepted.
    deliveries : iterable of Delivery
        Deliveries of its dataset.
    """
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    taken = replays(bench.ledger, bench.dataset.name)

    def waits(delivery: Delivery) -> bool:
        last = replays_of(delivery, taken)
        judged = [one for one in last if one.mended is None]  # all of its rows, that is
        contract = judged[-1].contract if judged else delivery.contract
        left = last[-1].rows_remaining if last else delivery.rows_quarantined
        return left > 0 and contract != versions[delivery.source]

    return tuple(
        one
        for one in deliveries
        if one.outcome == "quarantined" and one.source in versions and waits(one)
    )
