"""Checks of the environment: Python, packages, byte code, Jupyter, programs for the tests."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coldframe.doctor.findings import Finding, fine, judged
from coldframe.settings import VARIABLE, unknown_variables

SUPPORTED = ((3, 11), (3, 12))
REBUILD = "make environment"
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)")
SHOWN = 5
SERVER_CONFIG = Path("etc", "jupyter", "jupyter_server_config.d")
EXTENSION = "ploomber"


def check_python() -> Finding:
    """Look whether the locked packages exist for this Python."""
    version, name = platform.python_version(), platform.python_implementation()
    if sys.version_info[:2] in SUPPORTED and name == "CPython":
        return fine("python", f"{name} {version} in {sys.prefix}")
    return judged(
        "python",
        "problem",
        f"This is {name} {version}; nannyml and with it coldframe need CPython 3.11 or 3.12.",
        f"rm -rf .venv && {REBUILD} PYTHON=/path/to/python3.12",
    )


def check_variables() -> Finding:
    """Look for variables that sound like settings and that nothing reads: a slip of the pen."""
    unknown = unknown_variables()
    if not unknown:
        return fine("variables", f"every {VARIABLE} variable is known")
    meant = [f"{name} (for {near}?)" if near else name for name, near in unknown.items()]
    return judged(
        "variables",
        "warning",
        f"Nothing reads {', '.join(meant)}.",
        f"correct the name, or: unset {' '.join(unknown)}",
    )


def normal_name(name: str) -> str:
    """Return a distribution's name in the one spelling that compares.

    Examples
    --------
    >>> normal_name("Ruamel.YAML_clib")
    'ruamel-yaml-clib'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_versions(text: str) -> dict[str, set[str]]:
    """Return the versions that a lock file allows for each distribution.

    A distribution may stand there several times, for several Pythons or systems.
    """
    versions: dict[str, set[str]] = {}
    for found in map(LOCKED.match, text.splitlines()):
        if found:
            versions.setdefault(normal_name(found[1]), set()).add(found[2])
    return versions


def compare_packages(
    locked: Mapping[str, set[str]], installed: Mapping[str, str], needed: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Return what is installed in another version than locked, and what is needed and missing."""
    other = [
        f"{name} {version} instead of {' or '.join(sorted(locked[name]))}"
        for name, version in sorted(installed.items())
        if name in locked and version not in locked[name]
    ]
    missing = [name for name in sorted(needed) if name not in installed]
    return other, missing


def _needed(root: Path) -> set[str]:
    """Return the distributions that pyproject.toml asks for on every system."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    plain = (text for text in project["dependencies"] if ";" not in text)
    return {normal_name(re.split(r"[\s\[<>=!~]", text)[0]) for text in plain}


def check_packages(root: Path) -> Finding:
    """Look whether what is installed is what requirements.lock says."""
    lock = root / "requirements.lock"
    if not lock.is_file() or not (root / "pyproject.toml").is_file():
        return judged(
            "packages", "note", f"There is no requirements.lock in {root}.", "nothing, if meant so"
        )
    installed = {
        normal_name(d.name): d.version for d in importlib.metadata.distributions() if d.name
    }
    locked = locked_versions(lock.read_text("utf-8"))
    other, missing = compare_packages(locked, installed, _needed(root))
    if not other and not missing:
        return fine("packages", f"all as in requirements.lock ({len(locked)} entries)")
    findings = [f"{name} is missing" for name in missing] + other
    more = f" and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return judged(
        "packages",
        "problem" if missing else "warning",
        "Not as in requirements.lock: " + ", ".join(findings[:SHOWN]) + more + ".",
        f"{REBUILD}; if that finds nothing to do: rm -rf .venv && {REBUILD}",
    )


def check_byte_code() -> Finding:
    """Look whether packages are compiled. If not, importing ploomber alone takes 7 seconds more."""
    origins = [importlib.util.find_spec(name) for name in ("ploomber", "pandas", "sklearn")]
    bare = [
        spec.name
        for spec in origins
        if spec and spec.origin and not Path(importlib.util.cache_from_source(spec.origin)).exists()
    ]
    if not bare:
        return fine("byte code", "packages are compiled")
    remedy = f"{sys.executable} -m compileall -q {Path(os.__file__).parent / 'site-packages'}"
    if sys.prefix != sys.base_prefix:
        remedy = f"{sys.executable} -m compileall -q {sys.prefix}/lib"
    return judged(
        "byte code",
        "warning",
        f"Not compiled: {', '.join(bare)}; every start takes seconds more.",
        remedy,
    )


def merged_extensions(folders: Iterable[Path]) -> dict[str, Any]:
    """Return which server extensions Jupyter would load, later files overruling earlier ones."""
    merged: dict[str, Any] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            try:
                server = json.loads(path.read_text("utf-8")).get("ServerApp", {})
            except (OSError, ValueError):
                continue  # Jupyter tells about it itself
            merged.update(server.get("jpserver_extensions", {}))
    return merged


def check_jupyter() -> Finding:
    """Look whether ploomber's server extension is off. With it JupyterLab 4.6 can open no file."""
    if importlib.util.find_spec("jupyterlab") is None:
        return judged("jupyter", "problem", "JupyterLab is not installed.", REBUILD)
    extensions = merged_extensions([Path(sys.prefix) / SERVER_CONFIG])
    if not extensions.get(EXTENSION, False):
        return fine("jupyter", "ploomber's server extension is off")
    return judged(
        "jupyter",
        "problem",
        "ploomber's server extension is on: JupyterLab 4.6 then answers every file with error 500.",
        f"rm -rf .venv && {REBUILD} (installs jupyter/server.json), then: make lab",
    )


def check_kernel() -> Finding:
    """Look whether the kernel that notebooks name starts this Python."""
    spec = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    try:
        program = str(json.loads(spec.read_text("utf-8"))["argv"][0])
    except (OSError, ValueError, LookupError):
        return judged("kernel", "problem", f"There is no kernel 'python3' at {spec}.", REBUILD)
    if (
        program in ("python", "python3")
        or Path(program).resolve() == Path(sys.executable).resolve()
    ):
        return fine("kernel", "'python3' starts this Python")
    return judged(
        "kernel",
        "problem",
        f"The kernel 'python3' starts {program}, not {sys.executable}.",
        f"{sys.executable} -m ipykernel install --sys-prefix",
    )


def check_test_programs() -> list[Finding]:
    """Look for the programs that only tests need."""
    wanted = {
        "browser": (("chromium", "chromium-browser", "google-chrome"), "the browser test"),
        "browser driver": (("chromedriver",), "the browser test"),
        "postgres": (("postgres", "pg_ctl"), "tests against PostgreSQL"),
    }
    packages = {
        "browser": "chromium",
        "browser driver": "chromium-driver",
        "postgres": "postgresql",
    }
    found = []
    for name, (programs, tests) in wanted.items():
        path = next(filter(None, map(_find_program, programs)), None)
        found.append(
            fine(name, str(path))
            if path
            else judged(
                name,
                "note",
                f"There is no {programs[0]}; {tests} will not run.",
                f"apt-get install {packages[name]}",
            )
        )
    return found


def _find_program(name: str) -> str | None:
    """Return where a program is; Debian keeps PostgreSQL's out of the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)
