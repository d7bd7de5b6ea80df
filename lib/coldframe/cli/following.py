"""What to do next, told alike by every command after which one would ask."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType

from coldframe.cli.command import Session
from coldframe.cli.terminal import cell, line, section
from coldframe.status import Status
from coldframe.steps import Step
from coldframe.wording import count, tell_unpromoted

NAMED = 3
IDLE = "Nothing is due: what landed is ingested and monitored, and no decision waits."


def next_section(status: Status, session: Session, more: Sequence[Step] = ()) -> Group:
    """Return what to do next; if nothing is due, it says so and tells what could be done.

    Parameters
    ----------
    status : Status
        Where the dataset stands.
    session : Session
        Spells the commands.
    more : sequence of Step
        What follows from the command itself; told first, unless status says it, too.
    """
    known = {step.command for step in status.steps}
    own = [step for step in more if step.command not in known]
    steps = session.steps([*own, *status.steps])
    parts: list[RenderableType] = []
    if status.unpromoted and not (status.pending or status.approved):
        parts.append(line(cell(tell_unpromoted(status.unpromoted), "yellow")))
    if not status.due and status.snapshot is not None:
        parts.append(_tell_idle(status))
    return section("Next", *parts, steps)


def _tell_idle(status: Status) -> RenderableType:
    """Return that a build has nothing to do, and what of it waits for a person all the same."""
    waits = []
    if status.held:
        files = [f"{one.source}/{one.file.rpartition('/')[2]}" for one in status.held[::-1]]
        are = "is" if len(files) == 1 else "are"
        waits.append(f"{count(len(files), 'file')} {are} held ({_few(files)})")
    if status.proposed:
        names = [f"{one.delivered:.60} for {one.column} in {one.source}" for one in status.proposed]
        look, wait = ("looks", "waits") if len(names) == 1 else ("look", "wait")
        told = f"{count(len(names), 'column')} {look} renamed and {wait} for your word"
        waits.append(f"{told} ({_few(names)})")
    if not waits:
        return cell(IDLE, "dim")
    return cell(f"A build has nothing to do, but {'; '.join(waits)}.", "yellow")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
