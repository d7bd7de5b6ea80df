"""Delta Lake through the package deltalake; it can tell missing files, not what files hold."""

from deltalake import DeltaTable, WriterProperties, write_deltalake

from benchmarks.stores._base import CODEC, Store


class Delta(Store):
    def write(self, folder, rows):
        codec, level = CODEC.values()
        properties = WriterProperties(compression=codec.upper(), compression_level=level)
        write_deltalake(folder, rows, mode="append", writer_properties=properties)

    def freeze(self, folder):
        self.write(folder, self.first)

    def append(self, folder):
        self.write(folder, self.more)

    def frame(self, folder):
        return DeltaTable(folder).to_pandas()

    def verify(self, folder):
        return not DeltaTable(folder).repair(dry_run=True)["files_removed"]


if __name__ == "__main__":
    Delta().serve()
