"""Numbers that stand for code and are raised by hand: beside each, the digest of that code.

A test here fails whenever one of those modules is edited. That is meant: it asks the question that
nobody would ask otherwise, and the answer is one line below.
"""

from pathlib import Path

import pytest

from coldframe.contracts.version import CHECKS
from coldframe.provenance import file_digest, record_digest
from coldframe.train.recipe import METHOD

LIB = Path(__file__).parents[2] / "lib" / "coldframe"

CONTRACTS = (
    *("batches", "casting", "evolving", "judging", "keys", "looks", "moments", "native", "parsing"),
    *("profiles", "rejudging", "rows", "vectorised"),
)
READERS = (
    *("_base", "agreed", "columns", "csv_text", "elements", "excel", "excel_book", "excel_cells"),
    *("inflating", "json_lines", "ods", "parquet", "pieces", "sheets", "spelling", "text"),
)
JUDGING = [
    *(f"contracts/{name}.py" for name in CONTRACTS), *(f"readers/{name}.py" for name in READERS)
]  # fmt: skip
FITTING = ["estimators.py", "train/fitting.py"]

PINNED = {
    "CHECKS": (CHECKS, "contracts/version.py", JUDGING, 8, "6c547902700852b9"),
    "METHOD": (METHOD, "train/recipe.py", FITTING, 1, "55a8c8f46903b22c"),
}
"""Number in the code, where it stands, the modules it stands for; number and digest as pinned."""

WHAT_TO_DO = {
    "CHECKS": "Can a batch now be judged differently (another rule, value, row or text)?",
    "METHOD": "Can the same recipe now give another estimator (split, seeds, fit)?",
}


@pytest.mark.parametrize("name", PINNED)
def test_the_number_is_thought_of_when_its_code_changes(name):
    number, where, modules, pinned_number, pinned_digest = PINNED[name]
    digest = record_digest({module: file_digest(LIB / module) for module in modules})[:16]
    assert (number, digest) == (pinned_number, pinned_digest), (
        f"{', '.join(modules)} changed. {WHAT_TO_DO[name]} If so, raise {name} in {where} by one. "
        f"In either case write {name} and the digest {digest!r} into PINNED of this test."
    )
