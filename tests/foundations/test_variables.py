"""What libraries do to the environment when they are imported ends with the import."""

import os

import pytest

from coldframe.datasets import load_object
from coldframe.errors import ConfigurationError
from coldframe.variables import IGNORE_ZONES, variables_kept

MODULE = """
import os
os.environ["PYARROW_IGNORE_TIMEZONE"] = "1"  # as pandera does, and FLAML
{then}
def rule(frame): return frame
"""


@pytest.mark.parametrize("before", [None, "", "1"])
@pytest.mark.parametrize("then", ["", "raise ImportError"])
def test_a_users_module_leaves_zones_as_they_were(tmp_path, monkeypatch, before, then):
    monkeypatch.syspath_prepend(tmp_path)
    if before is None:
        monkeypatch.delenv(IGNORE_ZONES, raising=False)
    else:
        monkeypatch.setenv(IGNORE_ZONES, before)
    name = f"imports_spark_{before}_{len(then)}"
    (tmp_path / f"{name}.py").write_text(MODULE.format(then=then))
    if then:
        with pytest.raises(ConfigurationError, match="cannot be loaded"):
            load_object(f"{name}.rule", where="a test")
    else:
        assert callable(load_object(f"{name}.rule", where="a test"))
    assert os.environ.get(IGNORE_ZONES) == before


def test_a_variable_that_was_taken_away_comes_back(monkeypatch):
    monkeypatch.setenv("COLDFRAME_ODD", "x")
    with variables_kept("COLDFRAME_ODD", "COLDFRAME_NONE"):
        del os.environ["COLDFRAME_ODD"]
    assert os.environ["COLDFRAME_ODD"] == "x"
    assert "COLDFRAME_NONE" not in os.environ
