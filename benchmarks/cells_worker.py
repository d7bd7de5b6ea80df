"""A warm process with the cells of the short notebooks."""

from benchmarks.projects import COMPUTE, IMPORTS
from benchmarks.worker import serve

CELLS = compile(COMPUTE, "cells", "exec")


def run_cells(seeds):
    for seed in seeds:
        exec(CELLS, {**IMPORTED, "seed": seed})


if __name__ == "__main__":
    IMPORTED = {}
    exec(IMPORTS, IMPORTED)
    serve({"run_cells": run_cells})
