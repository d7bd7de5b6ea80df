"""What we rely on in ploomber 0.23.3, which is kept no longer: each by itself, without our code.

If one of these goes red after an update, read lib/coldframe/pipeline/executor.py and build.py.
"""

import importlib.metadata
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ploomber.constants import TaskStatus
    from ploomber.exceptions import DAGBuildError, DAGRenderError, DAGSpecInitializationError
    from ploomber.executors.abc import Executor
    from ploomber.spec import DAGSpec
    from ploomber.table import TaskReport
    from ploomber.validators import string as product_names

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _in_the_project(project, monkeypatch):
    monkeypatch.chdir(project.root)


def load(project, **env):
    return DAGSpec(str(project.root / "pipeline.yaml"), env=env or None).to_dag()


def test_it_is_the_version_that_was_studied():
    assert importlib.metadata.version("ploomber") == "0.23.3"


def test_the_graph_is_read_from_the_yaml_alone_in_topological_order(project):
    dag = load(project)
    assert list(dag) == ["first", "second", "third"]
    assert {name: list(dag[name].upstream) for name in dag} == {
        "first": [], "second": ["first"], "third": ["second"],
    }  # fmt: skip


def test_a_value_given_overrules_env_yaml(project, tmp_path):
    dag = load(project, home=str(tmp_path / "elsewhere"))
    assert Path(str(dag["first"].product["nb"])) == tmp_path / "elsewhere/latest/tiny/first.ipynb"
    assert Path(str(load(project)["first"].product["nb"])) == project.latest("first.ipynb")


def test_an_env_yaml_of_the_working_directory_comes_first(project, tmp_path, monkeypatch):
    """Hence a build in Python hands over every value."""
    text = (project.root / "env.yaml").read_text().replace("dataset: tiny", "dataset: other")
    (tmp_path / "env.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert load(project).executor.given["dataset"] == "other"
    assert load(project, dataset="tiny").executor.given["dataset"] == "tiny"


def test_the_executor_gets_the_other_keys_of_its_section(project):
    executor = load(project).executor
    assert isinstance(executor, Executor)
    assert set(executor.stages) == {"first", "second", "third"}
    assert executor.given["dataset"] == "tiny"


def test_the_executors_module_is_imported_before_the_products_are_made(project):
    product_names._KEY2CLASS_PRODUCTS.pop("StageFile", None)
    sys.modules.pop("coldframe.pipeline.executor", None)
    assert type(load(project)["first"].product["nb"]).__name__ == "StageFile"


def test_the_source_knows_its_file_and_the_parameters_their_values(project):
    task = load(project)["first"]
    assert Path(task.source.loc).resolve() == project.root / "notebooks/first.ipynb"
    task.dag.render(show_progress=False)
    given = {k: v for k, v in task.params.items() if k not in ("product", "upstream")}
    assert given == {"dataset": "tiny", "home": "home"}


def test_a_plain_build_asks_every_product_and_a_forced_one_asks_none(project):
    dag = load(project)
    dag.render(show_progress=False)
    assert all(product.asked for product in dag["second"].product.products)
    forced = load(project)
    forced.render(force=True, show_progress=False)
    assert not any(product.asked for product in forced["second"].product.products)


def test_render_leaves_every_stage_waiting_although_products_exist(project):
    latest = project.home / "latest" / "tiny"
    latest.mkdir(parents=True)
    for name in ("first", "second", "third"):
        (latest / f"{name}.ipynb").write_text("{}")
        (latest / f"{name}.json").write_text("{}")
    dag = load(project)
    dag.render(show_progress=False)
    assert {dag[name].exec_status for name in dag} == {
        TaskStatus.WaitingExecution, TaskStatus.WaitingUpstream,
    }  # fmt: skip


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_strict_analysis_compares_parameters_with_the_notebooks_cell(project, change):
    names = {"missing": ("upstream", "product", "dataset"),
             "unknown": ("upstream", "product", "dataset", "home", "more")}[change]  # fmt: skip
    project.notebook("second", parameters=names)
    with pytest.raises(DAGRenderError):
        load(project).render(show_progress=False)


def test_an_executor_decides_the_fate_of_the_build(project):
    class Says(Executor):
        def __init__(self, status):
            self.status = status

        def __call__(self, dag, show_progress):
            del show_progress
            super().__call__(dag)
            for name in dag:
                dag[name]._exec_status = self.status
            if self.status == TaskStatus.Errored:
                raise DAGBuildError("first failed")
            return [TaskReport.with_data(name=name, ran=True, elapsed=1) for name in dag]

    dag = load(project)
    dag.executor = Says(TaskStatus.Executed)
    assert dag.build(show_progress=False)["Ran?"] == [True, True, True]
    dag = load(project)
    dag.executor = Says(TaskStatus.Errored)
    with pytest.raises(DAGBuildError, match="first failed"):
        dag.build(show_progress=False)


def test_the_private_status_does_not_spread_to_tasks_behind_it(project):
    dag = load(project)
    dag.render(show_progress=False)
    dag["first"]._exec_status = TaskStatus.Errored
    assert dag["second"].exec_status == TaskStatus.WaitingUpstream


def test_a_default_product_class_of_ours_would_be_refused_too_early(project):
    """Hence `product_class` at each task of pipeline.yaml."""
    product_names._KEY2CLASS_PRODUCTS.pop("StageFile", None)
    sys.modules.pop("coldframe.pipeline.executor", None)
    path = project.root / "pipeline.yaml"
    text = path.read_text().replace("    product_class: StageFile\n", "")
    default = "  product_default_class: {NotebookRunner: StageFile}\nexecutor:"
    path.write_text(text.replace("executor:", default, 1))
    with pytest.raises((ValueError, DAGSpecInitializationError)):
        load(project)


def test_ploomber_build_at_the_command_line(project):
    """Exit status 0, then 1 with the failed stage named; every placeholder of env.yaml is used."""
    command = [str(Path(sys.executable).with_name("ploomber")), "build"]

    def run(*words, **variables):
        return subprocess.run(
            [*command, *words], cwd=project.root, env=project.environment(**variables),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    done = run()
    assert done.returncode == 0, done.stderr
    assert "first ran in" in done.stderr
    assert "unused in the spec" not in done.stderr
    receipt = json.loads(project.receipt("first").read_text())
    assert receipt["result"]["dataset"] == "tiny"

    # the same receipts hold for a build in Python
    assert project.outcomes(project.build()) == ["skipped"] * 3

    project.notebook("second", ["raise ValueError('spoiled')"])
    done = run()
    assert done.returncode == 1
    assert "second failed" in done.stderr
    assert "spoiled" in done.stderr

    # another dataset at the command line is another ground, by variable it is told how to be said
    other = project.root / "datasets" / "other.yaml"
    other.write_text((project.root / "datasets/tiny.yaml").read_text())
    run("--env--dataset", "other")
    receipt = json.loads(project.latest("first.json", dataset="other").read_text())
    assert receipt["result"]["dataset"] == "other"
    done = run(COLDFRAME_DATASET="other")
    assert done.returncode == 1
    assert "ploomber build --env--dataset other" in done.stderr

    # another home by variable would contradict the products' paths, and is told how to be said
    done = run(COLDFRAME_HOME=str(project.root / "other"))
    assert done.returncode == 1
    assert "ploomber build --env--home" in done.stderr
