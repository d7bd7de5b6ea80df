"""A sample of what each source has delivered, for checks of contract and code that need rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd

from coldframe.contracts.batches import check_batch, check_key_shares
from coldframe.contracts.casting import Typed
from coldframe.contracts.evolving import check_undeclared
from coldframe.contracts.faults import Fault
from coldframe.contracts.judging import Judgement, judge_rows
from coldframe.contracts.profiles import BatchProfile
from coldframe.doctor.landed import LandedChoice, choose_landed
from coldframe.errors import ColdframeError, DataError
from coldframe.faults import UnfitBatchError
from coldframe.ingest.history import History
from coldframe.ingest.judging import check_delivery, fault_of, when_delivered
from coldframe.ingest.landing import LandedCopy
from coldframe.ledger import Reason
from coldframe.readers import read_batch
from coldframe.sources import Source
from coldframe.workbench import Workbench

ROWS = 20_000
KNOWN = 2_000_000
"""With the keys of so many frozen rows those of a file are compared: a second or two."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceSample:
    """The first rows of one file of a source.

    Parameters
    ----------
    source : str
        Its name.
    landed : LandedChoice or None
        The file; None if the rows are of a snapshot, or there are none.
    rows : int
        Rows that were read.
    known : int
        Rows of the source in the newest snapshot.
    fit : DataFrame or None
        Those that keep every rule, typed; None if nothing could be read.
    failures : DataFrame or None
        What breaks a rule: line, rule, column, value.
    holds : tuple of Reason
        Why the file as a whole would be held, as far as these rows tell.
    unlike : str
        What was not compared with the rows that are frozen, as the end of a sentence.
    error : ColdframeError or None
        Why the file cannot be read or judged.
    """

    source: str
    landed: LandedChoice | None = None
    rows: int = 0
    known: int = 0
    fit: pd.DataFrame | None = None
    failures: pd.DataFrame | None = None
    holds: tuple[Reason, ...] = ()
    unlike: str = ""
    error: ColdframeError | None = None


def sample_sources(bench: Workbench) -> tuple[SourceSample, ...]:
    """Return a sample of each source: of a landed file, else of the newest snapshot."""
    chosen = choose_landed(bench)
    head = bench.store.head(bench.dataset.name)
    history = History(bench.dataset, bench.store, head)
    found = []
    for name in bench.dataset.sources:
        known = head.tables[name].rows if head is not None and name in head.tables else 0
        if name in chosen:
            sample = SourceSample(source=name, landed=chosen[name], known=known)
            found.append(_judge(bench, sample, chosen[name], history))
        elif head is not None and name in head.tables:
            rows = bench.store.read(head, name).head(ROWS)
            found.append(SourceSample(source=name, rows=len(rows), known=known, fit=rows))
        else:
            found.append(SourceSample(source=name))
    return tuple(found)


def _judge(
    bench: Workbench, sample: SourceSample, landed: LandedChoice, history: History
) -> SourceSample:
    """Judge the first rows of a file as ingest would, whose own rows are not known if frozen."""
    name, source = sample.source, bench.agreed.sources[sample.source]
    new = landed.standing != "frozen"
    compared = new and bool(source.key) and not source.batch.keys_known
    known = history.known_keys(name) if compared and sample.known <= KNOWN else None
    holds: tuple[Fault, ...] = ()
    try:
        size, clock = landed.path.stat().st_size, when_delivered(landed.path)
        if new:
            path = landed.path if size <= source.batch.bytes else None
            holds = check_delivery(bench, name, LandedCopy(landed.digest, size, path), history)
            if path is None:
                return replace(sample, holds=_reasons(holds))
        text = _first_rows(landed, source)
        judged = judge_rows(text, source, known=known, clock=clock)
    except UnfitBatchError as error:
        return replace(sample, error=error)
    except (OSError, MemoryError) as error:  # this machine's fault, as it is for ingest
        return replace(sample, error=DataError(
            "The file cannot be read now.", found=f"{type(error).__name__}: {error}",
            remedy="see whether it is there and may be read, then check again",
        ))  # fmt: skip
    except Exception as error:  # noqa: BLE001 - the user's rules may raise anything
        return replace(sample, error=UnfitBatchError("It cannot be judged.", (fault_of(error),)))
    whole = new and len(text) < ROWS  # only then is it known how many rows there are
    if not holds:
        holds = _check_whole(judged, source, history.sizes(name) if whole else ())
        if whole:
            profile = BatchProfile(source, history.references(name))
            profile.add(Typed.of(judged.fit))
            holds += profile.faults(clock)
    many = f"; its keys were not compared with those of {sample.known:,} frozen rows"
    return replace(
        sample, rows=judged.rows, fit=judged.fit, holds=_reasons(holds),
        failures=judged.failures.drop_duplicates(["line", "column"]),
        unlike=many if compared and sample.known > KNOWN else "",
    )  # fmt: skip


def _first_rows(landed: LandedChoice, source: Source) -> pd.DataFrame:
    """Return the first rows as text; a reader's pieces may be shorter than the sample."""
    pieces, rows = [], 0
    for piece in read_batch(landed.path, source):
        pieces.append(piece)
        rows += len(piece)
        if rows >= ROWS:
            break
    return pd.concat(pieces).head(ROWS)


def _check_whole(judged: Judgement, source: Source, sizes: Sequence[int]) -> tuple[Fault, ...]:
    """Return what holds the file as a whole, as far as the share of its first rows tells."""
    return (
        *check_batch(source, rows=judged.rows, quarantined=len(judged.text), history=sizes),
        *check_key_shares(source, judged.faults, rows=judged.rows),
        *check_undeclared(judged.unknown_columns, source),
    )


def _reasons(faults: Sequence[Fault]) -> tuple[Reason, ...]:
    return tuple(Reason(**asdict(one)) for one in faults)
