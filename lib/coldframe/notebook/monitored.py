"""What the monitoring and approval notebooks say of a model's performance, drift and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from coldframe.ledger import Proposal, ProposalStanding
from coldframe.monitor import MonitorReport
from coldframe.notebook.shown import Note, Table, escape, spell
from coldframe.tasks import spell_figure
from coldframe.wording import count
from coldframe.workbench import FEATURES_CHANGED

if TYPE_CHECKING:
    import pandas as pd

LAST_STRANGE = 3
"""Of so many chunks with labels of unknown classes, the newest, it is told."""


def _plain(value: Any) -> Any:
    """Return a frame's value as a plain one; missing ones as None."""
    if str(value) in ("None", "<NA>", "nan", "NaT"):  # comparing a missing value raises
        return None
    return value.item() if hasattr(value, "item") else value


def _rows(frame: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the frame's rows as records of plain values, the chunk first."""
    known = [name for name in names if name in frame.columns]
    return [
        {"chunk": str(chunk), **{name: _plain(row[name]) for name in known}}
        for chunk, row in frame.iterrows()
    ]


def table_scored(report: MonitorReport) -> Table:
    """Return what was monitored with which model."""
    on_holdout: float | str | None = report.reference_value
    if on_holdout is None and report.champion:
        on_holdout = "none: too few rows, or not every class among them"
    return Table.of(
        [
            {
                "snapshot": report.snapshot.name,
                "champion": report.champion.name if report.champion else None,
                "scored": report.scored.name if report.scored else None,
                "rows scored now": report.scored_rows,
                f"{report.metric.label} on its holdout": on_holdout,
            }
        ]
    )


def table_performance(report: MonitorReport, *, last: int = 12) -> Table:
    """Return estimated and realised performance of the newest chunks side by side.

    A value that more rows or labels may still change says so, and alerts of nothing.
    """
    estimated = {row["chunk"]: row for row in _figures(report.estimated)}
    realised = {row["chunk"]: row for row in _figures(report.realised)}
    every = list(dict.fromkeys([*estimated, *realised]))  # each in the order of time
    older, chunks = every[:-last], every[-last:]
    nothing: Mapping[str, Any] = {}
    alerts = sum(
        bool(_alert(estimated.get(chunk, nothing)) or _alert(realised.get(chunk, nothing)))
        for chunk in older
    )
    caption = (
        f"The newest {len(chunks)} of {count(len(every), 'chunk')}; of the older ones "
        f"{alerts or 'none'} {'alerts' if alerts < 2 else 'alert'}."
    )
    return Table.of(
        (
            {
                "chunk": chunk,
                "estimated": _spell_value(estimated.get(chunk, nothing)),
                "estimate alerts": _alert(estimated.get(chunk, nothing)),
                "realised": _spell_value(realised.get(chunk, nothing)),
                "realised alerts": _alert(realised.get(chunk, nothing)),
            }
            for chunk in chunks
        ),
        columns=("chunk", "estimated", "estimate alerts", "realised", "realised alerts"),
        caption=caption if older else "",
        empty="",
    )


def _figures(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return _rows(frame, ("value", "alert", "complete"))


def _spell_value(row: Mapping[str, Any]) -> str | None:
    value = row.get("value")
    if value is None:
        return None
    return spell(value) if row["complete"] else f"{spell(value)}, not final"


def _alert(row: Mapping[str, Any]) -> bool | None:
    return row.get("alert") if row.get("complete") else None


def _newest_drift(report: MonitorReport) -> tuple[str, list[dict[str, Any]]]:
    """Return the newest complete chunk that has drift figures, and its columns."""
    frame = report.drift
    if "complete" in frame.columns:
        frame = frame[frame["complete"].fillna(False).astype(bool)]
    rows = _rows(frame, ("column", "value", "threshold", "alert"))
    if not rows:
        return "", []
    chunk = rows[-1]["chunk"]
    return chunk, [row for row in rows if row["chunk"] == chunk]


def table_drift(report: MonitorReport) -> Table:
    """Return the columns of the newest complete chunk, those beyond their bound first."""
    _, rows = _newest_drift(report)

    def beyond(row: Mapping[str, Any]) -> float:
        value, bound = row.get("value"), row.get("threshold")
        return -value / bound if value is not None and bound else 0.0

    return Table.of(
        (
            {"column": r["column"], "distance": r.get("value"), "bound": r.get("threshold"),
             "drifted": r.get("alert")}
            for r in sorted(rows, key=beyond)
        ),
        columns=("column", "distance", "bound", "drifted"),
        empty="",
    )  # fmt: skip


def tell_scored(report: MonitorReport) -> Note:
    """Say what was scored."""
    if report.champion is None:
        return Note("There is no champion yet, so nothing was scored.")
    if report.obstacle:
        return Note(f"**Nothing was scored, so there is no verdict.** {escape(report.obstacle)}.")
    said = (
        f"**{escape(report.champion.name)}** scored {count(report.scored_rows, 'row')} of "
        f"{escape(report.snapshot.name)} that it had not scored before."
    )
    if report.features_changed:
        said += f" **{FEATURES_CHANGED}**: mind that when figures change."
    return Note(said)


def tell_performance(report: MonitorReport) -> Note:
    """Say how the champion does, as far as labels have come."""
    known = [row for row in _figures(report.realised) if row["value"] is not None]
    guessed = [row for row in _figures(report.estimated) if row["value"] is not None]
    parts = []
    if done := [row for row in known if row["complete"]]:
        parts.append(
            f"labels have come for {count(len(done), 'finished chunk')}; in the newest of them, "
            f"{escape(done[-1]['chunk'])}, the champion's {report.metric.label} is "
            f"{spell_figure(done[-1]['value'], 3)}, "
            f"and {_count_alerts(done)}"
        )
    if known and not known[-1]["complete"]:
        last = known[-1]
        parts.append(
            f"the {spell_figure(last['value'], 3)} of {escape(last['chunk'])} is not final, for "
            "not all of its labels have come"
        )
    if guessed and not known:
        parts.append("of the rows it scored no label has come yet, so nothing is measured")
    if done := [row for row in guessed if row["complete"]]:
        parts.append(
            f"without labels it is estimated for {count(len(done), 'finished chunk')}, in the "
            f"newest, {escape(done[-1]['chunk'])}, at {spell_figure(done[-1]['value'], 3)}, "
            f"and {_count_alerts(done)}"
        )
    strange = [row for row in _rows(report.realised, ("value", "why")) if row.get("why")]
    parts += [
        f"of {escape(row['chunk'])}: {escape(row['why'])}"
        for row in strange if row["value"] is not None
    ][-LAST_STRANGE:]  # fmt: skip
    if not parts:
        return Note("No finished chunk has a figure yet.")
    text = "; ".join(parts)
    return Note(f"{text[0].upper()}{text[1:]}. A chunk without a verdict is no good news.")


def _count_alerts(rows: list[dict[str, Any]]) -> str:
    alerts = sum(bool(row["alert"]) for row in rows)
    return f"{count(alerts, 'chunk')} {'alerts' if alerts == 1 else 'alert'}" if alerts else (
        "none alerts"
    )  # fmt: skip


def tell_drift(report: MonitorReport) -> Note:
    """Say which columns look unlike the rows the champion was judged on."""
    chunk, rows = _newest_drift(report)
    if not rows:
        return Note("No chunk has drift figures yet.")
    moved = [row["column"] for row in rows if row["alert"]]
    unknown = sum(row["alert"] is None for row in rows)
    names = ": " + ", ".join(escape(name) for name in moved) if moved else ""
    doubt = f", {unknown} are without a verdict" if unknown else ""
    return Note(
        f"In {escape(chunk)} {len(moved)} of {len(rows)} columns drifted{names}{doubt}. "
        "Drift explains a loss; it does not prove one."
    )


def tell_judgement(report: MonitorReport) -> Note:
    """Say what the policy said, and why."""
    said = "**propose a retrain**" if report.judgement.propose else "**wait**"
    reasons = "".join(f"\n- {escape(reason)}" for reason in report.judgement.reasons)
    return Note(f"The policy says: {said}.\n{reasons}")


def tell_waiting(report: MonitorReport) -> Note:
    """Say what waits for a person; if nothing does, what became of the last proposal."""
    if report.proposal is not None:
        return tell_proposal(report.proposal, decided=report.decision is not None)
    if report.judgement.propose and not report.proposing:
        return Note("No proposal waits for a decision: this run was told to make none.")
    if report.last is None:
        return Note("No proposal waits for a decision; there has been none yet.")
    return Note(f"No proposal waits for a decision: {_tell_last(report.last)}.")


def _tell_last(last: ProposalStanding) -> str:
    why = escape(last.why)
    said = {
        "rejected": f"was rejected by {why}",
        "approved": f"was approved by {why}, and waits for training",
        "trained": f"was trained, and {why}",
    }.get(last.standing, f"is {last.standing}: {why}")
    return f"proposal {last.proposal.number}, for {escape(last.proposal.snapshot)}, {said}"


def tell_proposal(proposal: Proposal | None, *, decided: bool = False, here: bool = False) -> Note:
    """Say what waits for a person, and what to do; `here` is whether the form is on this page."""
    if proposal is None:
        return Note("No proposal waits for a decision.")
    about = f"Proposal {proposal.number}: train on {escape(proposal.snapshot)}"
    if decided:
        return Note(f"**{about}.** The policy approved it: it is the first model.")
    form = "use the form below" if here else "open `notebooks/monitor/approve.ipynb`"
    return Note(
        f"**{about}.** To decide, {form}, or type "
        f"`coldframe approve {proposal.number} --reason '...'`."
    )


def tell_reasons(proposal: Proposal | None) -> Note:
    """Say who asks for a retrain, and why."""
    if proposal is None:
        return Note("So there is nothing to be weighed; what follows shows how the champion does.")
    asked = {"policy": "The policy", "person": "A person", "sweep": "A sweep"}[proposal.origin]
    reasons = "".join(f"\n- {escape(reason)}" for reason in proposal.reasons)
    return Note(f"{asked} asks for it:\n{reasons}")
