"""A warm process that executes the cells of the stage notebooks, without a kernel."""

import importlib
import json

from benchmarks.suite import ROOT
from benchmarks.worker import serve

STAGES = ("ingest", "monitor", "train")


def read_cells(stage):
    """Return the source of each code cell, and whether it holds the parameters."""
    notebook = json.loads((ROOT / "notebooks" / stage / f"{stage}.ipynb").read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [
        ("".join(cell["source"]), "parameters" in cell["metadata"].get("tags", []))
        for cell in cells
    ]


def run_stages(home, stages):
    """Execute each notebook without an earlier one's names; what a cell shows is made, not kept."""
    for stage in stages:
        for source, takes_parameters in CELLS[stage]:
            with capture_output():
                done = SHELL.run_cell(source)
            done.raise_error()
            if done.result is not None:
                SHELL.display_formatter.format(done.result)
            if takes_parameters:
                SHELL.push({"home": home})
        for name in set(SHELL.user_ns) - KNOWN:  # `SHELL.reset` would run the collector each time
            del SHELL.user_ns[name]


if __name__ == "__main__":
    from coldframe.kernels import PRELOAD

    for name in PRELOAD:
        importlib.import_module(name)
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    SHELL = InteractiveShell.instance()
    KNOWN = {"_", "__", "___", "_i", "_ii", "_iii", *SHELL.user_ns}
    CELLS = {stage: read_cells(stage) for stage in STAGES}
    serve({"run_stages": run_stages})
