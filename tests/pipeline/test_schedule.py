"""Stages have their turns in order, independent ones at once, never too many."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.pipeline.schedule import take_turns


@st.composite
def graphs(draw):
    """A graph of stages, each after some of those before it."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 7)))]
    return {
        name: draw(st.sets(st.sampled_from(names[:place]))) if place else set()
        for place, name in enumerate(names)
    }


@settings(max_examples=150, deadline=None)
@given(graphs(), st.integers(1, 4))
def test_each_after_those_before_it_and_never_too_many(graph, workers):
    lock, at_work, most, ended = threading.Lock(), set(), 0, []

    def turn(name):
        nonlocal most
        with lock:
            assert graph[name] <= set(ended)
            at_work.add(name)
            most = max(most, len(at_work))
        time.sleep(0.0005)
        with lock:
            at_work.remove(name)
            ended.append(name)
        return name.upper()

    found = take_turns(graph, turn, workers=workers)
    assert list(found.items()) == [(name, name.upper()) for name in graph]
    assert sorted(ended) == sorted(graph)
    assert most <= workers


def test_independent_stages_are_at_work_together():
    both = threading.Barrier(2, timeout=30)  # passed only if two wait at it at once
    graph = {"first": [], "left": ["first"], "right": ["first"], "last": ["left", "right"]}
    threads = {}

    def turn(name):
        threads[name] = threading.current_thread()
        if name in ("left", "right"):
            both.wait()

    take_turns(graph, turn, workers=2)
    main = threading.current_thread()
    assert [name for name, thread in threads.items() if thread is main] == ["first", "last"]


def test_an_interruption_stops_the_others_and_begins_no_more():
    begun, stopped, let_go = [], threading.Event(), threading.Event()

    def turn(name):
        begun.append(name)
        if name == "breaks":
            raise KeyboardInterrupt
        assert let_go.wait(30)  # nobody lets it go but `stop`
        stopped.set()

    graph = {"breaks": [], "works": [], "after": ["works"], "more": []}
    with pytest.raises(KeyboardInterrupt):
        take_turns(graph, turn, workers=2, stop=let_go.set)
    assert stopped.is_set()
    assert sorted(begun) == ["breaks", "works"]
