"""What does freezing cost?

A table of twelve mixed columns is frozen, more rows are appended, all of it is read to pandas and
verified: by our snapshot store, by Delta Lake, PyIceberg and DVC, and, as the limit, by plain
pyarrow. All write Parquet with the same codec, each in a process of its own that imported
everything before; every other tool in an environment of its own.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.environments import TOOLS, find_python, requirements
from benchmarks.suite import BIN, ROOT, Worker, compare, goal, interleave, ratios, table

SMALLEST = {"rounds": 1, "warm_up": 0, "rows": 1000, "flips": 2, "foreign": 0, "appends": 6}
ACTIONS = ("freeze", "append", "read", "verify")
PLAIN, OURS = "plain Parquet", "snapshot store"
GOALS = {
    "freeze": ("freezing takes at most 1.25 times as long as writing plain Parquet", 1.25),
    "read": ("reading to pandas, verified, at most 1.15 times as long as plain Parquet", 1.15),
}
NAMES = {"delta": "Delta Lake", "iceberg": "PyIceberg", "dvc_cache": "DVC"}
DOES = """
| | keeps a version together | reading finds changed bytes | verify |
| --- | --- | --- | --- |
| snapshot store | by a manifest | always, by the SHA-256 of each part | reads every byte |
| plain Parquet | no | not by default | none |
| Delta Lake | by a log | no | names missing files, reads none |
| PyIceberg | by manifests | no | none |
| DVC | by a .dvc file | no | `dvc status`: trusts a file's time and size |

