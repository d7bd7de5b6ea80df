"""Checks of the home folder: disk, file system, ledger, dataset file, failed runs."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from coldframe.datasets import Dataset, load_object
from coldframe.doctor.dataset import named_objects
from coldframe.doctor.findings import Finding, Level, fine, judged
from coldframe.errors import ColdframeError
from coldframe.ledger import Ledger
from coldframe.settings import Settings

LOW_DISK, NO_DISK = 2e9, 2e8
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre")
"""File systems on which SQLite's locks cannot be relied upon; and anything named fuse.*"""


def check_home(home: Path) -> list[Finding]:
    """Look whether the home folder can be written, has room and allows links."""
    place = home
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK) or not place.is_dir():
        return [
            judged(
                "home",
                "problem",
                f"{home} cannot be written.",
                f"chown or chmod {place}, or --home",
            )
        ]
    found = [fine("home", str(home) if home.exists() else f"{home} (made at first use)")]
    return [*found, check_links(place), check_disk(place), check_file_system(place)]


def check_links(place: Path) -> Finding:
    """Look whether hard links work here. Publishing a snapshot rests on them."""
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=".doctor-") as folder:
            first, second = Path(folder) / "first", Path(folder) / "second"
            first.write_bytes(b"")
            os.link(first, second)
    except OSError as error:
        return judged(
            "links",
            "problem",
            f"Hard links do not work in {place} ({error.strerror}); no snapshot can be published.",
            "put the home folder on a local file system: --home or COLDFRAME_HOME",
        )
    return fine("links", "hard links work")


def check_disk(place: Path) -> Finding:
    """Look whether there is room for the next snapshots."""
    free = shutil.disk_usage(place).free
    what = f"{free / 1e9:.1f} GB free"
    if free > LOW_DISK:
        return fine("disk", what)
    level: Level = "warning" if free > NO_DISK else "problem"
    return judged("disk", level, f"Only {what}.", f"make room on the disk of {place}, or --home")


def mount_type(place: Path, mounts: str) -> str:
    r"""Return the type of the file system that holds `place`.

    Parameters
    ----------
    place : Path
        An absolute path.
    mounts : str
        Text of /proc/mounts: device, mount point, type, on each line.

    Examples
    --------
    >>> mount_type(Path("/data/home"), "a / ext4 rw\nserver:/x /data nfs4 rw")
    'nfs4'
    """
    best, kind = -1, "unknown"
    for text in mounts.splitlines():
        parts = text.split()
        if len(parts) < 3:
            continue
        point = Path(parts[1].replace("\\040", " "))
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), parts[2]
    return kind


def check_file_system(place: Path) -> Finding:
    """Look whether the home folder is on this machine. SQLite over a network loses data."""
    try:
        mounts = Path("/proc/mounts").read_text("utf-8")
    except OSError:
        return judged("file system", "note", "Its type cannot be told here.", "keep home/ local")
    kind = mount_type(place.resolve(), mounts)
    if kind in NETWORK or kind.startswith("fuse."):
        return judged(
            "file system",
            "warning",
            f"{place} is on a network file system ({kind}); SQLite's locks fail on those.",
            "set ledger_url and studies_url to PostgreSQL, or use a local --home",
        )
    return fine("file system", kind)


def check_ledger(settings: Settings) -> Finding:
    """Look whether the ledger opens and its chain is whole."""
    database = settings.home / "ledger.db"
    if settings.ledger_url == f"sqlite:///{database}" and not database.exists():
        return fine("ledger", "not there yet; made at first use")
    try:
        ledger = Ledger.open(settings.ledger_url)
        damages = ledger.verify()
        count, _ = ledger.head()
    except ColdframeError as error:
        return judged(
            "ledger", "problem", f"{error.what} {error.found or ''}".strip(), error.remedy or ""
        )
    if damages:
        return judged("ledger", "problem", f"It is damaged: {damages[0]}.", "coldframe verify")
    return fine("ledger", f"{ledger.url}, {count} entries, chain whole")


def check_dotted_paths(dataset: Dataset) -> Finding:
    """Look whether the user's functions that the dataset file names can be imported."""
    wrong = []
    for _, name in named_objects(dataset):
        try:
            load_object(name, where=f"datasets/{dataset.name}.yaml")
        except ColdframeError as error:
            wrong.append(f"{name}: {error.found or error.what}")
    if wrong:
        return judged(
            "dataset",
            "problem",
            f"datasets/{dataset.name}.yaml names what cannot be imported: {'; '.join(wrong)}.",
            "correct the dotted path, or the module's own error",
        )
    return fine("dataset", f"datasets/{dataset.name}.yaml and the functions it names")


def check_leftovers(home: Path) -> Finding:
    """Look for partial files that killed processes left."""
    count = size = 0
    for path in home.rglob(".*.partial") if home.exists() else ():
        with contextlib.suppress(OSError):
            size += path.stat().st_size
            count += 1
    if not count:
        return fine("leftovers", "none")
    return judged(
        "leftovers",
        "note",
        f"{count} partial files ({size / 1e6:.1f} MB) of processes killed or at work.",
        "when nothing runs: "
        f"find {shlex.quote(str(home))} -name '.*.partial' -prune -exec rm -rf {{}} +",
    )
