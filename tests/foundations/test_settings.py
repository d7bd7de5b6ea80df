import os

import pytest
import yaml

from coldframe.datasets import load_dataset, load_object
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.settings import find_root, load_settings, unknown_variables, user_name

DATASET = {
    "title": "t",
    "question": "q?",
    "sources": {"rows": {"files": "*.csv", "key": ["id"], "columns": {"id": {"type": "string"}}}},
    "features": {
        "function": "json.loads", "rows": "rows", "time": "at", "key": ["id"], "target": "y",
        "numeric": ["x"],
    },
    "model": {"builder": "json.dumps"},
}  # fmt: skip


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pipeline.yaml").write_text("tasks: []")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "small.yaml").write_text(yaml.safe_dump(DATASET))
    return tmp_path


def test_the_root_is_found_from_a_folder_below(project, tmp_path_factory):
    deep = project / "notebooks" / "train"
    deep.mkdir(parents=True)
    assert find_root(deep) == project
    with pytest.raises(NotFoundError, match=r"pipeline\.yaml"):
        find_root(tmp_path_factory.mktemp("elsewhere"))


def test_a_root_that_is_named_overrules_the_variable(project, monkeypatch, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "pipeline.yaml").write_text("tasks: []")
    monkeypatch.setenv("COLDFRAME_ROOT", str(other))
    assert find_root() == other
    assert find_root(project) == project
    assert load_settings(root=project).root == project
    monkeypatch.delenv("COLDFRAME_ROOT")
    monkeypatch.chdir(project / "datasets")
    assert find_root() == project


def test_the_user_is_the_variables_else_the_logins_else_nobody(monkeypatch):
    monkeypatch.setenv("COLDFRAME_USER", "Ada")
    assert user_name() == "Ada"
    monkeypatch.delenv("COLDFRAME_USER")
    monkeypatch.setenv("LOGNAME", "grace")
    assert user_name() == "grace"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    assert user_name() == ""


def test_argument_overrules_variable_overrules_file(project, monkeypatch):
    (project / "env.yaml").write_text("home: from_file\n")
    assert load_settings(root=project).home == project / "from_file"
    monkeypatch.setenv("COLDFRAME_HOME", "from_variable")
    assert load_settings(root=project).home == project / "from_variable"
    assert load_settings(root=project, home="given").home == project / "given"
    assert str(project / "from_variable") in load_settings(root=project).ledger_url


@pytest.mark.parametrize(
    "text", ["hom: x", "notebook_seconds: -1", "a: [", "- 1", "home: a\nhome: b"]
)
def test_a_bad_settings_file_is_named_with_its_key(project, text):
    (project / "env.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"env\.yaml"):
        load_settings(root=project)


def test_a_dataset_loads_and_its_contract_version_moves_with_its_rules(project):
    settings = load_settings(root=project)
    before = load_dataset(settings, "small").contract_digest("rows")
    changed = yaml.safe_load(yaml.safe_dump(DATASET))
    changed["sources"]["rows"]["columns"]["id"]["pattern"] = "[a-z]+"
    (project / "datasets" / "small.yaml").write_text(yaml.safe_dump(changed))
    assert load_dataset(settings, "small").contract_digest("rows") != before


def test_all_findings_of_a_dataset_file_are_told_together(project):
    broken = yaml.safe_load(yaml.safe_dump(DATASET))
    broken["model"] = {"builder": "no dots"}
    broken["sources"]["rows"]["columns"]["id"]["type"] = "strin"
    (project / "datasets" / "small.yaml").write_text(yaml.safe_dump(broken))
    with pytest.raises(ConfigurationError) as caught:
        load_dataset(load_settings(root=project), "small")
    assert "model.builder" in str(caught.value)
    assert "sources.rows.columns.id.type" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("rows", "nowhere", "features.rows"), ("key", ["id"], None)],
)
def test_features_must_name_a_source(project, key, value, told):
    changed = yaml.safe_load(yaml.safe_dump(DATASET))
    changed["features"][key] = value
    (project / "datasets" / "small.yaml").write_text(yaml.safe_dump(changed))
    settings = load_settings(root=project)
    if told is None:
        assert load_dataset(settings, "small").features.key == ("id",)
    else:
        with pytest.raises(ConfigurationError, match=told):
            load_dataset(settings, "small")


def test_an_unknown_dataset_says_which_there_are(project):
    with pytest.raises(NotFoundError, match="small"):
        load_dataset(load_settings(root=project), "larger")


