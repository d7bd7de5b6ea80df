"""The records of the monitoring figures, and that they can be drawn."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from coldframe.figures.drift import describe_drift, draw_drift
from coldframe.figures.performance import describe_performance, draw_performance
from coldframe.tasks import TASKS

WEEKS = pd.period_range("2013-03-04", periods=4, freq="W")


def frame(values, *, alerts, complete=(True, True, True, False), **more):
    return pd.DataFrame(
        {
            "start": [week.start_time.tz_localize("UTC") for week in WEEKS],
            "end": [week.end_time.tz_localize("UTC") for week in WEEKS],
            "value": values,
            "low": [value - 0.02 for value in values],
            "high": [value + 0.02 for value in values],
            "threshold": 0.6,
            "alert": pd.array(alerts, dtype="boolean"),
            "rows": 300,
            "complete": list(complete),
            **more,
        },
        index=pd.Index([str(week) for week in WEEKS], name="chunk"),
    )


NAN = float("nan")


def make_report(champion="v1"):
    """The fields of a MonitorReport that the figures read."""
    drift = pd.concat(
        [
            frame([0.1, 0.2, 0.3, 0.9], alerts=[False, False, False, True], column="distance"),
            frame([0.7, 0.2, 0.8, NAN], alerts=[True, False, True, None], column="temp"),
            frame([NAN] * 4, alerts=[None] * 4, column="wind_gust"),
        ]
    )
    return SimpleNamespace(
        champion=champion and SimpleNamespace(name=champion),
        snapshot=SimpleNamespace(name="flights@5"),
        estimated=frame([0.66, NAN, 0.58, 0.67], alerts=[False, None, True, False]),
        realised=frame(
            [0.64, NAN, NAN, NAN], alerts=[False, None, None, None],
            complete=(True, False, False, False),
        ),
        drift=drift,
        obstacle=None,
        reference_value=0.65,
        metric=TASKS["binary"].metric("roc_auc"),
        history=SimpleNamespace(
            timed=True,
            retrains=(WEEKS[0].start_time.to_pydatetime(),),
            undone=(WEEKS[2].start_time.to_pydatetime(),),
        ),
    )  # fmt: skip


def test_record_of_performance_holds_what_is_known_and_marks_what_is_not():
    record = describe_performance(make_report())
    assert [point.value for point in record.estimated] == [0.66, 0.58, 0.67]
    assert [point.alert for point in record.estimated] == [False, True, False]
    assert [point.complete for point in record.estimated] == [True, True, False]
    assert len(record.realised) == 1
    assert record.silent == (WEEKS[1].start_time.tz_localize("UTC").to_pydatetime(),)
    assert record.unlabelled_from == WEEKS[1].start_time.tz_localize("UTC").to_pydatetime()
    assert (record.threshold, record.reference) == (0.6, 0.65)
    labels = [line.get_label() for line in draw_performance(record).axes[0].lines]
    assert {"retrain", "retrain, rolled back"} <= set(labels)
    assert "its sampling error, 3 standard errors" in [
        one.get_label() for one in draw_performance(record).axes[0].collections
    ]
    assert (
        record.title
        == "v1 on flights@5: alerts in 1 of 2 estimated and 0 of 1 realised chunks that are final"
    )


def test_a_chunk_that_is_not_final_alerts_of_nothing():
    report = make_report()
    report.realised = frame(
        [0.64, 0.63, 0.62, 0.5], alerts=[False, False, False, True],
    )  # fmt: skip
    record = describe_performance(report)
    assert record.title.endswith("and 0 of 3 realised chunks that are final")
    lines = {line.get_label(): line for line in draw_performance(record).axes[0].lines}
    assert lines["alert"].get_ydata().tolist() == [0.58]  # of the estimate, not the 0.5


def test_record_of_drift_orders_columns_and_counts_finished_alerts_only():
    record = describe_drift(make_report())
    assert record.columns == ("temp", "distance", "wind_gust")
    assert record.alerts == (2, 0, 0)
    assert record.ratios[1] == pytest.approx((0.1 / 0.6, 0.2 / 0.6, 0.3 / 0.6, 0.9 / 0.6))
    assert record.finished == (True, True, True, False)
    assert record.title == "1 of 3 columns drifted in 2013-03-18/2013-03-24, 1 without verdict"


@pytest.mark.parametrize("champion", ["v1", None])
def test_figures_can_be_drawn_also_of_nothing(champion):
    report = make_report(champion)
    if champion is None:
        for name in ("estimated", "realised", "drift"):
            setattr(report, name, getattr(report, name)[:0])
    for figure in (
        draw_performance(describe_performance(report)), draw_drift(describe_drift(report)),
    ):  # fmt: skip
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
        assert stream.getvalue().startswith(b"\x89PNG")


def without_rows(report):
    for name in ("estimated", "realised", "drift"):
        setattr(report, name, getattr(report, name)[:0])
    return report


def told_in(figure):
    """The words in place of the panels of an empty figure."""
    assert figure.axes == []
    return figure.texts[-1].get_text().replace("\n", " ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"champion": None}, "there is no champion yet. It fills once a first model is approved"),
        ({}, "no rows have come yet that are newer than those v1 was judged on"),
        (
            {"obstacle": "v1 cannot score: no wind"},
            "Empty because v1 cannot score: no wind. It fills",
        ),
    ],
)
def test_an_empty_figure_says_why_and_what_will_fill_it(change, expected):
    report = without_rows(make_report())
    vars(report).update(change)
    performance, drift = describe_performance(report), describe_drift(report)
    assert expected in performance.empty
    assert performance.empty == drift.empty
    assert told_in(draw_performance(performance)) == performance.empty
    assert told_in(draw_drift(drift)) == drift.empty


def test_chunks_without_a_value_say_what_they_lack():
    report = make_report()
    few = frame([NAN] * 4, alerts=[None] * 4, why=["", "", "no estimate", "fewer than 30 rows"])
    report.estimated = report.realised = few
    told = told_in(draw_performance(describe_performance(report)))
    assert "none of 4 chunks has a figure (the newest: fewer than 30 rows)" in told


def test_a_figure_with_values_is_not_empty():
    assert describe_performance(make_report()).empty == describe_drift(make_report()).empty == ""


@pytest.mark.parametrize("columns", [1, 4, 40])
def test_the_colour_bar_of_drift_is_as_high_for_few_columns_as_for_many(columns):
    record = describe_drift(make_report())
    record = replace(
        record, columns=tuple(f"column_{n}" for n in range(columns)), alerts=(1,) * columns,
        ratios=record.ratios[:1] * columns,
    )  # fmt: skip
    figure = draw_drift(record)
    figure.draw_without_rendering()
    cells, bar = figure.axes
    height = figure.get_figheight()
    assert bar.get_position().height * height < 0.25  # inches: a line of text
    assert cells.get_position().height * height > 0.15 * columns  # or their names would overlap
    for axes in (cells, bar):  # nothing reaches out of the picture
        box = axes.get_tightbbox()
        assert box.y0 >= 0
        assert box.y1 <= figure.bbox.y1
