"""The monitor stage, one function; what it needs is imported when it runs."""

from __future__ import annotations

from collections.abc import Callable

from coldframe.errors import NotFoundError
from coldframe.estimators import build_estimator
from coldframe.ledger import (
    Decision,
    ModelVersion,
    Proposal,
    champion_model,
    decide,
    pending,
    proposals,
    propose,
)
from coldframe.monitor.inputs import monitoring_config, policy_digest
from coldframe.monitor.policy import Judgement, judge
from coldframe.monitor.report import MonitorReport
from coldframe.snapshots import Snapshot
from coldframe.workbench import Workbench

WHO = "policy"


def monitor_snapshot(
    bench: Workbench, *, snapshot: str | None = None, propose: bool = True,
    progress: Callable[[str], None] | None = None,
) -> MonitorReport:  # fmt: skip
    """Score what the champion has not scored yet, judge it, and propose a retrain if it is due.

    Run again, also after being killed at any moment, it ends in the same scored snapshot and the
    same proposal. An older snapshot than the newest is only looked at: nothing is frozen and
    nothing proposed.

    Parameters
    ----------
    bench : Workbench
        The dataset.
    snapshot : str, optional
        Name or id; the newest by default.
    propose : bool, default=True
        Whether to write a proposal if the policy says so.
    progress : callable, optional
        Told what is being done, in a few words.

    Returns
    -------
    MonitorReport

    Raises
    ------
    NotFoundError
        There is no such snapshot, or none at all.
    CorruptionError
        A part of it was damaged.
    ConfigurationError
        A retrain is due, and the model builder refuses the dataset file's parameters.
    """
    # pandas, scikit-learn: seconds that nobody should wait for who only asks whether it is due
    from coldframe.monitor.evidence import collect_evidence, expect_cost
    from coldframe.monitor.examination import examine_champion, examine_nothing
    from coldframe.monitor.history import gather_history, list_figures

    tell = progress or (lambda _: None)
    chosen, newest = _choose(bench, snapshot)
    tell(f"reading {chosen.name}")
    frame = bench.frame(chosen)
    champion = champion_model(bench.ledger, bench.dataset.name)
    if champion is None:
        found = examine_nothing()
    else:
        found = examine_champion(
            bench, chosen, champion, frame, config=monitoring_config(bench),
            freeze=newest, progress=tell,
        )  # fmt: skip
    history = gather_history(
        bench, frame, champion=champion, reference=found.reference_value,
        figures=list_figures(found.chunks),
    )  # fmt: skip
    judgement = judge(history, bench.dataset.policy)
    decision = None
    if not newest:
        said = f"{chosen.name} is not the newest snapshot, so it is only looked at"
        judgement = Judgement(propose=False, reasons=(said, *judgement.reasons))
    elif propose and judgement.propose:
        # what nobody can build is not proposed: an approval would end in a failed training
        build_estimator(bench.dataset, bench.dataset.model.parameters)
        evidence = collect_evidence(history, champion, found.chunks)
        cost = expect_cost(history, champion)
        made = _propose(bench, chosen, champion, judgement, evidence=evidence, cost=cost)
        decision = _decide_first(bench, made)
    return MonitorReport(
        snapshot=chosen, champion=champion, scored=found.scored, scored_rows=found.scored_rows,
        features_changed=champion is not None and bench.features_changed(champion),
        obstacle=bench.obstacle(champion) if champion else None,
        figured_chunks=found.figured_chunks, reference_value=found.reference_value,
        metric=bench.dataset.model.judged_by,
        estimated=found.of("estimated"), realised=found.of("realised"), drift=found.of("drift"),
        history=history, judgement=judgement,
        proposal=_to_show(bench, decision), decision=decision, proposing=propose,
        last=next(reversed(proposals(bench.ledger, bench.dataset.name)), None),
    )  # fmt: skip


def _choose(bench: Workbench, name: str | None) -> tuple[Snapshot, bool]:
    """Return the snapshot that is meant, and whether it is the newest of the dataset."""
    head = bench.store.head(bench.dataset.name)
    if head is None:
        raise NotFoundError(
            f"There is no snapshot of {bench.dataset.name} yet.",
            where=str(bench.settings.home), remedy="land data and run ingest first",
        )  # fmt: skip
    chosen = bench.store.resolve(name) if name else head
    if chosen.dataset != bench.dataset.name:
        raise NotFoundError(
            f"This is no snapshot of {bench.dataset.name}.", found=chosen.name,
            remedy="coldframe snapshots",
        )  # fmt: skip
    return chosen, chosen.id == head.id


def _propose(
    bench: Workbench, snapshot: Snapshot, champion: ModelVersion | None, judgement: Judgement,
    *, evidence: dict[str, object], cost: float | None,
) -> Proposal:  # fmt: skip
    return propose(
        bench.ledger, dataset=bench.dataset.name, snapshot=snapshot.name, snapshot_id=snapshot.id,
        champion=champion.digest if champion else None, origin="policy",
        parameters=bench.dataset.model.parameters, reasons=judgement.reasons, evidence=evidence,
        policy=policy_digest(bench.dataset), who=WHO,
        expected_cost_seconds=cost,
    )  # fmt: skip


def _decide_first(bench: Workbench, proposal: Proposal) -> Decision | None:
    """Approve the first model if the dataset's policy says that nobody need be asked."""
    if proposal.champion is not None or bench.dataset.policy.bootstrap != "auto":
        return None
    name = bench.dataset.name
    now = next(s for s in proposals(bench.ledger, name) if s.proposal.number == proposal.number)
    if now.standing != "pending":  # proposed before; by now decided on, or superseded
        return now.decision if now.standing == "approved" else None
    return decide(
        bench.ledger, name, proposal.number, approved=True, who=WHO, how="policy",
        reason="bootstrap: auto (the first model needs nobody's word)",
    )  # fmt: skip


def _to_show(bench: Workbench, decision: Decision | None) -> Proposal | None:
    """Return the proposal decided on just now, else what a person can still decide on."""
    if decision is None:
        return pending(bench.ledger, bench.dataset.name)
    found = proposals(bench.ledger, bench.dataset.name)
    return next(s.proposal for s in found if s.proposal.number == decision.proposal)
