"""The same work on many files, by a few threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 8
"""Threads at work together."""


def count_processors() -> int:
    """Return how many processors this process may use; on macOS, how many there are.

    Examples
    --------
    >>> count_processors() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], *, most: int = MOST
) -> Iterator[Result]:
    """Yield `work(item)` for each item, in order; threads do the later ones meanwhile.

    Digests, disks and pyarrow leave Python's lock to others while they work. What `work` raises is
    raised in its turn, and what was not begun by then is left.

    Parameters
    ----------
    work : callable
        What is done to each item.
    items : sequence
        What it is done to.
    most : int, default=8
        How many threads there are at most; never more than 8, nor than processors.

    Examples
    --------
    >>> list(side_by_side(len, ["a", "bcd"]))
    [1, 3]
    """
    threads = min(len(items), count_processors(), most, MOST)
    if threads < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, items)
