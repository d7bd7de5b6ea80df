"""How long notebooks wait: ours beside stock Ploomber with Papermill, Papermill, and one process.

Six notebooks that import what notebooks import and compute for a moment, run as a whole by each
contender in turn, several rounds in one go; processor time of all processes involved.
Usage: python benchmarks/notebooks.py [ROUNDS]
"""

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NOTEBOOKS = 6
ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
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


def notebook(kernel):
    def cell(source, tags=()):
        return {"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)},
                "outputs": [], "source": source}  # fmt: skip

    parameters = cell("upstream = None\nproduct = None\nseed = 0", ["parameters"])
    return json.dumps({
        "cells": [parameters, cell(IMPORTS), cell(COMPUTE)], "nbformat": 4, "nbformat_minor": 4,
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel,
                                    "language": "python"}},
    })  # fmt: skip


def write_project(folder, kernel):
    """Write six notebooks, two of which wait for others, and a stock pipeline.yaml."""
    folder.mkdir(parents=True)
    tasks = []
    for number in range(NOTEBOOKS):
        (folder / f"n{number}.ipynb").write_text(notebook(kernel))
        upstream = f"\n    upstream: [n{number - 3}]" if number >= 3 else ""
        tasks.append(
            f"  - name: n{number}\n    source: n{number}.ipynb{upstream}\n"
            f"    product: {{nb: out/n{number}.ipynb}}\n    params: {{seed: {number}}}\n"
            f"    executor_params: {{kernel_name: {kernel}}}"
        )
    head = "meta: {extract_upstream: false, extract_product: false}\ntasks:\n"
    (folder / "pipeline.yaml").write_text(head + "\n".join(tasks) + "\n")
    return folder


def used():
    """Return the processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def forked():
    """Return the processor time of the fork server's kernels and calls, and its own."""
    import psutil

    from coldframe.kernels import ask, ensure_server

    times = psutil.Process(ask(ensure_server(), "status")["pid"]).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def run(words, folder):
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def stock_ploomber(folders):
    run([BIN / "ploomber", "build", "--force"], folders["python3"])


def ploomber_warm(folders):
    run([BIN / "ploomber", "build", "--force"], folders["coldframe"])


def papermill(kernel):
    def contender(folders):
        for n in range(NOTEBOOKS):
            run([BIN / "papermill", f"n{n}.ipynb", f"out/n{n}.ipynb", "-p", "seed", str(n)],
                folders[kernel])  # fmt: skip

    return contender


STAGE_INPUTS = """
def inputs(bench):
    return {"always": 1}
"""
FINISH = "from coldframe.notebook import finish\nfinish(product, seed=seed)"


def write_coldframe_project(folder):
    """Write the same six notebooks as a project of ours, whose last cell hands over a result."""
    write_project(folder, "python3")
    (folder / "lib").mkdir()
    (folder / "lib" / "stage_inputs.py").write_text(STAGE_INPUTS)
    shutil.copytree(ROOT / "datasets", folder / "datasets")
    (folder / "env.yaml").write_text("dataset: flights\nhome: home\n")
    tasks, stages = [], []
    for number in range(NOTEBOOKS):
        path = folder / f"n{number}.ipynb"
        book = json.loads(path.read_text())
        book["cells"].append({**book["cells"][-1], "source": FINISH})
        path.write_text(json.dumps(book))
        upstream = f"\n    upstream: [n{number - 3}]" if number >= 3 else ""
        product = f"{{{{home}}}}/latest/{{{{dataset}}}}/n{number}"
        tasks.append(
            f"  - name: n{number}\n    source: n{number}.ipynb{upstream}\n"
            f"    product_class: StageFile\n    params: {{seed: {number}}}\n"
            f"    product: {{nb: '{product}.ipynb', receipt: '{product}.json'}}"
        )
        stages.append(f"    n{number}: {{inputs: stage_inputs.inputs}}")
    (folder / "pipeline.yaml").write_text(
        "meta: {extract_upstream: false, extract_product: false}\nexecutor:\n"
        "  dotted_path: coldframe.pipeline.executor.ContentExecutor\n"
        '  dataset: "{{dataset}}"\n  home: "{{home}}"\n  stages:\n'
        + "\n".join(stages) + "\ntasks:\n" + "\n".join(tasks) + "\n"
    )  # fmt: skip
    return folder


def ours(folders):
    run(["env", "PYTHONPATH=lib", BIN / "coldframe", "build", "--force"], folders["ours"])


ONE_PROCESS = f"{IMPORTS}\nfor seed in range({NOTEBOOKS}):\n" + "".join(
    f"    {line}\n" for line in COMPUTE.splitlines()
)


def same_cells(folders):
    run([sys.executable, "-c", ONE_PROCESS], folders["python3"])


CONTENDERS = {
    "coldframe build": ours,
    "stock Ploomber with Papermill": stock_ploomber,
    "Papermill, one command each": papermill("python3"),
    "stock Ploomber, kernelspec coldframe": ploomber_warm,
    "Papermill, kernelspec coldframe": papermill("coldframe"),
    "the same cells in one new process": same_cells,
}


def main(rounds):
    os.environ |= {"PLOOMBER_STATS_ENABLED": "false", "NML_DISABLE_USAGE_LOGGING": "1"}
    parent = Path(tempfile.mkdtemp(prefix="coldframe-bench-"))
    folders = {k: write_project(parent / k, k) for k in ("python3", "coldframe")}
    folders["ours"] = write_coldframe_project(parent / "ours")
    found = {name: ([], []) for name in CONTENDERS}
    for turn in range(rounds + 1):  # the first one warms files and servers, and does not count
        for name, contender in CONTENDERS.items():
            before, began = used() + forked(), time.monotonic()
            contender(folders)
            wall, cpu = time.monotonic() - began, used() + forked() - before
            if turn:
                found[name][0].append(cpu)
                found[name][1].append(wall)
    shutil.rmtree(parent)
    report(found, rounds)


def report(found, rounds):
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, "
          f"median of {rounds} interleaved rounds (least to greatest)\n")  # fmt: skip
    stock = statistics.median(found["stock Ploomber with Papermill"][0])
    print("| six short notebooks | processor seconds | wall seconds | stock costs |")
    print("|---|---|---|---|")
    for name, (cpu, wall) in found.items():
        spread = f"{statistics.median(cpu):.2f} ({min(cpu):.2f} to {max(cpu):.2f})"
        times = f"{stock / statistics.median(cpu):.1f} times"
        print(f"| {name} | {spread} | {statistics.median(wall):.2f} | {times} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
