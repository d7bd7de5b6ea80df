"""What has been pulled of a source: one small file in the home folder, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coldframe.errors import CorruptionError
from coldframe.files import write_atomically
from coldframe.provenance import canonical_json, record_digest
from coldframe.workbench import Workbench


def state_path(bench: Workbench, source: str) -> Path:
    """Return where the home folder keeps what has been pulled of `source`."""
    return bench.settings.home / "pulled" / bench.dataset.name / f"{source}.json"


def load_state(path: Path) -> dict[str, Any]:
    """Return what `save_state` wrote; nothing if it never did.

    Raises
    ------
    CorruptionError
        The bytes are others.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    try:
        told = json.loads(data)
        state, digest = dict(told["state"]), told["digest"]
    except (ValueError, TypeError, KeyError):
        state, digest = {}, None
    if digest is None or digest != record_digest(state):
        raise CorruptionError(
            "What has been pulled cannot be told: the file is not what was written.",
            where=str(path), expected="the digest that it ends with", found=f"{len(data)} bytes",
            remedy="put back a copy, or remove it: all is pulled anew then, and rows that were "
            "frozen before are set aside as known",
        )  # fmt: skip
    return state


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Replace what is kept at `path`."""
    write_atomically(path, canonical_json({"state": state, "digest": record_digest(state)}))
