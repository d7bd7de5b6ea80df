"""A small but real sample of the flights, landed by the real feed, and a project to use it in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from coldframe.datasets import load_dataset
from coldframe.settings import load_settings
from coldframe.workbench import Workbench
from flights import feed

ROOT = Path(__file__).parents[1]
EVERY = 20  # about 1,400 flights a month, and all of the weather
MONTHS = tuple(feed.periods())


def write_project(root: Path, *, policy: dict[str, object] | None = None) -> Path:
    """Make a project folder at `root` with the flights dataset, its policy scaled to the sample.

    lib/ and notebooks/ are links to the real ones, so that digests of code mean the real code.
    """
    (root / "datasets").mkdir(parents=True)
    for name in ("lib", "notebooks"):
        (root / name).symlink_to(ROOT / name, target_is_directory=True)
    for name in ("pipeline.yaml", "env.yaml"):
        source = ROOT / name
        (root / name).write_bytes(source.read_bytes() if source.is_file() else b"")
    record = yaml.safe_load((ROOT / "datasets" / "flights.yaml").read_text("utf-8"))
    record["policy"]["minimum_labelled_rows"] //= EVERY
    record["policy"] |= policy or {}
    text = yaml.safe_dump(record, sort_keys=False)
    (root / "datasets" / "flights.yaml").write_text(text, encoding="utf-8")
    return root


def open_bench(root: Path, *, home: Path | None = None) -> Workbench:
    """Open the flights of the project at `root`."""
    settings = load_settings(root=root, home=home)
    return Workbench(settings=settings, dataset=load_dataset(settings, "flights"))


def land_sample(bench: Workbench, months: Iterable[str]) -> list[Path]:
    """Land every 20th flight of `months`, and their weather, through the real feed."""
    landing = bench.settings.landing / bench.dataset.name
    return [path for month in months for path in feed.land(month, landing, every=EVERY)]
