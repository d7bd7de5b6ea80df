"""Verification: whether every byte of store, ledger and models is what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coldframe.errors import ColdframeError
from coldframe.ledger import ModelVersion, models
from coldframe.ledger.chain import RESTORE as RESTORE_LEDGER
from coldframe.workbench import Workbench

RESTORE = "restore the file from a backup; the digest tells whether it is the right one"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is not what was recorded.

    Parameters
    ----------
    part : str
        ``store``, ``ledger`` or ``models``.
    where : str
        File, entry or model.
    what : str
        What is wrong with it.
    expected, found, remedy : str
        What should be there, what is, and what to do.
    """

    part: str
    where: str
    what: str
    expected: str = ""
    found: str = ""
    remedy: str = RESTORE


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was looked at, and every fault that was found.

    Parameters
    ----------
    snapshots : tuple of str
        Names of all versions and tags, of every dataset; what is pinned was looked at, too.
    entries : int
        How many the ledger has.
    models : tuple of str
        All of the ledger, each after its dataset.
    faults : tuple of Fault
        Each once.
    """

    snapshots: tuple[str, ...]
    entries: int
    models: tuple[str, ...]
    faults: tuple[Fault, ...]


def verify_home(
    bench: Workbench, *, progress: Callable[[str], None] = lambda _: None
) -> Verification:
    """Read and hash everything in the home folder that the ledger or the store vouch for."""
    progress("reading the ledger")
    faults = [
        Fault(
            part="ledger",
            where=f"entry {damage.sequence}" if damage.sequence else bench.ledger.url,
            what=damage.what,
            remedy=f"{RESTORE_LEDGER}; look at who can write to it",
        )
        for damage in bench.ledger.verify()
    ]
    looked: list[str] = []

    def look(name: str) -> None:
        looked.append(name)
        progress(f"reading {name}")

    faults += [
        Fault(
            part="store",
            where=damage.path,
            what=f"{damage.what} (needed by {damage.needed_by})",
            expected=damage.expected,
            found=damage.found,
            remedy=damage.remedy,
        )
        for damage in bench.store.verify(progress=look)
    ]
    versions = models(bench.ledger, None)
    # several versions may have the same estimator
    for version in {version.estimator: version for version in reversed(versions)}.values():
        progress(f"reading model {_spell(version)}")
        faults += _model_faults(bench, version)
    return Verification(
        snapshots=tuple(looked),
        entries=bench.ledger.head()[0],
        models=tuple(map(_spell, versions)),
        faults=tuple(dict.fromkeys(faults)),
    )


def _spell(version: ModelVersion) -> str:
    """Return the name of a model among those of all datasets."""
    return f"{version.dataset} {version.name}"


def _model_faults(bench: Workbench, version: ModelVersion) -> list[Fault]:
    """Return what is wrong with what a registered model needs."""
    try:
        bench.models.verify(version.estimator)
    except ColdframeError as error:
        return [
            Fault(
                part="models",
                where=error.where or _spell(version),
                what=f"{error.what} (needed by {_spell(version)})",
                expected=error.expected or version.estimator,
                found=error.found or "",
                remedy=error.remedy or RESTORE,
            )
        ]
    return []
