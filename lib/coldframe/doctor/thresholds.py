"""Whether the holdout has chunks enough for a threshold, without which nothing can alert."""

from __future__ import annotations

from coldframe.datasets import Dataset
from coldframe.doctor.findings import Finding, fine, judged
from coldframe.monitor.thresholds import LEAST_CHUNKS
from coldframe.sections import PERIODS

CHECK = "thresholds"


def check_thresholds(dataset: Dataset, *, labelled: int | None = None) -> Finding:
    """Tell whether the holdout is sure to have three chunks.

    The holdout is half open: what is exactly `holdout_days` older than the newest row is not of it.
    So one of two weeks that ends with a week has rows of two weeks alone; a longer one, of whole
    days, begins in a third. Where rows have a moment and no mere date, that is a rare chance.

    Parameters
    ----------
    dataset : Dataset
        What its file says.
    labelled : int, optional
        Rows with a label that have come so far, of a dataset whose rows have no time.

    Returns
    -------
    Finding
        A note if two chunks just fill the holdout, a warning if it is shorter.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(holdout_days=14)
    >>> monitoring = SimpleNamespace(chunk="W")
    >>> dataset = SimpleNamespace(name="flights", model=model, monitoring=monitoring)
    >>> found = check_thresholds(dataset)
    >>> found.level, found.remedy
    ('note', 'holdout_days of at least 15, or a shorter chunk')
    """
    chunk, where = dataset.monitoring.chunk, f"datasets/{dataset.name}.yaml"
    if isinstance(chunk, str):
        return _check_days(chunk, dataset.model.holdout_days, where)
    share = dataset.model.holdout_share
    # rounded as the holdout is cut
    if labelled is None or round(share * labelled) >= LEAST_CHUNKS * chunk:
        return fine(CHECK, f"holdout_share {share:g}, chunks of {chunk:,} rows")
    return judged(
        CHECK, "warning",
        f"{where}, model.holdout_share: {share:g} of the {labelled:,} labelled rows so far are "
        f"fewer than {LEAST_CHUNKS} chunks of {chunk:,} rows (monitoring.chunk); no threshold can "
        "be computed: nothing will alert.",
        f"nothing, if {LEAST_CHUNKS * chunk / share:,.0f} labelled rows will come before the first "
        "model; else a smaller chunk (of at least 50 rows)",
    )  # fmt: skip


def _check_days(chunk: str, days: float, where: str) -> Finding:
    word, longest = PERIODS[chunk]
    filled = (LEAST_CHUNKS - 1) * longest
    if days > filled:
        return fine(CHECK, f"holdout_days {days:g}, chunks of a {word}")
    remedy = f"holdout_days of at least {filled + 1}, or a shorter chunk"
    silent = "no threshold can be computed: nothing will alert."
    if days == filled:
        return judged(
            CHECK, "note",
            f"{where}, model.holdout_days: if the newest row ends a {word} (monitoring.chunk: "
            f"{chunk}), {days:g} days are {LEAST_CHUNKS - 1} chunks, fewer than {LEAST_CHUNKS}; "
            f"then {silent}",
            remedy,
        )  # fmt: skip
    return judged(
        CHECK, "warning",
        f"{where}, model.holdout_days: {days:g} days may be fewer than {LEAST_CHUNKS} chunks of a "
        f"{word} (monitoring.chunk: {chunk}); then {silent}",
        remedy,
    )  # fmt: skip
