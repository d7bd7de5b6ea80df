"""Whether the holdout has chunks enough for a threshold, without which nothing can alert."""

from __future__ import annotations

from coldframe.datasets import Dataset
from coldframe.doctor.findings import Finding, fine, judged
from coldframe.monitor.thresholds import LEAST_CHUNKS

CHUNKS = {"D": ("day", 1), "W": ("week", 7), "M": ("month", 30)}
CHECK = "thresholds"


def check_thresholds(dataset: Dataset, *, labelled: int | None = None) -> Finding:
    """Tell whether the holdout can have three chunks.

    A holdout of two whole weeks begins and ends within weeks, so that it has rows of three; a
    shorter one has not.

    Parameters
    ----------
    dataset : Dataset
        What its file says.
    labelled : int, optional
        Rows with a label that have come so far, of a dataset whose rows have no time.
    """
    chunk, where = dataset.monitoring.chunk, f"datasets/{dataset.name}.yaml"
    if isinstance(chunk, str):
        word, length = CHUNKS[chunk]
        days = dataset.model.holdout_days
        told = f"holdout_days {days:g}, chunks of a {word}"
        if days >= (LEAST_CHUNKS - 1) * length:
            return fine(CHECK, told)
        return judged(
            CHECK, "warning",
            f"{where}, model.holdout_days: {days:g} days are fewer than {LEAST_CHUNKS} chunks of a "
            f"{word} (monitoring.chunk: {chunk}); no threshold can be computed: nothing will "
            "alert.",
            f"holdout_days of at least {(LEAST_CHUNKS + 1) * length}, or a shorter chunk",
        )  # fmt: skip
    share = dataset.model.holdout_share
    if labelled is None or int(share * labelled) >= LEAST_CHUNKS * chunk:
        return fine(CHECK, f"holdout_share {share:g}, chunks of {chunk:,} rows")
    return judged(
        CHECK, "warning",
        f"{where}, model.holdout_share: {share:g} of the {labelled:,} labelled rows so far are "
        f"fewer than {LEAST_CHUNKS} chunks of {chunk:,} rows (monitoring.chunk); no threshold can "
        "be computed: nothing will alert.",
        f"nothing, if {LEAST_CHUNKS * chunk / share:,.0f} labelled rows will come before the first "
        "model; else a smaller chunk (of at least 50 rows)",
    )  # fmt: skip
