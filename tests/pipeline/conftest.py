"""A project of three small notebooks, whose stages depend on files that a test can write."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
STAGES = ("first", "second", "third")

PIPELINE = """
meta:
  extract_upstream: false
  extract_product: false
executor:
  dotted_path: coldframe.pipeline.executor.ContentExecutor
  stages:
    first: {inputs: tiny.inputs.first_inputs}
    second: {inputs: tiny.inputs.second_inputs, uses: [features]}
    third: {inputs: tiny.inputs.third_inputs, uses: [features, model]}
  dataset: "{{dataset}}"
  home: "{{home}}"
  ledger_url: "{{ledger_url}}"
  studies_url: "{{studies_url}}"
  notebook_seconds: "{{notebook_seconds}}"
tasks:
"""

TASK = """
  - name: {name}
    source: notebooks/{name}.ipynb
    static_analysis: strict
    product_class: StageFile
    params: {{dataset: "{{{{dataset}}}}", home: "{{{{home}}}}"}}
    product:
      nb: "{{{{home}}}}/latest/{{{{dataset}}}}/{name}.ipynb"
      receipt: "{{{{home}}}}/latest/{{{{dataset}}}}/{name}.json"
"""

INPUTS = """
import json


def _read(bench, name):
    path = bench.settings.root / "world" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def first_inputs(bench):
    return {"pending": sorted(_read(bench, "landed")), "contract": _read(bench, "contract")}


def second_inputs(bench):
    return {"snapshot": _read(bench, "snapshot")}


def third_inputs(bench):
    return _read(bench, "approved") or None
"""

DATASET = """
title: Tiny
question: None to speak of
sources:
  rows:
    files: "*.csv"
    key: [k]
    columns: {k: {type: integer}}
features:
  function: tiny.features.build_features
  rows: rows
  time: t
  key: [k]
  target: y
model:
  builder: tiny.model.build_model
"""


def write_notebook(path, cells, *, parameters=("upstream", "product", "dataset", "home")):
    """Write a notebook with a title, a parameters cell and `cells` of code."""

    def code(source, tags=()):
        return {
            "cell_type": "code", "id": f"c{len(source)}-{abs(hash(source)) % 10**8}",
            "metadata": {"tags": list(tags)}, "source": textwrap.dedent(source).strip(),
            "outputs": [], "execution_count": None,
        }  # fmt: skip

    declared = "\n".join(f"{name} = None" for name in parameters)
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# A title"}
    book = {
        "cells": [title, code(declared, ["parameters"]), *[code(cell) for cell in cells]],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3",
                                    "language": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(book))


def default_cells(name):
    """Code that uses the project's own module and hands over a result."""
    module = {"first": "tiny.shared", "second": "tiny.shared", "third": "tiny.model"}[name]
    return [
        f"import {module}\nfrom coldframe.notebook import finish",
        "print('executed')",
        f"finish(product, stage={name!r}, dataset=dataset)",
    ]


class Project:
    """A project folder with its world of files that stages depend on."""

    def __init__(self, root):
        self.root = root
        self.home = root / "home"

    def say(self, name, value):
        """Change what the inputs functions will answer."""
        path = self.root / "world" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value))

    def settings(self, **changes):
        from coldframe.settings import Settings

        return Settings(root=self.root, dataset="tiny", **changes)

    def build(self, **options):
        from coldframe.pipeline import build

        seconds = options.pop("notebook_seconds", 120)
        return build(self.settings(notebook_seconds=seconds), **options)

    def environment(self, **variables):
        """Return the variables for a command in this project."""
        paths = [str(self.root / "lib"), str(REPOSITORY / "lib")]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COLDFRAME_")}
        return {**kept, "PYTHONPATH": os.pathsep.join(paths),
                "PLOOMBER_STATS_ENABLED": "false", **variables}  # fmt: skip

    def command(self, *words, **variables):
        """Run `python -m words` in the project folder."""
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=self.root, env=self.environment(**variables),
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def notebook(self, name, cells=None, **options):
        chosen = default_cells(name) if cells is None else cells
        write_notebook(self.root / "notebooks" / f"{name}.ipynb", chosen, **options)

    def outcomes(self, report):
        return [stage.outcome for stage in report.stages]

    def latest(self, file, dataset="tiny"):
        """Return where the newest successful run keeps this file."""
        return self.home / "latest" / dataset / file

    def receipt(self, name):
        return self.latest(f"{name}.json")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A fresh project; its modules are imported anew."""
    root = tmp_path / "project"
    (root / "lib/tiny").mkdir(parents=True)
    (root / "datasets").mkdir()
    tasks = ""
    for before, name in zip((None, *STAGES), STAGES, strict=False):
        task = TASK.format(name=name)
        tasks += (
            task.replace("    static", f"    upstream: [{before}]\n    static") if before else task
        )
    (root / "pipeline.yaml").write_text(PIPELINE + tasks)
    (root / "env.yaml").write_text(
        'dataset: tiny\nhome: home\nledger_url: ""\nstudies_url: ""\nnotebook_seconds: 120\n'
    )
    (root / "datasets/tiny.yaml").write_text(DATASET)
    sources = {
        "__init__": "", "inputs": INPUTS, "shared": "answer = 42\n",
        "features": "def build_features(tables):\n    return tables\n",
        "model": "import tiny.deep\n\n\ndef build_model():\n    return None\n", "deep": "x = 1\n",
    }  # fmt: skip
    for name, text in sources.items():
        (root / f"lib/tiny/{name}.py").write_text(text)
    made = Project(root)
    for name in STAGES:
        made.notebook(name)
    for variable in [v for v in os.environ if v.startswith("COLDFRAME_") and "TORTURE" not in v]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "lib"))
    monkeypatch.syspath_prepend(str(root / "lib"))
    for module in [m for m in sys.modules if m == "tiny" or m.startswith("tiny.")]:
        monkeypatch.delitem(sys.modules, module)
    return made
