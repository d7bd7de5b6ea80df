"""In what order stages have their turns: each after those before it, independent ones at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

R = TypeVar("R")


def take_turns(
    upstream: Mapping[str, Collection[str]], turn: Callable[[str], R], *, workers: int,
    stop: Callable[[], object] = lambda: None,
) -> dict[str, R]:  # fmt: skip
    """Call `turn` for every stage, as soon as all stages before it have had theirs.

    A stage that is alone has its turn in this thread, so that signals reach it as they always
    did; several that are ready have it in threads, and wait there for their kernels.

    Parameters
    ----------
    upstream : mapping of str to collection of str
        For each stage those before it; acyclic.
    turn : callable
        Told the stage's name. It raises for no fault of a stage.
    workers : int
        So many stages at once, at most.
    stop : callable
        Called if a turn raises or this thread is interrupted, to make the other turns end.

    Returns
    -------
    dict
        What the turns returned, in the order of `upstream`.

    Examples
    --------
    >>> take_turns({"a": [], "b": ["a"]}, str.upper, workers=2)
    {'a': 'A', 'b': 'B'}
    """
    done: dict[str, R] = {}
    running: dict[Future[R], str] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="stage") as pool:
        try:
            while len(done) < len(upstream):
                begun = done.keys() | set(running.values())
                ready = [
                    n
                    for n, before in upstream.items()
                    if n not in begun and done.keys() >= set(before)
                ]
                if len(ready) == 1 and not running:
                    done[ready[0]] = turn(ready[0])
                    continue
                for name in ready[: workers - len(running)]:
                    running[pool.submit(turn, name)] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running.pop(future)] = future.result()
        except BaseException:
            stop()
            raise
    return {name: done[name] for name in upstream}
