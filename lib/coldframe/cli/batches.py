"""Which batch is meant by a few digits of its digest."""

from __future__ import annotations

from coldframe.cli.command import Session
from coldframe.cli.terminal import short, when
from coldframe.errors import NotFoundError
from coldframe.ledger import Delivery, deliveries
from coldframe.wording import count

SHOWN = 5


def check_source(session: Session, source: str | None) -> None:
    """Raise NotFoundError if a source is named that the dataset does not have."""
    if source is not None and source not in session.bench.dataset.sources:
        raise NotFoundError(
            f"{session.name} has no such source.",
            expected=", ".join(session.bench.dataset.sources),
            found=source,
            remedy="coldframe quarantine",
        )


def choose_batch(
    session: Session, found: list[Delivery], batch: str, source: str | None
) -> Delivery:
    """Return the last delivery of the batch whose digest begins with `batch`.

    Parameters
    ----------
    session : Session
        Which home folder and dataset.
    found : list of Delivery
        Of which one is meant.
    batch : str
        Digits of its digest.
    source : str or None
        Only batches of this source.

    Raises
    ------
    NotFoundError
        There is none, or several: other batches, or the same bytes in two sources' folders.
    """
    chosen = _named(found, batch, source)
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    whole = _named(deliveries(session.bench.ledger, session.name), batch, source)
    if not chosen and len(whole) == 1:
        raise _accepted(next(iter(whole.values())))
    what, remedy = "Several batches in quarantine begin so.", "write more digits of its digest"
    expected = None
    if not chosen:
        what, remedy = "No such batch in quarantine.", "coldframe quarantine lists them"
        expected = _known([one for one in found if one.outcome != "accepted"])
    elif len({digest for _, digest in chosen}) == 1:
        what = "The same bytes were delivered by several sources."
        remedy = f"coldframe quarantine {batch} --source {next(iter(chosen))[0]}"
    raise NotFoundError(
        what,
        expected=expected,
        found=", ".join(f"{name} {short(digest)}" for name, digest in chosen) or batch,
        remedy=remedy,
    )


def _known(found: list[Delivery]) -> str:
    """Return the last batches that could be meant, with their files."""
    last = list({one.batch: one for one in found}.values())
    names = [f"{short(one.batch)} ({one.file.rpartition('/')[2]:.60})" for one in last[-SHOWN:]]
    more = f", and {len(last) - SHOWN} earlier" if len(last) > SHOWN else ""
    return f"digits of {', '.join(names)}{more}" if names else "a batch; there is none"


def _named(
    found: list[Delivery], batch: str, source: str | None
) -> dict[tuple[str, str], Delivery]:
    """Return the last delivery of each batch whose digest begins with `batch`."""
    return {
        (d.source, d.batch): d
        for d in found
        if d.batch.startswith(batch.lower()) and source in (None, d.source)
    }


def _accepted(delivery: Delivery) -> NotFoundError:
    """Return the error for a batch that was taken whole, which names where its rows are."""
    rows = count(delivery.rows_accepted, "row")
    return NotFoundError(
        "This batch was accepted: none of it is in quarantine.",
        where=f"{delivery.source}/{delivery.file}",
        expected="a batch of which rows were set aside",
        found=f"{rows} accepted, {when(delivery.at)} UTC",
        remedy=f"coldframe show {short(delivery.snapshot)}" if delivery.snapshot
        else "coldframe quarantine",
    )  # fmt: skip
