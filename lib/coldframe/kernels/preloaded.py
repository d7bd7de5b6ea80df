"""What a fork server has imported, and which of it a child must not take for granted."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# What libraries import if it is there, though nobody here needs that: clouds' file systems, a
# grammar, other engines' frames (Polars starts threads). A notebook that needs them imports them.
UNWANTED = (
    *("rfc3987_syntax", "gcsfs", "s3fs", "boto3", "botocore", "adlfs", "github"),
    *("polars", "dask", "distributed", "pyiceberg"),
)
INSTALLED = ("stdlib", "platstdlib", "purelib", "platlib")
BARS = ("tqdm.auto", "tqdm.asyncio")

Stamp = tuple[str, int, int]


@dataclass(frozen=True)
class Preloaded:
    """What was imported. Made once: a child that looked through all modules would copy them.

    Parameters
    ----------
    failed : dict
        What could not be imported, and why.
    loose : dict
        Path, time and size of each file that was imported from outside the installed packages:
        code that somebody edits.
    bars : tuple of modules
        Those that imported tqdm's bar for terminals.
    since : int
        When importing began, nanoseconds; a file changed later may not be what was read.
    files : list of str
        Where each module came from. Whoever asks the modules touches, and so copies, thousands of
        pages.
    names : set of str
        Of all modules; made once for the same reason.
    pools : threadpoolctl.ThreadpoolController or None
        The thread pools of the imported libraries.
    """

    failed: dict[str, str]
    loose: dict[str, Stamp]
    bars: tuple[ModuleType, ...]
    since: int
    files: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    pools: Any = None

    def limit_threads(self, cap: int) -> None:
        """Let the thread pools of the imported libraries have `cap` threads each."""
        if self.pools is not None:
            self.pools.limit(limits=cap)

    def forget_changed(self) -> None:
        """Forget all loose modules if one of them changed, or would be found elsewhere by now.

        So whoever edits code, or works on another copy of it, gets the code that is there.
        """
        if self.loose and not self._stands():
            for name in self.loose:
                sys.modules.pop(name, None)

    def is_unchanged(self) -> bool:
        """Tell whether the loose modules are still what their files say."""
        try:
            return all(_stamp(s[0]) == s and s[1] < self.since for s in self.loose.values())
        except OSError:
            return False

    def _stands(self) -> bool:
        heads = [name for name in self.loose if "." not in name]
        return self.is_unchanged() and all(_origin(n) == self.loose[n][0] for n in heads)


@contextlib.contextmanager
def without_unwanted() -> Iterator[None]:
    """Let libraries that are imported meanwhile find nothing of what nobody here needs.

    Afterwards it can be imported as ever.

    Examples
    --------
    >>> with without_unwanted():
    ...     import papermill  # tries boto3, gcsfs, github and more
    >>> "gcsfs" in sys.modules
    False
    """
    hidden = [name for name in UNWANTED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # "there is no such module"
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, 0) is None:
                del sys.modules[name]


def preload(modules: Sequence[str]) -> Preloaded:
    """Import `modules`; none of them is indispensable."""
    failed, since = {}, time.time_ns()
    before = set(sys.modules)
    with without_unwanted():
        for name in modules:
            try:
                importlib.import_module(name)
            except Exception as error:  # noqa: BLE001 - whatever a library does at import
                failed[name] = f"{type(error).__name__}: {error}"
    found = {n: m for n, m in sys.modules.items() if n not in before or n.startswith("coldframe")}
    pools = None
    if "threadpoolctl" in sys.modules:
        pools = sys.modules["threadpoolctl"].ThreadpoolController()
    files = [getattr(module, "__file__", None) for module in sys.modules.values()]
    origins = list(filter(None, files))
    return Preloaded(
        failed, _loose(found), _with_bars(found), since, origins, set(sys.modules), pools
    )


def _loose(found: dict[str, ModuleType]) -> dict[str, Stamp]:
    """Return the stamps of modules that are no installed packages'."""
    installed = tuple(sysconfig.get_path(name) + os.sep for name in INSTALLED)
    return {
        name: _stamp(path)
        for name, module in found.items()
        if (path := getattr(module, "__file__", None)) and not path.startswith(installed)
    }


def _stamp(path: str) -> Stamp:
    found = os.stat(path)  # noqa: PTH116 - sixty of them, in every child
    return path, found.st_mtime_ns, found.st_size


def _origin(name: str) -> str | None:
    """Return where a new interpreter with this import path would find the module."""
    for finder in sys.meta_path:
        spec: ModuleSpec | None = finder.find_spec(name, None)
        if spec is not None:
            return spec.origin
    return None


def _with_bars(found: dict[str, ModuleType]) -> tuple[ModuleType, ...]:
    def holds(name: str, module: Any) -> bool:
        bar = getattr(module, "__dict__", {}).get("tqdm")
        # tqdm.auto's class is made anew at each import; its name and module stay
        return getattr(bar, "__module__", "") in BARS and not name.startswith("tqdm")

    return tuple(module for name, module in found.items() if holds(name, module))
