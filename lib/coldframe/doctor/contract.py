"""Whether the contract of a source takes what has landed: what it would set aside, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldframe.contracts.expectations import remedy
from coldframe.datasets import Dataset
from coldframe.doctor.findings import Finding, fine, judged
from coldframe.faults import UnfitBatchError
from coldframe.wording import count, explain_delivery, explain_reasons

if TYPE_CHECKING:
    from coldframe.doctor.landed import LandedChoice
    from coldframe.doctor.samples import SourceSample

SHOWN = 3


def check_contract(dataset: Dataset, sample: SourceSample) -> Finding:
    """Tell what the contract would set aside of the sample of a source."""
    check, landed = f"source {sample.source}", sample.landed
    where = f"datasets/{dataset.name}.yaml, sources.{sample.source}"
    if landed is None and sample.fit is None:
        return judged(
            check, "note", f"{where}: nothing has come yet, so the contract judged nothing.",
            f"coldframe land FILE --source {sample.source}",
        )  # fmt: skip
    others = _others(landed) if landed else ""
    if landed and landed.standing == "frozen":
        return _of_frozen(check, where, sample, others)
    if landed and landed.standing == "held" and landed.delivery:
        told = explain_delivery(landed.delivery, dataset.sources[sample.source])
        word = f'coldframe release {landed.delivery.batch[:10]} --reason "..."'
        choice = f", or take it as it is: {word}" if landed.releasable else ""
        return judged(
            check, "problem", f"{where}: {spell_sample(sample)} is held, {told}{others}.",
            f"mend file or contract{choice}",
        )  # fmt: skip
    if sample.error is not None:
        unfit = isinstance(sample.error, UnfitBatchError)
        told = f"{where}: {spell_sample(sample)} {'would be held' if unfit else 'was not judged'}"
        return judged(
            check, "problem" if unfit else "warning",
            f"{told}: {sample.error.what} {sample.error.found}{others}",
            sample.error.remedy or "mend the file or the source",
        )  # fmt: skip
    if landed and landed.release:
        told = f"{landed.release.who} has released {spell_sample(sample)}: the next build takes"
        aside = f"; {_aside(sample)}" if _unfit(sample) else ""
        return judged(
            check, "note", f"{where}: {told} its fit rows{aside}{others}.", "coldframe build"
        )
    return _of_waiting(check, dataset.name, sample, others)


def _of_frozen(check: str, where: str, sample: SourceSample, others: str) -> Finding:
    told = f"{spell_sample(sample)} is frozen, and no file waits to be judged"
    if sample.error is not None:
        return judged(
            check, "warning",
            f"{where}: {told}{others}, but it could not be read any more: {sample.error.what} "
            f"{sample.error.found}",
            "nothing, if files to come are as the source says",
        )  # fmt: skip
    again = f"; judged once more, {_aside(sample)}" if _unfit(sample) else ""
    return fine(check, f"{told}{others}{again}")


def _of_waiting(check: str, dataset: str, sample: SourceSample, others: str) -> Finding:
    more, where = f"{sample.unlike}{others}", f"datasets/{dataset}.yaml, sources.{sample.source}"
    of_rows = [] if sample.failures is None else list(sample.failures["rule"].unique())
    rules = [*(one.rule for one in sample.holds), *of_rows]
    settings = dict.fromkeys(remedy(dataset, sample.source, rule, held=True) for rule in rules)
    more_to_do = [one for one in settings if one]
    if sample.holds:
        told = f"{where}: {spell_sample(sample)} would be held: {explain_reasons(sample.holds)}"
        aside = f"; {_aside(sample)}" if _unfit(sample) else ""
        to_do = "; ".join(["mend file or contract", *more_to_do])
        return judged(check, "problem", f"{told}{aside}{more}.", to_do)
    if not _unfit(sample):
        rows = f"{count(sample.rows, 'row')} of {spell_sample(sample)}"
        return fine(check, f"its contract accepts {rows}{more}")
    told = f"{where}: of {spell_sample(sample)} {_aside(sample)}{more}."
    to_do = "; ".join(["nothing, if these rows are unfit", *more_to_do])
    return judged(check, "warning", told, to_do)


def _unfit(sample: SourceSample) -> int:
    return sample.rows - len(sample.fit) if sample.fit is not None else 0


def _aside(sample: SourceSample) -> str:
    """Return how many rows would be set aside, and the first causes."""
    told = f"{_unfit(sample):,} of {count(sample.rows, 'row')} would be set aside"
    if sample.failures is None:
        return told
    groups = sample.failures.groupby(["rule", "column"], sort=False)
    causes = [
        f"{rule} of {column}: {len(some)} ({first['value']!r} on line {first['line']})"
        for (rule, column), some in groups
        for first in some.head(1).to_dict("records")
    ]  # fmt: skip
    more = f" and {len(causes) - SHOWN} more" if causes[SHOWN:] else ""
    return f"{told}: {'; '.join(causes[:SHOWN])}{more}"


def _others(landed: LandedChoice) -> str:
    """Return what of the files that were not judged here."""
    told = [f"{many:,} {standing}" for standing, many in sorted(landed.others.items())]
    told += [f"{landed.older:,} older, at which nobody looked"] if landed.older else []
    return f" (other files there, not judged here: {', '.join(told)})" if told else ""


def spell_sample(sample: SourceSample) -> str:
    """Return what the rows of a sample are of."""
    return sample.landed.path.name if sample.landed else "the newest snapshot"
