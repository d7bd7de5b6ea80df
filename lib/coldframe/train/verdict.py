"""The verdict: whether the challenger takes over, and why, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldframe.datasets import Model
from coldframe.ledger import Holdout, ModelVersion, Proposal, Verdict
from coldframe.order import read_place
from coldframe.tasks import bootstrap_gain, spell_figure

if TYPE_CHECKING:
    import pandas as pd

    from coldframe.train.judging import Floats


def has_seen(champion: ModelVersion, holdout: Holdout) -> bool:
    """Tell whether `champion` learned from rows of the holdout's time, or nobody knows.

    Examples
    --------
    >>> holdout = Holdout(start="2013-03-02T00:00:00Z", end="2013-03-31T00:00:00Z", rows=9)
    >>> champion = ModelVersion(dataset="d", estimator="e", recipe="r", snapshot="d@1",
    ...                         snapshot_id="i", trained_until="2013-03-01T23:00:00+00:00")
    >>> has_seen(champion, holdout)
    False
    """
    until = champion.trained_until
    return until is None or read_place(until) >= read_place(holdout.start)


def takes_over(verdict: Verdict, champion: ModelVersion | None, rules: Model) -> bool:
    """Tell whether the challenger of an experiment would be promoted if it were proposed.

    Parameters
    ----------
    verdict : Verdict
        On the experiment.
    champion : ModelVersion or None
        Against whom it was judged.
    rules : Model
        The dataset file's section: minimum gain.
    """
    if verdict.challenger_value is None:
        return False
    if champion is None:
        return True
    if champion.digest == verdict.challenger:
        return False
    if verdict.gain is None:  # the champion cannot score any more
        return True
    return not has_seen(champion, verdict.holdout) and verdict.gain >= rules.minimum_gain


def judge_challenger(
    *,
    challenger: ModelVersion,
    champion: ModelVersion | None,
    proposal: Proposal | None,
    snapshot_id: str,
    holdout: Holdout,
    rules: Model,
    target: pd.Series,
    challenger_said: Floats,
    champion_said: Floats | None,
    champion_obstacle: str | None = None,
    champion_note: str | None = None,
) -> Verdict:
    """Return the verdict on a challenger; writes nothing.

    Promote if there is a proposal and no champion yet, or the gain is at least `minimum_gain`
    on a holdout that neither model has learned from. A champion that cannot score at all cannot
    be compared: then the proposal's approval decides, which with a champion in force is always a
    person's. In all other cases keep, with the reason.

    Parameters
    ----------
    challenger, champion : ModelVersion, ModelVersion or None
        Who is judged against whom.
    proposal : Proposal or None
        None for an experiment, which is never promoted.
    snapshot_id : str
        The snapshot that holds the holdout.
    holdout : Holdout
        The rows.
    rules : Model
        The dataset file's section: metric, minimum gain, seed.
    target : Series of shape (n_rows,)
        What was.
    challenger_said, champion_said : array of shape (n_rows,) or (n_rows, n_classes)
        What both said.
    champion_obstacle : str, optional
        Why the champion could not say anything.
    champion_note : str, optional
        What is to be known of how it was judged.
    """
    metric = rules.judged_by
    said = {"challenger": (challenger_said, challenger.classes)}
    if champion is not None and champion_said is not None:
        said["champion"] = (champion_said, champion.classes)
    truth, aligned = rules.kind.align(target, said)
    value = metric.figure(truth, aligned["challenger"])
    other = gain = interval = None
    if "champion" in aligned:
        other = metric.figure(truth, aligned["champion"])
        interval = bootstrap_gain(
            metric, truth, aligned["challenger"], aligned["champion"], seed=rules.seed
        )
        gain = None if value is None or other is None else metric.gain(value, other)
    obstacle = _obstacle(rules, challenger, None if champion_obstacle else champion, holdout, value)
    if obstacle:
        better, reasons = False, [obstacle]
    elif champion_obstacle:
        better, reasons = True, [f"nothing could be compared: {champion_obstacle}"]
    elif gain is None:
        better, reasons = True, ["there is no champion yet: the first model"]
    else:
        better, reasons = gain >= rules.minimum_gain, [_spell_gain(rules, gain, interval)]
    if champion_note and not obstacle:
        reasons.append(champion_note)
    if proposal is None:
        would = "would take over" if better else "would not take over"
        reasons.append(f"an experiment is never promoted; this one {would}")
    return Verdict(
        dataset=challenger.dataset,
        proposal=proposal.number if proposal else None,
        challenger=challenger.digest,
        champion=champion.digest if champion else None,
        snapshot_id=snapshot_id,
        holdout=holdout,
        metric=rules.metric,
        challenger_value=value,
        champion_value=other,
        gain=gain,
        interval_low=interval[0] if interval else None,
        interval_high=interval[1] if interval else None,
        outcome="promote" if better and proposal is not None else "keep",
        reasons=tuple(reasons),
    )


def _obstacle(
    rules: Model, challenger: ModelVersion, champion: ModelVersion | None, holdout: Holdout,
    value: float | None,
) -> str | None:  # fmt: skip
    """Return why the two cannot be compared, or None."""
    if value is None:
        return f"the holdout holds {rules.kind.too_alike}, so nothing can be said"
    if champion is None:
        return None
    if champion.digest == challenger.digest:
        return "the challenger is the champion itself"
    if has_seen(champion, holdout):
        return (
            f"the champion {champion.name} learned from rows until {champion.trained_until}, "
            f"so the holdout from {holdout.start} on is not new to it"
        )
    return None


def _spell_gain(rules: Model, gain: float, interval: tuple[float, float] | None) -> str:
    low, high = interval or (float("nan"), float("nan"))
    relation = "at least" if gain >= rules.minimum_gain else "below"
    certain = "" if low > 0 or high < 0 else "; the interval includes zero"
    signed = [spell_figure(one, sign="+") for one in (gain, low, high)]
    return (
        f"{rules.judged_by.label} gain {signed[0]} (95 % interval {signed[1]} to {signed[2]}"
        f"{certain}) is {relation} the minimum of {rules.minimum_gain:g}"
    )
