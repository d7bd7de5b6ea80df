"""The time of a row: its column, how rows are cut into chunks by it, and the holdout."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from coldframe.errors import ConfigurationError
from coldframe.scaffold.almost import FEW, read_moments, show_odd
from coldframe.scaffold.columns import ColumnGuess, snake
from coldframe.sections import PERIODS
from coldframe.sources import Column
from coldframe.wording import count

NAMED = re.compile(r"(^|_)(time|timestamp|date|datetime|day|at|when|created|moment)(_|$)")
DATED = re.compile(r"\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\s*\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{2,4}")
"""Dates of whatever spelling."""
MOMENT = Column(type="timestamp", timezone="UTC")
YEARS = (1900, 2100)
Chunk = Literal["D", "W", "M"]
CHUNKS: tuple[Chunk, ...] = ("D", "W", "M")
ENOUGH_ROWS = 300
"""Rows of a chunk, so that its figures are not all chance."""
LEAST_ROWS = 50
"""Rows of a chunk, below which it has no figures."""
HOLDOUTS = (1, 2, 3, 7, 14, 28, 35, 56, 91, 182, 365)
HOLDOUT_SHARE, MOST_SHARE = 0.25, 0.4
"""What the holdout is of the sample's span; the second, if it has too few chunks otherwise."""
NEEDED = {"D": 5, "W": 35, "M": 155}
"""Days that hold four whole chunks, wherever they begin."""
FUTURE_HOURS = 24.0
"""So much later than its delivery a row may be, if no more than `FEW` are later."""
YEARS_NEEDED = 3.5 * 365
"""Days before the newest year, within which four years begin."""
WHOLE = 4
"""Chunks in the holdout: one more than a threshold needs."""
SILENT = "no threshold can be computed, so nothing will alert; see holdout_days and chunk"


@dataclass(frozen=True, kw_only=True)
class TimeGuess:
    """When a row is from.

    Parameters
    ----------
    column : str
        Its column in the file.
    form : {"moment", "year"}
        What stands there; a whole number may be a year.
    chunk : {"D", "W", "M"}
        Into what rows are cut for monitoring.
    holdout_days : float
        The newest days, on which models meet.
    span_days : float
        Between the first and the last row of the sample.
    doubt : str
        What is not certain.
    cut_doubt : str
        What is not certain of chunks and holdout.
    future_hours : float or None
        How much later than its delivery a row may be; None for years, or if many are.
    later : str
        Says which rows of the sample are later than that.
    """

    column: str
    form: Literal["moment", "year"]
    chunk: Chunk
    holdout_days: float
    span_days: float
    doubt: str = ""
    cut_doubt: str = ""
    future_hours: float | None = None
    later: str = ""


def find_time(frame: pd.DataFrame, guesses: Sequence[ColumnGuess]) -> tuple[str | None, str]:
    """Return the column that says when a row is from, and the doubt; None if there is none."""
    moments = [one for one in guesses if one.role == "moment" and not one.blanks]
    if not moments:
        named = [one for one in guesses if snake(one.name) == "year" and not one.blanks]
        years = [one for one in named if _are_years(frame[one.name])]
        return (years[0].name, "the only column that says when") if years else (None, "")
    best = next((one for one in moments if NAMED.search(snake(one.name))), moments[0])
    others = [one.name for one in moments if one is not best]
    doubt = f"could be {' or '.join(others)}, too" if others else "the only column of moments"
    return best.name, doubt


def looks_like_time(
    frame: pd.DataFrame, guesses: Sequence[ColumnGuess], *, nulls: Sequence[str] = ("",),
    at: str = "line",
) -> str:  # fmt: skip
    """Return the doubt about rows having no time: columns that may say when, and why they do not.

    Examples
    --------
    >>> from coldframe.scaffold.columns import guess_columns
    >>> days = pd.DataFrame({"d": ["31.12.2024", "01.01.2025"] * 4}, dtype="str")
    >>> guesses = guess_columns(days.rename_axis("line"), nulls=("",), timezone="UTC")
    >>> print(looks_like_time(days, guesses))
    d may be one, but no ISO 8601 (2024-07-01) in 8 of 8 values: '31.12.2024' on line 0; see --time
    """
    for one in guesses:
        if one.role == "moment":
            return f"{one.name} has moments, but none in {one.blanks:,} rows; see --time"
    for one in guesses:
        texts = frame[one.name]
        texts = texts[~(texts.isna() | texts.isin(list(nulls)))]
        if one.column.type == "string" and len(texts) and DATED.match(str(texts.iloc[0])):
            odd = show_odd(texts, MOMENT, at=at)
            return f"{one.name} may be one, but no ISO 8601 (2024-07-01) in {odd}; see --time"
    for one in guesses:
        if NAMED.search(snake(one.name)) or snake(one.name) == "year":
            return f"{one.name} may be one by its name, but is of type {one.column.type}"
    return "no column of moments; if there is one: --time"


