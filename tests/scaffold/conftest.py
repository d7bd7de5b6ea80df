"""A project whose lib/ takes packages of one's own, beside the real ones."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import samples
from pulling.conftest import bucket, new_bucket, s3_environment, s3_server

from coldframe.datasets import load_dataset
from coldframe.scaffold import Wishes, new_dataset
from coldframe.settings import load_settings
from coldframe.workbench import Workbench

__all__ = ["bucket", "new_bucket", "s3_environment", "s3_server"]  # fixtures, found by their names


@dataclass(frozen=True)
class Project:
    """A project folder, and what is done in it by library calls."""

    root: Path

    @property
    def settings(self):
        return load_settings(root=self.root)

    def write(self, name, text):
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return path

    def new(self, name, *origins, target, force=False, query=None, **wishes):
        return new_dataset(
            self.settings, name, origins=[str(one) for one in origins], query=query, force=force,
            wishes=Wishes(target=target, **wishes),
        )  # fmt: skip

    def bench(self, name):
        return Workbench(settings=self.settings, dataset=load_dataset(self.settings, name))

    def files(self):
        """Return everything below datasets/ and lib/ that is not the house's own."""
        found = [*(self.root / "datasets").rglob("*"), *self.lib.rglob("*")]
        kept = [path for path in found if path.is_file() and "__pycache__" not in path.parts]
        return sorted(str(path.relative_to(self.root)) for path in kept)

    @property
    def lib(self):
        return self.root / "lib"


def write_own_project(root):
    """Make a project at `root` as `samples.write_project` does, with a folder lib/ of its own."""
    samples.write_project(root)
    (root / "datasets" / "flights.yaml").unlink()
    (root / "lib").unlink()
    (root / "lib").mkdir()
    (root / "lib" / "coldframe").symlink_to(samples.ROOT / "lib" / "coldframe")
    return root


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("COLDFRAME_HOME", raising=False)
    root = write_own_project(tmp_path / "project")
    monkeypatch.syspath_prepend(str(root / "lib"))
    before = set(sys.modules)
    yield Project(root)
    for name in set(sys.modules) - before:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if path.startswith(str(root)):
            del sys.modules[name]