def dataset_error(project, name=None):
    with pytest.raises(NotFoundError) as caught:
        load_dataset(load_settings(root=project), name)
    return caught.value


def test_a_dataset_that_is_not_there_is_told_with_what_named_it(project, monkeypatch):
    (project / "env.yaml").write_text("dataset: smal\n")
    error = dataset_error(project)
    assert error.what == "There is no dataset 'smal'."
    assert error.where == f"{project / 'datasets'}, named by dataset: in env.yaml"
    assert error.remedy == "name small, or write datasets/smal.yaml"
    monkeypatch.setenv("COLDFRAME_DATASET", "other")
    error = dataset_error(project)
    assert error.where.endswith("named by COLDFRAME_DATASET")
    assert error.remedy == "name one of those that were found, or write datasets/other.yaml"
    # no file of that name could be a dataset's
    for name in ("../small", "Small.yaml", "a b"):
        error = dataset_error(project, name)
        assert error.where == str(project / "datasets")
        assert "write" not in error.remedy


def test_a_bad_value_of_a_variable_names_the_variable(project, monkeypatch):
    (project / "env.yaml").write_text("# mine\nnotebook_seconds: 900\n")
    monkeypatch.setenv("COLDFRAME_NOTEBOOK_SECONDS", "abc")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(root=project)
    assert caught.value.where == "COLDFRAME_NOTEBOOK_SECONDS"
    assert caught.value.found == "'abc'"
    assert "number" in caught.value.expected
    assert "unset COLDFRAME_NOTEBOOK_SECONDS" in caught.value.remedy
    # a variable makes up for a bad value in the file, and does not hide another one
    monkeypatch.setenv("COLDFRAME_NOTEBOOK_SECONDS", "5")
    (project / "env.yaml").write_text("notebook_seconds: abc\n")
    assert load_settings(root=project).notebook_seconds == 5
    (project / "env.yaml").write_text("notebook_bytes: abc\n")
    with pytest.raises(ConfigurationError, match=r"env\.yaml, line 1, notebook_bytes"):
        load_settings(root=project)


def test_variables_that_nothing_reads_are_known_with_the_one_that_is_meant(monkeypatch):
    assert "COLDFRAME_HOEM" not in unknown_variables()
    for name in ("HOEM", "XYZZY", "HOME", "ROOT", "USER", "TORTURE", "LEDGER_URL"):
        monkeypatch.setenv(f"COLDFRAME_{name}", "x")
    found = unknown_variables()
    assert found["COLDFRAME_HOEM"] == "COLDFRAME_HOME"
    assert found.keys() >= {"COLDFRAME_HOEM", "COLDFRAME_XYZZY"}
    assert not found.keys() & {f"COLDFRAME_{name}" for name in ("HOME", "ROOT", "USER", "TORTURE")}


@pytest.mark.parametrize("dotted", ["nowhere.f", "json.nothing", "json.decoder"])
def test_a_dotted_path_that_leads_nowhere_names_its_key(dotted):
    with pytest.raises(ConfigurationError, match=r"model\.builder"):
        load_object(dotted, where="model.builder")


@pytest.mark.parametrize(
    ("code", "said"),
    [("def f(:\n", "SyntaxError"), ("1 / 0\n", "ZeroDivisionError"), ("import nowhere", "nowhere")],
)
def test_a_module_with_an_error_of_its_own_is_named_with_it(tmp_path, monkeypatch, code, said):
    name = f"spoiled_{said.lower()}"
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_object(f"{name}.f", where="model.builder")
    assert caught.value.where == "model.builder"
    assert caught.value.remedy


def test_a_bad_setting_is_told_with_line_and_with_what_there_is(project):
    (project / "env.yaml").write_text("# mine\nhom: x\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(root=project)
    assert caught.value.where == f"{project / 'env.yaml'}, line 2, hom"
    assert caught.value.expected.startswith("one of the keys home, dataset, ")
    assert "root" not in caught.value.expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"monitoring": {"drift_false_alarm": 0}}, "drift_false_alarm"),
        ({"monitoring": {"drift_false_alarm": 1}}, "drift_false_alarm"),
    ],
)
def test_what_could_only_fail_later_is_told_at_once(project, changes, said):
    record = yaml.safe_load(yaml.safe_dump(DATASET)) | changes
    (project / "datasets" / "small.yaml").write_text(yaml.safe_dump(record))
    with pytest.raises(ConfigurationError, match=said):
        load_dataset(load_settings(root=project), "small")
