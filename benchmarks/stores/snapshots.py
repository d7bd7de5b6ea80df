"""Ours: parts named by their digest, synced to disk, compared with the digest before each read."""

import os
from pathlib import Path

from benchmarks.stores._base import Store
from coldframe.snapshots import Addition, SnapshotStore


class Snapshots(Store):
    def __init__(self, durable):
        self.durable = durable

    def open(self, folder):
        return SnapshotStore(Path(folder), durable=self.durable)

    def freeze(self, folder):
        self.open(folder).freeze("bench", [Addition("rows", self.first)])

    def append(self, folder):
        self.open(folder).freeze("bench", [Addition("rows", self.more)])

    def frame(self, folder):
        return self.open(folder).read("bench", "rows")

    def verify(self, folder):
        return not self.open(folder).verify("bench")


if __name__ == "__main__":
    Snapshots(durable="UNSYNCED" not in os.environ).serve()
