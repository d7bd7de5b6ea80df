"""What the training and sweeping notebooks say, and how a person gives a model's parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from coldframe.errors import ConfigurationError
from coldframe.notebook.shown import Note, Table, escape
from coldframe.order import shorten_place
from coldframe.tasks import spell_figure
from coldframe.train import SweepReport, TrainReport
from coldframe.wording import conclude
from coldframe.workbench import Workbench

BESIDE = {
    "binary": " The Brier score and the log loss also punish probabilities that are off.",
    "multiclass": " The log loss also punishes probabilities that are off.",
    "regression": " The RMSE also punishes single great errors, and R² compares with always saying "
    "the mean.",
}
"""What the other figures of a task add."""


def read_parameters(text: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return model parameters from JSON text, as Papermill passes them, or from a dict.

    Raises
    ------
    ConfigurationError
        It is no JSON object.

    Examples
    --------
    >>> read_parameters('{"max_iter": 30}')
    {'max_iter': 30}
    >>> read_parameters({"max_iter": 30})
    {'max_iter': 30}
    """
    if not isinstance(text, str):
        return dict(text or {})
    try:
        values = json.loads(text or "{}")
    except ValueError as error:
        raise ConfigurationError(
            "The model's parameters are not JSON.", where="model_parameters", found=text,
            expected='such as {"max_iter": 30}', remedy=str(error),
        ) from error  # fmt: skip
    if not isinstance(values, dict):
        raise ConfigurationError(
            "The model's parameters have no names.", where="model_parameters", found=text,
            expected='such as {"max_iter": 30}',
        )  # fmt: skip
    return values


def table_parameters(report: TrainReport) -> Table:
    """Return the challenger's parameters beside the champion's."""
    champion = report.champion.parameters if report.champion else {}
    names = sorted({*report.challenger.parameters, *champion})
    return Table.of(
        (
            {
                "parameter": name,
                "challenger": report.challenger.parameters.get(name),
                "champion": champion.get(name),
            }
            for name in names
        ),
        columns=("parameter", "challenger", "champion"),
    )


def table_metrics(report: TrainReport) -> Table:
    """Return the metrics of both models on the same holdout."""
    champion = report.champion_scores.metrics if report.champion_scores else {}
    return Table.of(
        (
            {"metric": name, "challenger": _figure(value), "champion": _figure(champion.get(name))}
            for name, value in report.challenger_scores.metrics.items()
        ),
        columns=("metric", "challenger", "champion"),
    )


def _figure(value: float | None) -> str | None:
    return None if value is None else spell_figure(value)


def tell_metric(bench: Workbench) -> Note:
    """Say which figure decides, what it is, and which way is better."""
    metric = bench.dataset.model.judged_by
    better = "" if metric.greater_is_better else " The smaller it is, the better."
    also = BESIDE.get(bench.dataset.model.task, "")
    name = f"{metric.label[0].upper()}{metric.label[1:]}"
    return Note(f"{name} decides: {metric.meaning}.{better}{also}")


def tell_training(report: TrainReport) -> Note:
    """Say what was trained on what, and what it cost."""
    model, holdout = report.challenger, report.verdict.holdout
    how = "was trained" if report.fitted else "had been trained before by the same recipe"
    until = shorten_place(model.trained_until or "an unknown day")
    first, last = shorten_place(holdout.start), shorten_place(holdout.end)
    cost = f", {model.cost['cpu_seconds']:.1f} s of processor time" if model.cost else ""
    return Note(
        f"**{escape(model.name)}** {how} on {escape(report.snapshot.name)}, until "
        f"{escape(until)}{cost}. It is judged on the "
        f"{holdout.rows:,} rows from {escape(first)} to {escape(last)}."
    )


def tell_verdict(report: TrainReport) -> Note:
    """Say whether the challenger is better, by how much, and who is in force for what reason."""
    verdict = report.verdict
    reasons = "; ".join(escape(reason) for reason in verdict.reasons)
    outcome = conclude(report.verdict)
    sentence = reasons[:1].upper() + reasons[1:]
    if verdict.gain is None or report.champion is None:
        return Note(f"Verdict: **{outcome}**. {sentence}.")
    signed = (verdict.gain, verdict.interval_low or 0.0, verdict.interval_high or 0.0)
    gain, low, high = (spell_figure(one, sign="+") for one in signed)
    gained = (
        f"Against {escape(report.champion.name)} the challenger gains {gain} "
        f"{escape(verdict.metric)} (95 % interval {low} to {high})."
    )
    if verdict.outcome == "promote" or verdict.gain <= 0:
        return Note(f"{gained} Verdict: **{outcome}**. {sentence}.")
    # a gain that changes nothing looks like a mistake, unless the same sentence says why
    because = f", because {reasons}" if verdict.proposal else f": nobody proposed it. {sentence}"
    return Note(f"{gained} Verdict: **{outcome}**, though the challenger gains{because}.")


def tell_outcome(report: TrainReport) -> Note:
    """Say which model is in force now, and what to do next."""
    if report.promotion is not None:
        return Note(
            f"**{escape(report.challenger.name)} is the champion now**, with its snapshot and its "
            "monitoring reference. The way back: `coldframe rollback --reason '...'`."
        )
    if report.verdict.proposal is None:
        return Note("This was an experiment: nothing was promoted, the champion is untouched.")
    if report.champion is None:
        reasons = "; ".join(escape(reason) for reason in report.verdict.reasons)
        return Note(
            f"There is still no champion, because {reasons}. Once a build has taken newer labelled "
            "rows, `coldframe propose --reason '...'` asks for another training."
        )
    return Note("The champion stays in force.")


def table_trials(report: SweepReport, *, best: int = 10) -> Table:
    """Return the best trials, the best first."""
    return Table.of(
        (
            {"trial": t.number, report.study.metric.name: _figure(t.value), **t.suggested}
            for t in report.study.ranked[:best]
        ),
        empty="",
    )


def tell_sweep(report: SweepReport) -> Note:
    """Say how far the study is, and how its best trial compares with the present parameters."""
    study, best = report.study, report.best
    if best is None or best.value is None:
        return Note("No trial is complete yet.")
    base = study.baseline
    better = spell_figure(study.metric.gain(best.value, base), sign="+") if base else ""
    against = f", {better} against the present parameters" if base else ""
    return Note(
        f"Study **{escape(study.name)}** on {escape(study.snapshot)} holds "
        f"{len(study.complete)} complete trials, {report.ran} of them new. The best is trial "
        f"{best.number} with {escape(study.metric.name)} {spell_figure(best.value)}{against}."
    )


def tell_importance(report: SweepReport) -> Note:
    """Say which parameter matters most."""
    if not report.importance:
        return Note("There are too few complete trials to say which parameter matters.")
    name, share = next(iter(report.importance.items()))
    return Note(f"{escape(name)} explains {share:.0%} of what the trials differ in.")


def tell_challenge(report: SweepReport) -> Note:
    """Say how the best trial becomes a challenger."""
    return Note(
        "Production is untouched. To train the best trial on all rows before the holdout and "
        f"propose it: `coldframe sweep --challenge {report.study.name}`. To go on with the study, "
        "run this notebook again with the same name and more trials."
    )
