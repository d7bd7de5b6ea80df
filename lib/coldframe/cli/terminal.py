"""How things look on a terminal: consoles, tables, words for times and sizes, JSON, errors.

Values come from files that anybody may have delivered. They are put into `Text`, never into
rich's markup, and control characters are spelled out, so that no value can repaint the terminal.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH_WITHOUT_TERMINAL = 1_000_000
"""Nothing is folded or cut in a file or a pipe, unless COLUMNS says how wide it is."""
TRAILING = re.compile(r"[^\S\n]+$", re.MULTILINE)
LONG_COMMAND = 50
"""Commands longer than this stand on a line of their own, what they do above them."""
DIGITS = 10
"""So many digits of a digest are shown; enough to name it on the command line."""


def make_console(stream: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """Return a console; one that is no terminal is wide enough for everything."""
    chosen = stream or (sys.stderr if stderr else sys.stdout)
    console = Console(file=chosen, highlight=False, emoji=False, markup=False)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = WIDTH_WITHOUT_TERMINAL
    return console


def show(page: RenderableType, *, stderr: bool = False) -> None:
    """Print `page`; where no terminal reads it, no line ends with the blanks of a table."""
    console = make_console(stderr=stderr)
    if console.is_terminal:
        console.print(page, crop=False)
        return
    with console.capture() as shown:
        console.print(page, crop=False)
    console.file.write(TRAILING.sub("", shown.get()))


def plain(value: object) -> str:
    r"""Return `value` as text in which control characters are spelled out.

    Examples
    --------
    >>> plain("red \x1b[31m")
    'red \\x1b[31m'
    """
    text = "-" if value is None else str(value)
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def cell(value: object, style: str = "") -> Text:
    """Return `value` as text for a table or a line, safe to print."""
    return value if isinstance(value, Text) else Text(plain(value), style=style)


def line(*parts: object) -> Text:
    """Return one line of text made of strings and styled parts."""
    return Text.assemble(*[cell(part) for part in parts])


def unbroken(*parts: object) -> Text:
    """Return a line that is never folded, for what one copies: a path."""
    text = line(*parts)
    text.no_wrap, text.overflow = True, "ignore"
    return text


def make_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a table.

    A column whose name begins with ``#`` is aligned to the right and never wrapped, one that
    begins with ``=`` is aligned to the left and never wrapped.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : iterable of sequences
        Cells, each text or anything with a ``str``.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in columns:
        table.add_column(
            name.lstrip("#="),
            justify="right" if name.startswith("#") else "left",
            no_wrap=name.startswith(("#", "=")),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*[cell(value) for value in row])
    return table


def facts(pairs: Mapping[str, object]) -> Table:
    """Return names and values as two aligned columns; values that are None are left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        if value is not None:
            grid.add_row(name, value if isinstance(value, Table | Group) else cell(value))
    return grid


def outline(value: Mapping[str, Any]) -> Table:
    """Return nested JSON values as an indented outline; a list has one line for each item."""
    pairs: dict[str, object] = {}
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            pairs[name] = outline(item)
        elif isinstance(item, list | tuple) and item:
            pairs[name] = Group(*[cell(_one_line(each)) for each in item])
        else:
            pairs[name] = _one_line(item)
    return facts(pairs)


def _one_line(value: Any) -> str:
    """Return a JSON value as people write it, on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_one_line(item)}" for name, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_one_line, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def section(title: str, *content: RenderableType) -> Group:
    """Return a heading with indented content and an empty line after it."""
    inner = [part for item in content for part in _indent(item)]
    return Group(Text(title, style="bold"), *inner, Text())


def _indent(item: RenderableType) -> list[RenderableType]:
    """Return `item` two columns further to the right; padding would cut what is `unbroken`."""
    if isinstance(item, Group):
        return [part for inner in item.renderables for part in _indent(inner)]
    if isinstance(item, Text) and item.no_wrap:
        return [unbroken("  ", item)]
    return [Padding(item, (0, 0, 0, 2), expand=False)]


def commands(steps: Iterable[tuple[str, str]]) -> RenderableType:
    """Return commands to type next, each with what it does; none is broken, to be pasted whole."""
    told = list(steps)
    if max((len(command) for command, _ in told), default=0) > LONG_COMMAND:
        pairs = [(cell(f"# {why}", "dim"), cell(command, "cyan")) for command, why in told]
        return Group(*[part for why, command in pairs for part in (why, unbroken(command))])
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(style="dim", overflow="fold")
    for command, why in told:
        grid.add_row(cell(command), cell(why))
    return grid


def first_line(text: str | None) -> str:
    """Return the first line of an error that says something."""
    lines = [part.strip() for part in (text or "").splitlines()]
    return next(filter(None, lines), "no reason was given")


def short(digest: str | None) -> str:
    """Return the beginning of a digest."""
    return digest[:DIGITS] if digest else "-"


def figure(value: float | None, digits: int = 4) -> str:
    """Return a figure with a fixed number of digits, or a dash where there is none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def share(part: float, whole: float) -> str:
    """Return a share in per cent.

    Examples
    --------
    >>> share(1, 3)
    '33.3 %'
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def size(count: float) -> str:
    """Return a number of bytes in the unit people use.

    Examples
    --------
    >>> size(1_500_000)
    '1.5 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def duration(seconds: float | None) -> str:
    """Return a duration in the unit people use.

    Examples
    --------
    >>> duration(0.31), duration(75), duration(7200)
    ('0.3 s', '75 s', '120 min')
    """
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def when(at: str | datetime | None) -> str:
    """Return a moment in UTC to the minute, for a column that says so.

    Examples
    --------
    >>> when("2013-02-01T06:30:00+00:00")
    '2013-02-01 06:30'
    """
    return moment(at).partition(" UTC")[0]


def moment(at: str | datetime | None) -> str:
    """Return a moment in UTC to the minute, and how long ago it was.

    Examples
    --------
    >>> moment("2013-02-01T06:30:00+00:00").split(",")[0]
    '2013-02-01 06:30 UTC'
    """
    if at is None:
        return "-"
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return f"{when:%Y-%m-%d %H:%M} UTC, {_age((datetime.now(UTC) - when).total_seconds())}"


def _age(seconds: float) -> str:
    """Return how long ago that was, in one word and a number."""
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def to_json(value: Any) -> Any:
    """Return `value` as JSON values: records as objects, times as ISO 8601, no NaN."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return to_json(value.item()) if hasattr(value, "item") else str(value)


def spell_json(value: Any) -> str:
    """Return `value` as indented JSON text."""
    return json.dumps(to_json(value), indent=2, ensure_ascii=False, allow_nan=False)
