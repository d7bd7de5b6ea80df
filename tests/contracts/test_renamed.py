"""Evidence that a column was renamed, and how much looking for it may cost."""

import pandas as pd
import pytest

from coldframe.contracts import renaming
from coldframe.contracts.renaming import MOST, find_renamed
from coldframe.datasets import Source

ROWS = 50


def source(*names):
    columns = {name: {"type": "string"} for name in names}
    return Source.model_validate(
        {"files": "*.csv", "kind": "csv", "key": [names[0]], "columns": columns}
    )


def values(names):
    return pd.DataFrame({name: [f"{name}-{row % 5}" for row in range(ROWS)] for name in names})


@pytest.fixture
def casts(monkeypatch):
    """The names of the columns whose content was looked at."""
    real, seen = renaming.cast, []

    def note(text, contract):
        seen.append(text.columns[0])
        return real(text, contract)

    monkeypatch.setattr(renaming, "cast", note)
    return seen


def test_the_best_of_several_is_put_forward():
    text = values(["dest_1", "destination", "dst"])
    before = text["destination"].copy()
    [found] = find_renamed(text, source("dest"), lambda _: before)
    assert (found.column, found.delivered, found.content) == ("dest", "destination", 1.0)


def test_of_another_file_with_other_names_no_content_is_looked_at(casts):
    def former(_):
        raise AssertionError("history was read")

    text = values([f"zz{number}" for number in range(300)])
    assert find_renamed(text, source("origin", "dest", "carrier"), former) == ()
    assert casts == []


def test_of_many_names_that_are_alike_the_nearest_are_looked_at(casts):
    text = values([f"v_{number}" for number in range(200)])
    before = text["v_7"].copy()
    found = find_renamed(text, source("v7", "w7"), lambda _: before)
    assert [(one.column, one.delivered) for one in found] == [("v7", "v_7"), ("w7", "v_7")]
    assert casts == ["v7"] * MOST + ["w7"] * MOST


def test_names_of_any_length_are_compared():
    long = "x" * 1_000_000
    [found] = find_renamed(values([long]), source("x" * 90), lambda _: None)
    assert found.delivered == long
