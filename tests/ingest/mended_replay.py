"""What a process does that is to die while it takes in mended rows."""

from coldframe.ingest import replay_mended
from coldframe.workbench import Workbench


def replay_file(bench: Workbench) -> None:
    """Take in the rows of mended.csv in the project's folder."""
    path = bench.settings.root / "mended.csv"
    replay_mended(bench, path, reason="the code was wrong", who="jane")
