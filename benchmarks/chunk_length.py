"""Which chunk length and which bounds suit a short reference? Prints the table of
docs/decisions/monitoring.md, from the real flights.

    PYTHONPATH=lib python benchmarks/chunk_length.py HOME

HOME is the home folder of a project that has ingested the flights of 2013 (every month).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from coldframe.datasets import load_object
from coldframe.features import feature_matrix
from coldframe.monitor import guard
from coldframe.monitor.thresholds import drift_bounds, lower_bound
from coldframe.workbench import Workbench

RUNS, REFERENCE_DAYS, CHUNK_DAYS = 60, 14, 7
FALSE_ALARM = 0.05


def split(dataset, frame, end, days):
    """Fit on what is labelled before the last `days` before `end`; return reference and rest."""
    time, target = dataset.features.time, dataset.features.target
    cut = end - pd.Timedelta(days=days)
    known = frame[frame[target].notna()]
    builder = load_object(dataset.model.builder, where="model.builder")
    learned = known[known[time] < cut]
    model = builder(**dataset.model.parameters).fit(
        feature_matrix(dataset, learned), learned[target]
    )
    parts = known[(known[time] >= cut) & (known[time] < end)], frame[frame[time] >= end]
    return [
        rows.assign(probability=model.predict_proba(feature_matrix(dataset, rows))[:, 1])
        for rows in parts
    ]


def realise(rows, time, target, period):
    """Return ROC AUC for each chunk."""
    known = rows[rows[target].notna()]
    chunks = known.groupby(guard.chunk_of(known[time], period))
    return chunks.apply(lambda part: roc_auc_score(part[target], part["probability"]))


def compare_chunks(dataset, frame):
    """Print estimate against realised for two references and two chunk lengths."""
    time, target = dataset.features.time, dataset.features.target
    for end in ("2013-03-01T05:00Z", "2013-06-01T04:00Z"):
        for days in (14, 28):
            reference, rest = split(dataset, frame, pd.Timestamp(end), days)
            for period in ("W", "D"):
                before = realise(reference, time, target, period).to_list()
                found = realise(rest, time, target, period)
                estimated = guard.estimate_binary(
                    reference, rest, time=time, target=target, probability="probability",
                    period=period,
                ).loc[found.index, "value"]  # fmt: skip
                ours = lower_bound(before, false_alarm=FALSE_ALARM)
                theirs = np.mean(before) - 3 * np.std(before)
                print(
                    f"{end[:7]} reference {days} d, {len(before):2} x {period}: {len(found)} chunks"
                    f" | sd {found.std():.3f} | |estimate - realised| "
                    f"{(estimated - found).abs().mean():.3f} | correlation "
                    f"{np.corrcoef(estimated, found)[0, 1]:+.2f} | below NannyML's {theirs:.3f}: "
                    f"{(found < theirs).sum()} | below ours {ours:.3f}: {(found < ours).sum()}"
                    f" | estimates below ours: {(estimated < ours).sum()}"
                )


def count_false_alarms(dataset, frame):
    """Print how often days drawn at random, which cannot drift, alarm on some column."""
    features, time = dataset.features, dataset.features.time
    generator = np.random.default_rng(0)
    calm = frame[frame[time].between("2013-03-01T00:00Z", "2013-12-01T00:00Z")]
    day = guard.naive_time(calm[time]).dt.floor("D")
    days = dict(iter(calm.groupby(day)))
    names, start = sorted(days), pd.Timestamp("2013-01-07", tz="UTC")
    alarms = {"ours": 0, "NannyML's default": 0}
    for run in range(RUNS):
        drawn = generator.choice(len(names), REFERENCE_DAYS + CHUNK_DAYS, replace=False)
        rows = pd.concat(
            # given new dates in the order drawn, so that they fill whole weeks
            days[names[one]].assign(**{time: start + pd.Timedelta(days=place)})
            for place, one in enumerate(drawn)
        )
        chunk = rows[time] >= start + pd.Timedelta(days=REFERENCE_DAYS)
        kinds = {"numeric": features.numeric, "categorical": features.categorical}
        measure = {"time": time, "period": "W", **kinds}
        found = guard.measure_drift(rows[~chunk], rows[chunk], **measure).iloc[0]
        itself = guard.measure_drift(rows[~chunk], rows[~chunk], **measure)
        bounds = drift_bounds(
            rows[~chunk].assign(**{time: guard.naive_time(rows.loc[~chunk, time])}),
            time=time, days=CHUNK_DAYS, false_alarm=FALSE_ALARM, seed=run, **kinds,
        )  # fmt: skip
        alarms["ours"] += any(found[name] > bound for name, bound in bounds.items())
        alarms["NannyML's default"] += bool((found > itself.mean() + 3 * itself.std(ddof=0)).any())
    for rule, count in alarms.items():
        print(f"no drift: some column alarmed in {count} of {RUNS} chunks by {rule} bounds")


if __name__ == "__main__":
    bench = Workbench.open(home=Path(sys.argv[1]))
    all_rows = bench.frame(bench.store.head(bench.dataset.name))
    count_false_alarms(bench.dataset, all_rows)
    compare_chunks(bench.dataset, all_rows)
