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


@contextmanager
def batch_folder(bench: Workbench) -> Iterator[Path]:
    """Make a folder for one batch, and remove it with all that is left in it."""
    parent = spool_folder(bench)
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def sweep_spool(bench: Workbench) -> None:
    """Remove what this run needs no more, or a killed one left; call it under the ingest lock."""
    shutil.rmtree(spool_folder(bench), ignore_errors=True)
