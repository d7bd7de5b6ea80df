"""Environments of tools that only a benchmark needs, made on demand, each in its own folder."""

import json
import subprocess
import venv
from importlib.metadata import version
from pathlib import Path

from benchmarks.suite import ROOT

FOLDER = ROOT / ".benchmarks"
TOOLS = {
    "delta": ["deltalake==1.6.6"],
    "iceberg": ["pyiceberg[sql-sqlite]==0.12.0"],
    "dvc_cache": ["dvc==3.67.1"],
}


def requirements(tool: str) -> list[str]:
    """Return what `tool` needs, with the pyarrow and pandas that everybody has here."""
    return [*TOOLS[tool], *[f"{name}=={version(name)}" for name in ("pyarrow", "pandas")]]


def find_python(tool: str) -> Path:
    """Return the Python of a tool's environment, which is made if it does not stand.

    Raises
    ------
    subprocess.CalledProcessError
        It cannot be installed here.
    """
    folder, wanted = FOLDER / tool, requirements(tool)
    python, stamp = folder / "bin" / "python", folder / "installed.json"
    if not stamp.is_file() or json.loads(stamp.read_text()) != wanted:
        venv.create(folder, clear=True, with_pip=True)
        words = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*words, *wanted], check=True)
        stamp.write_text(json.dumps(wanted))
    return python