def guess_time(
    guess: ColumnGuess, texts: pd.Series, *, doubt: str = "", at: str = "line"
) -> TimeGuess:
    """Return what the time's texts say of chunks and holdout.

    Parameters
    ----------
    guess : ColumnGuess
        What the column seems to be.
    texts : Series of shape (n_rows,)
        Without blanks.
    doubt : str
        Why another column may be meant.
    at : str
        What their index counts: line or row.

    Raises
    ------
    ConfigurationError
        They are neither moments nor years.
    """
    rows = len(texts)
    moments: pd.Series | None = None  # of those that are none
    form: Literal["moment", "year"] = "moment"
    if guess.role == "moment":
        moments = read_moments(texts, guess.column.timezone)
    elif _are_years(texts):
        moments = pd.to_datetime(texts.drop_duplicates(), format="%Y", utc=True)
        form = "year"
    if moments is None:
        raise ConfigurationError(
            "The time column holds no moments.", where=f"--time {guess.name}",
            found=f"none in {show_odd(texts, MOMENT, at=at)}",
            expected="ISO 8601 (2024-07-01, 2024-07-01 10:00, 2024-07-01T10:00:00+02:00) or years",
            remedy="write the column so, or name another one",
        )  # fmt: skip
    kept, hours, later = _without_future(moments, at) if form == "moment" else (moments, None, "")
    span = (kept.max() - kept.min()).total_seconds() / 86400
    told = "; ".join(filter(None, (doubt, guess.doubt)))
    chunk, holdout, few = _cut_years(rows, span) if form == "year" else _cut(rows, span)
    return TimeGuess(
        column=guess.name, form=form, chunk=chunk, holdout_days=holdout, span_days=span,
        doubt=told, cut_doubt=few, future_hours=hours, later=later,
    )  # fmt: skip


def _without_future(moments: pd.Series, at: str) -> tuple[pd.Series, float | None, str]:
    """Return the moments that a delivery can know of, by how many hours, and what is later.

    One row with a wrong century would be the newest, hence the holdout, and every clock would
    begin with it. Many such rows are no slips: they are of what is planned.
    """
    limit = pd.Timestamp.now(tz="UTC") + pd.Timedelta(hours=FUTURE_HOURS)
    later = moments[moments > limit]
    if later.empty:
        return moments, FUTURE_HOURS, ""
    shown = f"{later.iloc[0]:%Y-%m-%d %H:%M} on {at} {later.index[0]}"
    told = f"{count(len(later), 'row')} of {len(moments):,} (such as {shown})"
    if len(later) > FEW * len(moments):
        many = "too many for slips, so future_hours is not set; they are the newest rows"
        return moments, None, f"{told}: {many}"
    return moments.drop(later.index), FUTURE_HOURS, f"{told}: set aside"


def _are_years(texts: pd.Series) -> bool:
    values = [str(value) for value in texts.unique()]
    return bool(values) and all(
        re.fullmatch("[0-9]{4}", v) and YEARS[0] <= int(v) <= YEARS[1] for v in values
    )


def _cut(rows: int, span: float) -> tuple[Chunk, float, str]:
    """Return chunk and holdout that fit together, and the doubt if none do.

    The shortest chunk that has rows enough, and of which there are not too many; four whole ones
    are in the holdout, or no threshold could be computed.
    """
    usual = _holdout(span)
    for least, most_days in ((ENOUGH_ROWS, 21.0), (LEAST_ROWS, math.inf)):
        for chunk in CHUNKS:
            enough = span and rows * PERIODS[chunk][1] / span >= least
            if chunk == "D" and span >= most_days:
                continue
            if enough and NEEDED[chunk] <= MOST_SHARE * span:
                return chunk, max(usual, float(NEEDED[chunk])), ""
    told = f"the sample is too small for {WHOLE} chunks of {LEAST_ROWS} rows in it"
    longest: Chunk = "W" if not span or rows * PERIODS["W"][1] / span >= LEAST_ROWS else "M"
    return longest, usual, f"{told}: {SILENT}"


def _cut_years(rows: int, span: float) -> tuple[Chunk, float, str]:
    """Return chunk and holdout of rows that have only a year: four years, or the newest alone."""
    enough = span and rows * 365 / span >= LEAST_ROWS
    if enough and MOST_SHARE * span >= YEARS_NEEDED:
        return "M", YEARS_NEEDED, ""
    return "M", 182, f"the newest year alone, where {WHOLE} are needed: {SILENT}"


def _holdout(span: float) -> float:
    """Return the days of the holdout: about a quarter of the sample's span."""
    fit = [days for days in HOLDOUTS if days <= HOLDOUT_SHARE * span]
    return fit[-1] if fit else float(f"{max(HOLDOUT_SHARE * span, 1e-3):.2g}")
