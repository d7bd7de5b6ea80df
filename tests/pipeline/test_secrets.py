"""Passwords in database URLs are printed nowhere, and others cannot listen to a kernel."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from coldframe.pipeline import run_notebook

SECRET = "hush-hush"

warm_and_cold = pytest.mark.parametrize("warm", [False, True])


@pytest.fixture
def url(project):
    """A database whose URL holds something that must not be seen."""
    return f"sqlite:///{project.root}/{SECRET}.db"


def everything_said(project, report):
    """Return all that a failed build shows or keeps beside its database."""
    kept = [path for path in (project.home / "failed").rglob("*") if path.is_file()]
    return "\n".join([str(report), *[path.read_text(errors="replace") for path in kept]])


def test_a_build_hands_ploomber_no_database_url(project, url):
    """It prints the values of its environment when it cannot render a graph."""
    module = importlib.import_module("coldframe.pipeline.build")
    with module._quiet():
        dag = module._render(project.settings(ledger_url=url, studies_url=url))
    assert dag.executor.given["ledger_url"] == dag.executor.given["studies_url"] == ""
    assert SECRET not in repr(dag.executor.given)


@warm_and_cold
def test_a_failed_stage_of_a_build_shows_no_database_url(project, url, capfd, warm):
    project.notebook("second", ["raise ValueError('spoiled')"])
    module = importlib.import_module("coldframe.pipeline.build")
    report = module.build(project.settings(ledger_url=url, warm_kernels=warm))
    assert project.outcomes(report) == ["ran", "failed", "skipped"]
    assert (project.root / f"{SECRET}.db").is_file()  # it was used all the same
    assert SECRET not in everything_said(project, report)
    assert SECRET not in "".join(capfd.readouterr())


@warm_and_cold
def test_plain_ploomber_with_a_url_in_env_yaml_shows_it_nowhere_when_a_stage_fails(
    project, url, warm
):
    """Its --help does, as a default; hence docs/decisions/pipeline.md tells of the variable."""
    path = project.root / "env.yaml"
    text = path.read_text().replace('ledger_url: ""', f'ledger_url: "{url}"')
    path.write_text(text)
    project.notebook("second", ["raise ValueError('spoiled')"])
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ploomber")), "build"], cwd=project.root,
        env=project.environment(COLDFRAME_WARM_KERNELS=str(warm)),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "spoiled" in done.stderr
    assert (project.root / f"{SECRET}.db").is_file()
    assert SECRET not in done.stdout + done.stderr
    assert SECRET not in everything_said(project, "")


def connection_of_a_run(project, **settings):
    """Return what a kernel of a run was told of its channels, and who may enter their folder."""
    project.notebook("alone", [
        "import json\nfrom pathlib import Path\nfrom coldframe.notebook import finish\n"
        "from ipykernel.connect import get_connection_file",
        "told = json.loads(Path(get_connection_file()).read_text())\n"
        "folder = Path(told['ip']).parent\n"
        "rights = folder.stat().st_mode & 0o777 if told['transport'] == 'ipc' else None",
        "keys = {name: len(key) for name, key in told.items() if 'curve' in name}",
        "finish(product, keys=keys, transport=told['transport'], rights=rights)",
    ])  # fmt: skip
    return run_notebook(
        project.settings(**settings),
        notebook=project.root / "notebooks/alone.ipynb", stage="alone",
    ).result  # fmt: skip


@warm_and_cold
def test_only_this_user_can_enter_the_folder_of_a_kernels_channels(project, warm):
    found = connection_of_a_run(project, warm_kernels=warm)
    assert found == {"keys": {}, "transport": "ipc", "rights": 0o700}


def test_channels_over_the_loopback_are_encrypted(project, monkeypatch, tmp_path):
    deep = tmp_path / ("d" * 100)  # no path of a socket is that long
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    found = connection_of_a_run(project, warm_kernels=False)
    # a key of CURVE is 32 bytes, in Z85 40 characters
    assert found["keys"] == {"curve_publickey": 40, "curve_secretkey": 40}
    assert found["transport"] == "tcp"
