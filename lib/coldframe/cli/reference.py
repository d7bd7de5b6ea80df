"""The reference of all commands, written from the commands themselves.

``python -m coldframe.cli.reference > docs/commands.md`` writes it anew; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from coldframe.cli.app import app
from coldframe.cli.command import COMMON

MARKUP = re.compile(r"\[/?(?:bold|cyan)\]")

HEAD = """# Commands

Written by `python -m coldframe.cli.reference`; do not edit.

Every command takes `--json` (answer in JSON on standard output, errors in JSON on standard error),
`--debug` (Python's traceback beside an error) and `--help`; all but `kernels` take `--home FOLDER`
and, but for `new`, `--dataset NAME` (by default those of env.yaml or of COLDFRAME_HOME and
COLDFRAME_DATASET).
What a command says to type next names home folder and dataset wherever env.yaml names others.

`propose`, `approve`, `reject`, `release`, `mapping accept` (`decline`, `undo`), `rollback` and
`sweep --challenge` write down whose word it was: that of `--who`, else COLDFRAME_USER, else your
login. A login that many share (root, jovyan, nobody) is recorded as what it is, `root (shared
login)`; so it is in the notebook's form, where one can write over it.

A home folder that `--home` names must be there, except for `build`, `run`, `land` and `demo`,
which make it; commands that only look make nothing. In a pipe or a file, lines are neither folded
nor padded, unless COLUMNS says how wide they may be. `coldframe --version` says which Coldframe
this is.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | an error that nobody foresaw |
| 2 | wrong usage |
| 3 | a setting, dataset file or option that cannot be |
| 4 | something that was named does not exist |
| 5 | data that is not what its contract says |
| 6 | bytes are not those that were recorded (`verify`: a fault was found) |
| 7 | somebody else was faster, or the ground of a decision has gone |
| 8 | a notebook failed |
| 9 | the environment lacks something (`doctor`: a problem was found) |
| 130 | interrupted with Ctrl-C |
| 141 | the reader of a pipe went away |
"""


def leaf_commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that call it, in the order of ``--help``."""

    def walk(words: list[str], node: Any) -> Iterator[tuple[str, Any]]:
        children = getattr(node, "commands", None)
        if children is None:
            yield " ".join(words), node
            return
        for name, child in children.items():
            yield from walk([*words, name], child)

    yield from walk(["coldframe"], typer.main.get_command(app))


def _parameter(parameter: Any) -> str:
    """Return one line about an argument or option of a command's own."""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper()
    else:
        name = ", ".join(parameter.opts)
        if not parameter.is_flag:
            name += f" {parameter.metavar or parameter.type.name.upper()}"
    need = " (required)" if parameter.required else ""
    return f"- `{name}`{need}: {parameter.help}"


def write_reference() -> str:
    """Return the reference as Markdown."""
    parts = [HEAD]
    for words, node in leaf_commands():
        own = [p for p in node.params if p.name not in COMMON and p.name != "help"]
        lines = MARKUP.sub("", node.epilog or "").splitlines()[1:]
        examples = "\n".join(line.strip().removeprefix("$ ") for line in lines)
        summary = " ".join((node.help or "").split())
        parts += [f"## {words}\n", f"{summary}\n"]
        if own:
            parts.append("\n".join(map(_parameter, own)) + "\n")
        parts.append(f"```sh\n{examples}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(write_reference(), end="")  # noqa: T201 - that is what it is for
