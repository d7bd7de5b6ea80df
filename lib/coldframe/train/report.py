"""What training and sweeping return: frozen records, ready to be shown or spelled as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from coldframe.ledger import Holdout, ModelVersion, Promotion, Verdict
from coldframe.snapshots import Snapshot
from coldframe.tasks import Metric, Picture

Progress: TypeAlias = Callable[[str], None]
"""Is told in a few words what is being done now."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How well one model does on the holdout.

    Parameters
    ----------
    name : str
        The model's short name, ``v3``.
    metrics : dict of str to float or None
        All of the task; None where one is undefined (say, the holdout holds one class only).
    picture : Picture
        What is drawn of it.
    """

    name: str
    metrics: Mapping[str, float | None]
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class TrainReport:
    """A trained challenger and what came of it.

    Parameters
    ----------
    snapshot : Snapshot
        What it learned from.
    challenger : ModelVersion
        As registered.
    champion : ModelVersion or None
        The model it was judged against.
    verdict : Verdict
        As recorded.
    promotion : Promotion or None
        None if the champion was kept, and for an experiment.
    fitted : bool
        False if the same recipe had been fitted before.
    challenger_scores, champion_scores : Scores, Scores or None
        Of both on the same holdout.
    """

    snapshot: Snapshot
    challenger: ModelVersion
    champion: ModelVersion | None
    verdict: Verdict
    promotion: Promotion | None
    fitted: bool
    challenger_scores: Scores
    champion_scores: Scores | None

    def to_json(self) -> dict[str, Any]:
        """Return what is worth keeping with the run, as plain JSON values."""
        return {
            "summary": self._sum_up(),
            "snapshot": self.snapshot.name,
            "snapshot_id": self.snapshot.id,
            "model": self.challenger.name,
            "model_digest": self.challenger.digest,
            "estimator": self.challenger.estimator,
            "reference": self.challenger.reference,
            "proposal": self.verdict.proposal,
            "parameters": dict(self.challenger.parameters),
            "metrics": dict(self.challenger_scores.metrics),
            "champion": self.champion.name if self.champion else None,
            "gain": self.verdict.gain,
            "interval": [self.verdict.interval_low, self.verdict.interval_high],
            "outcome": self.verdict.outcome,
            "reasons": list(self.verdict.reasons),
            "promoted": self.promotion is not None,
        }

    def _sum_up(self) -> str:
        """Return what came of the training, in a line."""
        trained = f"{self.challenger.name} trained on {self.snapshot.name}"
        if self.promotion is not None:
            return f"{trained} is the champion now"
        stays = f"champion {self.champion.name} stays" if self.champion else "nothing is promoted"
        return f"{trained}, {stays}"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial of a study.

    Parameters
    ----------
    number : int
        Place in the study.
    state : {"complete", "failed", "killed", "running"}
        Failed: the model could not be fitted with these parameters. Killed: the process died;
        the trial was repeated.
    value : float or None
        Its metric on the validation rows.
    parameters : dict
        For the model builder, defaults included.
    suggested : dict
        Those that the space suggested.
    cpu_seconds : float or None
        What it cost.
    error : str or None
        Why it failed.
    """

    number: int
    state: Literal["complete", "failed", "killed", "running"]
    value: float | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    suggested: Mapping[str, Any] = field(default_factory=dict)
    cpu_seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class StudyReport:
    """A study and how far it is.

    Parameters
    ----------
    name : str
        Of the study.
    dataset, snapshot, snapshot_id : str
        What it searches on; it never moves to another snapshot.
    metric : Metric
        What is bettered, on `validation`.
    ground : dict
        What it rests on: digests of snapshot, code and the dataset file's sections.
    validation : Holdout or None
        The newest rows before the holdout; None before the first trial began.
    baseline : float or None
        What the dataset file's own parameters score on the same rows.
    trials : tuple of Trial
        In order.
    """

    name: str
    dataset: str
    snapshot: str
    snapshot_id: str
    metric: Metric
    ground: Mapping[str, Any]
    validation: Holdout | None
    baseline: float | None
    trials: tuple[Trial, ...]

    @property
    def complete(self) -> tuple[Trial, ...]:
        """Trials that have a value."""
        return tuple(trial for trial in self.trials if trial.state == "complete")

    @property
    def best(self) -> Trial | None:
        """The complete trial of the best value, the first of several."""
        return next(iter(self.ranked), None)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """The complete trials, the best first."""
        sign = -1 if self.metric.greater_is_better else 1
        return tuple(sorted(self.complete, key=lambda t: (sign * (t.value or 0.0), t.number)))


@dataclass(frozen=True, kw_only=True)
class SweepReport:
    """A study after a sweep.

    Parameters
    ----------
    study : StudyReport
        All its trials, of earlier sweeps too.
    ran : int
        How many trials this sweep ran.
    importance : dict of str to float
        Share of each parameter in the variance of the value (fANOVA, Hutter et al. 2014), most
        important first; empty with fewer than four complete trials.
    """

    study: StudyReport
    ran: int
    importance: Mapping[str, float]

    @property
    def best(self) -> Trial | None:
        """The best trial of the study."""
        return self.study.best

    def to_json(self) -> dict[str, Any]:
        """Return what is worth keeping with the run, as plain JSON values."""
        best = self.best
        return {
            "study": self.study.name,
            "snapshot": self.study.snapshot,
            "snapshot_id": self.study.snapshot_id,
            "metric": self.study.metric.name,
            "baseline": self.study.baseline,
            "complete": len(self.study.complete),
            "ran": self.ran,
            "best": dataclasses.asdict(best) if best else None,
            "importance": dict(self.importance),
        }
