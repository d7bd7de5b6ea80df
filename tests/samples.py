"""A small but real sample of the flights, landed by the real feed, and a project to use it in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from coldframe.datasets import load_dataset
from coldframe.files import write_atomically
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


@cache
def _month(month: str) -> dict[tuple[str, str], bytes]:
    """Return the files of a month by source and name; read from the year's records once."""
    with tempfile.TemporaryDirectory() as folder:
        files = feed.land(month, Path(folder), every=EVERY)
        return {(path.parent.name, path.name): path.read_bytes() for path in files}


def land_sample(bench: Workbench, months: Iterable[str]) -> list[Path]:
    """Land every 20th flight of `months`, and their weather, through the real feed."""
    landing = bench.settings.landing / bench.dataset.name
    written = []
    for month in months:
        for (source, name), data in _month(month).items():
            write_atomically(landing / source / name, data)
            written.append(landing / source / name)
    return written
