"""pyproject.toml, requirements.lock, environment.yml and the installed packages hold together."""

import importlib.metadata
import itertools
import re
import subprocess
import sys

import pytest
import yaml
from environment.locked import (
    GROUPS,
    PROJECT,
    ROOT,
    list_declared,
    list_excluded,
    make_environment,
    read_lock,
    read_pins,
)
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

# the oldest and a late release of both Pythons, on both platforms that the lock is made for
ENVIRONMENTS = [
    make_environment(python=python, platform=platform)
    for python, platform in itertools.product(
        ["3.11.0", "3.11.14", "3.12.0", "3.12.12"], ["linux", "darwin"]
    )
]
GPU_WHEEL = re.compile(r"^nvidia|^cuda|^triton$|^cupy|^torch|-cu\d+|gpu")


def environment_id(environment):
    return f"{environment['python_full_version']}-{environment['sys_platform']}"


def list_unmet(pins, environment):
    """Return what is declared and not pinned exactly once, within its bounds."""
    wrong = []
    for requirement in list_declared(*GROUPS):
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        versions = [
            pin.version
            for pin in pins
            if pin.name == canonicalize_name(requirement.name) and pin.applies(environment)
        ]
        if len(versions) != 1 or versions[0] not in requirement.specifier:
            wrong.append((str(requirement), versions))
    return wrong


def list_unsafe(pins):
    """Return entries without a hash, with an address, or that bring a GPU's libraries."""
    wrong = [str(pin.requirement) for pin in pins if not pin.hashes or pin.requirement.url]
    wrong += [
        str(pin.requirement)
        for pin in pins
        if any(not re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in pin.hashes)
    ]
    return wrong + [pin.name for pin in pins if GPU_WHEEL.search(pin.name)]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=environment_id)
def test_every_declared_requirement_is_pinned_once_within_its_bounds(environment):
    assert not list_unmet(read_lock(), environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=environment_id)
def test_no_package_is_pinned_twice_in_one_environment(environment):
    names = sorted(pin.name for pin in read_lock() if pin.applies(environment))
    assert len(names) > 100
    assert names == sorted(set(names))


def test_nothing_is_locked_that_is_no_longer_asked_for():
    """Each entry names who asks for it; what the project is said to ask for, it declares."""
    pins = read_lock()
    names = {pin.name for pin in pins}
    declared = {canonicalize_name(requirement.name) for requirement in list_declared(*GROUPS)}
    for pin in pins:
        assert pin.asked_for_by, pin.name
        for asker in pin.asked_for_by:
            if asker.startswith("coldframe"):
                # the xgboost of macOS is declared by an override
                assert pin.name in declared, pin.name
            elif not asker.startswith("--"):
                assert canonicalize_name(asker) in names, (pin.name, asker)


def test_every_entry_has_hashes_and_none_brings_gpu_libraries():
    assert not list_unsafe(read_lock())
    # the one that NannyML's flaml asks for brings 470 MB of GPU libraries on Linux
    on_linux = {pin.name for pin in read_lock() if pin.applies(make_environment(python="3.12.0"))}
    assert "xgboost-cpu" in on_linux
    assert "xgboost" not in on_linux


def test_lock_holds_no_address_and_no_option():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    allowed = re.compile(r"^[a-z0-9][\w.-]*==\S+( ;[^/]*)? \\$|^    --hash=sha256:\w+( \\)?$|^ +#")
    assert not [line for line in lines if not allowed.match(line) or "://" in line]


def test_lock_leaves_out_what_the_project_excludes():
    assert not list_excluded() & {pin.name for pin in read_lock()}


def test_checks_notice_a_bad_lock():
    good = "pandas==3.1.1 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via coldframe"
    (pin,) = read_pins(good)
    assert (pin.name, pin.version, pin.asked_for_by) == ("pandas", "3.1.1", ("coldframe",))
    assert not list_unsafe([pin])
    assert list_unsafe(read_pins("pandas==3.1.1\n    # via coldframe"))
    assert list_unsafe(read_pins(good.replace("pandas", "nvidia-nccl-cu12")))
    assert list_unsafe(read_pins(good.replace("pandas==3.1.1", "pandas @ file:///pandas.whl")))
    environment = make_environment(python="3.12.0")
    without_pandas = [pin for pin in read_lock() if pin.name != "pandas"]
    assert [name for name, _ in list_unmet(without_pandas, environment)] == ["pandas<4,>=3.0"]
    old_pandas = read_pins(good.replace("3.1.1", "2.3.3"))
    assert list_unmet([*without_pandas, *old_pandas], environment)


def test_conda_users_get_the_same_python_and_the_same_lock():
    text = (ROOT / "environment.yml").read_text()
    conda = yaml.safe_load(text)
    *packages, pip = conda["dependencies"]
    assert pip == {"pip": ["-r requirements.lock"]}
    name, bounds = packages[0].split()
    assert name == "python"
    assert SpecifierSet(bounds) == SpecifierSet(PROJECT["project"]["requires-python"])
    # nothing but what pip needs to begin: every other package comes from the lock
    assert packages[1:] == ["pip", "setuptools"]
    assert conda["channels"] == ["conda-forge", "nodefaults"]
    assert "PIP_NO_DEPS=1 PIP_NO_BUILD_ISOLATION=1 conda env create" in text


def test_installed_packages_are_the_locked_ones():
    environment = make_environment(
        python=".".join(map(str, sys.version_info[:3])), platform=sys.platform
    )
    wrong = {}
    for pin in read_lock():
        if pin.applies(environment):
            try:
                installed = importlib.metadata.version(pin.name)
            except importlib.metadata.PackageNotFoundError:
                installed = None
            if installed != pin.version:
                wrong[pin.name] = (pin.version, installed)
    assert not wrong, "the environment is not the locked one: `make clean environment`"


def test_pip_check_names_exactly_what_is_left_out_on_purpose():
    found = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    missing = re.findall(r"^\S+ \S+ requires (\S+), which is not installed\.$", found.stdout, re.M)
    assert sorted(map(canonicalize_name, missing)) == sorted(list_excluded())
    # and it has no other complaint
    assert len(found.stdout.splitlines()) == len(missing), found.stdout
