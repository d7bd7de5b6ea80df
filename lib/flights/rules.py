"""Rules that only somebody who knows flights can write: delays agree with the clock."""

from __future__ import annotations

import pandas as pd

DAY = 1440


def departure_agrees(frame: pd.DataFrame) -> pd.Series:
    """Return True where actual less scheduled departure is the delay, in minutes."""
    return _agrees(frame, "dep_time", "sched_dep_time", "dep_delay")


def arrival_agrees(frame: pd.DataFrame) -> pd.Series:
    """Return True where actual less scheduled arrival is the delay, in minutes.

    Examples
    --------
    >>> frame = pd.DataFrame({"arr_time": [10, 10], "sched_arr_time": [2350, 2350],
    ...                       "arr_delay": [20, 1]})
    >>> arrival_agrees(frame).tolist()
    [True, False]
    """
    return _agrees(frame, "arr_time", "sched_arr_time", "arr_delay")


def _agrees(frame: pd.DataFrame, actual: str, scheduled: str, delay: str) -> pd.Series:
    """Return True where clock and delay agree, or where there is no delay to check.

    A cancelled flight has neither time nor delay, a diverted one may have landed without a delay
    being told. A delay without a time cannot be checked and is not believed.
    """
    there, planned, told = (frame[name].astype("Float64") for name in (actual, scheduled, delay))
    valid = (there % 100 < 60) & (planned % 100 < 60)
    difference = _minutes(there) - _minutes(planned) - told
    agrees = ((difference % DAY == 0) & valid).fillna(value=False)
    return (agrees | told.isna()).astype(bool)


def _minutes(clock: pd.Series) -> pd.Series:
    return clock // 100 * 60 + clock % 100
