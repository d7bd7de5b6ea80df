"""YAML that people write: read strictly, and refused with line and reason."""

import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coldframe.declarations import read_yaml
from coldframe.errors import ConfigurationError


def write(folder, text):
    path = folder / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(folder, text):
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(write(folder, text))
    assert caught.value.expected
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "a on line 1 and on line 3", 3),
        ("a:\n  b: {c: 1, d: 2, c: 3}\n", "a.b.c on line 2 and on line 2", 2),
        ("a:\n- {b: 1}\n- b: 1\n  b: 1\n", "a.1.b on line 3 and on line 4", 4),
        ("yes: 1\ntrue: 2\n", "true on line 1 and on line 2", 2),
        ("a: 1\n'a': 2\n", "a on line 1 and on line 2", 2),
        ("a: 1\na: 2\nb: 1\nb: 2\n", "a on line 1 and on line 2; b on line 3 and on line 4", 2),
    ],
)
def test_a_key_that_is_said_twice_is_refused_with_both_lines(tmp_path, text, found, line):
    error = refused(tmp_path, text)
    assert "more than once" in error.what
    assert error.found == found
    assert error.where == f"{tmp_path / 'some.yaml'}, line {line}"
    assert isinstance(yaml.safe_load(text), dict)  # PyYAML takes the last and says nothing


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n", {"a": {"b": 1}, "c": {"b": 2}}),
        ("a: {b: 1}\nb: {b: 1}\n", {"a": {"b": 1}, "b": {"b": 1}}),
        ("1: x\n'1': y\n", {1: "x", "1": "y"}),
        ("a: &x [1]\nb: *x\n", {"a": [1], "b": [1]}),
        ("", {}),
        ("# nothing yet\n", {}),
    ],
)
def test_what_is_said_once_is_read(tmp_path, text, values):
    assert read_yaml(write(tmp_path, text)) == values


def test_an_alias_of_what_it_stands_in_comes_to_an_end(tmp_path):
    found = read_yaml(write(tmp_path, "a: &x {b: *x}\n"))
    assert found["a"]["b"] is found["a"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "from line 2 on"),
        ("a: 1\nb: 'open\nc: 3\n", 4, "from line 2 on"),
        ("a: 1\n\tb: 2\n", 2, "cannot start any token"),
        ("a: 1\nb: c: d\n", 2, "mapping values are not allowed"),
        ('a: "\\d+"\n', 1, "unknown escape character 'd'"),
        ("a: 1\nb: 2013-02-30\n", 2, "2013-02-30: day is out of range"),
        ("a: 1\nb: !python/object:os.system x\n", 2, "could not determine a constructor"),
        ("a: 1\nb: \x07\n", 2, "special characters"),
        (b"a: 1\nb: \xe9t\xe9\n", 2, "invalid continuation byte"),
        ("a: 1\n---\nb: 1\n", 2, "another document"),
        ("a: *nowhere\n", 1, "undefined alias"),
        ("? [a]\n: 1\n", 1, "unhashable key"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path, text, line, said):
    error = refused(tmp_path, text)
    assert error.what == "some.yaml is not YAML."
    assert error.where == f"{tmp_path / 'some.yaml'}, line {line}"
    assert said in error.found


def test_a_regular_expression_in_double_quotes_gets_the_advice_that_helps(tmp_path):
    assert "single quotes" in refused(tmp_path, 'a: "\\d+"\n').expected


@pytest.mark.parametrize("text", ["- 1\n", "a\n", "3\n"])
def test_what_holds_no_keys_is_refused(tmp_path, text):
    with pytest.raises(ConfigurationError, match="holds no keys"):
        read_yaml(write(tmp_path, text))


VALUES = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="ascii"))
TREES = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), TREES, max_size=4))
def test_what_was_written_is_read_back(tmp_path_factory, values):
    path = write(tmp_path_factory.mktemp("yaml"), yaml.safe_dump(values))
    assert read_yaml(path) == values


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("yaml") / "some.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    with contextlib.suppress(ConfigurationError):
        assert isinstance(read_yaml(path), dict)
