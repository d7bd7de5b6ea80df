"""Plain pyarrow: a folder of Parquet files, with nothing that says what belongs to it."""

from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.stores._base import CODEC, Store


class Plain(Store):
    def freeze(self, folder):
        Path(folder).mkdir()
        pq.write_table(self.first, f"{folder}/0.parquet", **CODEC)

    def append(self, folder):
        pq.write_table(self.more, f"{folder}/1.parquet", **CODEC)

    def frame(self, folder):
        return pq.read_table(folder).to_pandas()


if __name__ == "__main__":
    Plain().serve()
