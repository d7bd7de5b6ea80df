"""`coldframe lineage`: where a model or a snapshot comes from, down to the delivered files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.models import describe
from coldframe.cli.terminal import cell, line, moment, share, short, size
from coldframe.lineage import Lineage, Origin, SnapshotLineage, sort_origins, trace
from coldframe.snapshots import Snapshot
from coldframe.status import label_coverage


def add_commands(app: typer.Typer) -> None:
    """Add `lineage` to `app`."""

    @command(
        app,
        "lineage",
        panel="Look",
        examples=[
            "coldframe lineage",
            "coldframe lineage v2 --json",
            "coldframe lineage flights@3",
        ],
    )
    def lineage(
        session: Session,
        name: Annotated[
            str,
            typer.Argument(
                help="A model (v2, champion, digits of its digest) or a snapshot (flights@3)."
            ),
        ] = "champion",
    ) -> Answer:
        """Trace a model to its snapshot, batches, source files, code and parameters."""
        found = trace(session.bench, name)
        if isinstance(found, SnapshotLineage):
            return Answer(_describe_snapshot(found), snapshot_tree(found))
        return Answer(_describe_lineage(found), lineage_page(found))


def _describe_origins(origins: Sequence[Origin]) -> list[dict[str, Any]]:
    return [
        {
            "digest": origin.batch.digest,
            "source": origin.batch.source,
            "file": origin.delivery.file if origin.delivery else origin.batch.name,
            "rows": origin.batch.rows,
            "delivery": origin.delivery,
            "release": origin.release,
            "replay_of": origin.batch.about.get("replay_of"),
        }
        for origin in origins
    ]


def _describe_snapshot(lineage: SnapshotLineage) -> dict[str, Any]:
    """Return a snapshot's lineage as programs read it."""
    snapshot = lineage.snapshot
    return {
        "snapshot": {"name": snapshot.name, "id": snapshot.id},
        "parent": snapshot.parent,
        "contract": snapshot.contract,
        "batches": _describe_origins(lineage.origins),
        "models": [describe(version) for version in lineage.models],
        "proposals": lineage.proposals,
    }


def _describe_lineage(lineage: Lineage) -> dict[str, Any]:
    """Return a lineage as programs read it."""
    snapshot, reference = lineage.snapshot, lineage.reference
    return {
        "model": describe(lineage.model),
        "estimator": lineage.estimator,
        "snapshot": snapshot and {"name": snapshot.name, "id": snapshot.id},
        "reference": reference and {"name": reference.name, "id": reference.id},
        "batches": _describe_origins(lineage.origins),
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
        _add_origins(tree.add(_snapshot_line(lineage.snapshot)), lineage.origins)
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


def snapshot_tree(lineage: SnapshotLineage) -> Tree:
    """Return a lineage as a tree, the snapshot at its root."""
    tree = Tree(_snapshot_line(lineage.snapshot))
    if lineage.snapshot.parent:
        tree.add(line(f"built on  {short(lineage.snapshot.parent)}"))
    _add_origins(tree, lineage.origins)
    for version in lineage.models:
        learned = version.snapshot_id == lineage.snapshot.id
        tree.add(
            line(
                f"model {version.name}",
                " learned from it" if learned else " is monitored against it",
            )
        )
    for proposal in lineage.proposals:
        tree.add(line(f"proposal {proposal.number}, {moment(proposal.at)}"))
    return tree


def _snapshot_line(snapshot: Snapshot) -> Text:
    labels = label_coverage(snapshot)
    known = f", labels for {share(labels.known, labels.rows)}" if labels else ""
    return line(
        Text(f"snapshot {snapshot.name}", style="bold"),
        f"  {short(snapshot.id)}  {snapshot.rows:,} rows, {size(snapshot.bytes)}{known}",
    )


def _add_origins(branch: Tree, origins: Sequence[Origin]) -> None:
    """Add the sources, batches and files of a snapshot to its `branch`."""
    for source, own in sort_origins(origins).items():
        rows = sum(origin.batch.rows for origin in own)
        inner = branch.add(line(f"{source}  {rows:,} rows in {_deliveries(len(own))}"))
        for origin in own:
            inner.add(_origin(origin))


def _deliveries(number: int) -> str:
    return "1 delivery" if number == 1 else f"{number:,} deliveries"


def _origin(origin: Origin) -> Text:
    batch, delivery = origin.batch, origin.delivery
    file = delivery.file if delivery else batch.name
    aside = delivery.rows_quarantined if delivery else 0
    told = f", {aside:,} quarantined" if aside else ""
    if original := batch.about.get("replay_of"):
        told += f", taken in later of {short(str(original))}"
    if word := origin.release:
        told += f", released by {word.who}: {word.reason}"
    return line(
        f"{short(batch.digest)}  ", Text(file, style="cyan"), f"  {batch.rows:,} rows{told}"
    )
