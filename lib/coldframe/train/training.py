"""The training stage: snapshot in, challenger, verdict and perhaps a new champion out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from coldframe.errors import ConflictError, CorruptionError, NotFoundError
from coldframe.files import locked
from coldframe.ledger import (
    FeatureList,
    ModelVersion,
    Promotion,
    Verdict,
    champion_model,
    conclude,
    model,
    models,
    promotions,
    record_verdict,
    register_model,
    verdicts,
)
from coldframe.models import predict
from coldframe.train.comparison import compare
from coldframe.train.fitting import Split, fit_estimator, measured, split_by_time
from coldframe.train.order import Order, take_order
from coldframe.train.recipe import Recipe, write_recipe
from coldframe.train.reference import freeze_reference
from coldframe.train.report import Progress, TrainReport
from coldframe.workbench import Workbench


def train_challenger(
    bench: Workbench,
    *,
    snapshot: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    proposal: int | None = None,
    progress: Progress | None = None,
) -> TrainReport:
    """Train a challenger, judge it against the champion, and promote it if it was asked for.

    With neither `snapshot` nor `proposal` the approved proposal is carried out. With a snapshot
    alone it is an experiment: trained, judged and recorded, never promoted. The same recipe is
    never fitted twice; killed at any moment and called again it ends in the same state.

    Parameters
    ----------
    bench : Workbench
        Where everything is.
    snapshot : str, optional
        Name or id of the snapshot to learn from.
    parameters : mapping, optional
        Overrule those of the dataset file; for experiments only.
    proposal : int, optional
        Number of an approved proposal. One that is trained already is reported again.
    progress : callable, optional
        Is told what is being done.

    Raises
    ------
    NotFoundError
        Nothing is approved, or what was named does not exist.
    ConflictError
        The approval is not good (any more): the champion has changed.
    CorruptionError
        The snapshot or the champion's file was damaged; nothing is trained.
    DataError
        There are too few labelled rows.
    """
    order = take_order(bench, snapshot=snapshot, parameters=parameters, proposal=proposal)
    return carry_out(bench, order, progress=progress)


def carry_out(bench: Workbench, order: Order, *, progress: Progress | None = None) -> TrainReport:
    """Train, judge and conclude what `order` says; see :func:`train_challenger`."""
    tell = progress or (lambda _: None)
    tell(f"verifying {order.snapshot.name}")
    bench.store.check(order.snapshot)
    if concluded := _concluded(bench, order):
        return _report_again(bench, order, concluded)
    challenger, fitted, rows = _prepare(bench, order, tell)
    champion = champion_model(bench.ledger, bench.dataset.name)
    if _has_moved(order, champion):
        if concluded := _concluded(bench, order):  # by another training, while this one worked
            return _report_again(bench, order, concluded)
        raise _moved(order, champion)
    tell("judging on the holdout")
    judged = compare(bench, order, challenger, champion, rows)
    verdict, promotion = _conclude(bench, order, judged.verdict)
    return judged.report(order, verdict, promotion, fitted=fitted)


def _concluded(bench: Workbench, order: Order) -> Verdict | None:
    """Return the verdict on the order's proposal if it is trained by now."""
    if order.proposal is None:
        return None
    now = take_order(bench, proposal=order.proposal.number).standing
    return now.verdict if now is not None and now.standing == "trained" else None


def _has_moved(order: Order, champion: ModelVersion | None) -> bool:
    found = champion.digest if champion else None
    return order.proposal is not None and found != order.proposal.champion


def _moved(order: Order, champion: ModelVersion | None) -> ConflictError:
    """Return the error for a champion that is not the one the approval was given for."""
    proposal = order.proposal
    return ConflictError(
        "The proposal was approved against another champion.",
        where=f"{proposal.dataset}, proposal {proposal.number}" if proposal else None,
        expected=(proposal.champion if proposal else None) or "no champion",
        found=champion.digest if champion else "no champion",
        remedy="run monitor again, then decide anew",
    )


def _prepare(bench: Workbench, order: Order, tell: Progress) -> tuple[ModelVersion, bool, Split]:
    """Return the registered challenger, whether it was fitted just now, and the split rows."""
    recipe = write_recipe(bench, snapshot_id=order.snapshot.id, parameters=order.parameters)
    lock = bench.settings.home / "locks" / f"train-{recipe.digest[:32]}"
    with locked(lock):  # two trainings of one recipe: the second finds what the first made
        with measured() as reading:
            tell("building features")
            rows = _split(bench, order)
        known = [v for v in models(bench.ledger, recipe.dataset) if v.recipe == recipe.digest]
        if known:
            _restore(bench, known[0], rows, tell)
            return known[0], False, rows
        version = _fit(bench, order, recipe, rows, tell, reading.seconds)
    return version, True, rows


