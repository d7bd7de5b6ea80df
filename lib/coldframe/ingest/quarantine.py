"""Quarantine: rows and whole batches that were set aside, each with its reason and as it came."""

from __future__ import annotations

import json
import shutil
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.errors import NotFoundError
from coldframe.files import sync_file, sync_folder, temporary_name, write_atomically
from coldframe.ledger import Delivery, deliveries
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

    from coldframe.contracts.judging import BatchJudgement

REPORT = "report.json"
ROWS = "rows.parquet"
MENDED = "mended"  # folder of the files that people mended rows in, by their digests
RAW = "raw"  # folder of a held batch's file, which keeps its own name


def quarantine_folder(bench: Workbench) -> Path:
    """Return the folder that holds a folder for each source, and in it one for each batch.

    Batches are kept apart by source as well as by digest: the same bytes in two sources' folders
    are two deliveries, each with a fate of its own.
    """
    return bench.settings.home / "quarantine" / bench.dataset.name


def kept_file(bench: Workbench, source: str, batch: str) -> Path | None:
    """Return the copy of a batch that was kept when all of it was held, if there is one."""
    copies = list((quarantine_folder(bench) / source / batch / RAW).glob("*"))
    return copies[0] if len(copies) == 1 else None


def mended_copy(bench: Workbench, source: str, batch: str, digest: str) -> Path:
    """Return where the copy is kept of a file of mended rows of a batch."""
    return quarantine_folder(bench) / source / batch / MENDED / f"{digest}.csv"


def set_aside(
    bench: Workbench, delivery: Delivery, judgement: BatchJudgement, raw: Path | None
) -> Path | None:
    """Write what of a batch was set aside; all of it or nothing, again and again the same.

    Parameters
    ----------
    bench : Workbench
        Where.
    delivery : Delivery
        What became of the batch.
    judgement : Judgement
        Why.
    raw : Path or None
        A copy of the batch itself, kept if all of it is held: it is moved away. None if it is too
        large to be copied, and stays in the landing folder only.

    Returns
    -------
    Path or None
        The batch's folder; None if every row was fit.
    """
    if delivery.outcome == "accepted":
        return None
    target = quarantine_folder(bench) / delivery.source / delivery.batch
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = temporary_name(target)
    partial.mkdir()
    try:
        _fill(partial, delivery, judgement, raw)
        _publish(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _fill(folder: Path, delivery: Delivery, judgement: BatchJudgement, raw: Path | None) -> None:
    # of a released batch this may be the only copy left, and it is not frozen yet
    if (delivery.outcome == "held" or delivery.released) and raw is not None:
        (folder / RAW).mkdir()
        sync_file(raw)
        raw.rename(folder / RAW / Path(delivery.file).name)
    if judgement.aside is not None:
        sync_file(judgement.aside)
        judgement.aside.rename(folder / ROWS)
    report = json.dumps(delivery.to_body(), indent=2, sort_keys=True, ensure_ascii=False)
    write_atomically(folder / REPORT, report.encode() + b"\n")


def _spell(rows: pd.DataFrame) -> bytes:
    spelled: bytes = rows.to_parquet(None, index=False)
    return spelled


def keep_rows(bench: Workbench, source: str, batch: str, rows: pd.DataFrame) -> None:
    """Put `rows` in the place of those that are in quarantine of a batch."""
    write_atomically(quarantine_folder(bench) / source / batch / ROWS, _spell(rows))


def let_go(bench: Workbench, source: str, batch: str, lines: Container[int]) -> None:
    """Take the rows of these lines out of quarantine; they are frozen."""
    if not (quarantine_folder(bench) / source / batch / ROWS).is_file():
        return
    rows = read_quarantine(bench, source, batch)
    staying = [line not in lines for line in rows["line"]]
    if not all(staying):
        keep_rows(bench, source, batch, rows[staying].reset_index(drop=True))


def _publish(partial: Path, target: Path) -> None:
    """Put `partial` in the place of `target`, which an earlier contract or a kill may have left.

    Between the two renames there is no folder; a process that dies there does it all again, since
    the ledger has no delivery yet.
    """
    if target.exists():
        outdated = temporary_name(target)
        target.rename(outdated)
        partial.rename(target)
        shutil.rmtree(outdated, ignore_errors=True)
    else:
        partial.rename(target)
    sync_folder(target.parent)


def sweep_partial(bench: Workbench) -> None:
    """Remove what killed runs left half-written; call it under the ingest lock."""
    for left in quarantine_folder(bench).glob("*/.*.partial"):
        shutil.rmtree(left, ignore_errors=True)
    # and in a batch's folder, where rows or a mended file were being written
    for pattern in ("*/*/.*.partial", f"*/*/{MENDED}/.*.partial"):
        for left in quarantine_folder(bench).glob(pattern):
            left.unlink(missing_ok=True)


def quarantined(bench: Workbench) -> list[Delivery]:
    """Return the deliveries of which something is in quarantine now, oldest first.

    A batch that was held and then judged anew counts as it was judged last.
    """
    newest = {(d.source, d.batch): d for d in deliveries(bench.ledger, bench.dataset.name)}
    found = [delivery for delivery in newest.values() if delivery.outcome != "accepted"]
    return sorted(found, key=lambda delivery: delivery.sequence or 0)


def read_quarantine(bench: Workbench, source: str, batch: str) -> pd.DataFrame:
    """Return what was wrong with a batch.

    Parameters
    ----------
    bench : Workbench
        Where.
    source : str
        The source as which it was delivered.
    batch : str
        Digest of the batch.

    Returns
    -------
    DataFrame of shape (n_failures, 5)
        Line, rule, column, value, and the row as it came (JSON). For a batch that was held as a
        whole and could not be read row by row: its reasons, without lines.

    Raises
    ------
    NotFoundError
        Nothing of this batch of this source was set aside.
    """
    import pandas as pd  # kept out of the command line's start

    folder = quarantine_folder(bench) / source / batch
    if not (folder / REPORT).is_file():
        raise NotFoundError(
            "Nothing of this batch is in quarantine.",
            where=str(quarantine_folder(bench)),
            found=f"{source}, {batch}",
            remedy="coldframe quarantine",
        )
    if (folder / ROWS).is_file():
        return pd.read_parquet(folder / ROWS)
    report: dict[str, Any] = json.loads((folder / REPORT).read_text("utf-8"))
    reasons = report["reasons"]
    return pd.DataFrame(
        {
            "line": pd.array([None] * len(reasons), dtype="Int64"),
            "rule": [reason["rule"] for reason in reasons],
            "column": [reason["column"] for reason in reasons],
            "value": [reason["example"] for reason in reasons],
            "record": None,
        }
    )
