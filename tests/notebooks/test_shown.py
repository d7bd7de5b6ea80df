"""Notes, tables and results: data in them never becomes markup."""

import html.parser
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.errors import ConfigurationError, DataError
from coldframe.notebook import Table, finish
from coldframe.notebook.shown import escape, spell
from coldframe.notebook.trained import read_parameters


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attributes):
        del attributes
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3), st.text())
def test_a_table_holds_its_own_tags_only(columns, value):
    names = list(dict.fromkeys(columns))
    seen = Tags()
    seen.feed(Table.of([dict.fromkeys(names, value)])._repr_html_())
    assert set(seen.tags) <= {"table", "thead", "tbody", "tr", "th", "td"}
    assert seen.tags.count("td") == len(names)


@given(st.text())
def test_escaped_text_holds_no_tag_and_no_markdown_link(text):
    seen = Tags()
    seen.feed(escape(text))
    assert seen.tags == []
    assert "](" not in escape(text)


def test_a_table_without_rows_still_has_its_headings():
    table = Table.of([], columns=("file", "rows"))
    assert repr(table) == "file | rows"
    assert "<th>file</th>" in table._repr_html_()


def test_a_table_without_rows_says_why_or_nothing_if_it_was_given_words():
    table = Table.of([], columns=("file", "rows"), empty="None <came>.")
    assert repr(table) == "None <came>."
    assert table._repr_html_() == "<p>None &lt;came&gt;.</p>"
    silent = Table.of([], columns=("file", "rows"), empty="")
    assert (repr(silent), silent._repr_html_()) == ("", "")
    filled = Table.of([{"file": "a", "rows": 1}], empty="None came.")
    assert "None came." not in repr(filled) + filled._repr_html_()


def test_a_column_without_any_value_is_left_out_but_not_the_first():
    table = Table.of([{"a": None, "b": 1, "c": None}, {"a": None, "b": None, "c": None}])
    assert table.columns == ("a", "b", "c")  # the record keeps what the page leaves out
    assert repr(table) == "a | b\n- | 1\n- | -"
    assert "<th>c</th>" not in table._repr_html_()
    assert table._repr_html_().count("<td>") == 4


def test_great_numbers_are_said_without_powers_of_ten():
    assert [spell(v) for v in (45123.4, -1203.44, 999.9)] == ["45,123", "-1,203", "999.9"]
    assert [spell(v) for v in (1e300, math.inf)] == ["1e+300", "inf"]


def test_a_missing_value_is_a_dash_and_false_is_no():
    assert [spell(None), spell(False), spell(0), spell(math.pi)] == ["-", "no", "0", "3.142"]


def test_a_result_is_written_whole_and_shown(tmp_path):
    product = {"receipt": str(tmp_path / "result.json"), "nb": "unused"}
    assert finish(product, snapshot="flights@7") == {"snapshot": "flights@7"}
    assert json.loads((tmp_path / "result.json").read_text()) == {
        "result": {"snapshot": "flights@7"}
    }


@pytest.mark.parametrize("value", [math.nan, object(), {1, 2}, b"x"])
def test_a_result_that_is_no_json_is_refused_and_nothing_is_written(tmp_path, value):
    with pytest.raises(DataError):
        finish({"receipt": str(tmp_path / "result.json")}, value=value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["{max_iter: 3}", "[1]", "3", "{"])
def test_model_parameters_that_are_no_json_object_are_refused(text):
    with pytest.raises(ConfigurationError, match="max_iter"):
        read_parameters(text)


def test_no_model_parameters_are_none():
    assert read_parameters("") == read_parameters(None) == read_parameters({}) == {}


def test_a_result_of_nothing_still_has_a_value():
    assert "<td>-</td>" in finish(None, proposal=None)._repr_html_()


def test_a_list_of_nothing_is_shown_as_nothing():
    shown = finish(None, interval=[None, None], gain=None)._repr_html_()
    assert "None" not in shown
    assert "0.5" in finish(None, interval=[0.5, 0.7])._repr_html_()


def test_a_result_of_records_is_shown_in_words_and_with_short_figures():
    best = {"number": 5, "error": None, "parameters": {"rate": 0.035316982548474006, "depth": 3}}
    shown = finish(None, best=best, metrics={"roc_auc": 0.933486375885817})._repr_html_()
    assert "<td>number: 5, parameters: (depth: 3, rate: 0.03532)</td>" in shown
    assert "<td>roc_auc: 0.9335</td>" in shown
