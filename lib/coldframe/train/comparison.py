"""Champion and challenger compared: both scored on one holdout, from their files, and judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.ledger import ModelVersion, Promotion, Verdict
from coldframe.models import predict
from coldframe.scores import own_words
from coldframe.tasks import Task, spell_figure
from coldframe.train.fitting import Split
from coldframe.train.judging import score_model
from coldframe.train.order import Order
from coldframe.train.report import Scores, TrainReport
from coldframe.train.verdict import judge_challenger
from coldframe.workbench import FEATURES_CHANGED, Workbench

if TYPE_CHECKING:
    import pandas as pd

    from coldframe.train.judging import Floats


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A verdict and what the models said, on which it rests."""

    challenger: ModelVersion
    champion: ModelVersion | None
    verdict: Verdict
    task: Task
    target: pd.Series
    challenger_said: Floats
    champion_said: Floats | None

    def report(
        self, order: Order, verdict: Verdict, promotion: Promotion | None, *, fitted: bool
    ) -> TrainReport:
        """Return what is told of the training that came to `verdict`."""
        champion, said = self.champion, self.champion_said
        scores = None
        if champion is not None and said is not None:
            scores = self._score(champion, said)
        return TrainReport(
            snapshot=order.snapshot,
            challenger=self.challenger,
            champion=champion,
            verdict=verdict,
            promotion=promotion,
            fitted=fitted,
            challenger_scores=self._score(self.challenger, self.challenger_said),
            champion_scores=scores,
        )

    def _score(self, model: ModelVersion, said: Floats) -> Scores:
        return score_model(model.name, self.task, self.target, said, model.classes)


def compare(
    bench: Workbench,
    order: Order,
    challenger: ModelVersion,
    champion: ModelVersion | None,
    rows: Split,
) -> Comparison:
    """Score both models on the holdout, each on its own features, and judge.

    A champion whose features are not built any more is not scored; the verdict says so. If they
    are built by other code than it was trained with, it is judged by the better of what it comes
    to with them and what it said of the same rows when they were as it knew them: an edit that
    spoils the champion must not promote a challenger.
    """
    rules, target = bench.dataset.model, rows.holdout[bench.dataset.features.target]
    ours, theirs, note = _score(bench, challenger, rows), None, None
    obstacle = bench.obstacle(champion) if champion else None
    if champion is not None and obstacle is None:
        theirs, note = _score_champion(bench, champion, rows, target)
    verdict = judge_challenger(
        challenger=challenger, champion=champion, proposal=order.proposal,
        snapshot_id=order.snapshot.id, holdout=rows.describe(), rules=rules,
        target=target, challenger_said=ours, champion_said=theirs,
        champion_obstacle=obstacle, champion_note=note,
    )  # fmt: skip
    return Comparison(
        challenger=challenger, champion=champion, verdict=verdict, task=rules.kind,
        target=target, challenger_said=ours, champion_said=theirs,
    )  # fmt: skip


def _score_champion(
    bench: Workbench, champion: ModelVersion, rows: Split, target: pd.Series
) -> tuple[Floats, str | None]:
    """Return what the champion is judged by, and a sentence if that is not the usual."""
    today = _score(bench, champion, rows)
    if not bench.features_changed(champion):
        return today, None
    own = own_words(bench, champion, rows.holdout)
    changed = f"{FEATURES_CHANGED[0].lower()}{FEATURES_CHANGED[1:]}"
    if own is None:
        return today, (
            f"{changed}, and it did not score all of these rows before: with the features that it "
            "learned from it may be better than judged here"
        )
    metric, words = bench.dataset.model.judged_by, {"before": own, "now": today}
    truth, aligned = bench.dataset.model.kind.align(
        target, {name: (said, champion.classes) for name, said in words.items()}
    )
    before, now = (metric.figure(truth, aligned[name]) or 0.0 for name in words)
    return (own if metric.gain(before, now) > 0 else today), (
        f"{changed}: on these rows it came to {spell_figure(before)} before and comes to "
        f"{spell_figure(now)} now, and is judged by the better"
    )


def _score(bench: Workbench, version: ModelVersion, rows: Split) -> Floats:
    matrix = bench.matrix(version, rows.holdout)
    task = bench.dataset.model.kind
    return predict(task, bench.models.load(version.estimator), matrix, version.classes)
