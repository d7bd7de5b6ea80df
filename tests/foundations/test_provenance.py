import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.provenance import (
    canonical_json,
    code_digest,
    code_files,
    record_digest,
    strip_comments,
)

LIB = Path(__file__).resolve().parents[2] / "lib"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # surrogates cannot be written as UTF-8
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_round_trips_and_is_one_spelling(value):
    spelled = canonical_json(value)
    assert json.loads(spelled) == value
    assert canonical_json(json.loads(spelled)) == spelled


@given(st.dictionaries(st.text("abc", max_size=3), st.integers(), max_size=5))
def test_the_order_of_keys_does_not_matter(value):
    assert record_digest(value) == record_digest(dict(reversed(value.items())))


def write(root, **modules):
    for name, text in modules.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)


def test_code_files_follow_lazy_relative_and_package_imports(tmp_path):
    write(
        tmp_path,
        pack__init="",
        pack__a="from . import b\ndef f():\n    import pack.c\n",
        pack__b="from .deep.d import x\n",
        pack__c="import json, broken",
        pack__deep__d="x = 1",
        broken="def (",
        stranger="",
    )
    (tmp_path / "pack" / "init.py").rename(tmp_path / "pack" / "__init__.py")
    found = {str(p.relative_to(tmp_path)) for p in code_files(["from pack.a import f"], tmp_path)}
    assert found == {
        "pack/__init__.py", "pack/a.py", "pack/b.py", "pack/c.py", "pack/deep/d.py", "broken.py",
    }  # fmt: skip


def test_an_edit_in_an_indirect_import_changes_the_digest_and_one_elsewhere_does_not(tmp_path):
    write(tmp_path, a="import b", b="x = 1", c="y = 1")
    before = code_digest(["import a"], tmp_path)
    write(tmp_path, c="y = 2")
    assert code_digest(["import a"], tmp_path) == before
    write(tmp_path, b="x = 2")
    assert code_digest(["import a"], tmp_path) != before


def test_comments_change_no_digest_and_code_does(tmp_path):
    write(tmp_path, a="import b", b='x = 1\ntext = """one\n\n# two"""\n')
    before = code_digest(["import a"], tmp_path)
    write(tmp_path, b='# why\nx = 1   # so\n\n\ntext = """one\n\n# two"""\n# the end\n')
    assert code_digest(["import a"], tmp_path) == before
    for text in ('x = 1\ntext = """one\n# two"""\n', 'x = 1\ntext = """one\n\n# to"""\n', "x ="):
        write(tmp_path, b=text)
        assert code_digest(["import a"], tmp_path) != before


@pytest.mark.parametrize("path", sorted(LIB.rglob("*.py")), ids=lambda path: path.stem)
def test_without_comments_python_text_means_the_same(path):
    source = path.read_text("utf-8") + "\n# \x0c a comment after all\nz = {  # open\n\n    1,\n}\n"
    bare = strip_comments(source)
    assert ast.dump(ast.parse(bare)) == ast.dump(ast.parse(source))
    assert "a comment after all" not in bare
    assert strip_comments(bare) == bare
