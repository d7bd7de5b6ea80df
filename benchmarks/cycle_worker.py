"""A warm process with what the stage notebooks call: the same functions and figures, no kernel."""

import importlib

from benchmarks.worker import serve


def ingest(bench):
    report = ingest_batches(bench)
    figure = describe_deliveries(deliveries(bench.ledger, bench.dataset.name))
    show_figure(draw_deliveries(figure), alt=figure.title)
    return report


def monitor(bench):
    report = monitor_snapshot(bench)
    performance, drift = describe_performance(report), describe_drift(report)
    show_figure(draw_performance(performance), alt=performance.title)
    show_figure(draw_drift(drift), alt=drift.title)


def train(bench):
    report = train_challenger(bench)
    figure = describe_verdict(report, minimum_gain=bench.dataset.model.minimum_gain)
    show_figure(draw_verdict(figure), alt=figure.title)


def run_stages(home, stages):
    bench = Workbench.open(home=home)
    for stage in stages:
        STAGES[stage](bench)


STAGES = {"ingest": ingest, "monitor": monitor, "train": train}

if __name__ == "__main__":
    from coldframe.figures.deliveries import describe_deliveries, draw_deliveries
    from coldframe.figures.drift import describe_drift, draw_drift
    from coldframe.figures.performance import describe_performance, draw_performance
    from coldframe.figures.verdict import describe_verdict, draw_verdict
    from coldframe.ingest import ingest_batches
    from coldframe.kernels import PRELOAD
    from coldframe.ledger import deliveries
    from coldframe.monitor import monitor_snapshot
    from coldframe.notebook import show_figure
    from coldframe.train import train_challenger
    from coldframe.workbench import Workbench

    for name in PRELOAD:
        importlib.import_module(name)
    serve({"run_stages": run_stages})
