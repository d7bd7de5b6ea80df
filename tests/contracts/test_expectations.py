"""Whatever can be wrong with a batch, the contract says what it had expected."""

import re
from pathlib import Path

import pytest

from coldframe.contracts.expectations import expectation, remedy
from coldframe.datasets import Source
from coldframe.wording import BATCH_WORDS, VALUE_WORDS

SOURCE = Source(
    files="*.csv",
    key=("code",),
    columns={
        "code": {"type": "string", "pattern": "[a-z]{2}"},
        "size": {
            "type": "integer", "minimum": -1.5, "maximum": 1e6, "null_share": 0.1,
            "mean_shift": 2, "stability_index": 0.2,
        },
        "kind": {"type": "string", "among": ["red", "blue"], "unseen_share": 0.01},
        "time": {"type": "timestamp", "fresh_hours": 24, "future_hours": 1},
    },
    rules=[{"name": "mine", "function": "json.loads", "column": "size"}],
    batch={
        "rows": [0.5, 2], "quarantined": 0.02, "bytes": 5000, "duplicate_key": 0.0,
        "known_key": 0.01,
    },
)  # fmt: skip
OWN = {
    "pattern": "code", "minimum": "size", "maximum": "size", "among": "kind", "null_share": "size",
    "mean_shift": "size", "stability_index": "size", "unseen_share": "kind", "stale": "time",
    "future": "time",
}  # fmt: skip
RAISING = ("readers", "contracts", "ingest")
LIB = Path(__file__).parents[2] / "lib" / "coldframe"


@pytest.mark.parametrize("rule", sorted({*BATCH_WORDS, *VALUE_WORDS} - {"not_judged"}))
def test_every_rule_that_has_words_has_an_expectation(rule):
    assert expectation(SOURCE, rule, OWN.get(rule))


def test_every_rule_that_is_raised_has_words():
    raised = set()
    for path in (one for name in RAISING for one in (LIB / name).glob("*.py")):
        raised |= set(re.findall(r'(?:\bunfit\(\s*|rule=)"(\w+)"', path.read_text("utf-8")))
    assert len(raised) > 15
    assert raised <= {*BATCH_WORDS, *VALUE_WORDS}


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("minimum", "size", "at least -1.5"),
        ("maximum", "size", "at most 1,000,000"),
        ("pattern", "code", "text that matches [a-z]{2} as a whole"),
        ("among", "kind", "one of red, blue"),
        ("quarantined_share", None, "at most 2 % of its rows set aside"),
        ("row_count", None, "0.5 to 2 times as many rows as usual"),
        ("file_size", None, "at most 5,000 bytes"),
        ("header", None, "a header with code, size, kind, time"),
        ("mine", "size", "True from json.loads"),
        ("minimum", "kind", None),
        ("nobody_knows", None, None),
        ("minimum", "gone", None),
    ],
)
def test_it_is_that_of_the_contract(rule, column, said):
    assert expectation(SOURCE, rule, column) == said


def test_of_a_broken_json_line_it_is_told_first_to_correct_the_line():
    told = remedy("d", "s", "not_jsonl", held=True)
    assert told.startswith("correct the line and deliver the file again under the same name")
    assert "sources.s.kind in datasets/d.yaml" in told


def test_only_a_known_key_may_be_the_fault_of_a_setting():
    held = remedy("d", "s", "known_key", held=True)
    partly = remedy("d", "s", "known_key", held=False)
    for told in (held, partly):
        assert "set sources.s.batch.keys_known: true in datasets/d.yaml" in told
    assert "the next build takes them" in held
    assert "deliver these rows again" in partly
    # of one row it is told first how to mend it: a setting is about all rows to come
    one = remedy("d", "s", "known_key", held=False, rows=1)
    assert one.startswith("if that row's key is a slip, coldframe quarantine export")
    assert "if it is a correction, set sources.s.batch.keys_known: true in datasets/d.yaml" in one
    assert "takes it" in remedy("d", "s", "known_key", held=True, rows=1)
    assert remedy("d", "s", "maximum", held=True) is None
