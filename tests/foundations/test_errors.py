import inspect

import pytest

from coldframe import errors

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.ColdframeError)
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_tells_all_it_knows_and_has_an_exit_code(kind):
    error = kind("What.", where="here", expected="this", found="that", remedy="do so")
    assert [line.split()[0] for line in str(error).splitlines()] == [
        "What.", "where:", "expected:", "found:", "remedy:",
    ]  # fmt: skip
    assert error.exit_code > 0


def test_exit_codes_differ_and_each_kind_is_also_a_builtin():
    special = [k for k in KINDS if k is not errors.ColdframeError]
    assert len({k.exit_code for k in special}) == len(special)
    assert all(
        any(b.__module__ == "builtins" and b is not Exception for b in k.__mro__[2:-3])
        for k in special
    )
