"""What the policy may know, gathered from ledger, snapshot and figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from coldframe.datasets import Dataset
from coldframe.features import before_holdout
from coldframe.ledger import (
    ModelVersion,
    ProposalStanding,
    approved,
    former_champions,
    models,
    promotions,
    proposals,
)
from coldframe.monitor.policy import Champion, ChunkFigure, History, Kind
from coldframe.order import read_place
from coldframe.workbench import Workbench

DATA_TIME = "data_time"
"""Key of a proposal's evidence: the newest moment in its snapshot."""


def gather_history(
    bench: Workbench, frame: pd.DataFrame, *, champion: ModelVersion | None,
    reference: float | None = None, figures: tuple[ChunkFigure, ...] = (),
) -> History:  # fmt: skip
    """Return the history of the dataset as of the snapshot whose feature frame is `frame`."""
    features, name = bench.dataset.features, bench.dataset.name
    labelled = frame.loc[frame[features.target].notna(), features.order]
    standings = proposals(bench.ledger, name)
    versions = {version.digest: version for version in models(bench.ledger, name)}
    moves = promotions(bench.ledger, name)
    undone = {move.model for move in moves} - set(former_champions(moves))
    waiting = approved(bench.ledger, name)
    new = learned = 0
    if champion is not None:
        if champion.trained_until:
            learned = int((labelled <= parse_moment(champion.trained_until)).sum())
        end = champion.holdout.end if champion.holdout else champion.trained_until
        new = int((labelled > parse_moment(end)).sum()) if end else len(labelled)
    return History(
        now=moment(frame[features.order].max()),
        timed=bench.dataset.features.time is not None,
        judged_by=bench.dataset.model.judged_by,
        trainable=bench.dataset.model.kind.trainable,
        labelled_rows=len(labelled),
        trainable_rows=count_trainable(bench.dataset, frame),
        learned_rows=learned,
        new_labelled_rows=new,
        champion=None if champion is None else Champion(
            name=champion.name, reference=reference,
            trained_until=parse_moment(champion.trained_until), obstacle=bench.obstacle(champion),
        ),
        figures=figures,
        retrains=tuple(_retrains([s for s in standings if not _made(s, undone)], versions)),
        undone=tuple(_retrains([s for s in standings if _made(s, undone)], versions)),
        refusals=tuple(_refusals(standings)),
        waiting=waiting.number if waiting else None,
    )  # fmt: skip


def count_trainable(dataset: Dataset, frame: pd.DataFrame) -> int:
    """Return how many labelled rows lie before the holdout; 0 if training would refuse them."""
    target = dataset.features.target
    labelled = frame[frame[target].notna()]
    old = labelled.loc[before_holdout(dataset, labelled), target]
    return len(old) if dataset.model.kind.is_enough(old) else 0


def moment(timestamp: pd.Timestamp) -> datetime:
    """Return a pandas moment as Python's, whole microseconds, UTC."""
    found: datetime = timestamp.floor("us").to_pydatetime()
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def parse_moment(text: Any) -> datetime | None:
    """Return the place of a row that `text` names (see `coldframe.order`); None stays None.

    Examples
    --------
    >>> parse_moment("2013-02-14T23:00:00").isoformat()
    '2013-02-14T23:00:00+00:00'
    """
    return None if not text else moment(pd.Timestamp(read_place(text)))


def list_figures(chunks: pd.DataFrame) -> tuple[ChunkFigure, ...]:
    """Return the figures of finished chunks; drift as the share of its columns that alert.

    A column without verdict counts neither as drifted nor as calm; a chunk of only such columns
    has no verdict.
    """
    return tuple(_list_figures(chunks[chunks["complete"]]))


def _list_figures(finished: pd.DataFrame) -> Iterator[ChunkFigure]:
    kinds: tuple[Kind, ...] = ("estimated", "realised")
    for kind in kinds:
        rows = finished[finished["kind"] == kind]
        for chunk, start, value in zip(rows["chunk"], rows["start"], rows["value"], strict=True):
            known = None if math.isnan(value) else float(value)
            yield ChunkFigure(kind=kind, chunk=chunk, start=moment(start), value=known)
    drift = finished[finished["kind"] == "drift"]
    for name, part in drift.groupby("chunk", sort=True):
        judged = part["alert"].dropna()
        share = float(judged.astype("float64").mean()) if len(judged) else None
        begin = moment(part["start"].iloc[0])
        yield ChunkFigure(kind="drift", chunk=str(name), start=begin, value=share)


def _data_time(standing: ProposalStanding) -> datetime | None:
    return parse_moment(standing.proposal.evidence.get(DATA_TIME))


def _made(standing: ProposalStanding, digests: set[str]) -> bool:
    """Tell whether the training that was proposed promoted one of these models."""
    verdict = standing.verdict
    return bool(verdict and verdict.outcome == "promote" and verdict.challenger in digests)


def _retrains(
    standings: list[ProposalStanding], versions: dict[str, ModelVersion]
) -> Iterator[datetime]:
    for standing in standings:
        if standing.verdict is None:
            continue
        when = _data_time(standing)
        if when is None:  # a person's proposal: the newest label that the training saw will do
            when = parse_moment(standing.verdict.holdout.end)
        challenger = versions.get(standing.verdict.challenger)
        if when is None and challenger is not None:
            when = parse_moment(challenger.trained_until)
        if when is not None:
            yield when


def _refusals(standings: list[ProposalStanding]) -> Iterator[datetime]:
    """Yield when the policy was told no; a person's or a sweep's failed idea holds up nobody."""
    for standing in standings:
        decision, when = standing.decision, _data_time(standing)
        refused = decision is not None and decision.verdict in ("rejected", "withdrawn")
        if refused and standing.proposal.origin == "policy" and when is not None:
            yield when
