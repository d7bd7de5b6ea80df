"""The approval notebook: evidence, cost, and a form for a person's word on the proposal."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coldframe.errors import ColdframeError, ConflictError, DataError
from coldframe.figures.performance import describe_performance, draw_performance
from coldframe.ledger import Decision, Proposal, decide, models, pending, proposals
from coldframe.monitor import MonitorReport, monitor_snapshot
from coldframe.notebook import monitored
from coldframe.notebook.shown import Note, Table, escape, show_figure, spell
from coldframe.settings import user_name
from coldframe.workbench import Workbench

if TYPE_CHECKING:
    import ipywidgets
    from IPython.display import Image
    from matplotlib.figure import Figure

NEXT = {"approved": "coldframe build", "rejected": "coldframe status"}

NO_EVIDENCE = (
    "Nothing is proposed: evidence comes with a proposal, once the policy or a person asks for a "
    "retrain."
)
NO_COST = "No model has been trained yet, and none is proposed: there is no cost to tell."
EXPECTED, ACTUAL = "expected seconds, about", "actual seconds"


def _spell_figures(value: Any) -> str:
    """Return the figures of a mapping on one line; those that are not known are left out."""
    if not isinstance(value, dict):
        return spell(value)
    known = {name: inner for name, inner in value.items() if inner is not None}
    return "; ".join(f"{n.replace('_', ' ')} {_spell_figures(v)}" for n, v in known.items())


def table_evidence(proposal: Proposal | None) -> Table:
    """Return the figures behind a proposal: plain ones first, then a line for each group."""
    rows: list[dict[str, str]] = []
    groups: list[dict[str, str]] = []
    for key, value in (proposal.evidence if proposal else {}).items():
        name = str(key).replace("_", " ")
        if not isinstance(value, dict):
            rows.append({"figure": name, "value": spell(value)})
            continue
        lists = {k: v for k, v in value.items() if isinstance(v, list)}
        rest = {k: v for k, v in value.items() if k not in lists}
        groups.append({"figure": name, "value": _spell_figures(rest)})
        for inner in (item for items in lists.values() for item in items):
            about = {k: v for k, v in inner.items() if k != "column"}
            label = f"{name}, {inner.get('column', '')}"
            groups.append({"figure": label, "value": _spell_figures(about)})
    return Table.of([*rows, *groups], columns=("figure", "value"), empty=NO_EVIDENCE)


def table_cost(bench: Workbench, proposal: Proposal | None) -> Table:
    """Return what this retrain may cost, and what the earlier ones did cost and gained.

    Costs are processor seconds: what was expected when it was proposed, and what training took.
    """
    name = bench.dataset.name
    costs = {one.digest: one.cost.get("cpu_seconds") for one in models(bench.ledger, name)}
    rows = [
        {
            "proposal": said.proposal.number,
            "on": said.proposal.snapshot,
            EXPECTED: said.proposal.expected_cost_seconds,
            ACTUAL: costs.get(said.verdict.challenger) if said.verdict else None,
            "gain": said.verdict.gain if said.verdict else None,
            "what came of it": f"{said.standing}: {said.why}",
        }
        for said in proposals(bench.ledger, name)
        if said.verdict or (proposal and said.proposal.number == proposal.number)
    ]
    columns = ("proposal", "on", EXPECTED, ACTUAL, "gain", "what came of it")
    return Table.of(rows, columns=columns, empty=NO_COST)


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the champion does, or why that cannot be shown.

    Parameters
    ----------
    report : MonitorReport or None
        What monitoring finds on the snapshot of the proposal.
    figure : Figure or None
        Drawn from it.
    title : str
        What there is to be seen.
    fault : str
        What went wrong, if anything did.
    """

    report: MonitorReport | None = None
    figure: Figure | None = None
    title: str = ""
    fault: str = ""


def look_at_champion(bench: Workbench, proposal: Proposal | None) -> Look:
    """Monitor the snapshot of a proposal once more, to be looked at; a fault is told, not raised.

    The decision does not depend on it: what it rests on was written down with the proposal. So
    whatever breaks here (a lost estimator, features that raise) must not hide the form below.
    """
    about = proposal.snapshot_id if proposal else None
    try:
        report = monitor_snapshot(bench, snapshot=about, propose=False)
        record = describe_performance(report)
        return Look(report=report, figure=draw_performance(record), title=record.title)
    except ColdframeError as error:
        return Look(fault=f"{error.what} {error.remedy or ''}".strip())
    except Exception as error:  # noqa: BLE001  # the user's own features may raise anything
        return Look(fault=f"{type(error).__name__}: {error}")


