"""The set-up: which Python it takes, what it lets through, and that a kill leaves no ruin."""

import importlib.util
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from counts import count
from environment.locked import ROOT, read_lock

SH = shutil.which("sh")


def write_program(folder, name, body):
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!{SH}\n{body}\n")
    program.chmod(0o755)


def find_python(path, **variables):
    """Run setup/find_python where nothing but `path` and the shell's own tools are found."""
    tools = path.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("dirname", "head"):
        (tools / name).symlink_to(shutil.which(name))
    folder = path.parent / "checkout" / "setup"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "setup" / "find_python", folder)
    return subprocess.run(
        [SH, str(folder / "find_python")],
        env={"PATH": f"{path}:{tools}", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


REAL_PYTHON = f'exec {sys.executable} "$@"'
# answers as pyenv's shim does when no chosen version has the command
BROKEN_SHIM = 'echo "pyenv: $0: command not found" >&2; exit 127'
OLD_PYTHON = 'if [ "$1" = -V ]; then echo "Python 3.9.2"; exit 0; fi; exit 1'
# the right version, but Debian's python3-venv is not installed
WITHOUT_VENV = f"""case "$2" in *ensurepip*) exit 1 ;; esac
{REAL_PYTHON}"""


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        ({"python3.12": REAL_PYTHON, "python3.11": REAL_PYTHON}, "python3.12"),
        ({"python3.12": BROKEN_SHIM, "python3.11": REAL_PYTHON}, "python3.11"),
        ({"python3.12": BROKEN_SHIM, "python3.11": BROKEN_SHIM, "python": REAL_PYTHON}, "python"),
        ({"python3.12": WITHOUT_VENV, "python3": REAL_PYTHON}, "python3"),
    ],
)
def test_first_python_that_fits_is_taken(tmp_path, programs, expected):
    for name, body in programs.items():
        write_program(tmp_path / "bin", name, body)
    found = find_python(tmp_path / "bin")
    assert (found.returncode, found.stdout, found.stderr) == (0, expected + "\n", "")


def test_without_a_python_that_fits_it_says_what_was_tried_and_what_to_do(tmp_path):
    write_program(tmp_path / "bin", "python3", OLD_PYTHON)
    found = find_python(tmp_path / "bin")
    assert found.returncode == 1
    assert "no Python 3.11 or 3.12 found" in found.stderr
    assert "python3: Python 3.9.2" in found.stderr
    assert "PYTHON=" in found.stderr


def test_without_venv_it_names_the_package_that_is_missing(tmp_path):
    write_program(tmp_path / "bin", "python3", WITHOUT_VENV)
    found = find_python(tmp_path / "bin")
    assert found.returncode == 1
    assert "apt-get install python3-venv" in found.stderr


def test_a_python_that_was_named_is_the_only_one_tried(tmp_path):
    write_program(tmp_path / "bin", "python3.12", REAL_PYTHON)
    write_program(tmp_path / "bin", "mine", OLD_PYTHON)
    assert find_python(tmp_path / "bin", PYTHON="mine").returncode == 1


