"""Copies of a project in which a retrain is proposed."""

import pytest
from notebooks.cycle import copy_project, proposed_project


@pytest.fixture
def project(tmp_path):
    """A copy of it to work in."""
    return copy_project(proposed_project(), tmp_path / "project")
