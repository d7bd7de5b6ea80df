"""Judge the batches that are pending, each on its own, in order. Needs pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coldframe.contracts import Fault, contract_versions
from coldframe.contracts.faults import shorten
from coldframe.contracts.fit import FitRows
from coldframe.contracts.judging import BatchJudgement, judge_batch
from coldframe.contracts.keys import KeySet
from coldframe.datasets import Dataset, load_object
from coldframe.ingest.history import History
from coldframe.ingest.landing import (
    Judged,
    LandedCopy,
    LandedFile,
    copy_landed,
    pending_batches,
)
from coldframe.ingest.quarantine import set_aside
from coldframe.ingest.records import batch_record, delivery_of, held_delivery, write_delivery
from coldframe.ingest.renaming import find_renamings, renaming_faults
from coldframe.ingest.spool import drop_folder, make_folder
from coldframe.ingest.telling import describe, tell_renaming
from coldframe.ledger import Delivery, releases
from coldframe.snapshots import BatchRecord
from coldframe.workbench import Workbench


@dataclass(frozen=True, eq=False)
class Outcome:
    """One batch's fate: rows, their keys and record if it is to be frozen, else none of them."""

    delivery: Delivery
    record: BatchRecord | None = None
    rows: FitRows | None = None
    keys: KeySet | None = None


def judge_pending(
    bench: Workbench,
    history: History,
    tell: Callable[[str], None],
    leave: Callable[[Path], None],
) -> Iterator[Outcome]:
    """Yield the fate of every pending batch; what is set aside is in quarantine by then.

    A held batch is in the ledger by then, too: were it written after the freeze, a killed run's
    successor would judge it against another history. A file for which this machine's memory is
    not enough is told to `leave` and stays pending; the others go on.

    Raises
    ------
    ConfigurationError
        A rule in Python cannot be loaded: the contract's fault, for which no batch is held.
    """
    _load_rules(bench.dataset)
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    judged = Judged.read(bench)
    released = {one.key for one in releases(bench.ledger, bench.dataset.name)}
    seen: set[tuple[str, str]] = set()
    for landed in pending_batches(bench):
        contract = versions[landed.source]
        folder, outcome = make_folder(bench), None
        try:
            limit = bench.dataset.sources[landed.source].batch.bytes
            found = copy_landed(landed.path, folder, limit=limit)
            # a copy of a released batch counts as nothing else, should it be damaged
            if found is None or (landed.kept_of and found.digest != landed.digest):
                continue
            # it may have grown since it was listed: its name is that of the bytes that were read
            name = (landed.source, found.digest)
            if name in seen or judged.knows(*name, contract):
                continue
            word = f"{landed.source}:{found.digest}:{contract}" in released
            outcome = _judge(bench, landed, found, contract, history, released=word)
            if found.path is not None:
                found.path.unlink(missing_ok=True)  # one that is held is in quarantine
        except MemoryError:
            leave(landed.path)
            tell(f"{landed.source}/{landed.path.name}: left, this machine's memory is not enough")
            continue
        finally:
            if outcome is None or outcome.rows is None:
                drop_folder(folder)
        seen.add(name)
        if outcome.record is not None and outcome.rows is not None:
            history.add(outcome.record, outcome.rows, outcome.keys)
        tell(describe(outcome.delivery, bench.dataset.sources[landed.source]) + _new(outcome))
        yield outcome


def _new(outcome: Outcome) -> str:
    """Return which columns came that the contract does not declare."""
    about = outcome.record.about if outcome.record else {}
    names = about.get("unknown_columns")
    if not isinstance(names, list) or not names:
        return ""
    told = f"; kept as text, for the contract does not declare it: {shorten(', '.join(names))}"
    alike = [f"{one.column} did not come, {tell_renaming(one)}" for one in outcome.delivery.renamed]
    return "; ".join([told, *alike])


