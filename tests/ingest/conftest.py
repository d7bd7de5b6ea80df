from pathlib import Path

import pytest
import samples

from coldframe.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """An empty project for the sample of the flights."""
    return samples.open_bench(samples.write_project(tmp_path / "project"))
