"""DVC without git: Parquet files by pyarrow, digested (MD5) and kept a second time in its cache."""

import os
from pathlib import Path

os.environ |= {"DVC_NO_ANALYTICS": "1", "DVC_TEST": "1"}

import pyarrow.parquet as pq
from dvc.repo import Repo

from benchmarks.stores._base import CODEC, Store


class Dvc(Store):
    def add(self, folder, rows, number):
        pq.write_table(rows, f"{folder}/rows/{number}.parquet", **CODEC)
        with Repo(folder) as repo:
            repo.add(f"{folder}/rows")

    def freeze(self, folder):
        Path(folder, "rows").mkdir(parents=True)
        Repo.init(folder, no_scm=True).close()
        self.add(folder, self.first, 0)

    def append(self, folder):
        self.add(folder, self.more, 1)

    def frame(self, folder):
        return pq.read_table(f"{folder}/rows").to_pandas()

    def verify(self, folder):
        with Repo(folder) as repo:
            return not repo.status()


if __name__ == "__main__":
    Dvc().serve()
