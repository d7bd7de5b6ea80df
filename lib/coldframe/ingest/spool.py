"""Where batches are while they are judged: copies and rows that nobody but this run touches."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coldframe.workbench import Workbench


def spool_folder(bench: Workbench) -> Path:
    """Return the folder in which a run of ingest keeps what it works on."""
    return bench.settings.home / "incoming" / bench.dataset.name


def make_folder(bench: Workbench) -> Path:
    """Return a new folder for one batch."""
    parent = spool_folder(bench)
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))


def drop_folder(folder: Path) -> None:
    """Remove the folder of a batch of which nothing is to be frozen."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def swept_spool(bench: Workbench) -> Iterator[None]:
    """Remove what a killed run left, and in the end what this one needs no more.

    Enter it under the ingest lock.
    """
    shutil.rmtree(spool_folder(bench), ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(spool_folder(bench), ignore_errors=True)
