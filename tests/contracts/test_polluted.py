"""Each kind of polluted input ends in the right cells or in a refusal; the docs say the same."""

import pytest
from contracts.polluted import CASES, PAGE, Case, make_page, tell


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.what}")
def test_it_is_kept_as_it_was_or_refused(case: Case):
    assert tell(case) == case.outcome


def test_the_catalogue_is_long_and_each_kind_stands_in_it_once():
    assert len(CASES) >= 60
    named = [(case.group, case.what, str(case.declared)) for case in CASES]
    assert len(set(named)) == len(named)


def test_the_page_is_what_the_tests_find():
    assert PAGE.read_text("utf-8") == make_page()
