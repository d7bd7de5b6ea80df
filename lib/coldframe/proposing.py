"""A person asks for a retrain, without waiting for the policy to propose one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coldframe.errors import DataError, NotFoundError
from coldframe.estimators import build_estimator
from coldframe.ledger import ProposalStanding, champion_model, proposals, propose
from coldframe.train.fitting import split_by_time
from coldframe.train.order import take_order
from coldframe.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What became of the wish for a retrain.

    Parameters
    ----------
    standing : ProposalStanding
        The proposal and where it stands.
    again : bool
        Whether the same was proposed before, and nothing was written.
    """

    standing: ProposalStanding
    again: bool


def ask_for_retrain(
    bench: Workbench, *, reason: str, who: str, snapshot: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Asked:  # fmt: skip
    """Propose a retrain with the dataset file's parameters; it waits for approval like any other.

    What could not be trained is refused now: an approval would end in a failed training. The
    same wish again, while the first one waits or after it was trained, is the first one.

    Parameters
    ----------
    bench : Workbench
        The dataset.
    reason, who : str
        Why, and who asks; both stand in the ledger.
    snapshot : str, optional
        What to learn from, by name or id; the newest by default.
    progress : callable, optional
        Told what is being done, in a few words.

    Raises
    ------
    NotFoundError
        There is no such snapshot, or none at all.
    DataError
        Reason or name is empty, or the snapshot has not enough labelled rows.
    ConfigurationError
        It is a snapshot of something else, or the model builder refuses the parameters.
    ConflictError
        The champion changed meanwhile.
    """
    if not reason.strip() or not who.strip():
        raise DataError(
            "A proposal needs a name and a reason.", found=f"who {who!r}, reason {reason!r}",
            remedy="say why in a few words: --reason '...'",
        )  # fmt: skip
    # pandas: seconds that nobody should wait for whose command needs none
    from coldframe.monitor.evidence import expect_cost
    from coldframe.monitor.history import gather_history

    tell, name = progress or (lambda _: None), bench.dataset.name
    champion = champion_model(bench.ledger, name)
    order = take_order(bench, snapshot=snapshot or _newest(bench))
    tell(f"reading {order.snapshot.name}")
    build_estimator(bench.dataset, order.parameters)
    frame = bench.frame(order.snapshot)
    split = split_by_time(bench.dataset, frame, where=order.snapshot.name)
    rows = {"rows_to_learn_from": len(split.training), "rows_to_judge_on": len(split.holdout)}
    history = gather_history(bench, frame, champion=champion)
    last, _ = bench.ledger.head()
    proposal = propose(
        bench.ledger, dataset=name, snapshot=order.snapshot.name, snapshot_id=order.snapshot.id,
        champion=champion.digest if champion else None, origin="person",
        parameters=order.parameters, reasons=[f"{who.strip()}: {reason.strip()}"], who=who.strip(),
        evidence=rows,
        expected_cost_seconds=expect_cost(history, champion),
    )  # fmt: skip
    standing = proposals(bench.ledger, name)[proposal.number - 1]
    return Asked(standing=standing, again=(proposal.sequence or 0) <= last)


def _newest(bench: Workbench) -> str:
    head = bench.store.head(bench.dataset.name)
    if head is None:
        raise NotFoundError(
            f"There is no snapshot of {bench.dataset.name} yet.",
            where=str(bench.settings.home), remedy="land data, then: coldframe build",
        )  # fmt: skip
    return head.name
