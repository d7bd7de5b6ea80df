"""One spelling for one estimator: skops files without addresses, random names and clock times.

A skops file is a zip of ``schema.json`` and the arrays it names. skops writes memory addresses as
object ids and file names, random names for byte strings, and the time of day. The same estimator
saved twice would thus have two digests. Imported lazily: needs numpy.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from coldframe.provenance import bytes_digest, canonical_json

SCHEMA = "schema.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip can tell
IMMUTABLE = {"JsonNode", "TypeNode", "FunctionNode", "BytesNode"}
"""Nodes of which it is chance, not meaning, whether two of them are one object in memory."""


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a schema, parents first, in the order in which it is written."""
    if isinstance(value, dict):
        if isinstance(value.get("__loader__"), str):
            yield value
        for child in value.values():
            yield from _nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child)


def _number_objects(schema: Any) -> None:
    """Replace addresses by 1, 2, …; only objects that stand in several places need a number."""
    places = Counter(
        node["__id__"]
        for node in _nodes(schema)
        if "__id__" in node and node["__loader__"] not in IMMUTABLE
    )
    numbers: dict[int, int] = {}
    for node in _nodes(schema):
        address = node.pop("__id__", None)
        if address is not None and node["__loader__"] not in IMMUTABLE and places[address] > 1:
            node["__id__"] = numbers.setdefault(address, len(numbers) + 1)


def _without_padding(data: bytes) -> bytes:
    """Return the npy file `data` with zeros between the fields of a structured array.

    The nodes of scikit-learn's trees have such gaps, and in them whatever the memory held before.
    """
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.dtype.names is None:
        return data
    clean = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _name_members(schema: Any, archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Name every member after its content, in the schema too; returns them by name."""
    members: dict[str, bytes] = {}
    for node in _nodes(schema):
        name = node.get("file")
        if isinstance(name, str):
            kind = name.rpartition(".")[2]
            data = archive.read(name)
            data = _without_padding(data) if kind == "npy" else data
            node["file"] = f"{bytes_digest(data)[:32]}.{kind}"
            members[node["file"]] = data
    return members


def _sort_sets(schema: Any) -> None:
    """Put members of sets in one order: Python's depends on the seed of its string hashes."""
    for node in reversed(list(_nodes(schema))):  # inner sets first
        if node["__loader__"] == "SetNode":
            node["content"].sort(key=canonical_json)


def canonical_skops(data: bytes) -> bytes:
    """Return the one spelling of the skops file `data`; what it loads to stays the same.

    Examples
    --------
    >>> import skops.io
    >>> canonical_skops(skops.io.dumps([1, "a"])) == canonical_skops(skops.io.dumps([1, "a"]))
    True
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        _number_objects(schema)
        members = _name_members(schema, archive)
    _sort_sets(schema)
    # not sorted by key: the order of a dict's items belongs to the estimator
    members[SCHEMA] = json.dumps(schema, separators=(",", ":")).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, date_time=EPOCH)
            info.create_system, info.external_attr = 3, 0o444 << 16  # not this machine's
            archive.writestr(info, members[name])
    return buffer.getvalue()
