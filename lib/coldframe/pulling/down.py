"""Sources that could not be pulled last time: told by `status`, which asks nobody itself."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from coldframe.files import write_atomically
from coldframe.provenance import canonical_json
from coldframe.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class SourceDown:
    """A source that could not be pulled (to its end) since some time.

    Parameters
    ----------
    source : str
        Its name.
    url : str
        From where, as the dataset file spells it: variables are not filled in.
    since, tried : str
        When that was met first, and when last, in ISO 8601.
    fault : str
        What the last try met, and what to do.
    """

    source: str
    url: str
    since: str
    tried: str
    fault: str


def note_outcome(
    bench: Workbench, source: str, *, url: str, fault: str | None
) -> SourceDown | None:
    """Keep how a pull ended, for whoever asks later; return what is kept, None if all went well.

    Where this cannot be written down the pull's own report tells it all the same.
    """
    path, now = _path(bench, source), datetime.now(UTC).isoformat(timespec="seconds")
    with contextlib.suppress(OSError):
        if fault is None:
            path.unlink(missing_ok=True)
    if fault is None:
        return None
    before = _read(path)
    since = before.since if before and before.url == url else now
    found = SourceDown(source=source, url=url, since=since, tried=now, fault=fault)
    with contextlib.suppress(OSError):
        write_atomically(path, canonical_json(asdict(found)))
    return found


def sources_down(bench: Workbench) -> tuple[SourceDown, ...]:
    """Return the sources whose last pull failed; imports no driver and asks nobody.

    One whose URL is another by now has not been tried.
    """
    pulled = {name: one.pull.url for name, one in bench.dataset.sources.items() if one.pull}
    found = [_read(_path(bench, name)) for name in pulled]
    return tuple(one for one in found if one and one.url == pulled.get(one.source))


def _path(bench: Workbench, source: str) -> Path:
    return bench.settings.home / "pulled" / bench.dataset.name / "down" / f"{source}.json"


def _read(path: Path) -> SourceDown | None:
    """Return what is kept; nothing of a file that is damaged, which the next pull replaces."""
    try:
        return SourceDown(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
