"""What a monitoring run found and did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coldframe.ledger import Decision, ModelVersion, Proposal, ProposalStanding
from coldframe.monitor.policy import History, Judgement
from coldframe.snapshots import Snapshot
from coldframe.tasks import Metric

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class MonitorReport:
    """What `monitor_snapshot` found.

    Parameters
    ----------
    snapshot : Snapshot
        What was monitored.
    champion : ModelVersion or None
        The model that scored it.
    features_changed : bool
        Whether features are built by other code than when the champion was trained.
    obstacle : str or None
        Why the champion could not score; then nothing new is known of it.
    scored : Snapshot or None
        The newest scored snapshot.
    scored_rows : int
        How many rows this run scored.
    figured_chunks : int
        How many figures this run computed; the others were known.
    metric : Metric
        By what the champion is judged.
    reference_value : float or None
        What it came to on its holdout.
    estimated, realised : DataFrame of shape (n_chunks, n_columns)
        Index `chunk`; `start`, `end`, `value`, `low`, `high`, `threshold`, `alert` (null is no
        verdict), `rows`, `complete`, `why`.
    drift : DataFrame
        The same with the column `column`, one row for each chunk and column.
    history : History
        What the policy judged.
    judgement : Judgement
        What it said.
    proposal : Proposal or None
        The proposal that was made or still is pending.
    decision : Decision or None
        The policy's word on the first model.
    proposing : bool
        Whether this run was to write a proposal if the policy said so.
    last : ProposalStanding or None
        The newest proposal and where it stands.
    """

    snapshot: Snapshot
    champion: ModelVersion | None
    features_changed: bool
    obstacle: str | None
    scored: Snapshot | None
    scored_rows: int
    figured_chunks: int
    metric: Metric
    reference_value: float | None
    estimated: pd.DataFrame
    realised: pd.DataFrame
    drift: pd.DataFrame
    history: History
    judgement: Judgement
    proposal: Proposal | None
    decision: Decision | None
    proposing: bool
    last: ProposalStanding | None

    def to_json(self) -> dict[str, Any]:
        """Return what the notebook hands over."""
        return {
            "summary": self._sum_up(),
            "snapshot": self.snapshot.name,
            "champion": self.champion.name if self.champion else None,
            "scored": self.scored.name if self.scored else None,
            "features_changed": self.features_changed,
            "propose": self.judgement.propose,
            "reasons": list(self.judgement.reasons),
            "proposal": self.proposal.number if self.proposal else None,
        }

    def _sum_up(self) -> str:
        """Return what monitoring came to, in a line."""
        if self.proposal is None:
            return "no retrain is proposed"
        if self.decision is not None:
            return f"proposal {self.proposal.number} is approved by the policy"
        return f"proposal {self.proposal.number} waits for a decision"
