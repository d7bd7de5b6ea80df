"""`coldframe models`, `rollback`, `lineage`: what was trained, the way back, and where from."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import Reason, Who, person
from coldframe.cli.terminal import (
    cell,
    duration,
    facts,
    figure,
    line,
    make_table,
    moment,
    section,
    share,
    short,
    size,
    when,
)
from coldframe.ledger import ModelVersion, model, models, promotions, rollback, verdicts
from coldframe.lineage import Lineage, Origin, trace_model
from coldframe.snapshots import Snapshot
from coldframe.status import Step, label_coverage
from coldframe.workbench import FEATURES_CHANGED


def add_commands(app: typer.Typer) -> None:
    """Add `models`, `rollback` and `lineage` to `app`."""

    @command(app, "models", panel="Look", examples=["coldframe models", "coldframe models --json"])
    def list_models(session: Session) -> Answer:
        """List every model version, what it scored and what it cost."""
        return _models_page(session)

    @command(
        app,
        "rollback",
        panel="Decide",
        examples=[
            'coldframe rollback --reason "complaints since Monday"',
            'coldframe rollback --to v1 --reason "v2 and v3 learned from a wrong feed"',
        ],
    )
    def roll_back(
        session: Session,
        reason: Reason,
        to: Annotated[
            str | None,
            typer.Option("--to", metavar="MODEL", help="A former champion (by default the last)."),
        ] = None,
        who: Who = None,
    ) -> Answer:
        """Put a former champion back in force, with its snapshot and its reference."""
        ledger, name = session.bench.ledger, session.name
        move = rollback(
            ledger, name, to=to, reason=reason, who=person(who), expected=ledger.champion(name)
        )
        now = model(ledger, name, "champion")
        before = model(ledger, name, move.previous) if move.previous else None
        data = {
            "promotion": move,
            "champion": describe(now),
            "features_changed": session.bench.features_changed(now),
            "obstacle": session.bench.obstacle(now),
        }
        return Answer(data, _rollback_page(session, now, before))

    @command(
        app,
        "lineage",
        panel="Look",
        examples=["coldframe lineage", "coldframe lineage v2 --json"],
    )
    def lineage(
        session: Session,
        name: Annotated[
            str, typer.Argument(help="A model: v2, champion, digits of its digest.")
        ] = "champion",
    ) -> Answer:
        """Trace a model to its snapshot, batches, source files, code and parameters."""
        found = trace_model(session.bench, name)
        return Answer(_describe_lineage(found), lineage_page(found))


def _models_page(session: Session) -> Answer:
    ledger, name = session.bench.ledger, session.name
    found, present = models(ledger, name), ledger.champion(name)
    metric = session.bench.dataset.model.metric
    data = [describe(version) | {"champion": version.digest == present} for version in found]
    rows = [_row(version, metric, version.digest == present) for version in found]
    columns = [
        "=model",
        "=learned from",
        f"#{metric}",
        "#cost",
        "#made (UTC)",
        "asked by",
        "=id",
    ]
    return Answer(data, make_table(columns, rows) if rows else cell("No model yet."))


def describe(version: ModelVersion) -> dict[str, Any]:
    """Return a model version as programs read it."""
    return {"name": version.name, "digest": version.digest, **version.to_body(), "at": version.at}


def _metrics(version: ModelVersion) -> str:
    return ", ".join(f"{name} {figure(value)}" for name, value in version.metrics.items()) or "-"


def _row(version: ModelVersion, metric: str, champion: bool) -> list[object]:
    return [
        cell(f"{version.name} champion", "green") if champion else version.name,
        version.snapshot,
        figure(version.metrics.get(metric)),
        duration(version.cost.get("wall_seconds")),
        when(version.at),
        version.origin + (f" ({version.proposal})" if version.proposal else ""),
        short(version.digest),
    ]


def _rollback_page(session: Session, now: ModelVersion, before: ModelVersion | None) -> Group:
    """Return what is in force after a rollback."""
    changed = FEATURES_CHANGED if session.bench.features_changed(now) else None
    warning = session.bench.obstacle(now) or changed
    return Group(
        line(Text(now.name, style="green"), " is champion again",
             f"; {before.name} was before." if before else "."),
        facts({"snapshot": now.snapshot, "reference": now.reference, "digest": now.digest}),
        *([cell(f"{warning}.", "yellow")] if warning else []),
        session.steps([Step("ploomber build", "monitor with it")]),
    )  # fmt: skip


def model_page(version: ModelVersion, session: Session) -> Group:
    """Return a model version in full."""
    bench, holdout = session.bench, version.holdout
    dataset = version.dataset
    champion = bench.ledger.champion(dataset) == version.digest
    head = facts(
        {
            "standing": cell("champion", "green") if champion else "not in force",
            "learned from": f"{version.snapshot}  {short(version.snapshot_id)}",
            "until": version.trained_until,
            "on holdout": _metrics(version),
            "holdout": holdout and f"{holdout.rows:,} rows, {holdout.start} to {holdout.end}",
            "reference": version.reference,
            "cost": duration(version.cost.get("wall_seconds")),
            "made": moment(version.at),
            "asked by": version.origin,
            "proposal": version.proposal,
            "digest": version.digest,
            "estimator": version.estimator,
            "recipe": version.recipe,
            "code": version.code,
            "environment": version.environment,
        }
    )
    parts: list[RenderableType] = [section(f"Model {version.name}", head)]
    parts.append(section("Parameters", facts(version.parameters or {"-": "the builder's own"})))
    judged = [v for v in verdicts(bench.ledger, dataset) if v.challenger == version.digest]
    for verdict in judged:
        lines = [line(f"- {reason}") for reason in verdict.reasons]
        gain = "" if verdict.gain is None else f", {verdict.gain:+.4f} in {verdict.metric}"
        parts.append(section(f"Verdict: {verdict.outcome}{gain}", *lines))
    moves = [p for p in promotions(bench.ledger, dataset) if p.model == version.digest]
    if moves:
        lines = [line(f"{m.kind}, {moment(m.at)}, by {m.who}: {m.reason}") for m in moves]
        parts.append(section("Put in force", *lines))
    parts.append(
        section("Next", session.steps([Step(f"coldframe lineage {version.name}", "what made it")]))
    )
    return Group(*parts)


def _describe_lineage(lineage: Lineage) -> dict[str, Any]:
    """Return a lineage as programs read it."""
    snapshot, reference = lineage.snapshot, lineage.reference
    return {
        "model": describe(lineage.model),
        "estimator": lineage.estimator,
        "snapshot": snapshot and {"name": snapshot.name, "id": snapshot.id},
        "reference": reference and {"name": reference.name, "id": reference.id},
        "batches": [
            {
                "digest": origin.batch.digest,
                "source": origin.batch.source,
                "file": origin.delivery.file if origin.delivery else origin.batch.name,
                "rows": origin.batch.rows,
                "delivery": origin.delivery,
            }
            for origin in lineage.origins
        ],
        "proposal": lineage.proposal,
        "decision": lineage.decision,
        "verdicts": lineage.verdicts,
        "promotions": lineage.promotions,
        "same_environment": lineage.same_environment,
        "lost": lineage.lost,
    }


def lineage_page(lineage: Lineage) -> Tree:
    """Return a lineage as a tree, the model at its root."""
    version, proposal, decision = lineage.model, lineage.proposal, lineage.decision
    tree = Tree(line(Text(f"model {version.name}", style="bold green"), f"  {version.digest}"))
    lost = "" if lineage.estimator.exists() else "  (missing)"
    tree.add(line(f"estimator  models/{lineage.estimator.name}{lost}"))
    if lineage.snapshot:
        _snapshot_branch(tree, lineage, lineage.snapshot)
    for text in lineage.lost:
        tree.add(cell(f"lost: {text}", "bold red"))
    parameters = tree.add("parameters")
    for name, value in (version.parameters or {"-": "the builder's own"}).items():
        parameters.add(line(f"{name} = {value}"))
    tree.add(line(f"code  {version.code}"))
    now = "as installed now" if lineage.same_environment else "not what is installed now"
    tree.add(line(f"environment  {version.environment}  ({now})"))
    if lineage.reference:
        tree.add(line(f"reference  {lineage.reference.name}  {short(lineage.reference.id)}"))
    if proposal:
        branch = tree.add(line(f"proposal {proposal.number}, {moment(proposal.at)}"))
        for reason in proposal.reasons:
            branch.add(line(reason))
        if decision:
            branch.add(line(f"{decision.verdict} by {decision.who}: {decision.reason}"))
    for verdict in lineage.verdicts:
        branch = tree.add(line(f"verdict: {verdict.outcome}"))
        for reason in verdict.reasons:
            branch.add(line(reason))
    for move in lineage.promotions:
        tree.add(line(f"{move.kind}, {moment(move.at)}, by {move.who}: {move.reason}"))
    return tree


def _snapshot_branch(tree: Tree, lineage: Lineage, snapshot: Snapshot) -> None:
    """Add the snapshot, its sources, batches and files to `tree`."""
    labels = label_coverage(snapshot)
    known = f", labels for {share(labels.known, labels.rows)}" if labels else ""
    branch = tree.add(
        line(Text(f"snapshot {snapshot.name}", style="bold"), f"  {short(snapshot.id)}",
             f"  {snapshot.rows:,} rows, {size(snapshot.bytes)}{known}")
    )  # fmt: skip
    for source, origins in lineage.sources.items():
        rows = sum(origin.batch.rows for origin in origins)
        inner = branch.add(line(f"{source}  {rows:,} rows in {len(origins)} deliveries"))
        for origin in origins:
            inner.add(_origin(origin))


def _origin(origin: Origin) -> Text:
    batch, delivery = origin.batch, origin.delivery
    file = delivery.file if delivery else batch.name
    aside = delivery.rows_quarantined if delivery else 0
    told = f", {aside:,} quarantined" if aside else ""
    return line(
        f"{short(batch.digest)}  ", Text(file, style="cyan"), f"  {batch.rows:,} rows{told}"
    )
