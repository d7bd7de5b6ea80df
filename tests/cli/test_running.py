"""`coldframe run` and `build` when a notebook fails, is not there, or is given too much."""

import json
import shutil
from pathlib import Path

import pytest
import samples

from coldframe.kernels import ask, ensure_server

DEEP = """
def one(n):
    return two(n)
def two(n):
    return n / 0
def three(n):
    return one(n)
three(1)
"""


def write_notebook(path, *sources):
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [],
         "execution_count": None, "source": source}
        for number, source in enumerate(sources)
    ]  # fmt: skip
    cells[0]["metadata"] = {"tags": ["parameters"]}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    ))  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("code", "last"),
    [(DEEP, "ZeroDivisionError: division by zero"), ("x = = 1", "SyntaxError: invalid syntax"),
     ("from coldframe.errors import DataError\nraise DataError('No.', remedy='do it')",
      "DataError: No.")],
)  # fmt: skip
def test_a_failed_notebook_is_told_in_a_few_lines_with_its_partial_one(fresh, code, last):
    notebook = write_notebook(fresh.root / "mine.ipynb", "product = None", code)
    said = fresh("run", notebook, code=8, width=None).stderr
    assert len(said.splitlines()) <= 10
    assert "Traceback" not in said
    assert last in said.splitlines()[0]
    remedy = [row for row in said.splitlines() if row.strip().startswith("remedy")][-1]
    (partial,) = (Path(word.strip(",")) for word in remedy.split() if ".ipynb" in word)
    assert last.partition(":")[0] in partial.read_text("utf-8")
    whole = fresh("run", notebook, "--debug", code=8, width=None).stderr
    assert whole.count("remedy") >= 1
    assert len(whole.splitlines()) > len(said.splitlines())
    if code == DEEP:
        assert "return n / 0" in whole
        assert "return n / 0" not in said


def test_a_build_tells_a_failed_stage_in_a_few_lines(fresh):
    samples.land_sample(fresh.bench, samples.MONTHS[:1])
    notebooks = fresh.root / "notebooks"
    kept = notebooks.resolve()
    notebooks.unlink()  # a link to the real ones
    shutil.copytree(kept, notebooks, ignore=shutil.ignore_patterns(".*"))
    path = notebooks / "ingest" / "ingest.ipynb"
    record = json.loads(path.read_text("utf-8"))
    record["cells"][-1]["source"] = DEEP
    path.write_text(json.dumps(record))
    said = fresh("build", code=8, width=None).stdout.partition("\nNext")[0]
    assert "A cell of the notebook failed: ZeroDivisionError: division by zero" in said
    assert "remedy:   look at " in said
    (partial,) = (row.split()[1] for row in said.splitlines() if row.startswith("  see "))
    assert "return n / 0" in Path(partial).read_text("utf-8")
    assert "return n / 0" not in said
    whole = fresh("build", "--debug", code=8, width=None).stdout
    assert "return n / 0" in whole


def test_a_notebook_that_is_not_there_is_told_with_those_that_are_called_alike(fresh):
    told = fresh("run", fresh.root / "notebooks" / "train" / "trian.ipynb", "--json", code=4)
    error = json.loads(told.stderr)["error"]
    assert error["what"] == "There is no such notebook."
    train = str(fresh.root / "notebooks" / "train" / "train.ipynb")
    assert train in error["expected"]
    assert error["remedy"] == f"coldframe run {train}"
    error = json.loads(fresh("run", "train", "--json", code=4).stderr)["error"]
    assert error["remedy"] == f"coldframe run {train}"
    error = json.loads(fresh("run", "xyzzy", "--json", code=4).stderr)["error"]
    for path in (fresh.root / "notebooks").rglob("*.ipynb"):
        assert str(path) in error["expected"]
    assert not (fresh.home / "failed").exists()


def test_a_parameter_that_is_given_twice_is_refused(fresh):
    notebook = write_notebook(fresh.root / "mine.ipynb", "snapshot = None", "1")
    words = ["-p", "snapshot=flights@1", "-p", "snapshot=flights@2"]
    error = json.loads(fresh("run", notebook, *words, "--json", code=3).stderr)["error"]
    assert error["where"] == "-p snapshot"
    assert error["found"] == "snapshot=flights@1 and snapshot=flights@2"


def test_the_result_of_a_notebook_is_shown_as_people_write_it(fresh):
    result = {"figures": {"auc": 0.7, "rows": [1, 2]}, "promoted": False, "none": None}
    finish = f"from coldframe.notebook import finish\nfinish(product, **{result!r})"
    source = "product = None\nupstream = None"
    notebook = write_notebook(fresh.root / "mine.ipynb", source, finish)
    shown = fresh("run", notebook).stdout
    assert "{" not in shown
    assert "False" not in shown
    assert "None" not in shown
    (row,) = [row.split() for row in shown.splitlines() if "promoted" in row]
    assert row == ["promoted", "no"]


def test_commands_run_in_the_fork_server_whose_modules_env_yaml_names(fresh):
    address = ensure_server(("json", "fractions"))
    served = ask(address, "status")["served"]
    settings = fresh.root / "env.yaml"
    said = settings.read_text("utf-8")
    assert 'preload: ""' in said
    settings.write_text(said.replace('preload: ""', 'preload: "json, fractions"'), "utf-8")
    try:
        assert fresh.process("status").returncode == 0
        assert ask(address, "status")["served"] == served + 1
    finally:
        ask(address, "stop")
