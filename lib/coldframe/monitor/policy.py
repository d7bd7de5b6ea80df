"""When to propose a retrain: a pure function of what is known, with the data's time as clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from coldframe.datasets import Policy
from coldframe.tasks import TASKS, Metric, spell_figure

Kind = Literal["estimated", "realised", "drift"]
YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class ChunkFigure:
    """What one finished chunk of the champion's life came to.

    Parameters
    ----------
    kind : {"estimated", "realised", "drift"}
        The metric estimated without labels, or with them; or the share of drifted columns.
    chunk : str
        Its label, ``2013-03-04/2013-03-10``.
    start : datetime
        When it begins.
    value : float or None
        None is no verdict: the chunk speaks neither for nor against the champion.
    """

    kind: Kind
    chunk: str
    start: datetime
    value: float | None


@dataclass(frozen=True, kw_only=True)
class Champion:
    """What the policy needs to know of the model in force.

    Parameters
    ----------
    name : str
        ``v3``.
    trained_until : datetime or None
        Last moment of the rows it learned from.
    reference : float or None
        What the metric came to on its holdout.
    obstacle : str or None
        Why it cannot score at all; this alone is a reason to propose a retrain.
    """

    name: str
    trained_until: datetime | None
    reference: float | None
    obstacle: str | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    """All that the policy may look at; times are those of the data, never of the wall clock.

    Parameters
    ----------
    now : datetime
        The newest moment in the snapshot.
    labelled_rows : int
        Rows of the snapshot whose label is known.
    trainable_rows : int
        Those of them that a training would learn from: older than the holdout, of both classes.
    learned_rows : int
        Those of them that are no newer than the last row that the champion learned from.
    new_labelled_rows : int
        Those of them that the champion has neither learned from nor been judged on.
    champion : Champion or None
        None before the first model.
    figures : tuple of ChunkFigure
        Of the champion's finished chunks, oldest first.
    retrains : tuple of datetime
        Newest moment known at each training that came to a verdict which still stands.
    undone : tuple of datetime
        The same of those whose model a rollback took back.
    refusals : tuple of datetime
        Newest moment known at each proposal that was rejected or withdrawn.
    waiting : int or None
        Number of an approved proposal that is not trained yet.
    judged_by : Metric
        By what models are judged; ROC AUC by default.
    timed : bool
        Whether rows have a time; else moments stand for row numbers (see `coldframe.order`), and
        there are neither days nor years.
    trainable : str
        What training needs before the holdout, in words.
    """

    now: datetime
    labelled_rows: int
    trainable_rows: int = 0
    learned_rows: int = 0
    new_labelled_rows: int = 0
    champion: Champion | None = None
    figures: tuple[ChunkFigure, ...] = ()
    retrains: tuple[datetime, ...] = ()
    undone: tuple[datetime, ...] = ()
    refusals: tuple[datetime, ...] = ()
    waiting: int | None = None
    judged_by: Metric = TASKS["binary"].metrics[0]
    timed: bool = True
    trainable: str = TASKS["binary"].trainable


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whether to propose, and why (or why not), each reason a sentence.

    Parameters
    ----------
    propose : bool
        Whether a retrain is to be proposed now.
    reasons : tuple of str
        Why; if it is not, what holds it back.
    """

    propose: bool
    reasons: tuple[str, ...]


def judge(history: History, policy: Policy) -> Judgement:
    """Say whether a retrain is to be proposed; the same history always gives the same answer.

    Rules ask for a retrain; holds keep it back, whatever the rules say. One rule is enough, and so
    is one hold. Without a champion the only rule is that enough labelled rows lie before the
    holdout, so that what is proposed can be trained.

    Parameters
    ----------
    history : History
        What is known.
    policy : Policy
        Of the dataset.

    Returns
    -------
    Judgement

    Examples
    --------
    >>> known = History(now=datetime(2013, 3, 31), labelled_rows=50_000, trainable_rows=40_000)
    >>> judge(known, Policy(minimum_labelled_rows=35_000)).propose
    True
    """
    if history.champion is None:
        due, calm = _judge_bootstrap(history, policy)
    else:
        rules = list(_judge_rules(history, history.champion, policy))
        due = [reason for asks, reason in rules if asks]
        calm = [reason for asks, reason in rules if not asks]
    holds = list(_holds(history, policy))
    if due and not holds:
        return Judgement(propose=True, reasons=tuple(due))
    if due:
        return Judgement(propose=False, reasons=(*holds, *(f"otherwise due: {r}" for r in due)))
    return Judgement(propose=False, reasons=(*holds, *calm))


def _judge_bootstrap(history: History, policy: Policy) -> tuple[list[str], list[str]]:
    least, found = policy.minimum_labelled_rows, history.trainable_rows
    said = f"{history.trainable} before the holdout (of {least:,} needed)"
    if found >= least:
        return [f"there is no champion yet, and {found:,} {said}"], []
    return [], [f"there is no champion yet, but only {found:,} {said}"]


