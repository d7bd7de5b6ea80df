"""`coldframe models` and `rollback`: what was trained, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import Reason, Who, person
from coldframe.cli.following import next_section
from coldframe.cli.terminal import (
    cell,
    duration,
    facts,
    figure,
    line,
    make_table,
    moment,
    section,
    short,
    when,
)
from coldframe.ledger import (
    Holdout,
    ModelVersion,
    ProposalStanding,
    model,
    models,
    promotions,
    proposals,
    rollback,
    verdicts,
)
from coldframe.order import shorten_place
from coldframe.status import read_status
from coldframe.steps import Step
from coldframe.wording import conclude
from coldframe.workbench import FEATURES_CHANGED

ON_SAME_ROWS = "How a model did against its champion on the same rows: coldframe show MODEL"


def add_commands(app: typer.Typer) -> None:
    """Add `models` and `rollback` to `app`."""

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
        before_it = {s.proposal.number: s.standing for s in proposals(ledger, name)}
        move = rollback(
            ledger, name, to=to, reason=reason, who=person(who), expected=ledger.champion(name)
        )
        turned = [
            s for s in proposals(ledger, name) if before_it.get(s.proposal.number) != s.standing
        ]
        now = model(ledger, name, "champion")
        before = model(ledger, name, move.previous) if move.previous else None
        data = {
            "promotion": move,
            "champion": describe(now),
            "features_changed": session.bench.features_changed(now),
            "obstacle": session.bench.obstacle(now),
            "next": session.complete(read_status(session.bench).steps),
            "void": [s.proposal.number for s in turned if s.standing == "void"],
        }
        return Answer(data, _rollback_page(session, now, before, turned))


def _models_page(session: Session) -> Answer:
    ledger, name = session.bench.ledger, session.name
    found, present = models(ledger, name), ledger.champion(name)
    metric = session.bench.dataset.model.metric
    data = [describe(version) | {"champion": version.digest == present} for version in found]
    if not found:
        return Answer(data, cell("No model yet."))
    columns = ["=model", "=snapshot", f"#{metric}", "#cost", "#made (UTC)", "asked by", "=id"]
    judged: dict[str, list[list[object]]] = {}
    for version in found:
        row = _row(version, metric, version.digest == present)
        judged.setdefault(_holdout(version), []).append(row)
    parts: list[RenderableType] = [
        section(title, make_table(columns, rows)) for title, rows in judged.items()
    ]
    if len(judged) > 1:
        parts.append(cell(f"{metric} can be compared within one holdout only. {ON_SAME_ROWS}"))
    return Answer(data, Group(*parts))


def describe(version: ModelVersion) -> dict[str, Any]:
    """Return a model version as programs read it."""
    return {"name": version.name, "digest": version.digest, **version.to_body(), "at": version.at}


def _holdout(version: ModelVersion) -> str:
    """Return on which rows the figures of `version` were measured."""
    rows = version.holdout
    if rows is None:
        return f"Holdout of {version.snapshot}"
    return f"Holdout of {version.snapshot}: {spell_holdout(rows)}"


def spell_holdout(rows: Holdout) -> str:
    """Return the rows a model was judged on, in a few words."""
    return f"{rows.rows:,} rows, {shorten_place(rows.start)} to {shorten_place(rows.end)}"


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


def _rollback_page(
    session: Session,
    now: ModelVersion,
    before: ModelVersion | None,
    turned: Sequence[ProposalStanding],
) -> Group:
    """Return what is in force after a rollback."""
    changed = FEATURES_CHANGED if session.bench.features_changed(now) else None
    warning = session.bench.obstacle(now) or changed
    return Group(
        line(Text(now.name, style="green"), " is champion again",
             f"; {before.name} was before." if before else "."),
        facts({"snapshot": now.snapshot, "reference": now.reference, "digest": now.digest}),
        *([cell(f"{warning}.", "yellow")] if warning else []),
        *(line(f"Proposal {s.proposal.number} is {s.standing}: {s.why}.") for s in turned),
        Text(),
        next_section(read_status(session.bench), session),
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
            "holdout": holdout
            and f"{holdout.rows:,} rows of {version.snapshot}, {holdout.start} to {holdout.end}",
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
        parts.append(section(f"Verdict: {conclude(verdict)}{gain}", *lines))
    moves = [p for p in promotions(bench.ledger, dataset) if p.model == version.digest]
    if moves:
        lines = [line(f"{m.kind}, {moment(m.at)}, by {m.who}: {m.reason}") for m in moves]
        parts.append(section("Put in force", *lines))
    parts.append(
        section("Next", session.steps([Step(f"coldframe lineage {version.name}", "what made it")]))
    )
    return Group(*parts)
