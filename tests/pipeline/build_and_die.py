"""Builds a tiny project; run as a process of its own, to be killed: build_and_die.py ROOT."""

import sys
from pathlib import Path

from coldframe.pipeline import build
from coldframe.settings import Settings

if __name__ == "__main__":  # pytest imports every file when it looks for doctests
    root = Path(sys.argv[1])
    print("begins", flush=True)
    report = build(
        Settings(root=root, dataset="tiny"), progress=lambda line: print(line, flush=True)
    )
    sys.exit(1 if report.failed else 0)
