"""NannyML's own sets as projects of ours: cars (how much?) and cards (which one?)."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from functools import cache
from pathlib import Path

import pandas as pd
import samples

from coldframe.datasets import load_dataset
from coldframe.files import write_atomically
from coldframe.settings import load_settings
from coldframe.workbench import Workbench

HERE = Path(__file__).parent
EVERY = 20  # 3,000 rows of the reference and 3,000 after it
if str(HERE / "lib") not in sys.path:
    sys.path.insert(0, str(HERE / "lib"))  # where the users' code of these projects is

CARS = ["car_age", "km_driven", "price_new", "accident_count", "door_count", "fuel", "transmission"]
CARDS = [
    "acq_channel", "app_behavioral_score", "requested_credit_limit", "app_channel",
    "credit_bureau_score", "stated_income",
]  # fmt: skip


@cache
def _read(name: str) -> pd.DataFrame:
    """Return a file that NannyML brings along; found without importing it."""
    found = importlib.util.find_spec("nannyml")
    assert found is not None
    assert found.origin is not None
    return pd.read_csv(Path(found.origin).parent / "datasets" / "data" / f"{name}.csv")


@cache
def cars() -> pd.DataFrame:
    """Every 20th car in the order of time: id, offered, features, price."""
    later = _read("regression_synthetic_analysis").merge(
        _read("regression_synthetic_analysis_targets"), on="id"
    )
    rows = pd.concat([_read("regression_synthetic_reference"), later], ignore_index=True)[::EVERY]
    return _spell(rows, "offered")[["id", "offered", *CARS, "y_true"]].rename(
        columns={"y_true": "price"}
    )


@cache
def cards() -> pd.DataFrame:
    """Every 20th application in the order of time: id, applied, features, card."""
    later = _read("mc_analysis").merge(_read("mc_analysis_gt"), on="id")
    rows = pd.concat([_read("mc_reference"), later], ignore_index=True)[::EVERY]
    return _spell(rows, "applied")[["id", "applied", *CARDS, "y_true"]].rename(
        columns={"y_true": "card"}
    )


def _spell(rows: pd.DataFrame, time: str) -> pd.DataFrame:
    moments = pd.to_datetime(rows["timestamp"], format="ISO8601").dt.floor("s")
    return rows.assign(**{time: moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ")})


def write_project(root: Path) -> Path:
    """Make a project at `root` with both datasets; its lib/ links to the real code."""
    shutil.copytree(HERE / "datasets", root / "datasets")
    (root / "lib").mkdir()
    for path in [samples.ROOT / "lib" / "coldframe", *(HERE / "lib").iterdir()]:
        if path.name != "__pycache__":
            (root / "lib" / path.name).symlink_to(path, target_is_directory=True)
    (root / "notebooks").symlink_to(samples.ROOT / "notebooks", target_is_directory=True)
    for name in ("pipeline.yaml", "env.yaml"):
        shutil.copyfile(samples.ROOT / name, root / name)
    return root


def open_bench(root: Path, name: str) -> Workbench:
    """Open a dataset of the project at `root`."""
    settings = load_settings(root=root)
    return Workbench(settings=settings, dataset=load_dataset(settings, name))


def land(bench: Workbench, source: str, file: str, rows: pd.DataFrame) -> Path:
    """Land rows as a CSV file of a source."""
    path = bench.settings.landing / bench.dataset.name / source / file
    write_atomically(path, rows.to_csv(index=False).encode())
    return path
