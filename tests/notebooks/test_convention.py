"""Every notebook keeps the house rules, so that the next one can be written by looking at these."""

import ast
import itertools
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))  # not JupyterLab's checkpoints
INJECTED = {"upstream", "product", "dataset", "home"}
# A cell that ends in one of these shows a table or a picture and needs a sentence after it.
SHOWS = re.compile(r"^(said\.table_|approval\.(table|show)_|show_figure\()")
TELLS = re.compile(r"^(said|approval)\.tell_")


def cells_of(path):
    book = json.loads(path.read_text())
    return [{**cell, "source": "".join(cell["source"])} for cell in book["cells"]]


def code_of(path):
    return [cell for cell in cells_of(path) if cell["cell_type"] == "code"]


every_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix()
)


def test_the_five_notebooks_are_there():
    assert [p.relative_to(ROOT / "notebooks").as_posix() for p in NOTEBOOKS] == [
        "ingest/ingest.ipynb", "monitor/approve.ipynb", "monitor/monitor.ipynb",
        "train/sweep.ipynb", "train/train.ipynb",
    ]  # fmt: skip


@every_notebook
def test_sizes(path):
    assert 10 <= len(cells_of(path)) <= 25
    for cell in code_of(path):
        assert len(cell["source"].splitlines()) <= 10, cell["source"]


@every_notebook
def test_it_is_committed_without_outputs(path):
    for cell in code_of(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
    assert not any("papermill" in cell["metadata"] for cell in cells_of(path))


@every_notebook
def test_it_defines_nothing_and_imports_in_one_cell(path):
    importing = []
    for number, cell in enumerate(code_of(path)):
        for node in ast.walk(ast.parse(cell["source"])):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
            if isinstance(node, ast.Import | ast.ImportFrom):
                importing.append(number)
    assert set(importing) == {0}


@every_notebook
def test_it_opens_its_workbench_where_undeclared_parameters_are_refused(path):
    sources = [cell["source"] for cell in code_of(path)]
    first = sources.index(next(s for s in sources if "= None  #" in s)) + 1
    assert sources[first].startswith("bench = open_bench(dataset, home)\n")


@every_notebook
def test_its_parameters_are_tagged_and_each_has_a_comment(path):
    tagged = [c for c in code_of(path) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    lines = tagged[0]["source"].splitlines()
    assert {line.split(" = ")[0] for line in lines} >= INJECTED
    for line in lines:
        assert re.fullmatch(r"\w+ = \S+ {2}# \S.*", line), line


@every_notebook
def test_it_opens_with_a_question_and_a_plan_and_closes_with_findings(path):
    cells = cells_of(path)
    first = cells[0]["source"]
    assert re.match(r"# \w+: .+\?\n", first)
    assert len(re.findall(r"^- ", first, re.MULTILINE)) >= 3
    headings = [c["source"].splitlines()[0] for c in cells if c["source"].startswith("## ")]
    assert headings[0] == "## Parameters"
    assert headings[-1] == "## Findings"


@every_notebook
def test_a_sentence_follows_each_figure_and_table(path):
    cells = cells_of(path)
    for before, after in itertools.pairwise(cells):
        if before["cell_type"] != "code":
            continue
        last = before["source"].splitlines()[-1]
        if SHOWS.match(last):
            told = after["cell_type"] == "markdown" or TELLS.match(after["source"])
            shown = SHOWS.match(after["source"].splitlines()[-1])
            assert told or shown, last
        assert before["source"].count("show_figure(") <= 1


@every_notebook
def test_it_ends_by_handing_over_its_result(path):
    last = code_of(path)[-1]["source"]
    assert last.startswith("finish(")
    assert cells_of(path)[-1]["source"] == last


@every_notebook
def test_its_cells_have_stable_names_and_one_kernel(path):
    book = json.loads(path.read_text())
    names = [cell["id"] for cell in book["cells"]]
    assert len(set(names)) == len(names)
    assert book["metadata"]["kernelspec"]["name"] == "python3"


def test_the_ingest_notebook_starts_without_what_only_others_need():
    """Half of a short notebook's time is imports."""
    import subprocess
    import sys

    first = code_of(ROOT / "notebooks/ingest/ingest.ipynb")[0]["source"]
    heavy = ("sklearn", "nannyml", "optuna", "pandera", "pandas", "ploomber", "papermill", "scipy")
    code = f"{first}\nimport sys\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT / "lib"), "PATH": ""},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
