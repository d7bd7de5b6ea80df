"""What a store is asked; needs pyarrow and pandas only, so that it runs beside any tool."""

import pyarrow.parquet as pq

from benchmarks.worker import serve

CODEC = {"compression": "zstd", "compression_level": 3}


class Store:
    """One way to keep a table; `folder` is its own and empty before `freeze`."""

    def load(self, first, more):
        """Read the rows to freeze and those to append; not measured."""
        self.first, self.more = pq.read_table(first), pq.read_table(more)

    def freeze(self, folder):
        """Keep the first rows, from nothing."""
        raise NotImplementedError

    def append(self, folder):
        """Add the other rows."""
        raise NotImplementedError

    def frame(self, folder):
        """Return all rows as a pandas frame."""
        raise NotImplementedError

    def verify(self, folder):
        """Return whether all is as it was written, as far as the tool can tell; None: no way."""
        del folder

    def read(self, folder):
        """Read all rows; return how many."""
        return len(self.frame(folder))

    def remember(self, folder):
        """Note what the undamaged table reads as."""
        self.right = self.frame(folder)

    def examine(self, folder):
        """Return what reading a damaged table comes to, and what verifying it does."""
        try:
            read = "right" if self.frame(folder).equals(self.right) else "wrong"
        except Exception:  # noqa: BLE001 - whatever a tool raises, it has noticed
            read = "refused"
        try:
            told = self.verify(folder)
        except Exception:  # noqa: BLE001
            told = False
        return read, told

    def serve(self):
        """Answer as a worker."""
        names = ("load", "freeze", "append", "read", "verify", "remember", "examine")
        names += ("append_many",) if hasattr(self, "append_many") else ()
        serve({name: getattr(self, name) for name in names})
