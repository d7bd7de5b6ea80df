"""What is known of a flight at its scheduled departure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

KEY = ["time_hour", "carrier", "flight"]
WEATHER = [
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
]  # fmt: skip
LATE_MINUTES = 15


def minutes_of_day(clock: pd.Series) -> pd.Series:
    """Return minutes since midnight of times written as hours and minutes, 2359 say.

    Examples
    --------
    >>> minutes_of_day(pd.Series([5, 517, 2400])).tolist()
    [5, 317, 1440]
    """
    return clock // 100 * 60 + clock % 100


def build_features(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row for each scheduled flight.

    Schedule and weather are those of the hour in which the flight is to leave (the observation is
    made at its start), so that nothing is used that was not known by then. A missing weather hour
    leaves blanks. `late` is 1.0 if the flight arrived more than 15 minutes late, 0.0 if not, and
    blank for a cancelled or diverted flight and while its arrival is not known.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `flights`, and where they have come `weather` and `arrivals`; each key once.

    Returns
    -------
    DataFrame of shape (n_flights, n_columns)
    """
    flights = tables["flights"]
    weather = tables.get("weather", pd.DataFrame(columns=["origin", "time_hour", *WEATHER]))
    arrivals = tables.get("arrivals", pd.DataFrame(columns=[*KEY, "arr_delay"]))
    departure = minutes_of_day(flights["sched_dep_time"])
    arrival = minutes_of_day(flights["sched_arr_time"])
    local = pd.to_datetime(flights[["year", "month", "day"]])
    frame = flights[[*KEY, "origin", "dest", "distance"]].assign(
        departure_minute=departure,
        # on two clocks: the time zone's difference stays in it, the same for each destination
        scheduled_minutes=(arrival - departure) % 1440,
        weekday=local.dt.day_of_week,
        departures=flights.groupby(["origin", "time_hour"])["flight"].transform("size"),
    )
    frame = _join(frame, weather[["origin", "time_hour", *WEATHER]], ["origin", "time_hour"])
    frame = _join(frame, arrivals[[*KEY, "arr_delay"]], KEY)
    delay = frame.pop("arr_delay").to_numpy(dtype="float64", na_value=np.nan)
    late = np.where(np.isnan(delay), np.nan, (delay > LATE_MINUTES).astype("float64"))
    return frame.assign(late=late)


def _join(left: pd.DataFrame, right: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    # an empty table has no types of its own, and pandas refuses to join on different ones
    typed = right.astype({name: left[name].dtype for name in key})
    return left.merge(typed, on=key, how="left", validate="many_to_one")
