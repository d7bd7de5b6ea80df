"""Releasing: what a person may overrule, and what has become of it. Needs no pandas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from coldframe.contracts import contract_versions
from coldframe.contracts.expectations import BATCH_RULES
from coldframe.errors import ConflictError, DataError, NotFoundError
from coldframe.files import locked
from coldframe.ingest.landing import landed_files, remember_digests, unreadable_files
from coldframe.ingest.quarantine import kept_file
from coldframe.ledger import Delivery, Reason, Release, deliveries, record_release, releases
from coldframe.provenance import file_digest
from coldframe.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class ReleaseStanding:
    """A release, and what has become of it.

    Parameters
    ----------
    release : Release
        Whose word on which batch.
    standing : {"waiting", "taken", "held", "void"}
        The next ingest takes the batch; it has; it could not, for what nobody can overrule; or
        the contract has changed since, and judges the batch by itself.
    delivery : Delivery or None
        What became of the batch, if it is taken or held.
    """

    release: Release
    standing: Literal["waiting", "taken", "held", "void"]
    delivery: Delivery | None = None


def release_standings(bench: Workbench) -> tuple[ReleaseStanding, ...]:
    """Return every release and where it stands, oldest first."""
    name = bench.dataset.name
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    told = {d.key: d for d in deliveries(bench.ledger, name) if d.released}
    return tuple(
        _stand(one, told.get(f"{one.key}:released"), versions.get(one.source))
        for one in releases(bench.ledger, name)
    )


def find_release(bench: Workbench, delivery: Delivery) -> ReleaseStanding | None:
    """Return the last release of a batch and where it stands, if there is one."""
    return last_release(delivery, release_standings(bench))


def last_release(
    delivery: Delivery, standings: Iterable[ReleaseStanding]
) -> ReleaseStanding | None:
    """Return the last of `standings` that is about a batch, if there is one."""
    own = [
        one
        for one in standings
        if (one.release.source, one.release.batch) == (delivery.source, delivery.batch)
    ]
    return own[-1] if own else None


def _stand(release: Release, delivery: Delivery | None, contract: str | None) -> ReleaseStanding:
    if delivery is not None:
        taken: Literal["held", "taken"] = "held" if delivery.outcome == "held" else "taken"
        return ReleaseStanding(release=release, standing=taken, delivery=delivery)
    now: Literal["waiting", "void"] = "waiting" if contract == release.contract else "void"
    return ReleaseStanding(release=release, standing=now)


def release_batch(bench: Workbench, delivery: Delivery, *, reason: str, who: str) -> Release:
    """Overrule the hold of a batch: the next ingest takes its fit rows, once.

    Rows that break a row rule are set aside all the same. Said again it is the first release.

    Parameters
    ----------
    bench : Workbench
        Where.
    delivery : Delivery
        The last judgement of the batch.
    reason, who : str
        Why it is to be taken, and who says so; both stand in the ledger.

    Raises
    ------
    ConflictError
        The batch is not held, or the contract has changed since and judges it anew.
    DataError
        There is nothing that a person could overrule: it cannot be read row by row, say.
    NotFoundError
        Its bytes are neither in the landing folder nor in quarantine.
    """
    where = f"{delivery.source}/{delivery.file}"
    with locked(bench.settings.home / f"ingest-{bench.dataset.name}.lock"):
        of = (delivery.source, delivery.batch, delivery.contract)
        for one in releases(bench.ledger, bench.dataset.name):
            if (one.source, one.batch, one.contract) == of:
                return one
        _refuse_other(bench, delivery, where)
        _refuse_unreadable(delivery, where)
        if not _is_here(bench, delivery):
            raise NotFoundError(
                "The bytes of this batch are gone.", where=where,
                expected=f"a file with SHA-256 {delivery.batch}",
                found="none in the landing folder, and no copy in quarantine",
                remedy=f"deliver the same file again, as {delivery.file}",
            )  # fmt: skip
        overruled = tuple(one for one in delivery.reasons if one.rule in BATCH_RULES)
        release = Release(
            batch=delivery.batch, dataset=delivery.dataset, source=delivery.source,
            file=delivery.file, contract=delivery.contract, overruled=overruled,
            reason=reason.strip(), who=who.strip(),
        )  # fmt: skip
        return record_release(bench.ledger, release)


def _refuse_other(bench: Workbench, delivery: Delivery, where: str) -> None:
    """Raise if the batch is not held by the contract of now."""
    if delivery.outcome != "held":
        raise ConflictError(
            "This batch is not held.", where=where, expected="a batch of which nothing was taken",
            found=f"{delivery.rows_accepted:,} rows of it taken, "
            f"{delivery.rows_quarantined:,} set aside",
            remedy="coldframe quarantine replay, once a rule is mended, for rows set aside"
        )  # fmt: skip
    now = contract_versions(bench.agreed, lib=bench.settings.lib).get(delivery.source)
    if now is None:
        raise ConflictError(
            "The dataset has no such source any more.", where=where,
            expected=", ".join(bench.dataset.sources), found=delivery.source,
            remedy="put the source back into the dataset file",
        )  # fmt: skip
    if now != delivery.contract:
        raise ConflictError(
            "The contract has changed since this batch was held.", where=where,
            expected="a hold by the contract of now: of the dataset file, its rules and mappings",
            found=f"a hold by an earlier one ({delivery.contract[:10]}, by now {now[:10]})",
            remedy="coldframe build judges the batch anew; if it is held again, release it then",
        )  # fmt: skip


def releasable(bench: Workbench, held: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """Return those of `held` that a person could release now.

    They are held by the contract of now, for nothing but what a person may overrule, and nobody
    has released them under it. A batch whose release became void is one of them again as soon as
    ingest has judged it anew.

    Parameters
    ----------
    bench : Workbench
        Its dataset's contracts of now count, with the mappings that people accepted.
    held : iterable of Delivery
        Deliveries of its dataset that are held.
    """
    versions = contract_versions(bench.agreed, lib=bench.settings.lib)
    said = {
        (one.source, one.batch, one.contract) for one in releases(bench.ledger, bench.dataset.name)
    }
    return tuple(
        one
        for one in held
        if _may_be_released(one)
        and one.contract == versions.get(one.source)
        and (one.source, one.batch, one.contract) not in said
    )


def _may_be_released(delivery: Delivery) -> bool:
    """Tell whether a held batch is held for nothing but what a person may overrule."""
    # what holds a batch as a whole comes first, and alone if it could not be read row by row
    return bool(delivery.reasons) and delivery.reasons[0].rule in BATCH_RULES and not _all(delivery)


def _all(delivery: Delivery) -> bool:
    """Tell whether every row of a held batch breaks a row rule."""
    shares = (one.rows for one in delivery.reasons if one.rule == "quarantined_share")
    unfit = max(shares, default=0)
    return unfit > 0 and unfit == delivery.rows_quarantined


def _refuse_unreadable(delivery: Delivery, where: str) -> None:
    """Raise if the batch is held for something that nobody can overrule."""
    first: Reason | None = delivery.reasons[0] if delivery.reasons else None
    if first is None or first.rule not in BATCH_RULES:
        rule = f"{first.rule}: {first.example}" if first else "nobody wrote down why"
        raise DataError(
            "This batch cannot be released: there are no rows to take, it cannot be read row by "
            "row." if first is None or first.rule != "no_fit_rows" else
            "This batch cannot be released: none of its rows is fit.",
            where=where, expected=f"held for {' or '.join(sorted(BATCH_RULES))}", found=rule,
            remedy=f"correct the file and deliver it as {delivery.file}, or change the contract if "
            "it is the contract that is wrong; the next build judges it",
        )  # fmt: skip
    if _all(delivery):
        raise DataError(
            "This batch cannot be released: every row of it breaks a row rule, and row rules "
            "cannot be overruled.", where=where, expected="at least one fit row",
            found=f"{delivery.rows_quarantined:,} unfit rows",
            remedy="mend the rule in the dataset file, or correct the file and deliver it as "
            f"{delivery.file}",
        )  # fmt: skip


def _is_here(bench: Workbench, delivery: Delivery) -> bool:
    """Return whether the very bytes that were held can still be read."""
    copy = kept_file(bench, delivery.source, delivery.batch)
    if copy is not None and file_digest(copy) == delivery.batch:
        return True
    memory, unread = remember_digests(bench), unreadable_files(bench)
    return any(
        source == delivery.source and memory.digest(path) == delivery.batch
        for source, path in landed_files(bench)
        if path not in unread
    )
