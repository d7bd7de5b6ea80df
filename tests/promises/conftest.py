from pathlib import Path

import pytest
import samples
from promises.training import train_first


@pytest.fixture(scope="session")
def champion_root(tmp_path_factory) -> Path:
    """A project with two months frozen and a champion that learned from them; to be copied."""
    root = samples.write_project(
        tmp_path_factory.mktemp("champion") / "project", policy={"minimum_labelled_rows": 100}
    )
    train_first(root)
    return root
