"""One batch against its contract: from bytes to rows that are fit, rows set aside, or a hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from coldframe.contracts.batches import check_batch, check_key_shares, check_keys, overrule
from coldframe.contracts.casting import cast
from coldframe.contracts.evolving import allow_lost, check_undeclared, keep_undeclared
from coldframe.contracts.faults import Fault, UnfitBatchError, failures_frame, sum_up
from coldframe.contracts.profiles import BatchProfile, Reference
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Source
from coldframe.readers import read_batch


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the contract says of one batch.

    Parameters
    ----------
    rows : int
        Rows delivered; 0 if it could not be read.
    fit : DataFrame or None
        Rows that keep every rule, typed; None if the batch is held.
    failures : DataFrame of shape (n_failures, 4)
        Line, rule, column and value of everything that breaks a rule.
    text : DataFrame of shape (n_unfit_rows, n_columns)
        The unfit rows as they came, by line.
    faults : tuple of Fault
        `failures` summed up, those that hold the batch first.
    unknown_columns : tuple of str
        Columns that came though the contract does not declare them; they are kept as text.
    overruled : tuple of Fault
        What would hold a batch that a person has released.
    """

    rows: int
    fit: pd.DataFrame | None
    failures: pd.DataFrame
    text: pd.DataFrame
    faults: tuple[Fault, ...]
    unknown_columns: tuple[str, ...] = ()
    overruled: tuple[Fault, ...] = ()

    @property
    def held(self) -> bool:
        """Whether nothing of the batch goes on."""
        return self.fit is None


def judge_batch(
    path: Path,
    source: Source,
    *,
    history: Sequence[int] = (),
    known: pd.DataFrame | None = None,
    released: bool = False,
    references: Mapping[str, Reference] | None = None,
    clock: datetime | None = None,
) -> Judgement:
    """Judge the file of one batch; never raises for what is in it.

    Parameters
    ----------
    path : Path
        The file as delivered; it must not change meanwhile.
    source : Source
        The contract.
    history : sequence of int
        Rows of the accepted batches of this source.
    known : DataFrame, optional
        Keys of all rows of this source frozen before.
    released : bool, default=False
        Whether a person has overruled what holds the batch as a whole. Unfit rows are set aside
        all the same, and there must be a fit one.
    references : mapping of str to Reference, optional
        What columns were like in the last good batches.
    clock : datetime, optional
        When the batch was delivered.
    """
    rows = 0
    try:
        text = pd.concat(read_batch(path, source))
        rows = len(text)
        lenient = allow_lost(source, text.columns)
        typed, uncast = cast(text, source)
        broken = check_rows(typed, lenient, clock=clock)
    except UnfitBatchError as error:
        none = failures_frame([])
        return Judgement(rows, None, none, pd.DataFrame(), error.faults)
    failures = pd.concat([uncast, drop_made(broken, uncast)], ignore_index=True)
    sound = typed[~typed.index.isin(failures["line"])]
    failures = pd.concat([failures, check_keys(sound, source, known=known)], ignore_index=True)
    failures = failures.sort_values(["line", "rule", "column"], ignore_index=True)
    unfit = text.index.isin(failures["line"])
    holds = check_batch(source, rows=rows, quarantined=int(unfit.sum()), history=history)
    profile = BatchProfile(source, references or {})
    profile.add(typed[~unfit])
    holds += check_key_shares(source, failures, rows=rows)
    holds += (*profile.faults(clock), *check_undeclared(text, source))
    overruled: tuple[Fault, ...] = ()
    if released:
        holds, overruled = overrule(holds, rows=rows, unfit=int(unfit.sum()))
    return Judgement(
        rows=rows,
        fit=None if holds else keep_undeclared(typed[~unfit], text[~unfit], source),
        failures=failures,
        text=text[unfit],
        faults=(*holds, *sum_up(failures)),
        unknown_columns=tuple(name for name in text.columns if name not in source.columns),
        overruled=overruled,
    )


def drop_made(broken: pd.DataFrame, uncast: pd.DataFrame) -> pd.DataFrame:
    """Return `broken` without the nulls that only a failed cast has made."""
    made = pd.MultiIndex.from_frame(uncast[["line", "column"]])
    here = pd.MultiIndex.from_frame(broken[["line", "column"]])
    return broken[~((broken["rule"] == "null").to_numpy() & here.isin(made))]
