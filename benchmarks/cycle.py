"""What does the whole cycle cost beyond its work?

Three months of real flights come one by one; after each the stages that are due run, and once
more after the promotion. By `coldframe build`; by a plain Papermill command for exactly the
stages that were due; and, as the limit, the same cells in one process that imported everything
before. Landing the files is not measured.
"""

import json
import shutil
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.suite import (
    BIN,
    ROOT,
    Cost,
    Worker,
    compare,
    goal,
    interleave,
    measure_cost,
    ratios,
    run,
)
from coldframe.workbench import Workbench
from flights import feed

OURS, ONE = "`coldframe build`", "one warm process"
SMALLEST = {"rounds": 1, "warm_up": 0, "months": 1, "every": 20}
NOTE = """
Each contender begins with an empty home folder; all end with the same snapshot and the same
champion, which was checked after each round. *One warm process* has run the cycle once before it is
measured; IPython executes in it the cells of the same notebooks. It keeps no notebook, makes no
page, no receipt and no entry of a run, and what fails in it takes everything down.
"""


class Homes:
    """Home folders, one for each run, and the files that land in them step by step."""

    def __init__(self, parent: Path, months: int, every: int) -> None:
        self.parent = parent
        self.made = 0
        self.steps = []
        for month in feed.periods()[:months]:
            landed = parent / "landed" / month
            feed.land(month, landed / "landing" / "flights", every=every)
            self.steps.append(landed)
        self.steps.append(None)  # once more, for a champion that is new

    def new(self) -> Path:
        self.made += 1
        home = self.parent / f"home{self.made}"
        home.mkdir()
        return home

    def walk(self, step, home: Path) -> Cost:
        """Let `step(number)` work after each delivery; return the cost of all steps together."""
        total = Cost(0.0, 0.0)
        for number, landed in enumerate(self.steps):
            if landed is not None:
                shutil.copytree(landed, home, dirs_exist_ok=True)
            total += measure_cost(partial(step, number))
        return total


def outcome(home):
    """Return what must be the same whoever did the work: digests of snapshot and champion."""
    bench = Workbench.open(home=home)
    head = bench.store.head("flights")
    return head.id, bench.ledger.champion("flights")


def find_due(homes):
    """Return which stages a build of ours runs at each step, and what it ends with."""
    home, due = homes.new(), []

    def step(_):
        told = json.loads(run([BIN / "coldframe", "build", "--json"], COLDFRAME_HOME=str(home)))
        due.append([one["stage"] for one in told["stages"] if one["outcome"] == "ran"])

    homes.walk(step, home)
    return due, outcome(home)


def measure(*, rounds: int = 3, warm_up: int = 1, months: int = 3, every: int = 1) -> str:
    with (
        tempfile.TemporaryDirectory(prefix="coldframe-bench-") as parent,
        Worker("benchmarks.cycle_worker") as warm,
    ):
        homes = Homes(Path(parent), months, every)
        due, expected = find_due(homes)

        def build(home, _):
            run([BIN / "coldframe", "build"], COLDFRAME_HOME=str(home))

        def papermill(home, number):
            for stage in due[number]:
                words = [ROOT / "notebooks" / stage / f"{stage}.ipynb", home / f"{stage}.ipynb"]
                run([BIN / "papermill", "-k", "python3", *words], COLDFRAME_HOME=str(home))

        def stay(home, number):
            return warm.do("run_stages", home=str(home), stages=due[number])

        def contender(step):
            home = homes.new()
            cost = homes.walk(partial(step, home), home)
            assert outcome(home) == expected, "the contenders did not do the same"
            shutil.rmtree(home)
            return cost

        contenders = {OURS: build, "Papermill, a command a stage": papermill, ONE: stay}
        found = interleave(
            {name: partial(contender, step) for name, step in contenders.items()},
            rounds=rounds, warm_up=warm_up,
        )  # fmt: skip
    stages = ", then ".join(" + ".join(step) or "nothing" for step in due)
    what = "the flights cycle takes at most 1.5 times the processor time of one warm process"
    return (
        goal(what, ratios(found, OURS, ONE, "cpu"), most=1.5)
        + f"\nDue, step by step: {stages}.\n\n" + compare(f"{months} months", found, ONE) + NOTE
    )  # fmt: skip
