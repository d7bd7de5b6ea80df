"""One list names the kinds of file, and the dataset file may say just these."""

from typing import get_args

from coldframe.dialects import OPTIONS, Dialect, Kind
from coldframe.readers import KINDS


def test_every_kind_that_may_be_declared_has_a_reader():
    assert list(KINDS) == list(get_args(Kind))


def test_options_are_of_kinds_that_are_there():
    assert set(OPTIONS) <= set(Dialect.model_fields)
    assert {kind for kinds in OPTIONS.values() for kind in kinds} <= set(KINDS)
