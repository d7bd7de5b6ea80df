"""`coldframe sweep`: search parameters on a chosen snapshot, beside production."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.decisions import Who, person
from coldframe.cli.models import describe as model_json
from coldframe.cli.terminal import cell, duration, facts, figure, line, make_table, section
from coldframe.errors import ConfigurationError, NotFoundError
from coldframe.steps import Step
from coldframe.train import StudyReport, SweepReport, studies, sweep_snapshot
from coldframe.train import challenge as train_best
from coldframe.wording import count

SHOWN = 10


def add_commands(app: typer.Typer) -> None:
    """Add `sweep` to `app`."""

    @command(
        app,
        "sweep",
        panel="Work",
        examples=[
            "coldframe sweep --snapshot flights@3 --trials 20",
            "coldframe sweep --snapshot flights@3 --trials 20 --study wider   (resumes it)",
            "coldframe sweep --list",
            "coldframe sweep --challenge wider",
        ],
    )
    def sweep(
        session: Session,
        snapshot: Annotated[
            str | None, typer.Option("--snapshot", metavar="NAME", help="Which to learn from.")
        ] = None,
        trials: Annotated[
            int, typer.Option("--trials", min=1, metavar="N", help="How many trials in all.")
        ] = 20,
        study: Annotated[
            str | None,
            typer.Option("--study", metavar="NAME", help="The study; the same name resumes it."),
        ] = None,
        timeout: Annotated[
            float | None,
            typer.Option("--timeout", min=1, metavar="SECONDS", help="Stop after this time."),
        ] = None,
        list_studies: Annotated[bool, typer.Option("--list", help="List the studies.")] = False,
        challenge: Annotated[
            str | None,
            typer.Option(
                "--challenge", metavar="STUDY", help="Propose the study's best trial as challenger."
            ),
        ] = None,
        who: Who = None,
    ) -> Answer:
        """Search parameters on a snapshot; the champion is not touched."""
        asked = {"--list": list_studies, "--challenge": challenge, "--snapshot": snapshot}
        ways = [option for option, given in asked.items() if given]
        if len(ways) > 1:
            raise ConfigurationError(
                "A sweep does one thing at a time.", expected=f"one of {', '.join(asked)}",
                found=" and ".join(ways), remedy="leave out all but one of them",
            )  # fmt: skip
        if list_studies:
            return _list(session)
        if challenge:
            return _challenge(session, challenge, who)
        if snapshot is None:
            raise ConfigurationError(
                "A sweep needs a snapshot.",
                expected="--snapshot NAME, --list or --challenge STUDY",
                remedy="coldframe snapshots",
            )
        return _run(session, snapshot, trials, study, timeout)


def _run(
    session: Session, snapshot: str, trials: int, study: str | None, timeout: float | None
) -> Answer:
    with session.working(f"{trials} trials on {snapshot}") as progress:
        report = sweep_snapshot(
            session.bench,
            snapshot=snapshot,
            trials=trials,
            study=study,
            timeout=timeout,
            progress=progress,
        )
    data = {**describe(report.study), "ran": report.ran, "importance": report.importance}
    return Answer(data, _study_page(session, report))


def describe(study: StudyReport) -> dict[str, Any]:
    """Return a study as programs read it."""
    return {
        "name": study.name,
        "snapshot": study.snapshot,
        "snapshot_id": study.snapshot_id,
        "metric": study.metric.name,
        "baseline": study.baseline,
        "complete": len(study.complete),
        "best": study.best,
        "trials": study.trials,
    }


def _value(study: StudyReport) -> str:
    return figure(study.best.value) if study.best else "-"


def _study_page(session: Session, report: SweepReport) -> RenderableType:
    """Return the best trials of a study, what matters in it, and what to do with it."""
    study, best = report.study, report.best
    ranked = study.ranked
    rows = [
        [trial.number, figure(trial.value), _spell(trial.suggested), duration(trial.cpu_seconds)]
        for trial in ranked[:SHOWN]
    ]
    head = facts(
        {
            "snapshot": study.snapshot,
            "trials": f"{len(study.complete)} complete, {report.ran} of them run now",
            "best": f"{study.metric.name} {_value(study)} on the validation rows",
            "present": study.baseline
            and f"{study.metric.name} {figure(study.baseline)} with the dataset file's parameters",
            "matters most": ", ".join(f"{n} {w:.0%}" for n, w in report.importance.items()) or None,
        }
    )
    table = make_table(["#trial", f"#{study.metric.name}", "parameters", "#cpu"], rows)
    more = ""
    if (left := len(ranked) - SHOWN) > 0:
        more = f"the best {SHOWN} of {count(len(ranked), 'trial')}; --json tells the other {left:,}"
    name = shlex.quote(study.name)
    steps = [Step(f"coldframe sweep --challenge {name}", "train and propose the best")]
    parts = [section(f"Study {study.name}", head, table, *([cell(more, "dim")] if more else []))]
    return Group(*parts, session.steps(steps if best else []))


def _spell(parameters: Mapping[str, Any]) -> str:
    """Return parameters as one line, figures short."""
    shown = {n: f"{v:.4g}" if isinstance(v, float) else v for n, v in parameters.items()}
    return ", ".join(f"{name}={value}" for name, value in shown.items())


def _list(session: Session) -> Answer:
    found = studies(session.bench)
    rows = [[s.name, s.snapshot, len(s.complete), _value(s), figure(s.baseline)] for s in found]
    columns = ["study", "=snapshot", "#trials", "#best", "#present parameters"]
    page: RenderableType = make_table(columns, rows) if rows else cell("No study yet.")
    return Answer([describe(study) for study in found], page)


def _challenge(session: Session, study: str, who: str | None) -> Answer:
    with session.working(f"training the best of {study}") as progress:
        try:
            found = train_best(session.bench, study=study, who=person(who), progress=progress)
        except NotFoundError as error:
            if error.found == study:  # no such study
                error.remedy = "coldframe sweep --list"
            raise
    report, proposal = found.report, found.proposal
    trained = f" was trained on {report.snapshot.name} and "
    if proposal is None:
        trained += "is not proposed: it would not take over."
        steps = [Step("coldframe sweep --help", "sweep on, or on another snapshot")]
    else:
        trained += f"is proposal {proposal.number}."
        steps = [
            Step(f"coldframe show {proposal.number}", "the proposal in full"),
            Step(f'coldframe approve {proposal.number} --reason "..."', "let it become champion"),
        ]
    head = line(Text(report.challenger.name, style="green"), trained)
    reasons = [line(f"- {reason}") for reason in found.reasons]
    data = {"challenger": model_json(report.challenger), "verdict": report.verdict,
            "proposal": proposal, "reasons": found.reasons}  # fmt: skip
    return Answer(data, Group(head, *reasons, session.steps(steps)))
