"""Champion and challenger compared: both scored on one holdout, from their files, and judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coldframe.ledger import ModelVersion, Promotion, Verdict
from coldframe.models import predict_probability
from coldframe.train.fitting import Split
from coldframe.train.judging import score_model
from coldframe.train.order import Order
from coldframe.train.report import TrainReport
from coldframe.train.verdict import judge_challenger
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    from coldframe.train.judging import Floats


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A verdict and the probabilities that it rests on."""

    challenger: ModelVersion
    champion: ModelVersion | None
    verdict: Verdict
    target: Floats
    challenger_probability: Floats
    champion_probability: Floats | None

    def report(
        self, order: Order, verdict: Verdict, promotion: Promotion | None, *, fitted: bool
    ) -> TrainReport:
        """Return what is told of the training that came to `verdict`."""
        champion, said = self.champion, self.champion_probability
        scores = None
        if champion is not None and said is not None:
            scores = score_model(champion.name, self.target, said)
        return TrainReport(
            snapshot=order.snapshot,
            challenger=self.challenger,
            champion=champion,
            verdict=verdict,
            promotion=promotion,
            fitted=fitted,
            challenger_scores=score_model(
                self.challenger.name, self.target, self.challenger_probability
            ),
            champion_scores=scores,
        )


def compare(
    bench: Workbench,
    order: Order,
    challenger: ModelVersion,
    champion: ModelVersion | None,
    rows: Split,
) -> Comparison:
    """Score both models on the holdout, each on its own features, and judge.

    A champion whose features are not built any more is not scored; the verdict says so.
    """
    target: Floats = rows.holdout[bench.dataset.features.target].to_numpy()
    ours, theirs = _score(bench, challenger, rows), None
    obstacle = bench.obstacle(champion) if champion else None
    if champion is not None and obstacle is None:
        theirs = _score(bench, champion, rows)
    verdict = judge_challenger(
        challenger=challenger, champion=champion, proposal=order.proposal,
        snapshot_id=order.snapshot.id, holdout=rows.describe(), rules=bench.dataset.model,
        target=target, challenger_probability=ours, champion_probability=theirs,
        champion_obstacle=obstacle,
    )  # fmt: skip
    return Comparison(
        challenger=challenger, champion=champion, verdict=verdict, target=target,
        challenger_probability=ours, champion_probability=theirs,
    )  # fmt: skip


def _score(bench: Workbench, version: ModelVersion, rows: Split) -> Floats:
    matrix = bench.matrix(version, rows.holdout)
    return predict_probability(bench.models.load(version.estimator), matrix)
