"""Receipts: what the newest run of a stage was made from, and whether that still holds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from coldframe.files import write_atomically
from coldframe.provenance import canonical_json, file_digest, record_digest

# A receipt in another format is no receipt: the stage runs once more.
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything that a stage's outcome depends on.

    Parameters
    ----------
    dataset : str
        What it works on.
    data : dict
        What the stage's own inputs function said: snapshot ids and digests of configuration.
    pending : tuple of str
        Digests of work that the run consumes, so that they are gone afterwards.
    parameters : dict
        Of the notebook.
    cells : str
        Digest of its code cells; its prose does not count.
    files : dict of str to str
        Digest of every file of the project's own code that is imported, by path.
    """

    dataset: str
    data: dict[str, Any]
    pending: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    cells: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Inputs:
        """Return the inputs that `values` spell."""
        return cls(**{**values, "pending": tuple(values["pending"])})

    @property
    def digest(self) -> str:
        """One digest over all of it."""
        return record_digest(asdict(self))

    def changes_since(self, before: Inputs) -> list[str]:
        """Return what is new compared with `before`, in words; empty if nothing is."""
        found = []
        if self.dataset != before.dataset:
            found.append(f"another dataset: {self.dataset}")
        if new := set(self.pending) - set(before.pending):
            found.append(f"{len(new)} new {'delivery' if len(new) == 1 else 'deliveries'}")
        names = sorted(self.data.keys() | before.data.keys())
        found += [f"{n} changed" for n in names if self.data.get(n) != before.data.get(n)]
        if self.parameters != before.parameters:
            found.append("its parameters changed")
        if self.cells != before.cells:
            found.append("its code cells changed")
        paths = sorted(self.files.keys() | before.files.keys())
        edited = [p for p in paths if self.files.get(p) != before.files.get(p)]
        if edited:
            more = f" and {len(edited) - 1} more" if len(edited) > 1 else ""
            found.append(f"{edited[0]}{more} changed")
        return found


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Written last, after everything that it vouches for.

    Parameters
    ----------
    stage, run : str
        Whose it is, and the name of the run.
    inputs : Inputs
        What the run was made from.
    notebook : str
        SHA-256 of the executed notebook.
    result : dict
        What the stage returned.
    entry : dict
        What the ledger is told of the run; kept here so that it can still be told afterwards.
    """

    stage: str
    run: str
    inputs: Inputs
    notebook: str
    result: dict[str, Any]
    entry: dict[str, Any]

    def write(self, path: Path) -> None:
        """Write it to `path`, whole or not at all."""
        write_atomically(path, canonical_json({"format": FORMAT, **asdict(self)}) + b"\n")

    @classmethod
    def read(cls, path: Path) -> Receipt | None:
        """Return the receipt at `path`; None if there is none that can be understood.

        A torn or foreign receipt is not an error: without one the stage runs again.
        """
        try:
            values = json.loads(path.read_text("utf-8"))
            if values.pop("format") != FORMAT:
                return None
            return cls(inputs=Inputs.from_json(values.pop("inputs")), **values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def find_reasons(receipt: Receipt | None, now: Inputs, *, notebook: Path) -> list[str]:
    """Return why a stage has to run; empty if its receipt still holds.

    Parameters
    ----------
    receipt : Receipt or None
        Of the newest successful run.
    now : Inputs
        What a run would be made from.
    notebook : Path
        The executed notebook for which the receipt vouches.
    """
    if receipt is None:
        return ["it has no receipt of an earlier run"]
    if not notebook.is_file():
        return ["the notebook of its newest run is missing"]
    if file_digest(notebook) != receipt.notebook:
        return ["the notebook of its newest run was changed"]
    return now.changes_since(receipt.inputs)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The mark of a run: there from its beginning until ledger and receipt know of it.

    A stage may consume its inputs (a proposal that is trained no longer waits for training). If
    it ends after that and before its receipt, only this tells what the run was about.

    Parameters
    ----------
    run : str
        Its name.
    inputs : Inputs
        What it was made from.
    """

    run: str
    inputs: Inputs

    def write(self, path: Path) -> None:
        """Write it to `path`, whole or not at all."""
        write_atomically(path, canonical_json(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Begun | None:
        """Return the mark at `path`; None if there is none that can be understood."""
        try:
            values = json.loads(path.read_text("utf-8"))
            return cls(run=values["run"], inputs=Inputs.from_json(values["inputs"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
