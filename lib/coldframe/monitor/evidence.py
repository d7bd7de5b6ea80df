"""The figures behind a proposal: small, JSON, the same whenever the same data is monitored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd

from coldframe.ledger import ModelVersion
from coldframe.monitor.history import DATA_TIME
from coldframe.monitor.policy import History, since_training
from coldframe.order import ROW, row_number

TOP_COLUMNS = 5


def collect_evidence(
    history: History, champion: ModelVersion | None, chunks: pd.DataFrame
) -> dict[str, Any]:
    """Return what a person should see before deciding.

    Parameters
    ----------
    history : History
        What the policy judged.
    champion : ModelVersion or None
        The model in force.
    chunks : DataFrame
        Figures of its chunks, columns as in `CHUNK_TYPES`.

    Returns
    -------
    dict
        Finite numbers, texts and None only.
    """
    evidence: dict[str, Any] = {
        DATA_TIME: history.now.isoformat() if history.timed else f"{ROW}{row_number(history.now)}",
        "labelled_rows": history.labelled_rows,
        "rows_newly_labelled": history.new_labelled_rows,
    }
    if champion is None or history.champion is None:
        return evidence
    until = history.champion.trained_until
    unit, span = ("days", _days) if history.timed else ("rows", _rows)
    evidence |= {
        "champion": champion.name,
        f"{unit}_since_last_training": span(since_training(history, history.champion)),
        f"{unit}_since_newest_row_learned_from": span(
            None if until is None else history.now - until
        ),
        f"reference_{history.judged_by.name}": _rounded(history.champion.reference),
        "expected_cost_seconds": expect_cost(history, champion),
    }
    for kind in ("estimated", "realised"):
        evidence[kind] = _summarise(chunks[chunks["kind"] == kind])
    evidence["drift"] = _summarise_drift(chunks[(chunks["kind"] == "drift") & chunks["complete"]])
    return evidence


def expect_cost(history: History, champion: ModelVersion | None) -> float | None:
    """Return about how many processor seconds a training would take, to two digits.

    What the champion's took, times rows to learn from over rows it learned from: gradient boosting
    looks at each row as often, and so do most estimators. None where one of them is not known.

    Examples
    --------
    >>> from datetime import datetime
    >>> known = History(now=datetime(2013, 7, 31), labelled_rows=0, trainable_rows=150_000,
    ...                 learned_rows=40_000)
    >>> champion = ModelVersion(dataset="d", estimator="e", recipe="r", snapshot="d@3",
    ...                         snapshot_id="i", cost={"cpu_seconds": 0.6})
    >>> expect_cost(known, champion)
    2.2
    """
    took = champion.cost.get("cpu_seconds") if champion else None
    if took is None or not history.trainable_rows or not history.learned_rows:
        return None
    return float(f"{took * history.trainable_rows / history.learned_rows:.2g}")


def _days(span: timedelta | None) -> float | None:
    return None if span is None else round(span / timedelta(days=1), 1)


def _rows(span: timedelta | None) -> float | None:
    return None if span is None else round(span / timedelta(seconds=1))


def _rounded(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value), 4)


def _summarise(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Return the newest finished chunk with a verdict, and how many chunks alerted."""
    finished = rows[rows["complete"]]
    known = finished[finished["value"].notna()]
    if not len(known):
        return None
    last = known.iloc[-1]
    names = ("value", "low", "high", "threshold")
    return {
        "chunk": str(last["chunk"]),
        **{name: _rounded(last[name]) for name in names},
        "alert": None if pd.isna(last["alert"]) else bool(last["alert"]),
        "mean": _rounded(known["value"].mean()),
        "alerts": int(finished["alert"].fillna(False).sum()),
        "chunks": len(finished),
        "chunks_without_verdict": int(finished["alert"].isna().sum()),
    }


def _summarise_drift(rows: pd.DataFrame) -> dict[str, Any] | None:
    """Return the newest chunk's drifted share and its columns farthest beyond their bound."""
    if not len(rows):
        return None
    last = rows[rows["start"] == rows["start"].max()]
    known = last[last["alert"].notna()]
    order = (known["value"] / known["threshold"]).sort_values(ascending=False, kind="stable").index
    return {
        "chunk": str(last["chunk"].iloc[0]),
        "share": _rounded(known["alert"].astype("float64").mean()) if len(known) else None,
        "columns_without_verdict": int(last["alert"].isna().sum()),
        "top": [
            {
                "column": str(known.at[index, "column"]),
                "value": _rounded(known.at[index, "value"]),
                "threshold": _rounded(known.at[index, "threshold"]),
                "alert": bool(known.at[index, "alert"]),
            }
            for index in order[:TOP_COLUMNS]
        ],
    }
