"""Apache Iceberg through PyIceberg, catalogue in SQLite; it has nothing to verify with."""

from pathlib import Path

from pyiceberg.catalog.sql import SqlCatalog

from benchmarks.stores._base import CODEC, Store

NAME = "bench.rows"


class Iceberg(Store):
    def open(self, folder):
        uri = f"sqlite:///{folder}/catalogue.db"
        return SqlCatalog("bench", uri=uri, warehouse=f"file://{folder}")

    def freeze(self, folder):
        Path(folder).mkdir()
        catalogue = self.open(folder)
        catalogue.create_namespace("bench")
        codec, level = CODEC.values()
        properties = {
            "write.parquet.compression-codec": codec,
            "write.parquet.compression-level": str(level),
        }
        table = catalogue.create_table(NAME, self.first.schema, properties=properties)
        table.append(self.first)

    def append(self, folder):
        self.open(folder).load_table(NAME).append(self.more)

    def frame(self, folder):
        return self.open(folder).load_table(NAME).scan().to_pandas()


if __name__ == "__main__":
    Iceberg().serve()
