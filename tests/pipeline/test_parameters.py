"""Parameters are written into notebooks as code: nothing but plain values under known names."""

import ast
import datetime
import decimal
import math

import numpy as np
import papermill.translators
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.errors import ConfigurationError
from coldframe.pipeline.parameters import check_parameters

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["C"]) | st.sampled_from("\n\t\"'\\{}")),
)  # fmt: skip


@given(SCALARS)
def test_every_accepted_value_reads_back_from_papermills_code_as_it_was(value):
    try:
        checked = check_parameters({"x": value}, declared={"x"}, where="a.ipynb")
    except ConfigurationError as error:
        assert "password" in str(error) or "character" in str(error)  # noqa: PT017
        return
    code = papermill.translators.PythonTranslator.codify(checked)
    (assignment,) = ast.parse(code).body
    assert ast.literal_eval(assignment.value) == value


@pytest.mark.parametrize(
    "name", ["x = 1; import os", "1x", "class", "", "a.b", "x\ny", "üx y", "unknown"]
)
def test_a_name_that_is_no_declared_variable_is_refused(name):
    with pytest.raises(ConfigurationError):
        check_parameters({name: 1}, declared={"x", "class"}, where="a.ipynb")


@pytest.mark.parametrize(
    "value",
    [np.int64(5), np.float64(0.5), np.True_, datetime.date(2013, 1, 1), decimal.Decimal("1.5"),
     [1], {"a": 1}, (1,), b"x", math.nan, math.inf, object(), "\x1b[31m", "a\u2028b"],
)  # fmt: skip
def test_a_value_that_would_change_its_type_or_break_out_is_refused(value):
    with pytest.raises(ConfigurationError):
        check_parameters({"x": value}, declared={"x"}, where="a.ipynb")


@pytest.mark.parametrize("name", ["password", "db_passwd", "api_key", "TOKEN", "client_secret"])
def test_a_secret_is_refused_because_parameters_are_stored_in_the_notebook(name):
    with pytest.raises(ConfigurationError, match="stored in the notebook"):
        check_parameters({name: "x"}, declared={name}, where="a.ipynb")


def test_an_address_with_a_password_is_refused():
    with pytest.raises(ConfigurationError, match="password in it"):
        check_parameters({"url": "postgresql://me:hush@host/db"}, declared={"url"}, where="a.ipynb")


def test_all_faults_are_reported_together():
    with pytest.raises(ConfigurationError) as caught:
        check_parameters({"y": 1, "x": [1]}, declared={"x"}, where="a.ipynb")
    assert "y is not declared" in str(caught.value)
    assert "x is a list" in str(caught.value)