def load_environment(root):
    """Return the module setup/environment.py of a checkout; it lives outside every package."""
    path = root / "setup" / "environment.py"
    spec = importlib.util.spec_from_file_location("setup_environment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment():
    return load_environment(ROOT)


def test_settings_that_redirect_an_installation_are_dropped(environment, monkeypatch):
    for name in ("PIP_TARGET", "PIP_NO_BINARY", "UV_CONSTRAINT", "UV_SYSTEM_PYTHON", "PYTHONPATH"):
        monkeypatch.setenv(name, "anything")
    kept = ("PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_CACHE_DIR", "HTTPS_PROXY", "HOME")
    for name in kept:
        monkeypatch.setenv(name, "anything")
    variables = environment.clean_environment()
    assert {name for name in variables if name.startswith(("PIP_", "UV_"))} >= set(kept[:4])
    assert all(variables[name] == "anything" for name in kept)
    assert not {"PIP_TARGET", "PIP_NO_BINARY", "UV_CONSTRAINT", "PYTHONPATH"} & variables.keys()


def test_installer_is_fetched_as_the_lock_pins_it_with_hashes(environment):
    text = environment.locked_blocks(["uv", "setuptools"])
    pins = {pin.name: pin for pin in read_lock()}
    for name in ("uv", "setuptools"):
        assert f"{name}=={pins[name].version}" in text
        assert all(digest in text for digest in pins[name].hashes)
    assert len(re.findall("^[a-z]", text, re.M)) == 2
    with pytest.raises(SystemExit, match="no-such-package"):
        environment.locked_blocks(["no-such-package"])


# --- a set-up of its own, small, in a folder that it may spoil --------------------------------

SMALL_LOCK = ("uv", "setuptools", "pip", "hatchling", "editables", "packaging", "pathspec")
SMALL_LOCK += ("pluggy", "trove-classifiers", "rich", "pygments", "markdown-it-py", "mdurl")
SMALL_LOCK += ("tomlkit",)


@pytest.fixture
def checkout(tmp_path, environment):
    """A small project with the real set-up: fourteen of the locked packages, one module."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "setup", root / "setup", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "lib" / "coldframe").mkdir(parents=True)
    (root / "lib" / "coldframe" / "__init__.py").write_text("ANSWER = 42\n")
    (root / "jupyter").mkdir()
    (root / "jupyter" / "server.json").write_text("{}")
    (root / "requirements.lock").write_text(environment.locked_blocks(SMALL_LOCK))
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "coldframe"\nversion = "0"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["lib/coldframe"]\n'
    )
    return root


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("requirements.lock", "lock"),
        ("setup/environment.py", "setup"),
        ("pyproject.toml", "project"),
        ("jupyter/server.json", "project"),
    ],
)
def test_stamp_changes_with_each_file_that_the_environment_is_made_of(checkout, file, key):
    before = load_environment(checkout).expected_stamp()
    assert before == load_environment(checkout).expected_stamp()
    with (checkout / file).open("a") as stream:
        stream.write("\n")
    after = load_environment(checkout).expected_stamp()
    assert {name for name in before if before[name] != after[name]} == {key}


def start_setup(checkout):
    return subprocess.Popen(
        [sys._base_executable, "-B", str(checkout / "setup" / "environment.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def works(checkout):
    answer = subprocess.run(
        [checkout / ".venv/bin/python", "-c", "import coldframe, rich; print(coldframe.ANSWER)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout == "42\n"


fetches_packages = pytest.mark.skipif(
    count(small=0, full=1) == 0,
    reason="fetches packages anew each time, which `make test` shall not need: make torture",
)


@fetches_packages
def test_setup_killed_at_any_moment_and_started_again_ends_in_a_working_environment(checkout):
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    started = time.monotonic()
    output, _ = start_setup(checkout).communicate()
    assert works(checkout), output
    whole = time.monotonic() - started
    for _ in range(count(small=0, full=6)):
        shutil.rmtree(checkout / ".venv")
        killed = start_setup(checkout)
        time.sleep(moments.uniform(0, whole))
        # the set-up alone dies; the installer that it started may live on and hold the lock
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        killed.stdout.close()
        again = start_setup(checkout)
        output, _ = again.communicate()
        assert again.returncode == 0, (seed, output)
        assert works(checkout), (seed, output)


@fetches_packages
def test_two_setups_at_a_time_end_in_one_working_environment(checkout):
    both = [start_setup(checkout), start_setup(checkout)]
    outputs = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("1/4" in output for output in outputs) == 1
    assert works(checkout)


@fetches_packages
def test_setup_that_has_nothing_to_do_does_nothing_and_a_changed_project_is_installed_again(
    checkout,
):
    start_setup(checkout).communicate()
    assert start_setup(checkout).communicate()[0] == ""
    project = checkout / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "0"', 'version = "1"'))
    output, _ = start_setup(checkout).communicate()
    assert "4/4" in output
    assert "1/4" not in output
    # a lock file that no longer matches its packages must not get in
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub("sha256:[0-9a-f]{4}", "sha256:0000", lock.read_text()))
    refused = start_setup(checkout)
    output, _ = refused.communicate()
    assert refused.returncode == 1
    assert "hash" in output.lower()
    assert not (checkout / ".venv/coldframe-setup.json").exists()
