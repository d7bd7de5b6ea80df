"""The same short notebooks as a project of stock Ploomber and as one of ours."""

import json
import shutil
from pathlib import Path

from benchmarks.suite import ROOT

IMPORTS = """import matplotlib.pyplot as plt
import numpy as np
import optuna
import pandas as pd
from sklearn.linear_model import LogisticRegression
import nannyml"""
COMPUTE = """rng = np.random.default_rng(seed)
x = pd.DataFrame(rng.normal(size=(2000, 5)))
model = LogisticRegression().fit(x, x[0] + rng.normal(size=2000) > 0)
round(model.score(x, x[0] > 0), 6)"""
PARAMETERS = "upstream = None\nproduct = None\nseed = 0"
STAGE_INPUTS = 'def inputs(bench):\n    return {"always": 1}\n'
FINISH = "from coldframe.notebook import finish\nfinish(product, seed=seed)"
META = "meta: {extract_upstream: false, extract_product: false}\n"
EXECUTOR = """executor:
  dotted_path: coldframe.pipeline.executor.ContentExecutor
  dataset: "{{dataset}}"
  home: "{{home}}"
  stages:
"""


def write_notebook(path: Path, kernel: str, cells: list[str]) -> None:
    """Write a notebook of code cells, the first of which holds its parameters."""
    written = [
        {"cell_type": "code", "execution_count": None, "outputs": [], "source": source,
         "metadata": {"tags": [] if place else ["parameters"]}}
        for place, source in enumerate(cells)
    ]  # fmt: skip
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    book = {"cells": written, "nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": spec}}
    path.write_text(json.dumps(book))


def _upstream(number: int, notebooks: int) -> str:
    """Let the second half wait for the first."""
    half = (notebooks + 1) // 2
    return f"\n    upstream: [n{number - half}]" if number >= half else ""


def write_stock_project(folder: Path, kernel: str, notebooks: int) -> Path:
    """Write the notebooks and a pipeline.yaml that knows nothing of ours."""
    folder.mkdir(parents=True)
    tasks = []
    for number in range(notebooks):
        write_notebook(folder / f"n{number}.ipynb", kernel, [PARAMETERS, IMPORTS, COMPUTE])
        tasks.append(
            f"  - name: n{number}\n    source: n{number}.ipynb{_upstream(number, notebooks)}\n"
            f"    product: {{nb: out/n{number}.ipynb}}\n    params: {{seed: {number}}}\n"
            f"    executor_params: {{kernel_name: {kernel}}}\n"
        )
    (folder / "pipeline.yaml").write_text(META + "tasks:\n" + "".join(tasks))
    return folder


def write_own_project(folder: Path, notebooks: int) -> Path:
    """Write the same notebooks with a last cell that hands over a result, and a project of ours."""
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "stage_inputs.py").write_text(STAGE_INPUTS)
    shutil.copytree(ROOT / "datasets", folder / "datasets")
    (folder / "env.yaml").write_text("dataset: flights\nhome: home\n")
    tasks, stages = [], []
    for number in range(notebooks):
        cells = [PARAMETERS, IMPORTS, COMPUTE, FINISH]
        write_notebook(folder / f"n{number}.ipynb", "python3", cells)
        product = f"{{{{home}}}}/latest/{{{{dataset}}}}/n{number}"
        tasks.append(
            f"  - name: n{number}\n    source: n{number}.ipynb{_upstream(number, notebooks)}\n"
            f"    product_class: StageFile\n    params: {{seed: {number}}}\n"
            f"    product: {{nb: '{product}.ipynb', receipt: '{product}.json'}}\n"
        )
        stages.append(f"    n{number}: {{inputs: stage_inputs.inputs}}\n")
    text = META + EXECUTOR + "".join(stages) + "tasks:\n" + "".join(tasks)
    (folder / "pipeline.yaml").write_text(text)
    return folder
