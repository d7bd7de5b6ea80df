"""Periods: how rows are cut into chunks, by time or by their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from coldframe.datasets import Dataset
from coldframe.monitor.guard import chunk_of, naive_time
from coldframe.order import EPOCH, in_blocks, name_block

PARTS = 10
"""A chunk of rows without time is ten blocks, which drift draws as it draws days."""


@dataclass(frozen=True, kw_only=True)
class Periods:
    """The periods of a dataset's monitoring.

    Parameters
    ----------
    order : str
        Column by which rows are ordered.
    period : {"D", "W", "M"}
        The pandas period of a chunk of `dated` rows.
    rows : int or None
        Rows of a chunk, where they have no time.
    """

    order: str
    period: str
    rows: int | None

    @classmethod
    def of(cls, dataset: Dataset) -> Periods:
        """Return those that the dataset file says."""
        chunk, order = dataset.monitoring.chunk, dataset.features.order
        if isinstance(chunk, int):
            return cls(order=order, period="D", rows=chunk)
        return cls(order=order, period=chunk, rows=None)

    def dated(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with moments that `period` cuts into chunks: NannyML knows no others."""
        if self.rows is None:
            return frame
        return frame.assign(**{self.order: in_blocks(frame[self.order], self.rows)})

    def in_days(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with naive moments, whose days are alike and of which a chunk has several."""
        column = frame[self.order]
        if self.rows is not None:
            column = in_blocks(column, max(1, self.rows // PARTS))
        return frame.assign(**{self.order: naive_time(column)})

    def chunk_of(self, frame: pd.DataFrame) -> pd.Series:
        """Return the name of each row's chunk."""
        keys = chunk_of(self.dated(frame)[self.order], self.period)
        return keys.map({key: self.name(key) for key in keys.unique()})

    def name(self, key: str) -> str:
        """Return the chunk's name for NannyML's key of it."""
        if self.rows is None:
            return key
        return name_block((pd.Timestamp(key, tz="UTC") - pd.Timestamp(EPOCH)).days, self.rows)

    def cut(
        self, frame: pd.DataFrame
    ) -> Iterator[tuple[str, pd.Timestamp, pd.Timestamp, pd.DataFrame]]:
        """Yield name, first and last moment, and rows of each chunk, oldest first."""
        periods = naive_time(self.dated(frame)[self.order]).dt.to_period(self.period)
        for one, part in frame.groupby(periods, sort=True):
            start, end = (moment.tz_localize("UTC") for moment in (one.start_time, one.end_time))
            if self.rows is not None:
                number = (start - pd.Timestamp(EPOCH)).days
                start = pd.Timestamp(EPOCH + timedelta(seconds=number * self.rows + 1))
                # a block is over with its last row, not with the first one after it
                end = start + pd.Timedelta(seconds=self.rows - 1) - pd.Timedelta(microseconds=1)
            yield self.name(str(one)), start, end, part
