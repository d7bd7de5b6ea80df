"""Ours: parts named by their digest, synced to disk, compared with the digest before each read."""

import os
import time
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

    def append_many(self, folder, times):
        """Append a thousand rows `times` times; return the seconds that each took."""
        store, seconds = self.open(folder), []
        for number in range(times):
            piece = self.more.slice(number * 1000 % max(len(self.more) - 1000, 1), 1000)
            began = time.monotonic()
            store.freeze("bench", [Addition("rows", piece, bytes([number]).hex().zfill(64))])
            seconds.append(time.monotonic() - began)
        return seconds

    def frame(self, folder):
        return self.open(folder).read("bench", "rows")

    def verify(self, folder):
        return not self.open(folder).verify("bench")


if __name__ == "__main__":
    Snapshots(durable="UNSYNCED" not in os.environ).serve()
