import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from coldframe.contracts import judging
from coldframe.datasets import Source
from coldframe.readers import PIECE_ROWS

COLUMNS = {
    "code": {"type": "string", "pattern": "[a-z]{2}"},
    "size": {"type": "integer", "minimum": 0, "maximum": 10},
    "kind": {"type": "string", "nullable": True, "among": ["red", "blue"]},
    "part": {"type": "number", "nullable": True, "minimum": 0},
}
HEADER = "code,size,kind,part\n"


def source(*, quarantined: float = 1.0, **more: object) -> Source:
    batch = {"quarantined": quarantined, "rows": (0.5, 2.0), **more.pop("batch", {})}
    return Source(files="*", key=("code",), columns=COLUMNS, batch=batch, **more)


def judge_batch(data: bytes, contract: Source, **more: object):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.csv"
        path.write_bytes(data)
        judgement = judging.judge_batch(path, contract, folder=Path(folder), **more)
        aside = pd.read_parquet(judgement.aside) if judgement.aside else pd.DataFrame()
        fit = None if judgement.fit is None else judgement.fit.read()
        return SimpleNamespace(
            held=judgement.held, faults=judgement.faults, fit=fit, aside=aside,
            unknown_columns=judgement.unknown_columns,
        )  # fmt: skip


def judge(*rows: str, contract: Source | None = None, **more: object):
    data = (HEADER + "".join(row + "\n" for row in rows)).encode()
    return judge_batch(data, contract or source(), **more)


def broken(judgement) -> list[tuple[int, str, str, str]]:
    if judgement.aside.empty:
        return []
    return list(judgement.aside.drop(columns="record").itertuples(index=False, name=None))


def test_a_fit_batch_is_typed_and_whole():
    judgement = judge("aa,1,red,0.5", "bb,2,NA,")
    assert not judgement.held
    assert judgement.faults == ()
    assert judgement.fit["size"].tolist() == [1, 2]
    assert judgement.fit["kind"].isna().tolist() == [False, True]


def test_judging_changes_no_variable_that_pyarrow_heeds():
    """Pandera's import tells it to pass over time zones, in all that the process does then."""
    program = """
import os
from contracts.test_judging import judge
os.environ.pop("PYARROW_IGNORE_TIMEZONE", None)
assert judge("aa,11,red,0").aside["rule"].tolist() == ["maximum"]
assert "pandera" in __import__("sys").modules
assert "PYARROW_IGNORE_TIMEZONE" not in os.environ
"""
    kept = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=kept, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr


def test_all_failures_of_all_rows_are_told_together():
    judgement = judge("aa,1,red,0", "b,11,green,-1", "cc,x,red,y", ",3,,")
    assert broken(judgement) == [
        (3, "among", "kind", "green"),
        (3, "maximum", "size", "11"),
        (3, "minimum", "part", "-1.0"),
        (3, "pattern", "code", "b"),
        (4, "type_integer", "size", "x"),
        (4, "type_number", "part", "y"),
        (5, "null", "code", "nan"),
    ]
    assert judgement.fit["code"].tolist() == ["aa"]
    records = dict(zip(judgement.aside["line"], judgement.aside["record"], strict=True))
    assert list(json.loads(records[4]).values()) == ["cc", "x", "red", "y"]


def test_a_pattern_must_match_the_whole_text():
    assert [f[1] for f in broken(judge("aa,1,,", "bbx,1,,", '"cc\n",1,,'))] == ["pattern"] * 2


@pytest.mark.parametrize("pattern", ["(?>a+)b", "a++b", "a{1001}b|ab", "(?x) a b # so", "(?a:ab)"])
def test_a_pattern_is_of_pythons_dialect_whatever_arrow_takes_for_one(pattern):
    columns = {"code": {"type": "string", "pattern": pattern, "nullable": True}}
    contract = Source(files="*", key=(), columns=columns, batch={"quarantined": 1})
    judgement = judge_batch(b"code\nab\nba\nNA\nab\n", contract)
    assert not judgement.held
    assert broken(judgement) == [(3, "pattern", "code", "ba")]


def test_a_null_where_none_may_be_is_found_though_checks_skip_nulls():
    assert [f[:3] for f in broken(judge("aa,,red,"))] == [(2, "null", "size")]


def test_a_key_may_not_be_null_even_if_the_column_may():
    columns = {**COLUMNS, "code": {"type": "string", "nullable": True}}
    contract = Source(files="*", key=("code",), columns=columns, batch={"quarantined": 1})
    assert [f[:3] for f in broken(judge("aa,1,,", ",1,,", contract=contract))] == [
        (3, "null", "code")
    ]


