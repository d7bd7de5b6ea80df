"""One batch against its contract: from a file to rows that are fit, rows set aside, or a hold.

A piece of the file is in memory at a time, and a digest of each key; the rest is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from coldframe.contracts.aside import AsideWriter
from coldframe.contracts.batches import check_batch, check_key_shares, check_keys, overrule
from coldframe.contracts.casting import Typed, cast_piece
from coldframe.contracts.evolving import (
    allow_lost,
    check_undeclared,
    find_unknown,
    keep_undeclared,
)
from coldframe.contracts.faults import Fault, UnfitBatchError, sum_up
from coldframe.contracts.fit import FitRows, FitWriter
from coldframe.contracts.keys import KeySet
from coldframe.contracts.profiles import BatchProfile, Reference
from coldframe.contracts.rows import check_rows
from coldframe.datasets import Source
from coldframe.readers import Piece, agree, read_pieces
from coldframe.sources import UNDECLARED


@dataclass(frozen=True, eq=False)
class JudgedPiece:
    """What the contract says of a piece; see `Judgement`. Without unfit rows there is no text.

    `fit` has all columns that came, for pieces of a batch are alike; also those by another agreed
    name of which nothing is left, and which `unknown_columns` leaves out.
    """

    fit: Typed
    failures: pd.DataFrame
    text: pd.DataFrame | None
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the contract says of rows that are in memory, each on its own.

    Parameters
    ----------
    rows : int
        Rows delivered.
    fit : DataFrame or None
        Rows that keep every rule, typed.
    failures : DataFrame of shape (n_failures, 4)
        Line, rule, column and value of everything that breaks a rule.
    text : DataFrame of shape (n_unfit_rows, n_columns)
        The unfit rows as they came.
    faults : tuple of Fault
        `failures` summed up.
    unknown_columns : tuple of str
        Columns that came though the contract does not know them; they are kept as text.
    """

    rows: int
    fit: pd.DataFrame
    failures: pd.DataFrame
    text: pd.DataFrame
    faults: tuple[Fault, ...]
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class BatchJudgement:
    """What the contract says of one batch.

    Parameters
    ----------
    rows : int
        Rows delivered, as far as they could be read.
    fit : FitRows or None
        Rows that keep every rule, typed; None if the batch is held.
    keys : KeySet
        The keys of the fit rows, if the contract has any.
    faults : tuple of Fault
        What holds the batch first, then what is wrong with its rows, summed up.
    aside : Path or None
        Parquet file of everything that breaks a row rule: line, rule, column, value, and the row
        as it came. None if there is nothing, or the batch could not be judged row by row.
    unknown_columns : tuple of str
        Columns that came though the contract does not declare them; they are kept as text.
    overruled : tuple of Fault
        What would hold a batch that a person has released.
    """

    rows: int
    fit: FitRows | None
    keys: KeySet
    faults: tuple[Fault, ...]
    aside: Path | None = None
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
    folder: Path,
    history: Sequence[int] = (),
    known: KeySet | pd.DataFrame | None = None,
    released: bool = False,
    references: Mapping[str, Reference] | None = None,
    clock: datetime | None = None,
) -> BatchJudgement:
    """Judge the file of one batch; never raises for what is in it.

    Parameters
    ----------
    path : Path
        The file as delivered; it must not change meanwhile.
    source : Source
        The contract.
    folder : Path
        Where fit rows and rows set aside are written.
    history : sequence of int
        Rows of the accepted batches of this source.
    known : KeySet or DataFrame, optional
        Keys of all rows of this source frozen before.
    released : bool, default=False
        Whether a person has overruled what holds the batch as a whole. Unfit rows are set aside
        all the same, and there must be a fit one.
    references : mapping of str to Reference, optional
        What columns were like in the last good batches.
    clock : datetime, optional
        When the batch was delivered.
    """
    rows = unfit = 0
    keys, profile = KeySet(), BatchProfile(source, references or {})
    unknown: dict[str, None] = {}
    try:
        with (
            FitWriter(folder / "fit.arrow", source) as fit,
            AsideWriter(folder / "aside.parquet") as aside,
        ):
            for piece in read_pieces(path, source):
                rows += len(piece)
                judged = judge_piece(piece, source, known=known, seen=keys, clock=clock)
                profile.add(judged.fit)
                fit.write(judged.fit)
                if judged.text is not None:
                    unfit += len(judged.text)
                    aside.write(judged.failures, judged.text)
                unknown |= dict.fromkeys(judged.unknown_columns)
    except UnfitBatchError as error:
        return BatchJudgement(rows, None, KeySet(), error.faults)
    holds = check_batch(source, rows=rows, quarantined=unfit, history=history)
    holds += check_key_shares(source, aside.faults, rows=rows)
    holds += (*profile.faults(clock), *check_undeclared(tuple(unknown), source))
    overruled: tuple[Fault, ...] = ()
    if released:
        holds, overruled = overrule(holds, rows=rows, unfit=unfit)
    return BatchJudgement(
        rows=rows,
        fit=None if holds else fit.done(unknown),
        keys=keys,
        faults=(*holds, *aside.faults),
        aside=aside.path,
        unknown_columns=tuple(unknown),
        overruled=overruled,
    )


