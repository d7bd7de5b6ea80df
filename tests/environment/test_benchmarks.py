"""Every benchmark runs, with its smallest counts, and gives a table; no figure is a test."""

import re
import subprocess
import sys

import pytest
from environment.locked import ROOT

MODULES = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if "\ndef measure(" in path.read_text()
)
TABLE = re.compile(r"^\| --- \|.*\n(\| .+ \|\n)+", re.MULTILINE)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What RESULTS.md would hold; `foreign=0` leaves out the tools that need an installation."""
    path = tmp_path_factory.mktemp("bench") / "RESULTS.md"
    words = [sys.executable, "-m", "benchmarks", "--smallest", "foreign=0", "--results", path]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return path.read_text()


@pytest.mark.parametrize("name", MODULES)
def test_every_benchmark_gives_a_table(results, name):
    section = results.split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert TABLE.search(section)


def test_goals_stand_first(results):
    goals = results.split("\n## ")[1]
    assert goals.startswith("Goals")
    assert len(re.findall(r"\*\*(met|NOT MET)\*\*", goals)) >= 3


def test_results_name_no_path_of_the_machine(results):
    assert str(ROOT) not in results
    assert sys.prefix not in results
