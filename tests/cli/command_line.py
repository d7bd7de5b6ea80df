"""The command line on one project folder, called in this process or in one of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import samples
from typer.testing import CliRunner

from coldframe.cli.app import app

ROOT = Path(__file__).parents[2]
START = "from coldframe.cli import main; main()"


@dataclass(frozen=True)
class CommandLine:
    """Call commands on one project folder, in this process or in one of their own."""

    root: Path

    @property
    def bench(self):
        return samples.open_bench(self.root)

    @property
    def home(self):
        return self.root / "home"

    def __call__(self, *words, code=0, width=100):
        """Call a command; without a `width` its output is a pipe, of which nobody says one."""
        env = {"COLDFRAME_ROOT": str(self.root), "COLUMNS": width and str(width)}
        result = CliRunner().invoke(app, [str(word) for word in words], env=env)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def json(self, *words, code=0):
        return json.loads(self(*words, "--json", code=code).stdout)

    def command(self, *words):
        return [sys.executable, "-c", START, *map(str, words)]

    def environment(self, **more):
        path = os.pathsep.join([str(ROOT / "lib"), str(ROOT / "tests")])
        return {
            **os.environ,
            "PYTHONPATH": path,
            "COLDFRAME_ROOT": str(self.root),
            "COLUMNS": "100",
        } | more

    def process(self, *words, **more):
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, env=self.environment(**more),
            timeout=300, check=False,
        )  # fmt: skip
