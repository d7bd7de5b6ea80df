"""How long do short notebooks wait?

A graph of notebooks that import the usual libraries and compute for a moment, built whole: by
ours, by stock Ploomber with Papermill, by a Papermill command each, and, as the limit, the same
cells in one process that imported everything before.
"""

import shutil
import tempfile
import time
from functools import partial
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from benchmarks.projects import IMPORTS, write_own_project, write_stock_project
from benchmarks.suite import BIN, Cost, Worker, compare, goal, interleave, ratios, run
from coldframe.kernels.manager import PromptKernelManager

OURS, STOCK, ONE = "`coldframe build`", "stock Ploomber with Papermill", "one warm process"
SMALLEST = {"rounds": 1, "warm_up": 0, "notebooks": 1, "starts": 1}
NOTE = """
*One warm process* keeps no notebook, starts no kernel and isolates nothing. The contenders with
*kernelspec coldframe* are the stock programs, unchanged, with our kernels.
"""


def clear_products(folder):
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()


def build_stock(folder):
    clear_products(folder)
    run([BIN / "ploomber", "build", "--force"], folder)


def build_ours(folder):
    run([BIN / "coldframe", "build", "--force"], folder, PYTHONPATH="lib")


def run_papermill(folder, notebooks):
    clear_products(folder)
    for number in range(notebooks):
        name = f"n{number}.ipynb"
        run([BIN / "papermill", name, f"out/{name}", "-p", "seed", number], folder)


def start_notebook(imported, manager, kernel):
    """Return how long it took from a kernel's start until its first cell began.

    Until the cell after its imports began goes into `imported`.
    """
    clock = "import time\nprint(time.time())"
    cells = [nbformat.v4.new_code_cell(source) for source in (clock, IMPORTS, clock)]
    book = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(book, kernel_manager_class=manager, kernel_name=kernel)
    began = time.time()
    client.execute()
    first, ready = (float(book.cells[place].outputs[0].text) - began for place in (0, 2))
    imported.append(Cost(0.0, ready))
    return Cost(0.0, first)


def compare_starts(rounds, warm_up):
    kinds = {
        "warm kernel, as a build starts it": (PromptKernelManager, "coldframe"),
        "warm kernel, under stock nbclient": (AsyncKernelManager, "coldframe"),
        "kernel python3, under stock nbclient": (AsyncKernelManager, "python3"),
    }
    ready = {name: [] for name in kinds}
    contenders = {name: partial(start_notebook, ready[name], *kinds[name]) for name in kinds}
    began = interleave(contenders, rounds=rounds, warm_up=warm_up)
    ready = {name: costs[warm_up:] for name, costs in ready.items()}
    ours = next(iter(kinds))
    text = [
        compare(what, found, ours, kinds=["wall"])
        for what, found in (
            ("until the first cell begins", began),
            ("until the imports are done", ready),
        )
    ]
    what = "a notebook's first cell begins within 0.3 s (an absolute figure, of this machine only)"
    return goal(what, [cost.wall for cost in began[ours]], most=0.3), "\n".join(text)


def measure(*, rounds: int = 3, warm_up: int = 1, notebooks: int = 6, starts: int = 10) -> str:
    with (
        tempfile.TemporaryDirectory(prefix="coldframe-bench-") as parent,
        Worker("benchmarks.cells_worker") as warm,
    ):
        cold = write_stock_project(Path(parent, "cold"), "python3", notebooks)
        forked = write_stock_project(Path(parent, "forked"), "coldframe", notebooks)
        ours = write_own_project(Path(parent, "ours"), notebooks)
        contenders = {
            OURS: partial(build_ours, ours),
            STOCK: partial(build_stock, cold),
            "Papermill, a command each": partial(run_papermill, cold, notebooks),
            "stock Ploomber, kernelspec coldframe": partial(build_stock, forked),
            "Papermill, kernelspec coldframe": partial(run_papermill, forked, notebooks),
            ONE: partial(warm.do, "run_cells", seeds=list(range(notebooks))),
        }
        found = interleave(contenders, rounds=rounds, warm_up=warm_up)
    reached, starting = compare_starts(starts, warm_up)
    saved = ratios(found, STOCK, OURS, "cpu")
    what = f"{notebooks} short notebooks take at least 12 times less processor time than stock"
    return (
        goal(what, saved, least=12) + reached + "\n"
        + compare(f"{notebooks} notebooks", found, OURS) + NOTE + "\n" + starting
        + f"\nThe imports: `{'`, `'.join(IMPORTS.splitlines())}`.\n"
    )  # fmt: skip
