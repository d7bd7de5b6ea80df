"""Which fork server is meant: one for each environment, of each user."""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PRELOAD = (
    *("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "sklearn.ensemble", "sklearn.pipeline"),
    *("sklearn.compose", "sklearn.metrics", "sklearn.isotonic", "sklearn.model_selection"),
    *("nannyml", "optuna", "skops.io", "pandera.pandas", "matplotlib.pyplot"),
    # what these import at their first use
    *("pandera.backends.pandas.builtin_checks", "pyarrow.pandas_compat", "pydantic.dataclasses"),
    *("pyarrow.dataset", "pyarrow.csv", "pyarrow.vendored.version"),
    *("matplotlib.backends.backend_agg", "IPython.core.completerlib", "IPython.core.oinspect"),
    # what a kernel imports at its start, and scikit-learn at its first fit
    *("ipykernel.kernelapp", "ipykernel.debugger", "IPython.extensions.storemagic"),
    *("tornado.platform.asyncio", "narwhals._pandas_like.namespace"),
    *("ipywidgets", "tqdm.notebook", "threadpoolctl", "psutil"),
    *("pydantic", "sqlalchemy.dialects.sqlite", "yaml", "typer.testing", "rich.live"),
    *("ploomber.spec", "papermill", "nbclient", "nbconvert.exporters.html"),
    "nbconvert.preprocessors.sanitize",
    *("coldframe.cli.app", "coldframe.pipeline.executor", "coldframe.pipeline.kernel"),
    "coldframe.pipeline.engine",
    *("coldframe.pipeline.build", "coldframe.pipeline.warmed", "coldframe.notebook.warmed"),
    *("coldframe.cli.warmed", "coldframe.ledger.warmed"),
)
"""What a server imports unless told otherwise: libraries and programs, never a user's own code."""

LOCK = "requirements.lock"


class UnavailableError(Exception):
    """A warm kernel cannot be had; a cold one can."""


class Address(NamedTuple):
    """Where the server of one environment listens; no dataclass, for every command makes one.

    Parameters
    ----------
    folder : Path
        Of this user alone.
    key : str
        Digest of the environment.
    preload : tuple of str
        Modules that the server imports.
    """

    folder: Path
    key: str
    preload: tuple[str, ...] = PRELOAD

    @property
    def socket(self) -> Path:
        """Where it listens, once it is ready."""
        return self.folder / f"{self.key}.sock"

    @property
    def lock(self) -> Path:
        """Locked by a server for all of its life."""
        return self.folder / f"{self.key}.lock"

    @property
    def log(self) -> Path:
        """What it said last."""
        return self.folder / f"{self.key}.log"


def runtime_folder() -> Path:
    """Return a folder that belongs to this user and that nobody else may enter.

    Raises
    ------
    UnavailableError
        Somebody else made it first, or others may enter it.
    """
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and os.access(given, os.W_OK):
        base = Path(given)
    else:
        import tempfile  # here, as every command passes this module

        base = Path(tempfile.gettempdir())
    folder = base / f"coldframe-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be used: {error}") from error
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not private or found.st_uid != os.getuid():
        raise UnavailableError(f"{folder} is not a folder that only this user may enter")
    return folder


@functools.cache
def _own_code() -> bytes:
    """Return the digest of this package, as it was when this process first asked."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def _installed() -> list[str]:
    """Return what is installed: name and version of each distribution, and when it came."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    found = []
    for folder in sorted(folders):
        with os.scandir(folder) as entries:
            found += [
                f"{entry.name} {entry.stat().st_mtime_ns}"
                for entry in entries
                if entry.name.endswith((".dist-info", ".egg-info", ".pth"))
            ]
    return sorted(found)


def environment_key(preload: Sequence[str] = PRELOAD) -> str:
    """Return the digest of all that a server's memory depends on.

    That is the Python, what is installed, the lock file beside the environment, this package's
    own code, and the list of modules.
    """
    prefix = os.path.abspath(sys.prefix)  # noqa: PTH100 - `..` is out, links stay
    lock = Path(prefix).parent / LOCK
    digest = hashlib.sha256(_own_code())
    digest.update(lock.read_bytes() if lock.is_file() else b"")
    for part in (sys.version, prefix, *_installed(), "", *preload):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:16]


def find_address(preload: Sequence[str] = PRELOAD) -> Address:
    """Return where the server of this environment listens, whether it runs or not.

    Raises
    ------
    UnavailableError
        There is no safe folder for it, or this system cannot fork servers.
    """
    if not sys.platform.startswith("linux"):
        raise UnavailableError("kernels are forked on Linux only")
    return Address(runtime_folder(), environment_key(preload), tuple(preload))
