"""What does ingestion cost?

A table of twelve mixed columns is delivered as Parquet, with types, and ingested: held against a
contract of more than twelve row rules and a key, frozen. Its keys are in no order; keys that rise,
which need not be looked for, are shown beside. Beside it pyarrow writes the same rows, which it is
given typed, as Parquet with the same codec, and does nothing else; and it reads and writes them.
The same rows delivered as CSV are read as text and typed without loss besides. Beside that stands
what one would do else: pyarrow's reader, which guesses the types, and its writer, without a check;
and pandas with a schema of the same rules for pandera. And a folder of known files is ingested once
more, in which nothing is new.
"""

import os
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pyarrow import csv

from benchmarks.store import make_rows
from benchmarks.suite import ROOT, Cost, Found, Worker, compare, goal, interleave, ratios

SMALLEST = {"rounds": 1, "warm_up": 0, "rows": 1000, "files": 3}
PLAIN, REWRITE = "write_table, rows typed before", "read_table and write_table"
TYPED, TEXT = "ingest from Parquet", "ingest from CSV"
RISING = "ingest from Parquet, keys that rise"
ARROW, PANDERA = "pyarrow's read_csv and write_table", "pandas, pandera and to_parquet"
ACTIONS = {PLAIN: "write", REWRITE: "rewrite", TYPED: "ingest", RISING: "ingest",
           TEXT: "ingest", ARROW: "convert", PANDERA: "validate"}  # fmt: skip
DELIVERED = {REWRITE: "rows.parquet", TYPED: "rows.parquet", RISING: "rising.parquet"}
"""Where it is not ``rows.csv``."""
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


def write_project(root: Path, kind: str = "csv") -> Path:
    """Make a project with one dataset of one source, `rows`; return where its files land."""
    (root / "datasets").mkdir(parents=True)
    (root / "lib").symlink_to(ROOT / "lib", target_is_directory=True)
    for name in ("pipeline.yaml", "env.yaml"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    record = yaml.safe_load((ROOT / "datasets" / "flights.yaml").read_text("utf-8"))
    source = {
        "files": f"*.{kind}", "kind": kind, "key": ["key"], "columns": CONTRACT,
        "batch": {"rows": [0, 1e9], "bytes": 2**40},
    }  # fmt: skip
    record["sources"]["rows"] = source
    (root / "datasets" / "bench.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    landing = root / "home" / "landing" / "bench" / "rows"
    landing.mkdir(parents=True)
    return landing


def deliver_many(folder: Path, files: int) -> None:
    """Land small files, no two alike."""
    for number in range(files):
        rows = spell(make_rows(2, number + 1))
        csv.write_csv(rows, folder / f"{number:05}.csv", csv.WriteOptions(quoting_style="none"))


def compare_ways(worker: Worker, folder: Path, rows: int, **counts: int) -> tuple[str, Found]:
    """Return how many bytes the rows have, and what each way of keeping them costs."""
    rising = make_rows(rows, 0)
    table = rising.set_column(0, "key", pa.array(np.random.default_rng(0).permutation(rows)))
    pq.write_table(table, folder / "rows.parquet")
    pq.write_table(rising, folder / "rising.parquet")
    csv.write_csv(spell(table), folder / "rows.csv", csv.WriteOptions(quoting_style="none"))
    worker.do("load", path=str(folder / "rows.parquet"))
    turns = iter(range(10**6))

    def work(name: str) -> Cost:
        path = folder / DELIVERED.get(name, "rows.csv")
        root = folder / str(next(turns))
        if ACTIONS[name] == "ingest":
            os.link(path, write_project(root, path.suffix[1:]) / path.name)
        else:
            root.mkdir()
        cost = worker.do(ACTIONS[name], folder=str(root), path=str(path))
        worker.do("clear", folder=str(root))
        assert cost.answer == rows, cost
        return cost

    found = interleave({name: partial(work, name) for name in ACTIONS}, **counts)
    sizes = [(folder / f"rows.{kind}").stat().st_size / 1e6 for kind in ("parquet", "csv")]
    return "{:,} rows, {:,.0f} MB of Parquet, {:,.0f} MB of CSV.".format(rows, *sizes), found


def measure(*, rounds: int = 5, warm_up: int = 1, rows: int = 1_000_000, files: int = 1000) -> str:
    with tempfile.TemporaryDirectory(prefix="coldframe-bench-") as parent, ExitStack() as stack:
        folder = Path(parent)
        worker = stack.enter_context(Worker("benchmarks.ingestion_worker"))
        told, found = compare_ways(worker, folder, rows, rounds=rounds, warm_up=warm_up)
        known = folder / "known"
        deliver_many(write_project(known), files)
        again = partial(worker.do, "ingest", folder=str(known), path="")
        again()
        again()  # remembers what the files were, now left alone
        nothing = interleave({"nothing new": again}, rounds=rounds, warm_up=warm_up)
    seconds = [cost.wall for cost in nothing["nothing new"]]
    typed = {name: found[name] for name in (PLAIN, REWRITE, TYPED, RISING)}
    text = {name: found[name] for name in (ARROW, PANDERA, TEXT)}
    return (
        f"{told}\n\n" + compare("delivered as Parquet", typed, PLAIN) + "\n"
        + compare("delivered as CSV", text, ARROW)
        + goal("typed rows are ingested with twelve row rules, keys in no order, times plain "
               "Parquet of the same rows (processor time)", ratios(found, TYPED, PLAIN, "cpu"),
               most=3.0)
        + goal(f"a folder of {files:,} known files is ingested with nothing new, in seconds beyond "
               "start-up", seconds, most=1.0)
    )  # fmt: skip