The snapshot store asks the disk to keep what was written (fsync) before it returns; *not synced* is
the same without. Whether the others do so was not examined. DVC digests files (MD5) when they are
added and keeps them a second time in its cache, so its freeze and append include writing plain
Parquet. Reading and verifying find the files in the system's page cache, and reading is measured
directly after a first time that does not count: a virtual machine has to be given its memory anew,
which costs more than any of them does, and falls on whoever asks first. Batch 2 and batch
{appends} of a thousand rows are appended by turns, ten times in each round.
"""
FLIPS = """
**One bit flipped**, {flips} times, evenly spread over the largest data file of a table of {rows:,}
rows, time and size of the file as before; every tool with its defaults. *Silently wrong*: reading
gave a frame with other values. A dash: the tool has nothing to verify with.
"""


def make_rows(rows, seed):
    """Return a table of twelve columns of the usual types, some with nulls."""
    rng = np.random.default_rng(seed)
    airports = np.array(["EWR", "JFK", "LGA", "BOS", "ORD", "ATL"])
    numbers = rng.integers(0, 10**6, rows)
    return pa.table({
        "key": np.arange(rows) + seed * rows,
        "count": rng.poisson(5, rows).astype("int32"),
        "amount": rng.normal(size=rows),
        "ratio": rng.random(rows).astype("float32"),
        "late": rng.random(rows) < 0.2,
        "origin": pa.array(airports[rng.integers(0, 3, rows)]),
        "dest": pa.array(airports[rng.integers(0, 6, rows)]),
        "tail": pa.array([f"N{number:06}" for number in numbers]),
        "hour": pa.array(numbers * 3_600_000_000, pa.timestamp("us", tz="UTC")),
        "day": pa.array((numbers % 20_000).astype("int32"), pa.date32()),
        "gust": pa.array(rng.normal(20, 5, rows), mask=rng.random(rows) < 0.3),
        "delay": pa.array(rng.integers(-60, 600, rows), mask=rng.random(rows) < 0.05),
    })  # fmt: skip


def start_workers(stack, foreign):
    """Return a worker for each store that can be had here, and what cannot."""

    def start(module, python=BIN / "python", **variables):
        return stack.enter_context(Worker(f"benchmarks.stores.{module}", python, **variables))

    found, missing = {OURS: start("snapshots")}, []
    found[f"{OURS}, not synced"] = start("snapshots", UNSYNCED="1")
    found[PLAIN] = start("plain")
    for module in TOOLS if foreign else []:
        state = stack.enter_context(tempfile.TemporaryDirectory(prefix="coldframe-bench-"))
        quiet = {"PYTHONPATH": str(ROOT), "DVC_SITE_CACHE_DIR": state, "HOME": state}
        try:
            found[NAMES[module]] = start(module, find_python(module), **quiet)
        except subprocess.CalledProcessError:
            missing.append(NAMES[module])
    return found, missing


def load(workers, folder, rows):
    """Give every worker `rows` rows to freeze and a tenth as many to append."""
    paths = {"first": folder / f"{rows}.parquet", "more": folder / f"{rows}-more.parquet"}
    for seed, path in enumerate(paths.values()):
        pq.write_table(make_rows(max(rows // 10**seed, 1), seed), path)
    for worker in workers.values():
        worker.do("load", **{name: str(path) for name, path in paths.items()})


def compare_actions(workers, folder, rounds, warm_up):
    """Return goals, and a table for each action; in a round each store does all, in this order."""
    done = {action: {name: [] for name in workers} for action in ACTIONS}

    def work(name):
        place = folder / name.replace(" ", "-")
        for action, found in done.items():
            if action == "read":  # once uncounted: for memory that the machine has not at hand
                workers[name].do(action, folder=str(place))
            found[name].append(workers[name].do(action, folder=str(place)))
        shutil.rmtree(place)

    contenders = {name: partial(work, name) for name in workers}
    interleave(contenders, rounds=rounds, warm_up=warm_up)
    tables, goals = [], []
    for action, found in done.items():
        counted = {name: costs[warm_up:] for name, costs in found.items()}
        reference = PLAIN
        if action == "verify":
            counted = {name: c for name, c in counted.items() if c[0].answer is not None}
            reference = OURS
        tables.append(compare(action, counted, reference))
        if action in GOALS:
            what, most = GOALS[action]
            goals.append(goal(what, ratios(counted, OURS, PLAIN, "wall"), most=most))
    return "".join(goals), "\n".join(tables)


def append_many(workers, folder, appends, rounds):
    """Return a goal: what the last of many small appends costs, times the second.

    Nothing is deleted between rounds: for minutes ext4 passes over the places of deleted files, and
    making a file beside many of them takes five times as long.
    """
    found = []
    for turn in range(rounds):
        place = folder / f"appends-{turn}"
        pairs = workers[OURS].do("append_many", folder=str(place), times=appends).answer
        second, last = (statistics.median(costs) for costs in zip(*pairs, strict=True))
        found.append(last / second)
    what = f"appending batch {appends} takes at most 1.2 times as long as batch 2"
    return goal(what, found, most=1.2)


def flip_bits(workers, folder, flips):
    """Return a table of what each store does when one bit of a data file is another."""
    rows = []
    for name, worker in workers.items():
        place = folder / f"flips-{name.replace(' ', '-')}"
        worker.do("freeze", folder=str(place))
        worker.do("remember", folder=str(place))
        files = [path for path in place.rglob("*.parquet") if ".dvc" not in path.parts]
        path = max(files, key=lambda one: one.stat().st_size)
        came = [examine_flip(worker, place, path, (n + 0.5) / flips, n % 8) for n in range(flips)]
        reads = [read for read, _ in came]
        told = [verdict for _, verdict in came]
        verified = "-" if told[0] is None else f"{told.count(False)}"
        rows.append([name, *[str(reads.count(w)) for w in ("refused", "wrong", "right")], verified])
    head = ["of one bit flipped", "reading refuses", "silently wrong", "right all the same",
            "verify tells"]  # fmt: skip
    return table(head, rows)


def examine_flip(worker, place, path, share, bit):
    """Flip one bit of `path`, let the worker read and verify, and put the bit back."""
    right, stamp = path.read_bytes(), path.stat()
    wrong = bytearray(right)
    wrong[int(len(right) * share)] ^= 1 << bit
    mode = stamp.st_mode
    path.chmod(mode | 0o200)
    try:
        for content in (bytes(wrong), right):
            path.write_bytes(content)
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            if content != right:
                answer = worker.do("examine", folder=str(place)).answer
    finally:
        path.chmod(mode)
    return answer


def measure(
    *, rounds: int = 9, warm_up: int = 1, rows: int = 1_000_000, flips: int = 40, foreign: int = 1,
    appends: int = 200,
) -> str:  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="coldframe-bench-") as parent,
        ExitStack() as stack,
    ):
        folder = Path(parent)
        workers, missing = start_workers(stack, foreign)
        load(workers, folder, rows)
        goals, actions = compare_actions(workers, folder, rounds, warm_up)
        few = min(rows, 20_000)
        load(workers, folder, few)
        goals += append_many(workers, folder, appends, rounds)
        damage = flip_bits(workers, folder, flips)
    pins = "; ".join(f"{NAMES[tool]}: {', '.join(requirements(tool))}" for tool in TOOLS)
    counted = f"{rows:,} rows are frozen and {max(rows // 10, 1):,} appended"
    absent = f"Not installed here: {', '.join(missing)}.\n\n" if missing else ""
    return (
        f"{goals}\n{pins}. {counted}.\n\n{absent}{actions}"
        + DOES.format(appends=appends) + FLIPS.format(flips=flips, rows=few) + "\n" + damage
    )  # fmt: skip