def _load_rules(dataset: Dataset) -> None:
    """Raise if the contract names functions that are not there, before a batch pays for it."""
    for name, source in dataset.sources.items():
        for place, rule in enumerate(source.rules):
            key = f"sources.{name}.rules.{place}.function"
            load_object(rule.function, where=f"datasets/{dataset.name}.yaml, {key}")


def _judge(
    bench: Workbench, landed: LandedFile, found: LandedCopy, contract: str, history: History,
    *, released: bool,
) -> Outcome:  # fmt: skip
    dataset, source = bench.dataset, landed.source
    file = landed.kept_of or _name(bench, landed.source, landed.path)
    judgement = _ask_contract(
        bench, source, found, history, released=released, clock=when_delivered(landed.path)
    )
    renamed = find_renamings(bench, judgement, found.path, source, history)
    if judgement.fit is None:
        delivery = held_delivery(
            digest=found.digest, dataset=dataset.name, source=source, file=file,
            rows=judgement.rows, contract=contract, released=released, renamed=renamed,
            faults=(*judgement.faults, *renaming_faults(renamed)),
        )  # fmt: skip
        set_aside(bench, delivery, judgement, found.path)
        return Outcome(write_delivery(bench, delivery, None))
    record = batch_record(
        digest=found.digest, source=source, file=file, rows=len(judgement.fit),
        aside=judgement.rows - len(judgement.fit), contract=contract, faults=judgement.faults,
        unknown_columns=judgement.unknown_columns,
        overruled=judgement.overruled if released else None, renamed=renamed,
    )  # fmt: skip
    delivery = delivery_of(dataset.name, record)
    set_aside(bench, delivery, judgement, found.path)
    return Outcome(delivery, record, judgement.fit, judgement.keys)


def _ask_contract(
    bench: Workbench,
    source: str,
    found: LandedCopy,
    history: History,
    *,
    released: bool,
    clock: datetime,
) -> BatchJudgement:
    """Return what the contract says; whatever a batch does to our code, the others go on."""
    faults = check_delivery(bench, source, found, history)
    if faults or found.path is None:
        return _hold(*faults)
    try:
        return judge_batch(
            found.path,
            bench.agreed.sources[source],
            folder=found.path.parent,
            history=history.sizes(source),
            known=history.known_keys(source),
            released=released,
            references=history.references(source),
            clock=clock,
        )
    except (OSError, MemoryError):
        raise  # this machine's fault, not the batch's: another run tries again
    except Exception as error:  # noqa: BLE001 - isolation: a batch we cannot judge is held
        return _hold(fault_of(error))


def check_delivery(
    bench: Workbench, source: str, found: LandedCopy, history: History
) -> tuple[Fault, ...]:
    """Return why a delivery is held before anybody reads a row of it; nothing if it is not."""
    other = history.source_of(found.digest)
    if found.path is None:
        limit = bench.dataset.sources[source].batch.bytes
        told = f"{found.size:,} bytes, at most {limit:,} are allowed"
        return (Fault(rule="file_size", example=told),)
    if other is not None:
        told = f"the same bytes came as {other}"
        return (Fault(rule="delivered_elsewhere", example=told),)
    return history.type_faults(source)


def fault_of(error: Exception) -> Fault:
    """Return the fault for which a batch is held that our code or the user's cannot judge."""
    return Fault(rule="not_judged", example=shorten(f"{type(error).__name__}: {error}"))


def when_delivered(path: Path) -> datetime:
    """Return when a file was delivered: when it was last written, but never in the future."""
    now = datetime.now(UTC)
    try:
        return min(now, datetime.fromtimestamp(path.stat().st_mtime, UTC))
    except OSError:
        return now


def _hold(*faults: Fault) -> BatchJudgement:
    return BatchJudgement(0, None, KeySet(), faults)


def _name(bench: Workbench, source: str, path: Path) -> str:
    folder = bench.settings.landing / bench.dataset.name / source
    return path.relative_to(folder).as_posix()
