"""Verify and doctor: what was damaged or is missing is found, with its remedy."""

import json
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from coldframe.doctor.environment import (
    check_byte_code,
    check_python,
    compare_packages,
    locked_versions,
    merged_extensions,
)
from coldframe.doctor.home import check_home, check_leftovers, mount_type
from coldframe.ledger import models, register_model


def damage(path):
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("part", "pattern"),
    [("store", "store/objects/*/*.parquet"), ("models", "models/*.skops")],
)
def test_a_flipped_bit_is_found(flights, part, pattern):
    damage(next(iter(sorted(flights.home.glob(pattern)))))
    told = flights.json("verify", code=6)
    assert {fault["part"] for fault in told["faults"]} == {part}
    assert all(fault["remedy"] for fault in told["faults"])
    page = flights("verify", code=6).stdout
    assert "remedy" in page


def test_a_changed_ledger_is_found(flights):
    with sqlite3.connect(flights.home / "ledger.db") as connection:
        connection.execute(
            "UPDATE entries SET body = replace(body, 'jane', 'john') WHERE kind = 'decision'"
        )
    connection.close()
    told = flights.json("verify", code=6)
    assert {fault["part"] for fault in told["faults"]} == {"ledger"}
    findings = {f["check"]: f for f in flights.json("doctor", code=9)["findings"]}
    assert findings["ledger"]["level"] == "problem"


def test_a_lost_model_file_is_found(flights):
    for path in flights.home.glob("models/*.skops"):
        path.unlink()
    (fault,) = flights.json("verify", code=6)["faults"]
    assert fault["part"] == "models"


@pytest.mark.parametrize("pattern", ["store/refs/flights/tags/golden", "store/pins/holder"])
def test_a_damaged_tag_or_pin_is_found(flights, pattern):
    store = flights.bench.store
    store.tag("golden", "flights@1")
    store.pin("holder", [store.resolve("flights@2").id])
    assert "flights@golden" in flights.json("verify")["snapshots"]
    damage(flights.home / pattern)
    (fault,) = flights.json("verify", code=6)["faults"]
    assert fault["part"] == "store"
    assert pattern.rpartition("/")[2] in fault["where"] + fault["what"]


def test_a_lost_model_of_another_dataset_is_found(flights):
    bench = flights.bench
    other = replace(models(bench.ledger, "flights")[0], dataset="trains", estimator="ab" * 32)
    register_model(bench.ledger, other)
    told = flights.json("verify", code=6)
    assert told["models"] == ["flights v1", "trains v1"]
    (fault,) = told["faults"]
    assert fault["part"] == "models"
    assert "trains v1" in fault["what"]


def test_doctor_looks_at_everything_and_gives_remedies(flights):
    run = flights.process("doctor", "--json")
    told = json.loads(run.stdout)
    assert run.returncode == (0 if told["healthy"] else 9)
    checks = {finding["check"] for finding in told["findings"]}
    assert checks >= {
        "python", "byte code", "jupyter", "kernel", "variables", "packages", "home", "links",
        "disk", "file system", "leftovers", "ledger", "dataset", "browser", "browser driver",
        "postgres",
    }  # fmt: skip
    for finding in told["findings"]:
        assert finding["what"]
        assert bool(finding["remedy"]) == (finding["level"] != "fine")


def test_doctor_alone_names_a_variable_that_nothing_reads(flights):
    told = json.loads(flights.process("doctor", "--json", COLDFRAME_HOEM="x").stdout)
    (finding,) = [one for one in told["findings"] if one["check"] == "variables"]
    assert finding["level"] == "warning"
    assert "COLDFRAME_HOEM (for COLDFRAME_HOME?)" in finding["what"]
    assert finding["remedy"].endswith("unset COLDFRAME_HOEM")
    assert flights.process("status", COLDFRAME_HOEM="x").stderr == ""
    told = json.loads(flights.process("doctor", "--json").stdout)
    (finding,) = [one for one in told["findings"] if one["check"] == "variables"]
    assert finding["level"] == "fine", finding


def test_doctor_works_where_settings_and_dataset_are_broken(flights):
    (flights.root / "datasets" / "flights.yaml").write_text("title: nothing else")
    told = flights.json("doctor", code=9)
    levels = {finding["check"]: finding["level"] for finding in told["findings"]}
    assert levels["dataset"] == "problem"
    (flights.root / "env.yaml").write_text("hom: elsewhere")
    told = flights.json("doctor", code=9)
    levels = {finding["check"]: finding["level"] for finding in told["findings"]}
    assert levels["settings"] == "problem"
    assert "problem" in flights("doctor", code=9).stdout


