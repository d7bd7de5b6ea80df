"""What the tests of training share: approvals, and children that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from coldframe.ledger import Proposal, decide, propose
from coldframe.workbench import Workbench


def approve_retrain(bench: Workbench, snapshot: str, **parameters: object) -> Proposal:
    """Propose and approve a retrain on a snapshot."""
    proposal = propose(
        bench.ledger, dataset="flights", snapshot=snapshot,
        snapshot_id=bench.store.resolve(snapshot).id,
        champion=bench.ledger.champion("flights"), origin="policy", parameters=parameters,
    )  # fmt: skip
    decide(
        bench.ledger, "flights", proposal.number, approved=True, reason="a test", who="tester",
        how="cli",
    )  # fmt: skip
    return proposal


class Nursery:
    """Children that do one thing to a project, started in milliseconds, killed at will."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _ask(self, order: object) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, root: Path, what: str, **options: object) -> int:
        """Start a child and return its process id."""
        return self._ask({"root": str(root), "what": what, "options": options})

    def wait(self, child: int) -> int:
        """Return a child's exit code once it has ended."""
        return self._ask(child)

    def run_until(self, moment: float, root: Path, what: str, **options: object) -> int:
        """Start a child, kill it after so many seconds, and return its exit code."""
        child = self.start(root, what, **options)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)  # it cannot be gone: nobody has waited for it
        return self.wait(child)
