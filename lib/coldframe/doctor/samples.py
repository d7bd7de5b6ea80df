"""A sample of what each source has delivered, for checks of contract and code that need rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from coldframe.contracts.batches import check_batch, check_key_shares, check_keys
from coldframe.contracts.casting import cast
from coldframe.contracts.faults import sum_up
from coldframe.contracts.rows import check_rows
from coldframe.doctor.landed import LandedChoice, choose_landed
from coldframe.errors import ColdframeError
from coldframe.faults import UnfitBatchError
from coldframe.ingest.history import History
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
            source = bench.agreed.sources[name]
            sample = SourceSample(source=name, landed=chosen[name], known=known)
            found.append(_judge(sample, chosen[name], source, history))
        elif head is not None and name in head.tables:
            rows = bench.store.read(head, name).head(ROWS)
            found.append(SourceSample(source=name, rows=len(rows), known=known, fit=rows))
        else:
            found.append(SourceSample(source=name))
    return tuple(found)


def _judge(
    sample: SourceSample, landed: LandedChoice, source: Source, history: History
) -> SourceSample:
    """Judge the first rows of a file as ingest would, whose own rows are not known if frozen."""
    new = landed.standing != "frozen"
    compared = new and bool(source.key) and not source.batch.keys_known
    try:
        text = next(read_batch(landed.path, source)).head(ROWS)
        typed, uncast = cast(text, source)
        broken = check_rows(typed, source, clock=_delivered(landed.path))
        lines = set(uncast["line"]) | set(broken["line"])
        known = history.known_keys(sample.source) if compared and sample.known <= KNOWN else None
        doubled = check_keys(typed[~typed.index.isin(list(lines))], source, known=known)
    except UnfitBatchError as error:
        return replace(sample, error=error)
    failures = pd.concat([uncast, broken, doubled], ignore_index=True)
    fit = typed[~typed.index.isin(failures["line"])]
    whole = len(text) < ROWS  # only then is it known how many rows there are
    holds = check_batch(
        source, rows=len(text), quarantined=len(text) - len(fit),
        history=history.sizes(sample.source) if whole and new else (),
    )  # fmt: skip
    holds += check_key_shares(source, sum_up(failures), rows=len(text))
    many = f"; its keys were not compared with those of {sample.known:,} frozen rows"
    return replace(
        sample, rows=len(text), fit=fit, failures=failures.drop_duplicates(["line", "column"]),
        holds=tuple(Reason(**asdict(one)) for one in holds),
        unlike=many if compared and sample.known > KNOWN else "",
    )  # fmt: skip


def _delivered(path: Path) -> datetime:
    """Return when a file came, as ingest takes it: when it was last written."""
    return min(datetime.now(UTC), datetime.fromtimestamp(path.stat().st_mtime, UTC))