def _holds(history: History, policy: Policy) -> Iterator[str]:
    """Yield what forbids a proposal now."""
    if history.waiting is not None:
        yield f"proposal {history.waiting} is approved and waits for training"
    retrains = (*history.retrains, *history.undone)
    for what, times in (("retrain", retrains), ("rejection", history.refusals)):
        last = max(times, default=None)
        if last is None:
            continue
        since = history.now - last
        if since <= timedelta(0):
            yield f"nothing is newer than at the last {what}"
        elif since < policy.cooldown:
            yield (
                f"cooling down: {_span(since, history.timed)} since the last {what}, at least "
                + (f"{policy.cooldown_days:g}" if history.timed else f"{policy.cooldown_rows:,}")
            )
    if not history.timed:
        return
    spent = sum(time > history.now - YEAR for time in retrains)
    if spent >= policy.budget_per_year:
        yield f"the budget is spent: {spent} retrains within a year, {policy.budget_per_year} meant"


def _judge_rules(
    history: History, champion: Champion, policy: Policy
) -> Iterator[tuple[bool, str]]:
    """Yield, for each rule that the policy has, whether it asks for a retrain, and a sentence."""
    if champion.obstacle is not None:
        yield True, champion.obstacle
    if policy.every_days is not None:
        yield _judge_schedule(history, champion, policy.every_days)
    if policy.new_labelled_rows is not None:
        found, least = history.new_labelled_rows, policy.new_labelled_rows
        yield found >= least, f"{found:,} rows newly labelled, retrain at {least:,}"
    drops: tuple[tuple[Kind, float | None], ...] = (
        ("realised", policy.realised_drop), ("estimated", policy.estimated_drop),
    )  # fmt: skip
    for kind, drop in drops:
        if drop is None:
            continue
        metric, begin = history.judged_by, champion.reference
        if begin is None:
            yield False, f"{kind} {metric.label}: no verdict, the champion has none on its holdout"
            continue
        limit = metric.worse_by(begin, drop)
        beyond, how = ("below", "less") if metric.greater_is_better else ("above", "plus")
        yield _judge_chunks(
            history.figures, kind, limit=limit, persistence=policy.persistence,
            above=not metric.greater_is_better,
            what=f"{kind} {metric.label} at or {beyond} {spell_figure(limit, 3)} "
            f"({spell_figure(begin, 3)} {how} {drop:g})",
        )  # fmt: skip
    if policy.drift_share is not None:
        yield _judge_chunks(
            history.figures, "drift", limit=policy.drift_share, persistence=policy.persistence,
            above=True, what=f"share of drifted columns at or above {policy.drift_share:g}",
        )  # fmt: skip


def since_training(history: History, champion: Champion) -> timedelta | None:
    """Return how much data has come since the last training that stands, None if nobody knows.

    Counted from the newest moment that was known at that training, not from the last row that it
    learned from: labels come late, and the newest rows are the holdout. A training counts whoever
    won; one whose model was rolled back has made nothing newer.
    """
    known = [time for time in (champion.trained_until, *history.retrains) if time is not None]
    return history.now - max(known) if known else None


def _judge_schedule(history: History, champion: Champion, every: float) -> tuple[bool, str]:
    age = since_training(history, champion)
    if age is None:
        return True, f"nobody knows when {champion.name} was trained, retrain every {every:g} days"
    return (
        age >= timedelta(days=every),
        f"{_days(age)} of data since the last training, retrain every {every:g}",
    )


def _judge_chunks(
    figures: Sequence[ChunkFigure], kind: Kind, *, limit: float, above: bool, persistence: int,
    what: str,
) -> tuple[bool, str]:  # fmt: skip
    """Tell whether the last `persistence` chunks that have a verdict all crossed `limit`.

    A chunk without a verdict is passed over: it neither makes nor breaks a run.
    """
    ours = sorted((one for one in figures if one.kind == kind), key=lambda one: one.start)
    values = [one.value for one in ours if one.value is not None]
    silent = len(ours) - len(values)
    last = values[-persistence:]
    crossed = [value >= limit if above else value <= limit for value in last]
    run = 0
    for one in reversed(crossed):
        if not one:
            break
        run += 1
    note = f"; {silent} chunks without verdict" if silent else ""
    latest = f", latest {spell_figure(last[-1], 3)}" if last else ", no chunk with a verdict yet"
    return (
        run >= persistence,
        f"{what}: {run} of {persistence} chunks in a row{latest}{note}",
    )


def _span(span: timedelta, timed: bool) -> str:
    return _days(span) if timed else f"{span / timedelta(seconds=1):,.0f} rows"


def _days(span: timedelta) -> str:
    """Return a span of time in days as people say it.

    Examples
    --------
    >>> _days(timedelta(days=90, hours=13))
    '90.5 days'
    """
    return f"{span / timedelta(days=1):.3g} days"
