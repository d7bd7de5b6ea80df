"""An Apache Iceberg view of a snapshot: metadata for other engines over the store's own parts.

No row is copied. Iceberg spells absolute paths, so the view goes stale when the store moves; it can
be thrown away and made again at any time. Needs the extra ``iceberg``.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldframe.errors import DataError, EnvironmentFaultError
from coldframe.files import locked, write_atomically
from coldframe.provenance import canonical_json
from coldframe.snapshots.engines import refuse
from coldframe.snapshots.manifest import Snapshot
from coldframe.snapshots.objects import PART
from coldframe.snapshots.verified import VerifiedCatalogue

POINTER = "latest.json"
_BUILD = re.compile(r"\d+-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True)
class IcebergView:
    """Where the view of a snapshot is: the newest metadata file of each table, by name."""

    snapshot: Snapshot
    pointer: Path
    tables: Mapping[str, Path]


def publish_iceberg(store: VerifiedCatalogue, snapshot: Snapshot, folder: Path) -> IcebergView:
    """Make Iceberg tables over the parts of `snapshot` in `folder`, replacing an earlier view.

    They are built in a folder of their own, ``<dataset>/<version>-<random>``; then
    ``<dataset>/latest.json`` is replaced, which names them, and earlier builds are removed. Whoever
    is killed leaves the earlier view. Tables are ``<dataset>.<table>``, dots as underscores.

    Raises
    ------
    CorruptionError
        A file of the snapshot was damaged; nothing was published.
    DataError
        Iceberg has no type for a column (unsigned 64-bit integers, half floats, durations, zones
        other than UTC, nanoseconds, times of day but in microseconds, decimals of more than 38
        digits, nothing but blanks), or a column changed its type in a way that it does not allow;
        nothing was published.
    EnvironmentFaultError
        PyIceberg is not installed.
    """
    store.check(snapshot)
    home = Path(folder).resolve() / snapshot.dataset
    home.mkdir(parents=True, exist_ok=True)
    build = home / f"{snapshot.version}-{secrets.token_hex(6)}"
    with locked(home / "lock"):
        try:
            build.mkdir()
            tables = _build(store, snapshot, build)
            record = {
                "snapshot": snapshot.name,
                "id": snapshot.id,
                "tables": {name: str(path) for name, path in tables.items()},
            }
            write_atomically(home / POINTER, canonical_json(record))
        except BaseException:
            # a failure may come after the deed: what is named by now has to stay
            if not _names(home / POINTER, build):
                with contextlib.suppress(OSError):
                    shutil.rmtree(build, ignore_errors=True)
            raise
        for other in home.iterdir():
            if _BUILD.fullmatch(other.name) and other != build:
                with contextlib.suppress(OSError):  # rmtree ignores not all; the next one sweeps
                    shutil.rmtree(other, ignore_errors=True)
    return IcebergView(snapshot, home / POINTER, tables)


def _names(pointer: Path, build: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return build.name in pointer.read_text("utf-8")
    return False


def _build(store: VerifiedCatalogue, snapshot: Snapshot, build: Path) -> dict[str, Path]:
    try:
        from pyiceberg.catalog.sql import SqlCatalog
    except ImportError as error:
        raise EnvironmentFaultError(
            "PyIceberg is not installed here.", remedy="pip install 'coldframe[iceberg]'"
        ) from error
    # the catalogue is a tool of the moment: engines read the metadata files alone
    catalogue = SqlCatalog("coldframe", uri="sqlite:///:memory:", warehouse=build.as_uri())
    try:
        catalogue.create_namespace(_identifier(snapshot.dataset))
        return {name: _table(store, snapshot, name, catalogue) for name in snapshot.tables}
    finally:
        catalogue.close()


def _table(store: VerifiedCatalogue, snapshot: Snapshot, name: str, catalogue: Any) -> Path:
    from pyiceberg.exceptions import NotInstalledError, ValidationError

    opened = store.open_table(snapshot, name)
    refuse(opened.schema, "Iceberg", snapshot.name)
    paths = [str(store.objects.path(part.digest, PART)) for part in opened.parts]
    if len(set(paths)) < len(paths):
        raise DataError(
            "Iceberg lists a file once, and this table holds one part several times.",
            where=f"{snapshot.name}, table '{name}'",
            remedy="read it with SnapshotStore.open_table",
        )
    try:
        identifier = f"{_identifier(snapshot.dataset)}.{_identifier(name)}"
        table = catalogue.create_table(identifier, schema=opened.schema)
        if paths:
            table.add_files(paths)
    except NotInstalledError as error:
        raise EnvironmentFaultError("PyIceberg lacks a part.", found=str(error)) from error
    except (TypeError, ValueError, NotImplementedError, ValidationError) as error:
        raise DataError(
            "Iceberg cannot show a table of this snapshot; nothing was published.",
            where=f"{snapshot.name}, table '{name}'",
            found=str(error).strip().splitlines()[0] if str(error).strip() else repr(error),
            remedy="read it with SnapshotStore.open_table, which every engine understands",
        ) from error
    return Path(table.metadata_location.removeprefix("file://"))


def _identifier(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")
