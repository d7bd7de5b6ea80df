"""What pyproject.toml asks for and what requirements.lock answers, as records."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# every group that `setup/write_lock` locks
GROUPS = ("dev", "build")


@dataclass(frozen=True)
class Pin:
    """One entry of the lock file."""

    requirement: Requirement
    hashes: tuple[str, ...]
    asked_for_by: tuple[str, ...]

    @property
    def name(self):
        return canonicalize_name(self.requirement.name)

    @property
    def version(self):
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "=="
        return specifier.version

    def applies(self, environment):
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment)


def read_pins(text):
    """Return the lock file's entries: a line `name==version ; marker`, hashes, `# via` lines."""
    pins = []
    for block in re.split(r"\n(?=\S)", text.strip()):
        lines = [line.strip().removesuffix("\\").strip() for line in block.splitlines()]
        comments = [line.lstrip("# ").removeprefix("via").strip() for line in lines if "#" in line]
        hashes = [line.removeprefix("--hash=") for line in lines if line.startswith("--hash=")]
        pins.append(Pin(Requirement(lines[0]), tuple(hashes), tuple(filter(None, comments))))
    return pins


def read_lock():
    return read_pins((ROOT / "requirements.lock").read_text())


def list_declared(*groups):
    """Return the requirements of the project, its extras and some dependency groups."""
    project = PROJECT["project"]
    texts = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        texts += extra
    for group in groups:
        texts += PROJECT["dependency-groups"][group]
    return [Requirement(text) for text in texts]


def list_excluded():
    """Return the packages that some dependency declares and this project leaves out."""
    return {canonicalize_name(name) for name in PROJECT["tool"]["uv"]["exclude-dependencies"]}


def make_environment(*, python, platform="linux"):
    """Return what markers are judged by, for a Python such as 3.11.2."""
    return default_environment() | {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "sys_platform": platform,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[platform],
    }