def test_the_later_of_two_equal_keys_is_set_aside():
    judgement = judge("aa,1,,", "aa,2,,")
    assert broken(judgement) == [(3, "duplicate_key", "code", "aa")]
    assert judgement.fit["size"].tolist() == [1]


def test_a_row_that_is_set_aside_does_not_take_up_its_key():
    judgement = judge("aa,99,,", "aa,2,,")
    assert judgement.fit["size"].tolist() == [2]


def test_a_key_of_an_earlier_batch_is_set_aside_unless_corrections_are_welcome():
    known = pd.DataFrame({"code": ["aa", "zz"]})
    assert broken(judge("aa,1,,", "bb,1,,", known=known)) == [(2, "known_key", "code", "aa")]
    welcome = source(batch={"keys_known": True})
    assert not broken(judge("aa,1,,", "bb,1,,", known=known, contract=welcome))


def test_too_many_unfit_rows_hold_the_batch_and_both_reasons_are_told():
    judgement = judge("aa,1,,", "bb,99,,", contract=source(quarantined=0.4))
    assert judgement.held
    assert [fault.rule for fault in judgement.faults] == ["quarantined_share", "maximum"]
    assert not judge("aa,1,,", "bb,99,,", contract=source(quarantined=0.5)).held


@pytest.mark.parametrize(
    ("history", "held"),
    [((), False), ((2,), False), ((4, 4), False), ((5, 5, 1), True), ((1, 1), False), ((0,), True)],
)
def test_the_number_of_rows_is_held_against_the_median(history, held):
    assert judge("aa,1,,", "bb,1,,", history=history).held is held


def test_a_header_without_rows_is_held():
    assert [fault.rule for fault in judge().faults] == ["no_rows"]


def test_columns_that_the_contract_does_not_know_are_told_and_left_out():
    data = b"code,size,kind,part,new\naa,1,red,1,x\n"
    judgement = judge_batch(data, source())
    assert judgement.unknown_columns == ("new",)
    assert "new" not in judgement.fit


AGREED = {"code": {"type": "string"}, "size": {"type": "integer", "nullable": True, "also": ["n"]}}


@pytest.mark.parametrize("blank", ["", "NA"])
def test_a_column_whose_values_were_all_taken_by_an_agreed_name_is_no_new_one(blank):
    agreed = Source(files="*", key=("code",), columns=AGREED, batch={"undeclared": 0})
    judgement = judge_batch(f"code,size,n\naa,1,{blank}\nbb,,2\n".encode(), agreed)
    assert judgement.faults == judgement.unknown_columns == ()
    assert judgement.fit.to_dict("list") == {"code": ["aa", "bb"], "size": [1, 2]}


def test_a_value_that_is_left_over_is_kept_wherever_its_row_stands():
    agreed = Source(files="*", key=("code",), columns=AGREED, batch={"undeclared": 0})
    last = PIECE_ROWS + 5  # in the second piece; the first has none
    rows = [f"{row},1," for row in range(last)] + [f"{last},1,2", f"{last + 1},,3"]
    judgement = judge_batch("\n".join(["code,size,n", *rows, ""]).encode(), agreed)
    assert (judgement.faults, judgement.unknown_columns) == ((), ("n",))
    assert judgement.fit["size"].tolist() == [1] * (last + 1) + [3]
    assert judgement.fit["undeclared:n"][last] == "2"


def test_rows_that_are_judged_alone_have_no_column_of_which_nothing_is_left():
    agreed = Source(files="*", key=("code",), columns=AGREED)
    text = pd.DataFrame({"code": ["aa", "bb"], "size": ["1", None], "n": [None, "2"]}, dtype="str")
    judgement = judging.judge_rows(text.rename_axis("line"), agreed)
    assert list(judgement.fit) == ["code", "size"]
    assert judgement.unknown_columns == ()
    left = judging.judge_rows(text.assign(n=["7", "2"]).rename_axis("line"), agreed)
    assert left.unknown_columns == ("n",)
    assert left.fit["undeclared:n"].dropna().tolist() == ["7"]


def rule(name: str) -> Source:
    function = f"contracts.rules_for_tests.{name}"
    return source(rules=[{"name": "mine", "function": function, "column": "size"}])


def test_a_rule_in_python_is_told_like_any_other():
    assert broken(judge("aa,1,,", "bb,2,,", contract=rule("even"))) == [(2, "mine", "size", "1")]


@pytest.mark.parametrize("name", ["raises", "short", "blank"])
def test_a_rule_that_cannot_judge_holds_the_batch(name):
    judgement = judge("aa,1,,", "bb,2,,", contract=rule(name))
    assert judgement.held
    assert judgement.faults[0].rule == "mine"


def test_a_rule_cannot_change_the_rows():
    assert judge("aa,1,,", contract=rule("spoils")).fit["size"].tolist() == [1]
