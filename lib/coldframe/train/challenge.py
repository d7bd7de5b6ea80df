"""From a study's winner to a challenger and a proposal that a person may approve."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from coldframe.errors import DataError
from coldframe.ledger import Proposal, propose
from coldframe.tasks import spell_figure
from coldframe.train.order import take_order
from coldframe.train.report import Progress, StudyReport, TrainReport, Trial
from coldframe.train.studies import check_ground, read_study
from coldframe.train.sweep import study_ground
from coldframe.train.training import carry_out
from coldframe.train.verdict import takes_over
from coldframe.workbench import Workbench

MORE = 20  # trials that are proposed to go on with


@dataclass(frozen=True)
class Challenge:
    """What became of a study's best trial.

    Parameters
    ----------
    report : TrainReport
        The challenger and how it did on the holdout, as an experiment.
    reasons : tuple of str
        What speaks for it and against it.
    proposal : Proposal or None
        Of origin "sweep"; None if it would not take over.
    """

    report: TrainReport
    reasons: tuple[str, ...]
    proposal: Proposal | None


def challenge(
    bench: Workbench, *, study: str, who: str = "sweep", progress: Progress | None = None
) -> Challenge:
    """Train the best trial of a study on all rows before the holdout, judge it, and propose it.

    Nothing is promoted: a person approves the proposal, and training then finds the model
    fitted already. One that would not take over is not proposed: it would only displace the
    proposal that waits. Repeated it returns the same model and proposal.

    Parameters
    ----------
    bench : Workbench
        Where everything is.
    study : str
        Name of the study.
    who : str, default="sweep"
        Who proposes.
    progress : callable, optional
        Is told what is being done.

    Returns
    -------
    Challenge

    Raises
    ------
    NotFoundError
        There is no such study.
    DataError
        It has no complete trial.
    ConflictError
        Code or dataset file changed since, or the champion changed meanwhile.
    """
    found = read_study(bench, study)
    best = found.best
    if best is None:
        raise DataError(
            "The study has no complete trial yet.", where=f"study {study}",
            found=f"{len(found.trials)} trials",
            remedy="sweep on: coldframe sweep "
            f"--snapshot {found.snapshot} --study {shlex.quote(study)} "
            f"--trials {len(found.trials) + MORE}",
        )  # fmt: skip
    order = take_order(
        bench, snapshot=found.snapshot_id, parameters=best.parameters, origin="sweep"
    )
    check_ground(study, found.ground, study_ground(bench, order.snapshot))
    report = carry_out(bench, order, progress=progress)
    reasons = (_spell_study(found, best), _spell_verdict(report))
    proposal = None
    if takes_over(report.verdict, report.champion, bench.dataset.model):
        proposal = _propose(bench, found, best, report, reasons, who)
    return Challenge(report, reasons, proposal)


def _propose(
    bench: Workbench, study: StudyReport, best: Trial, report: TrainReport,
    reasons: tuple[str, ...], who: str,
) -> Proposal:  # fmt: skip
    verdict = report.verdict
    return propose(
        bench.ledger,
        dataset=bench.dataset.name,
        snapshot=report.snapshot.name,
        snapshot_id=report.snapshot.id,
        champion=verdict.champion,
        origin="sweep",
        parameters=report.challenger.parameters,
        reasons=reasons,
        evidence={
            "study": study.name,
            "trial": best.number,
            "trials": len(study.complete),
            "validation": best.value,
            "baseline": study.baseline,
            "challenger": report.challenger.name,
            "holdout": verdict.challenger_value,
            "champion_holdout": verdict.champion_value,
            "gain": verdict.gain,
            "interval": [verdict.interval_low, verdict.interval_high],
        },
        # at most: it is fitted already, and training will find it
        expected_cost_seconds=report.challenger.cost.get("cpu_seconds"),
        who=who,
    )


def _spell_study(study: StudyReport, best: Trial) -> str:
    base, value = "", best.value or 0.0
    if study.baseline is not None:
        present = spell_figure(study.baseline)
        base = f" ({present} with the present parameters)"
        if study.metric.gain(value, study.baseline) < 0:
            base = f", WORSE than the present parameters ({present})"
    return (
        f"best of {len(study.complete)} trials of study {study.name}: "
        f"{study.metric.label} {spell_figure(value)} on the validation rows{base}"
    )


def _spell_verdict(report: TrainReport) -> str:
    verdict = report.verdict
    if verdict.gain is None:
        return verdict.reasons[0]
    low, high = verdict.interval_low or 0.0, verdict.interval_high or 0.0
    gain, low_said, high_said = (spell_figure(one, sign="+") for one in (verdict.gain, low, high))
    return (
        f"on the holdout {gain} against champion "
        f"{report.champion.name if report.champion else 'none'} "
        f"(95 % interval {low_said} to {high_said})"
    )
