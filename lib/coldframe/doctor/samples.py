"""A sample of what each source has delivered, for checks of contract and code that need rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from coldframe.contracts.batches import check_keys
from coldframe.contracts.casting import cast
from coldframe.contracts.rows import check_rows
from coldframe.errors import ColdframeError
from coldframe.faults import UnfitBatchError
from coldframe.ingest.landing import landed_files
from coldframe.readers import read_batch
from coldframe.sources import Source
from coldframe.workbench import Workbench

ROWS = 20_000


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceSample:
    """The first rows of the newest file of a source.

    Parameters
    ----------
    source : str
        Its name.
    path : Path or None
        The file; None if the rows are of a snapshot, or there are none.
    rows : int
        Rows that were read.
    known : int
        Rows of the source in the newest snapshot.
    fit : DataFrame or None
        Those that keep every rule, typed; None if nothing could be read.
    failures : DataFrame or None
        What breaks a rule: line, rule, column, value.
    error : ColdframeError or None
        Why the file cannot be read or judged.
    """

    source: str
    path: Path | None = None
    rows: int = 0
    known: int = 0
    fit: pd.DataFrame | None = None
    failures: pd.DataFrame | None = None
    error: ColdframeError | None = None


def sample_sources(bench: Workbench) -> tuple[SourceSample, ...]:
    """Return a sample of each source: of its newest landed file, else of the newest snapshot."""
    newest = dict(landed_files(bench))  # of each source the last by name
    head = bench.store.head(bench.dataset.name)
    found = []
    for name, source in bench.dataset.sources.items():
        known = head.tables[name].rows if head is not None and name in head.tables else 0
        if name in newest:
            found.append(replace(_of_file(name, source, newest[name]), known=known))
        elif head is not None and name in head.tables:
            rows = bench.store.read(head, name).head(ROWS)
            found.append(SourceSample(source=name, rows=len(rows), known=known, fit=rows))
        else:
            found.append(SourceSample(source=name))
    return tuple(found)


def _of_file(name: str, source: Source, path: Path) -> SourceSample:
    try:
        text = next(read_batch(path, source)).head(ROWS)
        typed, uncast = cast(text, source)
        broken = check_rows(typed, source)
        lines = set(uncast["line"]) | set(broken["line"])
        doubled = check_keys(typed[~typed.index.isin(list(lines))], source)
    except UnfitBatchError as error:
        return SourceSample(source=name, path=path, error=error)
    failures = pd.concat([uncast, broken, doubled], ignore_index=True)
    return SourceSample(
        source=name, path=path, rows=len(text), fit=typed[~typed.index.isin(failures["line"])],
        failures=failures.drop_duplicates(["line", "column"]),
    )  # fmt: skip
