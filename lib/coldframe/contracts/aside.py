"""Rows that break a rule, on disk with their reasons: as many as there are, a piece in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coldframe.contracts.faults import Fault, sum_up

SCHEMA = pa.schema(
    [("line", pa.int64()), *((name, pa.string()) for name in ("rule", "column", "value", "record"))]
)


def spell_failures(failures: pd.DataFrame, text: pd.DataFrame) -> pd.DataFrame:
    """Return failures, each with its row as it came.

    Parameters
    ----------
    failures : DataFrame of shape (n_failures, 4)
        Line, rule, column and value.
    text : DataFrame of shape (n_unfit_rows, n_columns)
        The rows as they came, by line.

    Returns
    -------
    DataFrame of shape (n_failures, 5)
        With the column ``record``: the row as JSON, null where the file itself says null.
    """
    names = list(text.columns)
    records = {
        line: json.dumps(
            {name: cell if isinstance(cell, str) else None
             for name, cell in zip(names, row, strict=True)},
            ensure_ascii=False,
        )
        for line, row in zip(text.index, text.to_numpy(dtype=object), strict=True)
    }  # fmt: skip
    return failures.assign(record=failures["line"].map(records).astype("str"))


class AsideWriter:
    """Writes failures to a Parquet file at `path`, and sums them up; no file if there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._sums: dict[tuple[str, str | None], Fault] = {}

    def write(self, failures: pd.DataFrame, text: pd.DataFrame) -> None:
        """Add failures of a piece, with the unfit rows as they came."""
        if failures.empty:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(str(self._path), SCHEMA)
        rows = spell_failures(failures, text)
        self._writer.write_table(pa.Table.from_pandas(rows, SCHEMA, preserve_index=False))
        for fault in sum_up(failures):
            self._sums[fault.rule, fault.column] = _together(
                self._sums.get((fault.rule, fault.column)), fault
            )

    @property
    def faults(self) -> tuple[Fault, ...]:
        """One fault for each rule and column, in alphabetical order."""
        return tuple(self._sums[key] for key in sorted(self._sums, key=_order))

    @property
    def path(self) -> Path | None:
        """The file, if there is one."""
        return self._path if self._writer else None

    def __enter__(self) -> AsideWriter:
        """Return itself; the file is closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Close the file; what was written is complete only now."""
        if self._writer:
            self._writer.close()


def _order(key: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(part or "" for part in key)


def _together(first: Fault | None, more: Fault) -> Fault:
    if first is None:
        return more
    return Fault(
        rule=first.rule, column=first.column, rows=first.rows + more.rows, example=first.example
    )
