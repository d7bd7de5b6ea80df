"""A run of a stage: its places, who is alive in them, and what killed runs left there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coldframe.files import locked, write_atomically
from coldframe.pipeline.receipts import Inputs
from coldframe.settings import Settings

ERROR = "error.txt"
PARTIAL = ".partial"
KILLED = b"The build was killed while this notebook ran.\n"


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """One run of a stage on its way from a temporary folder to a published or failed one.

    Parameters
    ----------
    settings : Settings
        Of the project.
    stage : str
        Name of the stage, and of its files.
    dataset : str
        What it works on.
    inputs : Inputs
        What it is made from.
    run : str
        Its name.
    started : str
        UTC, ISO 8601.
    """

    settings: Settings
    stage: str
    dataset: str
    inputs: Inputs
    run: str
    started: str

    @property
    def partial(self) -> Path:
        """Where it is executed; hidden, beside where it will be published."""
        return self.settings.home / "runs" / self.stage / f".{self.run}{PARTIAL}"

    @property
    def published(self) -> Path:
        """Where it stands once it succeeded."""
        return self.settings.home / "runs" / self.stage / self.run

    @property
    def failed(self) -> Path:
        """Where a person finds what is left of it if it failed."""
        return self.settings.home / "failed" / self.stage / self.run

    def notebook(self, folder: Path) -> Path:
        """Return its executed notebook in `folder`."""
        return folder / f"{self.stage}.ipynb"

    def page(self, folder: Path) -> Path:
        """Return its page in `folder`."""
        return folder / f"{self.stage}.html"


def new_run(settings: Settings, *, stage: str, dataset: str, inputs: Inputs) -> StageRun:
    """Return a run with a name that sorts by time and is nobody else's."""
    now = datetime.now(UTC)
    return StageRun(
        settings=settings, stage=stage, dataset=dataset, inputs=inputs,
        run=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}", started=now.isoformat(),
    )  # fmt: skip


def latest(settings: Settings, dataset: str, stage: str, suffix: str) -> Path:
    """Return where the newest successful run of `stage` keeps its file with that suffix."""
    return settings.home / "latest" / dataset / f"{stage}{suffix}"


def _making(home: Path) -> contextlib.AbstractContextManager[None]:
    """Hold the lock under which folders of runs are made and cleared away."""
    return locked(home / "locks" / "runs")


@contextlib.contextmanager
def live_folder(run: StageRun) -> Iterator[Path]:
    """Make the folder in which `run` is executed, and mark it as alive while inside.

    The mark is a lock on the folder itself, which goes with it when it is renamed; the kernel
    drops it when the process dies. A build beside this run clears only folders without it.
    """
    with _making(run.settings.home):
        run.partial.mkdir(parents=True)
        descriptor = os.open(run.partial, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield run.partial
    finally:
        os.close(descriptor)


def _is_alive(folder: Path) -> bool:
    """Tell whether a process works in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _move_to_failed(settings: Settings, folder: Path, stage: str, run: str) -> Path:
    """Move what a killed run left to where failed ones are."""
    target = settings.home / "failed" / stage / run
    if target.exists():  # a failure was told, but its folder could not be moved then
        target /= "rest"
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(target)
    if target.name == run:
        write_atomically(target / ERROR, KILLED)
    return target


def keep_interrupted(settings: Settings) -> list[Path]:
    """Move what killed runs left under temporary names to ``failed/``; live ones stay."""
    with _making(settings.home):
        return [
            _move_to_failed(
                settings, folder, folder.parent.name,
                folder.name.removeprefix(".").removesuffix(PARTIAL),
            )
            for folder in sorted(settings.home.glob(f"runs/*/.*{PARTIAL}"))
            if not _is_alive(folder)
        ]  # fmt: skip


def keep_without_receipt(settings: Settings, stage: str, run: str) -> None:
    """Move a run that was killed between its publication and its receipt to ``failed/``."""
    published = settings.home / "runs" / stage / run
    if published.is_dir():
        _move_to_failed(settings, published, stage, run)