def judge_rows(
    text: pd.DataFrame,
    source: Source,
    *,
    known: KeySet | pd.DataFrame | None = None,
    seen: KeySet | None = None,
    clock: datetime | None = None,
) -> Judgement:
    """Judge rows by the row rules.

    Parameters
    ----------
    text : DataFrame of shape (n_rows, n_columns)
        The rows as they came, by line.
    source : Source
        The contract.
    known : KeySet or DataFrame, optional
        Keys of all rows frozen before.
    seen : KeySet, optional
        Keys of earlier rows of the same batch; those of these rows are added.
    clock : datetime, optional
        When they were delivered.

    Raises
    ------
    UnfitBatchError
        A rule in Python could not judge them.
    """
    judged = judge_piece(agree(Piece.of(text), source), source, known=known, seen=seen, clock=clock)
    return Judgement(
        rows=len(text),
        fit=judged.fit.select(
            [*source.columns, *(f"{UNDECLARED}{name}" for name in judged.unknown_columns)]
        ),
        failures=judged.failures,
        text=text.iloc[:0] if judged.text is None else judged.text,
        faults=() if judged.text is None else sum_up(judged.failures),
        unknown_columns=judged.unknown_columns,
    )


def judge_piece(
    piece: Piece,
    source: Source,
    *,
    known: KeySet | pd.DataFrame | None = None,
    seen: KeySet | None = None,
    clock: datetime | None = None,
) -> JudgedPiece:
    """Judge the rows of a piece; see `judge_rows`."""
    typed, uncast = cast_piece(piece, source)
    broken = check_rows(typed, allow_lost(source, piece.names), clock=clock)
    failures = uncast
    if len(broken):
        failures = pd.concat([uncast, drop_made(broken, uncast)], ignore_index=True)
    sound = typed
    if len(failures):
        sound = typed.filter(~typed.index.isin(failures["line"]))
    repeated = check_keys(sound, source, known=known, seen=seen)
    if len(repeated):
        failures = pd.concat([failures, repeated], ignore_index=True)
    undeclared = tuple(name for name in piece.names if name not in source.columns)
    fit, unknown = keep_undeclared(typed, piece, undeclared), find_unknown(piece, source)
    if not len(failures):
        return JudgedPiece(fit, failures, None, unknown)
    failures = failures.sort_values(["line", "rule", "column"], ignore_index=True)
    unfit = typed.index.isin(failures["line"])
    came = piece.came or piece
    return JudgedPiece(fit.filter(~unfit), failures, came.text(unfit), unknown)


def drop_made(broken: pd.DataFrame, uncast: pd.DataFrame) -> pd.DataFrame:
    """Return `broken` without the nulls that only a failed cast has made."""
    made = pd.MultiIndex.from_frame(uncast[["line", "column"]])
    here = pd.MultiIndex.from_frame(broken[["line", "column"]])
    return broken[~((broken["rule"] == "null").to_numpy() & here.isin(made))]
