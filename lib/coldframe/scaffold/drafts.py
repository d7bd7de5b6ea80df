"""A draft: all that a dataset's files will say, guessed from a sample."""

from __future__ import annotations

from dataclasses import dataclass

from coldframe.scaffold.columns import ColumnGuess
from coldframe.scaffold.records import Guess
from coldframe.scaffold.samples import Sample
from coldframe.scaffold.targets import TargetGuess
from coldframe.scaffold.times import WHOLE, TimeGuess
from coldframe.sources import Source

USUAL_ROWS = 1000
"""Labelled rows before the holdout that a first model waits for, if the sample has so many."""
LEAST_CHUNK, ROWS_OF_A_CHUNK = 50, 500
FREE_NAMES = ("time", "moment", "row_time", "time_of_row")


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """A dataset that could be written.

    Parameters
    ----------
    name : str
        Of the dataset, and of its one source.
    sample : Sample
        What it was guessed from.
    source : Source
        The contract.
    columns : tuple of ColumnGuess
        In the order of the file.
    target : TargetGuess
        What is predicted.
    time : TimeGuess or None
        When a row is from; None if rows have no time.
    numeric, categorical : tuple of str
        The features.
    labelled : int
        Rows of the sample with a label, older than the holdout.
    guesses : tuple of Guess
        All that was guessed, the most important first.
    """

    name: str
    sample: Sample
    source: Source
    columns: tuple[ColumnGuess, ...]
    target: TargetGuess
    time: TimeGuess | None
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    labelled: int
    guesses: tuple[Guess, ...]

    @property
    def time_column(self) -> str | None:
        """Name of the column of the time."""
        return self.time.column if self.time else None

    @property
    def time_name(self) -> str | None:
        """Name of the time in the feature frame; of years another than the column's."""
        if self.time is None or self.time.form == "moment":
            return self.time_column
        return next(name for name in FREE_NAMES if name not in self.source.columns)

    @property
    def minimum_labelled_rows(self) -> int:
        """Labelled rows that a first model waits for."""
        return max(1, min(USUAL_ROWS, self.labelled // 2))

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk, where rows have no time: five of the holdout, to know how they vary."""
        return max(LEAST_CHUNK, min(ROWS_OF_A_CHUNK, self.held_out // 5))

    @property
    def held_out(self) -> int:
        """Rows of the holdout, where rows have no time: a fifth of those with a label."""
        texts = self.sample.frame[self.target.name]
        return int((~(texts.isna() | texts.isin(self.source.nulls))).sum()) // 5

    @property
    def few_rows(self) -> str:
        """Say that the holdout, of rows without time, has too few for a threshold."""
        if not self.sample.whole or self.held_out >= WHOLE * self.chunk_rows:
            return ""
        least = 5 * WHOLE * LEAST_CHUNK
        return (
            f"its {self.held_out:,} rows are fewer than {WHOLE} chunks: there may be no threshold, "
            f"so that nothing will alert, before there are {least:,} labelled rows"
        )

    @property
    def left_out(self) -> tuple[ColumnGuess, ...]:
        """Columns that are no features, key, time or target."""
        features = (*self.numeric, *self.categorical)
        used = {*features, *self.source.key, self.time_column, self.target.name}
        return tuple(one for one in self.columns if one.name not in used)
