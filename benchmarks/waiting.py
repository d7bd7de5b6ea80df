"""How long does a person wait?

For an answer of the command line, for a build with nothing to do, for one notebook with one
changed parameter, and for a kernel as JupyterLab opens one. All figures are wall times; the limit
of a command is an interpreter that does nothing.
"""

import itertools
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from benchmarks.projects import IMPORTS, write_own_project, write_stock_project
from benchmarks.suite import BIN, Cost, Worker, compare, goal, interleave, run
from flights import feed

SMALLEST = {"rounds": 1, "warm_up": 0, "notebooks": 1, "every": 20}
NOTHING = "`python -c pass`"
ABSOLUTE = "(an absolute figure, of this machine only)"


def prepare_flights(home: Path, every: int) -> dict[str, str]:
    """Land and ingest a month, until nothing is due; return the variables that name its home."""
    feed.land(feed.periods()[0], home / "landing" / "flights", every=every)
    variables = {"COLDFRAME_HOME": str(home)}
    while "no notebook was executed" not in run([BIN / "coldframe", "build"], **variables):
        pass
    return variables


def open_kernel(kernel):
    """Open a kernel as JupyterLab does, until the imports are done; its end does not count."""
    began = time.monotonic()
    manager, client = start_new_kernel(kernel_name=kernel)
    reply = client.execute_interactive(IMPORTS, output_hook=lambda _: None)
    seconds = time.monotonic() - began
    client.stop_channels()
    manager.shutdown_kernel()
    assert reply["content"]["status"] == "ok", reply
    return Cost(0.0, seconds)


def do_nothing():
    run([sys.executable, "-c", "pass"])


def list_commands(flights):
    """Return who answers what stands, and who looks for what is due, in the flights project."""
    cold = {**flights, "COLDFRAME_WARM_KERNELS": "false"}
    status, build = [BIN / "coldframe", "status"], [BIN / "coldframe", "build"]
    home = ["--env--home", flights["COLDFRAME_HOME"]]
    return {
        "how things stand": {
            "`coldframe status`": partial(run, status, **flights),
            "`coldframe status` without a fork server": partial(run, status, **cold),
            "`ploomber status`": partial(run, [BIN / "ploomber", "status", *home], **flights),
            NOTHING: do_nothing,
        },
        "a build with nothing to do, the flights": {
            "`coldframe build`": partial(run, build, **flights),
            "`coldframe build` without a fork server": partial(run, build, **cold),
            "`ploomber build`, the same pipeline": partial(
                run, [BIN / "ploomber", "build", *home], **flights
            ),
            NOTHING: do_nothing,
        },
    }


def list_notebooks(parent, notebooks, warm):
    """Return who builds short notebooks of which none is due, and who runs one of them anew."""
    ours = write_own_project(parent / "ours", notebooks)
    stock = write_stock_project(parent / "stock", "python3", notebooks)
    (stock / "out").mkdir()
    build, stock_build = [BIN / "coldframe", "build"], [BIN / "ploomber", "build"]
    run(build, ours, PYTHONPATH="lib")
    run(stock_build, stock)
    seeds = itertools.count(100)

    def run_ours():
        words = ["run", "n0.ipynb", "-p", f"seed={next(seeds)}"]
        run([BIN / "coldframe", *words], ours, PYTHONPATH="lib")

    def run_papermill():
        run([BIN / "papermill", "n0.ipynb", "one.ipynb", "-p", "seed", next(seeds)], stock)

    return {
        f"a build with nothing to do, {notebooks} short notebooks": {
            "`coldframe build`": partial(run, build, ours, PYTHONPATH="lib"),
            "stock `ploomber build`": partial(run, stock_build, stock),
            NOTHING: do_nothing,
        },
        "one notebook with one changed parameter": {
            "`coldframe run n0.ipynb -p seed=…`": run_ours,
            "`papermill n0.ipynb … -p seed …`": run_papermill,
            "its cells in one warm process": lambda: warm.do("run_cells", seeds=[next(seeds)]),
        },
        "a kernel as JupyterLab opens one, until the usual imports are done": {
            "*Python 3 (warm)*": partial(open_kernel, "coldframe"),
            "*Python 3*": partial(open_kernel, "python3"),
        },
    }


def measure(*, rounds: int = 7, warm_up: int = 1, notebooks: int = 6, every: int = 1) -> str:
    goals, tables = "", []
    parent = Path(tempfile.mkdtemp(prefix="coldframe-bench-"))
    with Worker("benchmarks.cells_worker") as warm:
        flights = prepare_flights(parent / "home", every)
        questions = list_commands(flights) | list_notebooks(parent, notebooks, warm)
        for place, (question, contenders) in enumerate(questions.items()):
            found = interleave(contenders, rounds=rounds, warm_up=warm_up)
            ours = next(iter(contenders))
            tables.append(compare(question, found, ours, kinds=["wall"]))
            if place < 3:
                what = f"{question}: {ours} answers within 0.5 s {ABSOLUTE}"
                goals += goal(what, [cost.wall for cost in found[ours]], most=0.5)
    shutil.rmtree(parent)
    return goals + "\n" + "\n".join(tables)