def test_this_python_is_a_supported_one():
    assert check_python().level == "fine"
    assert check_byte_code().level in ("fine", "warning")


def test_packages_that_differ_from_the_lock_are_named():
    lock = "pandas==3.1.1 ; python_version < '3.13' \\\n    --hash=sha256:00\nRich==15.0.0\n"
    locked = locked_versions(lock + "numpy==2.4.0 ; a\nnumpy==2.5.0 ; b\n")
    assert locked == {"pandas": {"3.1.1"}, "rich": {"15.0.0"}, "numpy": {"2.4.0", "2.5.0"}}
    installed = {"pandas": "3.0.0", "numpy": "2.5.0", "mine": "1"}
    other, missing = compare_packages(locked, installed, ["rich", "pandas"])
    assert other == ["pandas 3.0.0 instead of 3.1.1"]
    assert missing == ["rich"]


def test_a_later_jupyter_file_overrules_an_earlier_one(tmp_path):
    def say(name, value):
        config = {"ServerApp": {"jpserver_extensions": {"ploomber": value}}}
        (tmp_path / name).write_text(json.dumps(config))

    say("ploomber.json", True)
    assert merged_extensions([tmp_path]) == {"ploomber": True}
    say("zz-coldframe.json", False)
    (tmp_path / "broken.json").write_text("{")
    assert merged_extensions([tmp_path]) == {"ploomber": False}


def test_the_file_system_is_that_of_the_nearest_mount():
    mounts = "a / ext4 rw\nb /srv nfs4 rw\nc /srv/fast xfs rw\nd /with\\040space cifs rw\n"
    assert mount_type(Path("/srv/home"), mounts) == "nfs4"
    assert mount_type(Path("/srv/fast/home"), mounts) == "xfs"
    assert mount_type(Path("/with space/x"), mounts) == "cifs"
    assert mount_type(Path("/srvx"), mounts) == "ext4"


def test_a_home_that_is_a_file_is_a_problem(tmp_path):
    (tmp_path / "home").write_text("")
    (finding,) = check_home(tmp_path / "home")
    assert finding.level == "problem"
    levels = {finding.check: finding.level for finding in check_home(tmp_path / "new" / "home")}
    assert levels["home"] == levels["links"] == "fine"


def test_what_killed_processes_left_is_noted(tmp_path):
    assert check_leftovers(tmp_path).level == "fine"
    (tmp_path / ".x.csv.0123456789ab.partial").write_bytes(b"12345")
    (tmp_path / "a home").mkdir()
    (tmp_path / "a home" / ".batch.0123456789ab.partial" / "raw").mkdir(parents=True)
    (tmp_path / "a home" / ".batch.0123456789ab.partial" / "raw" / "x.csv").write_text("x")
    (tmp_path / "a home" / "kept.csv").write_text("x")
    finding = check_leftovers(tmp_path)
    assert finding.level == "note"
    subprocess.run(["sh", "-c", finding.remedy.partition(": ")[2]], check=True)
    assert check_leftovers(tmp_path).level == "fine"
    assert [path.name for path in tmp_path.rglob("*")] == ["a home", "kept.csv"]


def test_the_remedy_for_leftovers_works_where_the_folder_has_blanks(tmp_path):
    home = tmp_path / "Ada's home"
    (home / ".batch.0123456789ab.partial").mkdir(parents=True)
    remedy = check_leftovers(home).remedy
    subprocess.run(["sh", "-c", remedy.partition(": ")[2]], check=True)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("warm", ["0", "1"])
def test_code_is_that_of_the_project_that_one_stands_in(flights, warm):
    (flights.root / "lib").unlink()  # it led to this project's
    folder = flights.root / "lib" / "elsewhere"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from flights.model import build_model\n")
    file = flights.root / "datasets" / "flights.yaml"
    file.write_text(file.read_text().replace("flights.model.build_model", "elsewhere.build_model"))
    told = flights.process("check", "flights", COLDFRAME_WARM_KERNELS=warm).stdout
    assert "model.builder: elsewhere.build_model" in told
    assert "No module" not in told