def show_performance(look: Look) -> Image | Note:
    """Return the figure of the champion's performance, or a sentence that says what is missing."""
    if look.figure is None:
        return Note(f"**The champion cannot be monitored now:** {escape(look.fault)}")
    return show_figure(look.figure, alt=look.title)


def tell_performance(look: Look) -> Note:
    """Say what is seen in the figure, or what a decision can rest on without it."""
    if look.report is None:
        return Note(
            "The figures above were written down when the retrain was proposed, and the form "
            "below works as ever. `coldframe doctor` and `coldframe verify` look for the fault."
        )
    return monitored.tell_performance(look.report)


@dataclass(frozen=True)
class Answer:
    """What became of a click.

    Parameters
    ----------
    text : str
        For the person who clicked; plain text.
    final : bool
        Whether there is nothing left to decide on this form.
    """

    text: str
    final: bool


def answer_click(bench: Workbench, number: int, *, approved: bool, reason: str, who: str) -> Answer:
    """Record the decision on proposal `number`, and say what became of it.

    Parameters
    ----------
    bench : Workbench
        Whose ledger.
    number : int
        Of the proposal that the person saw, whatever is pending by now.
    approved : bool
        Which button.
    reason, who : str
        As written in the form; both are needed.
    """
    if not reason.strip():
        return Answer("Not recorded: please give a reason. It stays in the ledger.", final=False)
    if not who.strip():
        return Answer("Not recorded: please give your name. It stays in the ledger.", final=False)
    try:
        decision: Decision = decide(
            bench.ledger, bench.dataset.name, number, approved=approved, reason=reason.strip(),
            who=who.strip(), how="widget",
        )  # fmt: skip
    except DataError as error:
        return Answer(f"Not recorded: {error}", final=False)
    except ConflictError as error:
        return Answer(f"Not recorded, it was decided meanwhile: {error}", final=True)
    except ColdframeError as error:
        return Answer(f"Not recorded: {error}", final=False)
    return Answer(
        f"Recorded: proposal {number} {decision.verdict} by {decision.who}. "
        f"Next: {NEXT[decision.verdict]}",
        final=True,
    )


def approval_form(bench: Workbench) -> ipywidgets.VBox:
    """Return the form for the pending proposal; without one it says so.

    Its parts carry CSS classes for tests and style sheets: ``cf-who``, ``cf-reason``,
    ``cf-approve``, ``cf-reject``, ``cf-result``.

    Parameters
    ----------
    bench : Workbench
        Whose proposal.
    """
    import ipywidgets  # only where a form is shown

    proposal = pending(bench.ledger, bench.dataset.name)
    result = ipywidgets.HTML()
    result.add_class("cf-result")
    if proposal is None:
        result.value = "<p>No proposal waits for a decision.</p>"
        return ipywidgets.VBox([result])
    title = ipywidgets.HTML(
        f"<b>Proposal {proposal.number}: train on {html.escape(proposal.snapshot)}?</b>"
    )
    # told as a whole when the field is left: a click may overtake the last of many small updates,
    # and half a reason would be recorded
    # the login's name, as in a terminal: Jupyter's own identity is a random cookie
    who = ipywidgets.Text(
        value=user_name(),
        description="Your name",
        placeholder="who decides",
        continuous_update=False,
    )
    reason = ipywidgets.Textarea(
        continuous_update=False,
        description="Reason", placeholder="why, in a few words; required",
        layout={"width": "36em", "height": "5em"},
    )  # fmt: skip
    approve = ipywidgets.Button(description="Approve", button_style="success", icon="check")
    reject = ipywidgets.Button(description="Reject", button_style="danger", icon="times")
    for name, part in {
        "who": who, "reason": reason, "approve": approve, "reject": reject,
    }.items():  # fmt: skip
        part.add_class(f"cf-{name}")

    def click(button: ipywidgets.Button) -> None:
        answer = answer_click(
            bench, proposal.number, approved=button is approve, reason=reason.value, who=who.value
        )
        # ipywidgets.HTML escapes nothing, and an error may quote data
        result.value = f"<pre>{html.escape(answer.text)}</pre>"
        for part in (approve, reject, reason, who) if answer.final else ():
            part.disabled = True

    approve.on_click(click)
    reject.on_click(click)
    return ipywidgets.VBox([title, who, reason, ipywidgets.HBox([approve, reject]), result])
