"""A process that has imported everything: ingests a project, or does what one would do else."""

import shutil
from pathlib import Path

import pandas as pd
import pandera.pandas as pandera
import pyarrow.dataset  # noqa: F401 - imported before anything is measured
import pyarrow.parquet as pq
from pyarrow import csv

from benchmarks.ingestion import CONTRACT
from benchmarks.stores._base import CODEC
from benchmarks.worker import serve
from coldframe.contracts import judging  # noqa: F401 - so is this
from coldframe.datasets import load_dataset
from coldframe.ingest import history, ingest_batches  # noqa: F401 - so is this
from coldframe.settings import load_settings
from coldframe.workbench import Workbench

TABLES = {}


def load(path):
    """Read the typed rows; not measured."""
    TABLES["typed"] = pq.read_table(path)


def write(folder, path):
    """Write the typed rows as Parquet; return how many."""
    del path
    return keep(TABLES["typed"], folder)


def rewrite(folder, path):
    """Read Parquet and write it."""
    return keep(pq.read_table(path), folder)


def convert(folder, path):
    """Read CSV with types that are guessed, and write it."""
    return keep(csv.read_csv(path), folder)


def keep(table, folder):
    """Write a table as Parquet; return how many rows it has."""
    pq.write_table(table, f"{folder}/0.parquet", **CODEC)
    return table.num_rows


def validate(folder, path):
    """Read CSV with pandas, hold it against the rules of the contract with pandera, write it."""
    frame = pd.read_csv(path, parse_dates=["hour"])
    SCHEMA.validate(frame, lazy=True)
    frame.to_parquet(f"{folder}/0.parquet", **CODEC)
    return len(frame)


def checks(minimum=None, maximum=None, among=None, pattern=None, **_):
    """Return the rules on a column of the contract for pandera."""
    check = pandera.Check
    found = [(check.ge, minimum), (check.le, maximum), (check.isin, among)]
    found.append((check.str_matches, None if pattern is None else f"^(?:{pattern})$"))
    return [make(bound) for make, bound in found if bound is not None]


SCHEMA = pandera.DataFrameSchema(
    {name: pandera.Column(checks=checks(**one), nullable=one.get("nullable", False))
     for name, one in CONTRACT.items()},
    unique=["key"],
)  # fmt: skip


def ingest(folder, path):
    """Ingest what has landed in the project; return how many rows were accepted."""
    del path
    settings = load_settings(root=Path(folder))
    report = ingest_batches(Workbench(settings=settings, dataset=load_dataset(settings, "bench")))
    return sum(delivery.rows_accepted for delivery in report.deliveries)


def clear(folder):
    """Remove what was written."""
    shutil.rmtree(folder)


if __name__ == "__main__":
    actions = (load, write, rewrite, convert, validate, ingest, clear)
    serve({action.__name__: action for action in actions})
