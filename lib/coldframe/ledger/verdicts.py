"""Verdicts: what came of a challenger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, keep
from coldframe.ledger.registry import Holdout
from coldframe.ledger.transaction import Reader
from coldframe.provenance import record_digest


@dataclass(frozen=True, kw_only=True)
class Verdict(Record):
    """A challenger judged against the champion on the same holdout.

    Parameters
    ----------
    dataset : str
        What both predict for.
    proposal : int or None
        Number of the proposal that asked for the challenger.
    challenger, champion : str, str or None
        Digests of the two model versions; no champion before the first.
    snapshot_id : str
        The snapshot that holds the holdout.
    holdout : Holdout
        The rows both were judged on.
    metric : str
        Name of the figure that decides.
    challenger_value, champion_value : float or None
        What each scored.
    gain : float or None
        By how much the challenger is better; negative if it is worse.
    interval_low, interval_high : float or None
        Confidence interval of the gain.
    outcome : {"promote", "keep"}
        Whether the challenger takes over.
    reasons : tuple of str
        Why.
    """

    entry_kind: ClassVar[str] = "verdict"

    dataset: str
    proposal: int | None
    challenger: str
    champion: str | None
    snapshot_id: str
    holdout: Holdout
    metric: str
    challenger_value: float | None
    champion_value: float | None = None
    gain: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    outcome: Literal["promote", "keep"]
    reasons: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name in the ledger: who was judged against whom, on what, for which proposal."""
        about = [self.proposal, self.challenger, self.champion, self.snapshot_id, self.metric]
        return record_digest(about)


def record_verdict(ledger: Ledger, verdict: Verdict, *, who: str | None = None) -> Verdict:
    """Write down a verdict without acting on it.

    See Also
    --------
    coldframe.ledger.conclusions.conclude : Write it down and promote in one step, as training does.
    """
    with ledger.writing() as transaction:
        return keep(transaction, verdict, key=verdict.key, who=who)


def verdicts_of(reader: Reader, dataset: str) -> list[Verdict]:
    """Return all verdicts that `reader` sees, oldest first."""
    return [Verdict.from_entry(entry) for entry in reader.entries(dataset, "verdict")]


def verdicts(ledger: Ledger, dataset: str) -> list[Verdict]:
    """Return all verdicts on challengers for `dataset`, oldest first."""
    with ledger.reading() as reader:
        return verdicts_of(reader, dataset)
