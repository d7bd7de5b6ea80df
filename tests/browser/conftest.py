"""A project with a proposal that waits, opened in JupyterLab in a real browser."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import samples
from notebooks.cycle import copy_project, environment, proposed_project

from coldframe.workbench import Workbench

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")


@dataclass(frozen=True)
class Desk:
    """Where a person sits: a project, its notebooks to edit, and a page of JupyterLab."""

    root: Path
    folder: Path

    @property
    def bench(self) -> Workbench:
        return samples.open_bench(self.root)

    @contextlib.contextmanager
    def notebook(self, path, **variables):
        """Open the notebook at `path` in JupyterLab; yields its page."""
        from browser.lab import Page, open_browser, serve_lab

        with (
            serve_lab(self.root, self.folder, environment(self.root, **variables)) as address,
            open_browser(CHROMIUM, DRIVER, self.folder) as browser,
        ):
            page = Page(browser)
            page.open(address(path))
            yield page


@pytest.fixture
def desk(tmp_path):
    if not (CHROMIUM and DRIVER):
        pytest.skip(
            "needs Debian's chromium and chromium-driver (apt-get install chromium chromium-driver)"
        )
    root = copy_project(proposed_project(), tmp_path / "project")
    (root / "notebooks").unlink()  # JupyterLab saves what it runs; not into the repository
    shutil.copytree(samples.ROOT / "notebooks", root / "notebooks")
    return Desk(root, tmp_path)