def _restore(bench: Workbench, known: ModelVersion, rows: Split, tell: Progress) -> None:
    """Fit a registered model once more if its file is gone or damaged: the same bytes again."""
    try:
        bench.models.verify(known.estimator)
    except (CorruptionError, NotFoundError) as error:
        tell(f"fitting {known.name} again, its file is lost")
        estimator = fit_estimator(bench.dataset, known.parameters, rows.training)
        if (found := bench.models.save(estimator)) != known.estimator:
            raise CorruptionError(
                "An estimator's file is lost, and fitting it again gave another one.",
                where=known.name, expected=known.estimator, found=found,
                remedy="restore it from a backup",
            ) from error  # fmt: skip


def _split(bench: Workbench, order: Order) -> Split:
    return split_by_time(bench.dataset, bench.frame(order.snapshot), where=order.snapshot.name)


def _fit(
    bench: Workbench,
    order: Order,
    recipe: Recipe,
    rows: Split,
    tell: Progress,
    spent: Mapping[str, float],
) -> ModelVersion:
    """Fit, save and register the challenger with its monitoring reference."""
    from coldframe.features import feature_matrix  # pandas

    features, task = bench.dataset.features, bench.dataset.model.kind
    tell(f"fitting on {len(rows.training):,} rows")
    with measured() as fitting:
        estimator = fit_estimator(bench.dataset, order.parameters, rows.training)
        digest = bench.models.save(estimator)
        classes = task.classes(rows.training[features.target])
        said = predict(task, estimator, feature_matrix(bench.dataset, rows.holdout), classes)
    version = ModelVersion(
        dataset=recipe.dataset,
        estimator=digest,
        recipe=recipe.digest,
        snapshot=order.snapshot.name,
        snapshot_id=order.snapshot.id,
        holdout=rows.describe(),
        trained_until=rows.trained_until,
        parameters=dict(recipe.parameters),
        code=recipe.code,
        environment=recipe.environment,
        features=FeatureList(
            numeric=features.numeric, categorical=features.categorical, code=bench.feature_code()
        ),
        task=task.name,
        classes=classes,
        metrics=task.measure(rows.holdout[features.target], said, classes),
        cost={name: round(spent[name] + value, 3) for name, value in fitting.seconds.items()},
        origin=order.origin,
        proposal=order.proposal.number if order.proposal else None,
    )
    tell("freezing the monitoring reference")
    reference = freeze_reference(
        bench, model=version.digest, source=order.snapshot, rows=rows.holdout,
        words=task.spell(said, classes),
    )  # fmt: skip
    bench.store.pin(f"model-{version.digest}", [order.snapshot.id, reference.id])
    return _register(bench, version, reference.name, reference.id)


def _register(
    bench: Workbench, version: ModelVersion, reference: str, reference_id: str
) -> ModelVersion:
    try:
        return register_model(
            bench.ledger,
            dataclasses.replace(version, reference=reference, reference_id=reference_id),
            who="train",
        )
    except ConflictError:
        # another machine, beyond our lock, registered the same model with its own reference
        found = model(bench.ledger, version.dataset, version.digest)
        bench.store.pin(f"model-{version.digest}", [version.snapshot_id, str(found.reference_id)])
        return found


def _conclude(bench: Workbench, order: Order, verdict: Verdict) -> tuple[Verdict, Promotion | None]:
    if order.proposal is None:
        # the first verdict stands, also if the dataset file's minimum gain was changed since
        known = [v for v in verdicts(bench.ledger, verdict.dataset) if v.key == verdict.key]
        return known[0] if known else record_verdict(bench.ledger, verdict, who="train"), None
    reason = f"proposal {order.proposal.number}: {'; '.join(verdict.reasons)}"
    return conclude(bench.ledger, verdict, reason=reason, who="train")


def _report_again(bench: Workbench, order: Order, verdict: Verdict) -> TrainReport:
    """Return the report of a proposal that is trained already; fits and writes nothing."""
    name = bench.dataset.name
    challenger = model(bench.ledger, name, verdict.challenger)
    champion = model(bench.ledger, name, verdict.champion) if verdict.champion else None
    judged = compare(bench, order, challenger, champion, _split(bench, order))
    moves = [m for m in promotions(bench.ledger, name) if m.proposal == verdict.proposal]
    return judged.report(order, verdict, moves[0] if moves else None, fitted=False)
