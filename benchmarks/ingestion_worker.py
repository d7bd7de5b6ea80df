"""A process that has imported everything: ingests a project, or writes Parquet and nothing else."""

import shutil
from pathlib import Path

import pandera.pandas  # noqa: F401 - imported before anything is measured
import pyarrow.dataset  # noqa: F401 - so is this
import pyarrow.parquet as pq

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


def write(folder):
    """Write the typed rows as Parquet; return how many."""
    pq.write_table(TABLES["typed"], f"{folder}/0.parquet", **CODEC)
    return TABLES["typed"].num_rows


def ingest(folder):
    """Ingest what has landed in the project; return how many rows were accepted."""
    settings = load_settings(root=Path(folder))
    report = ingest_batches(Workbench(settings=settings, dataset=load_dataset(settings, "bench")))
    return sum(delivery.rows_accepted for delivery in report.deliveries)


def clear(folder):
    """Remove what was written."""
    shutil.rmtree(folder)


if __name__ == "__main__":
    serve({"load": load, "write": write, "ingest": ingest, "clear": clear})
