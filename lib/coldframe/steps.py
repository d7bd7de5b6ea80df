"""A command that makes sense now, spelled so that it can be typed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from coldframe.ingest import MappingStanding

BUILD = "coldframe build"
PROPOSE = 'coldframe propose --reason "..."'


@dataclass(frozen=True)
class Step:
    """A command that makes sense now, and what it does."""

    command: str
    why: str


def mapping_command(one: MappingStanding, word: str) -> str:
    """Return the command that says `word` (accept, decline, undo) of a mapping.

    A name that begins with ``-`` would be taken for an option, so that options come first then.

    Parameters
    ----------
    one : MappingStanding
        Of which its source and both names are asked.
    word : {"accept", "decline", "undo"}
        What a person says of it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> one = SimpleNamespace(source="orders", column="size", delivered="Size in cm")
    >>> print(mapping_command(one, "accept"))
    coldframe mapping accept size 'Size in cm' --source orders --reason "..."
    """
    names = [one.column, one.delivered]
    options = f'--source {shlex.quote(one.source)} --reason "..."'
    if any(name.startswith("-") for name in names):
        return f"coldframe mapping {word} {options} -- {shlex.join(names)}"
    return f"coldframe mapping {word} {shlex.join(names)} {options}"


def mapping_step(one: MappingStanding) -> Step:
    """Return the command that accepts a mapping, and what it does.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> mapping_step(SimpleNamespace(source="orders", column="size", delivered="n")).why
    'let n fill size'
    """
    return Step(mapping_command(one, "accept"), f"let {one.delivered:.60} fill {one.column}")
