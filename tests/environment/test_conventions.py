"""Style, types, layers and sizes: the house rules that a program can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from environment.locked import ROOT

CHECKED = [
    name
    for name in ("lib", "tests", "notebooks", "setup", "benchmarks")
    if any((ROOT / name).rglob("*.*"))
]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60


def run_tool(*command):
    finished = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return finished.returncode, finished.stdout + finished.stderr


def count_lines(function):
    """Count a function's lines without its docstring, which numpydoc makes long for good reason."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def list_long_functions(source):
    return [
        (node.name, count_lines(node))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and count_lines(node) > LONGEST_FUNCTION
    ]


def test_lint():
    status, text = run_tool("-m", "ruff", "check", *CHECKED)
    assert status == 0, text


def test_format():
    status, text = run_tool("-m", "ruff", "format", "--check", *CHECKED)
    assert status == 0, text


def test_types():
    status, text = run_tool("-m", "mypy")
    assert status == 0, text


def test_layers():
    # the console script, since the package has no __main__
    status, text = run_tool(str(Path(sys.executable).with_name("lint-imports")))
    assert status == 0, text


def test_no_module_is_longer_than_the_house_allows():
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in (ROOT / "lib").rglob("*.py")
    }
    assert sizes
    assert not {path: size for path, size in sizes.items() if size > LONGEST_MODULE}


def test_no_function_is_longer_than_the_house_allows():
    assert not {
        str(path.relative_to(ROOT)): functions
        for path in (ROOT / "lib").rglob("*.py")
        if (functions := list_long_functions(path.read_text()))
    }


def test_a_long_function_is_noticed():
    body = "    pass\n" * LONGEST_FUNCTION
    assert list_long_functions(f"def long():\n{body}") == [("long", LONGEST_FUNCTION + 1)]
    assert list_long_functions(f'def long():\n    """Said."""\n{body}')
    assert not list_long_functions(f'def short():\n    """Said."""\n{body[9:]}')


@pytest.mark.parametrize(
    ("tool", "planted"),
    [
        (("-m", "ruff", "check", "--stdin-filename", "lib/planted.py", "-"), "import os\n"),
        (("-m", "ruff", "format", "--check", "--stdin-filename", "lib/planted.py", "-"), "x=1\n"),
    ],
)
def test_ruff_notices_a_planted_fault(tool, planted):
    finished = subprocess.run(
        [sys.executable, *tool],
        cwd=ROOT,
        input=planted,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1


def test_types_are_strict(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("def untyped(value):\n    return value\n")
    status, text = run_tool("-m", "mypy", "--config-file", "pyproject.toml", str(planted))
    assert status == 1
    assert "no-untyped-def" in text
