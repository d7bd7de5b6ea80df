"""A file three times larger than all the memory that ingest may take is ingested, rules and all."""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import samples
import yaml
from counts import count
from pyarrow import csv

MEGABYTE = 1 << 20
ROOM = count(130, 600) * MEGABYTE  # above what an ingest of a few rows takes
SIZE = 3 * ROOM
PIECE = 50_000  # rows
EVERY = 5000  # one row of so many breaks a rule
COLUMNS = {
    "number": {"type": "integer", "minimum": 0},
    "moment": {"type": "timestamp"},
    "code": {"type": "string", "pattern": "[A-Z]{3}[0-9]{4}"},
    "kind": {"type": "string", "among": ["red", "green", "blue"]},
    "amount": {"type": "number", "minimum": 0, "maximum": 1000},
    "note": {"type": "string", "nullable": True},
}
INGEST = """
import json, resource, sys
from coldframe.ingest import ingest_batches
from coldframe.workbench import Workbench

room = int(sys.argv[1])
bench = Workbench.open("big")
ingest_batches(bench)  # what is imported, started and remembered once is there
status = dict(line.split(":") for line in open("/proc/self/status"))
limit = int(status["VmData"].split()[0]) * 1024 + room
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
landing = bench.settings.landing / "big" / "rows"
(landing / "big.part").rename(landing / "big.csv")
(delivery,) = ingest_batches(bench).deliveries
print(json.dumps([delivery.outcome, delivery.rows_accepted, delivery.rows_quarantined]))
try:
    bytearray(3 * room)
except MemoryError:
    print("the limit holds")
"""


def write_rows(path, size):
    """Write a file of at least `size` bytes; return its rows, and how many break a rule."""
    notes = pa.array(["abcdefgh " * 18] * PIECE)
    rows = 0
    options = {"include_header": False, "quoting_style": "none"}
    with path.open("wb") as stream:
        stream.write(",".join(COLUMNS).encode() + b"\n")
        while stream.tell() < size:
            numbers = np.arange(rows + 1, rows + 1 + PIECE)
            moments = np.datetime_as_string(numbers.astype("datetime64[s]"), timezone="UTC")
            codes = np.char.add("ABC", np.char.zfill((numbers % 10_000).astype(str), 4))
            amounts = np.where(numbers % EVERY == 0, -1, numbers % 100_000 / 100)
            arrays = [numbers, moments, codes, pa.array(["red"] * PIECE), amounts, notes]
            csv.write_csv(
                pa.table(arrays, names=list(COLUMNS)), stream, csv.WriteOptions(**options)
            )
            rows += PIECE
    return rows, rows // EVERY


def test_a_file_three_times_larger_than_the_memory_is_ingested(tmp_path):
    root = samples.write_project(tmp_path / "project")
    record = yaml.safe_load((root / "datasets" / "flights.yaml").read_text())
    rows = {"files": "*.csv", "key": ["number"], "columns": COLUMNS,
            "batch": {"rows": [0, 1e9], "quarantined": 0.5, "bytes": 10 * SIZE}}  # fmt: skip
    record["sources"]["rows"] = rows
    (root / "datasets" / "big.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    landing = root / "home" / "landing" / "big" / "rows"
    landing.mkdir(parents=True)
    (landing / "small.csv").write_text(
        ",".join(COLUMNS) + "\n0,2012-01-01T00:00:00Z,ABC0000,red,1,\n-1,x,x,x,x,x\n"
    )
    written, bad = write_rows(landing / "big.part", SIZE)
    assert (landing / "big.part").stat().st_size >= SIZE
    done = subprocess.run(
        [sys.executable, "-c", INGEST, str(ROOM)],
        env={**os.environ, "PYTHONPATH": str(samples.ROOT / "lib"), "COLDFRAME_ROOT": str(root),
             # counted by the limit as it is used, not set apart before
             "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2",
             "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, limit = done.stdout.splitlines()
    assert json.loads(told) == ["quarantined", written - bad, bad]
    assert limit == "the limit holds"
