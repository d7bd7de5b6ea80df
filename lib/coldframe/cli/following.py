"""What to do next, told alike by every command after which one would ask."""

from __future__ import annotations

from rich.console import Group

from coldframe.cli.command import Session
from coldframe.cli.terminal import cell, section
from coldframe.status import Status


def next_section(status: Status, session: Session) -> Group:
    """Return what to do next; if nothing is due, it says so and tells what could be done."""
    steps = session.steps(status.steps)
    if status.due or status.snapshot is None:
        return section("Next", steps)
    return section(
        "Next",
        cell(
            "Nothing is due: what landed is ingested and monitored, and no decision waits.", "dim"
        ),
        steps,
    )
