"""Ours: parts named by their digest, synced to disk, compared with the digest before each read."""

import os
import time
from pathlib import Path

from benchmarks.stores._base import Store
from coldframe.snapshots import Addition, SnapshotStore

PAIRS = 10  # appends that are compared; one takes a few milliseconds


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
        """Append a thousand rows `times` times; return the seconds of the second and last ones.

        By turns: so that both are measured at the same time, ten stores are begun anew for the
        second batch while another goes on around its batch `times`.
        """
        long, seconds = self.open(f"{folder}/long"), []
        for number in range(times - PAIRS // 2):
            self.append_one(long, number)
        for pair in range(PAIRS):
            short = self.open(f"{folder}/{pair}")
            self.append_one(short, 0)
            pieces = ((short, 1), (long, times - PAIRS // 2 + pair))
            seconds.append([self.append_one(*piece) for piece in pieces])
        return seconds

    def append_one(self, store, number):
        """Append the rows of batch `number`; return the seconds that took."""
        piece = self.more.slice(number * 1000 % max(len(self.more) - 1000, 1), 1000)
        digest = number.to_bytes(32).hex()
        began = time.monotonic()
        store.freeze("bench", [Addition("rows", piece, digest)])
        return time.monotonic() - began

    def frame(self, folder):
        return self.open(folder).read("bench", "rows")

    def verify(self, folder):
        return not self.open(folder).verify("bench")


if __name__ == "__main__":
    Snapshots(durable="UNSYNCED" not in os.environ).serve()
