"""What does ingestion cost?

A table of twelve mixed columns is delivered as CSV and ingested: read as text, cast without loss,
held against a contract of more than twelve row rules and a key, frozen. Beside it pyarrow writes
the same rows, which it is given typed, as Parquet with the same codec, and does nothing else. And
a folder of known files is ingested once more, in which nothing is new.
"""

import os
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pyarrow import csv

from benchmarks.store import make_rows
from benchmarks.suite import ROOT, Cost, Worker, compare, goal, interleave, ratios

SMALLEST = {"rounds": 1, "warm_up": 0, "rows": 1000, "files": 3}
PLAIN, INGEST = "plain Parquet, rows typed before", "ingest from CSV"
CONTRACT = {
    "key": {"type": "integer", "minimum": 0},
    "count": {"type": "integer", "minimum": 0, "maximum": 100},
    "amount": {"type": "number", "minimum": -100, "maximum": 100},
    "ratio": {"type": "number", "minimum": 0, "maximum": 1},
    "late": {"type": "boolean"},
    "origin": {"type": "string", "among": ["EWR", "JFK", "LGA"]},
    "dest": {"type": "string", "pattern": "[A-Z]{3}"},
    "tail": {"type": "string", "pattern": "N[0-9]{6}"},
    "hour": {"type": "timestamp"},
    "day": {"type": "string", "pattern": "[0-9]{4}-[0-9]{2}-[0-9]{2}"},
    "gust": {"type": "number", "nullable": True, "minimum": -100, "maximum": 200},
    "delay": {"type": "integer", "nullable": True, "minimum": -60, "maximum": 600},
}


def spell(rows: pa.Table) -> pa.Table:
    """Return rows as they are spelled in a CSV that the contract reads."""
    hours = [moment.isoformat() for moment in rows["hour"].to_pylist()]
    changed = {
        "hour": pa.array(hours),
        "late": rows["late"].cast(pa.string()),
        "ratio": rows["ratio"].cast(pa.float64()),
    }
    return pa.table({name: changed.get(name, rows[name]) for name in rows.column_names})


def write_project(root: Path) -> Path:
    """Make a project with one dataset of one source, `rows`."""
    (root / "datasets").mkdir(parents=True)
    (root / "lib").symlink_to(ROOT / "lib", target_is_directory=True)
    for name in ("pipeline.yaml", "env.yaml"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    record = yaml.safe_load((ROOT / "datasets" / "flights.yaml").read_text("utf-8"))
    source = {
        "files": "*.csv", "key": ["key"], "columns": CONTRACT,
        "batch": {"rows": [0, 1e9], "bytes": 2**40},
    }  # fmt: skip
    record["sources"]["rows"] = source
    (root / "datasets" / "bench.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    return root


def deliver_many(root: Path, files: int) -> None:
    """Land small files, no two alike."""
    folder = root / "home" / "landing" / "bench" / "rows"
    folder.mkdir(parents=True)
    for number in range(files):
        rows = spell(make_rows(2, number + 1))
        csv.write_csv(rows, folder / f"{number:05}.csv", csv.WriteOptions(quoting_style="none"))


def measure(*, rounds: int = 5, warm_up: int = 1, rows: int = 1_000_000, files: int = 1000) -> str:
    with tempfile.TemporaryDirectory(prefix="coldframe-bench-") as parent, ExitStack() as stack:
        folder = Path(parent)
        table = make_rows(rows, 0)
        pq.write_table(table, folder / "typed.parquet")
        spelled = folder / "rows.csv"
        csv.write_csv(spell(table), spelled, csv.WriteOptions(quoting_style="none"))
        size = spelled.stat().st_size
        worker = stack.enter_context(Worker("benchmarks.ingestion_worker"))
        worker.do("load", path=str(folder / "typed.parquet"))
        names = {PLAIN: "write", INGEST: "ingest"}
        turns = iter(range(10**6))

        def work(action: str) -> Cost:
            root = folder / f"{action}-{next(turns)}"
            if action == "ingest":
                write_project(root)
                landing = root / "home" / "landing" / "bench" / "rows"
                landing.mkdir(parents=True)
                os.link(spelled, landing / "rows.csv")
            else:
                root.mkdir()
            cost = worker.do(action, folder=str(root))
            worker.do("clear", folder=str(root))
            assert cost.answer == rows, cost
            return cost

        found = interleave(
            {name: partial(work, action) for name, action in names.items()},
            rounds=rounds, warm_up=warm_up,
        )  # fmt: skip
        known = write_project(folder / "known")
        deliver_many(known, files)
        worker.do("ingest", folder=str(known))
        worker.do("ingest", folder=str(known))  # remembers what the files were, now left alone
        again = interleave(
            {"nothing new": partial(worker.do, "ingest", folder=str(known))},
            rounds=rounds, warm_up=warm_up,
        )["nothing new"]  # fmt: skip
    seconds = [cost.wall for cost in again]
    return (
        f"{rows:,} rows, {size / 1e6:,.0f} MB of CSV.\n\n"
        + compare("twelve columns", found, PLAIN)
        + goal("ingestion with twelve row rules, times plain Parquet of the same rows, typed "
               "before (processor time)", ratios(found, INGEST, PLAIN, "cpu"), most=3.0)
        + goal(f"a folder of {files:,} known files is ingested with nothing new, in seconds beyond "
               "start-up", seconds, most=1.0)
    )  # fmt: skip
