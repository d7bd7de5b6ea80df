"""Many processes at once, and processes that are killed: nothing lost, nothing torn."""

from __future__ import annotations

import contextlib
import functools
import itertools
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from counts import count
from promoting import promote
from sqlalchemy import event

from coldframe.errors import ConflictError
from coldframe.ledger import (
    Ledger,
    ModelVersion,
    approved,
    decide,
    promotions,
    proposals,
    propose,
    register_model,
)

# a child only uses the database; pytest-xdist has threads in the parent, and Python warns of them
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

FORK = multiprocessing.get_context("fork")  # all at the line within a millisecond of each other


def in_processes(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work(n)`` in `number` processes that start together; return what each gave."""
    barrier, results = FORK.Barrier(number), FORK.SimpleQueue()

    def start(n: int) -> None:
        barrier.wait()
        try:
            results.put((n, work(n)))
        except Exception as error:  # noqa: BLE001 -- the parent looks at it
            results.put((n, error))

    processes = [FORK.Process(target=start, args=(n,)) for n in range(number)]
    for process in processes:
        process.start()
    gathered = dict(results.get() for _ in processes)
    for process in processes:
        process.join()
    return [gathered[n] for n in range(number)]


def version(n: int) -> ModelVersion:
    return ModelVersion(
        dataset="flights", estimator=f"{n:064x}", recipe=f"recipe {n}", snapshot="flights@1",
        snapshot_id="s1",
    )  # fmt: skip


@pytest.mark.parametrize("attempt", range(count(2, 20)))
def test_sixteen_processes_start_on_a_ledger_that_is_not_there(url: str, attempt: int) -> None:
    def work(n: int) -> int:
        return Ledger.open(url).append(dataset="d", kind="k", key=str(n), body={"n": n}).sequence

    sequences = in_processes(16, work)
    assert sorted(sequences) == list(range(1, 17)), f"attempt {attempt}"
    assert Ledger.open(url).verify() == []


def test_eight_processes_that_append_lose_nothing(url: str) -> None:
    each = count(15, 200)

    def work(n: int) -> list[tuple[int, str]]:
        ledger = Ledger.open(url)
        entries = [
            ledger.append(dataset="d", kind="k", key=f"{n}:{i}", body={}) for i in range(each)
        ]
        return [(entry.sequence, entry.digest) for entry in entries]

    told = in_processes(8, work)
    ledger = Ledger.open(url)
    assert sorted(itertools.chain(*told)) == [(e.sequence, e.digest) for e in ledger.entries()]
    assert ledger.head()[0] == 8 * each
    assert ledger.verify() == []


def test_processes_that_write_the_same_agree_on_one_entry(url: str) -> None:
    def work(_: int) -> Any:
        return Ledger.open(url).append(dataset="d", kind="k", key="same", body={"x": 1})

    assert len({repr(entry) for entry in in_processes(8, work)}) == 1
    assert len(Ledger.open(url).entries()) == 1


def test_of_many_promotions_at_once_exactly_one_wins(url: str) -> None:
    ledger = Ledger.open(url)
    versions = [register_model(ledger, version(n)) for n in range(8)]

    def work(n: int) -> Any:
        return promote(
            Ledger.open(url), "flights", model=versions[n].digest, expected=None,
            reason="first", who=f"racer {n}", key=f"race-{n}",
        )  # fmt: skip

    results = in_processes(8, work)
    (winner,) = [n for n, result in enumerate(results) if not isinstance(result, Exception)]
    for result in results:
        if isinstance(result, Exception):
            assert isinstance(result, ConflictError)
    assert ledger.champion("flights") == versions[winner].digest
    assert [move.who for move in promotions(ledger, "flights")] == [f"racer {winner}"]
    assert ledger.verify() == []


def test_the_loser_of_a_promotion_is_told_who_won(ledger: Ledger) -> None:
    first, second = (register_model(ledger, version(n)).digest for n in range(2))
    promote(ledger, "flights", model=first, expected=None, reason="was good", who="ann", key="1")
    with pytest.raises(ConflictError, match=f"{first} by ann at .*, because: was good"):
        promote(ledger, "flights", model=second, expected=None, reason="x", who="bob", key="2")


def test_of_many_decisions_at_once_exactly_one_is_heard(url: str) -> None:
    ledger = Ledger.open(url)
    propose(
        ledger, dataset="flights", snapshot="flights@1", snapshot_id="s1", champion=None,
        origin="policy",
    )  # fmt: skip

    def work(n: int) -> Any:
        return decide(
            Ledger.open(url), "flights", 1, approved=n % 2 == 0, reason="why not", who=f"w{n}",
            how="cli",
        )  # fmt: skip

    results = in_processes(8, work)
    (heard,) = [result for result in results if not isinstance(result, Exception)]
    assert all(isinstance(r, ConflictError) for r in results if r is not heard)
    assert any(f"by {heard.who}" in str(r) for r in results if r is not heard)
    assert [standing.standing for standing in proposals(ledger, "flights")] == [heard.verdict]


def test_of_many_models_at_once_each_gets_a_number_of_its_own(url: str) -> None:
    ledger = Ledger.open(url)
    results = in_processes(8, lambda n: register_model(Ledger.open(url), version(n // 2)))
    assert sorted(result.number for result in results) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert ledger.verify() == []


@contextlib.contextmanager
def child(work: Callable[[Callable[[str], None]], None]) -> Iterator[tuple[int, int]]:
    """Fork a process that does `work`, given a function that acknowledges; yields pid and pipe."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(ours)
            work(lambda text: os.write(theirs, f"{text}\n".encode()) and None)
            status = 0
        finally:
            os._exit(status)
    os.close(theirs)
    try:
        yield pid, ours
    finally:
        os.close(ours)


def acknowledged(pipe: int) -> list[str]:
    """Return what the child had acknowledged when it died."""
    data = b""
    while chunk := os.read(pipe, 65536):
        data += chunk
    return data.decode().split()


def test_a_process_killed_in_mid_append_loses_nothing_it_acknowledged(url: str) -> None:
    chance = random.Random(2013)
    Ledger.open(url)
    written = 0

    def append_from(first: int, acknowledge: Callable[[str], None]) -> None:
        ledger = Ledger.open(url)
        for n in range(first, first + 1000):
            ledger.append(dataset="d", kind="k", key=str(n), body={"n": n})
            acknowledge(str(n))

    for _ in range(count(10, 200)):
        with child(functools.partial(append_from, written)) as (pid, pipe):
            os.read(pipe, 2)  # it is under way
            time.sleep(chance.uniform(0, 0.03))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            last = int((acknowledged(pipe) or [written])[-1])
        ledger = Ledger.open(url)
        assert ledger.verify() == []
        found = len(ledger.entries())
        assert found >= last  # keys from 0 on, one after the other
        assert [entry.key for entry in ledger.entries()] == [str(n) for n in range(found)]
        # the one that landed without its acknowledgement may be repeated
        repeated = ledger.append(dataset="d", kind="k", key=str(found - 1), body={"n": found - 1})
        assert repeated.sequence == found
        written = found


def die_at(ledger: Ledger, step: int) -> None:
    """Make this process kill itself before the `step`-th thing it says to the database."""
    steps = iter(range(1, step + 1))

    def tick(*_: Any) -> None:
        if next(steps, step) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(ledger._engine, name, tick)


def approve_and_promote(ledger: Ledger) -> None:
    """Do what a build does, each step of it idempotent."""
    known = proposals(ledger, "flights")
    if not known:
        propose(
            ledger, dataset="flights", snapshot="flights@1", snapshot_id="s1", champion=None,
            origin="policy",
        )  # fmt: skip
    decide(ledger, "flights", 1, approved=True, reason="bootstrap", who="policy", how="policy")
    model = register_model(ledger, version(1))
    promote(
        ledger, "flights", model=model.digest, expected=None, reason="first", who="train",
        proposal=1, key="proposal-1",
    )  # fmt: skip


def test_killed_at_every_statement_and_run_again_it_ends_in_the_same_state(
    fresh_url: Callable[[], str],
) -> None:
    whole = Ledger.open(fresh_url())
    approve_and_promote(whole)
    expected = [(entry.kind, entry.key, entry.body) for entry in whole.entries()]
    step, status = 0, -1
    while status != 0:
        step += count(8, 1)
        url = fresh_url()
        Ledger.open(url)

        def work(_: Any, url: str = url, step: int = step) -> None:
            ledger = Ledger.open(url)
            die_at(ledger, step)
            approve_and_promote(ledger)

        with child(work) as (pid, _):
            _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status) == (status != 0)
        ledger = Ledger.open(url)
        assert ledger.verify() == []
        approve_and_promote(ledger)
        assert [(entry.kind, entry.key, entry.body) for entry in ledger.entries()] == expected
        assert ledger.champion("flights") == whole.champion("flights")
        assert approved(ledger, "flights") == approved(whole, "flights")
        assert ledger.verify() == []
    assert step > 30  # it did die on the way


def test_killed_while_the_tables_are_made_the_next_one_makes_them(
    fresh_url: Callable[[], str],
) -> None:
    from coldframe.ledger import engine as database

    step, status = 0, -1
    while status != 0:
        step += count(4, 1)
        url = fresh_url()

        def work(_: Any, url: str = url, step: int = step) -> None:
            ledger = Ledger(database.make_engine(database.parse_url(url)))
            die_at(ledger, step)
            database.create_tables(ledger._engine)

        with child(work) as (pid, _):
            _, status = os.waitpid(pid, 0)
        ledger = Ledger.open(url)
        ledger.append(dataset="d", kind="k", key="1", body={})
        assert ledger.verify() == []
    assert step > 5
