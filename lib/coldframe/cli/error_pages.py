"""Errors as people and programs read them, and what to say of those that nobody foresaw."""

from __future__ import annotations

import errno
import re
import sys
import traceback
from typing import Any

from rich.console import Group
from rich.text import Text

from coldframe.cli.terminal import cell, facts, line, plain, show, spell_json
from coldframe.errors import ColdframeError, EnvironmentFaultError

TRACEBACK = re.compile(r"-{60,}\n.*Traceback \(most recent call last\)")
"""How the traceback of a notebook's cell begins, a line of dashes and its heading."""
IN_TEXT = re.compile(
    r"\n  found: +" + TRACEBACK.pattern + r".*?(?=\n  remedy: +look at |\Z)", re.DOTALL
)
"""The same among the details of an error that was put into words."""
MACHINE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO),
    *(errno.ENOTDIR, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
)
"""What the machine refuses, and no program could foresee."""


def error_page(error: ColdframeError, *, whole: bool = False) -> Group:
    """Return an error as a person reads it: what, where, expected, found, what to do.

    The traceback of a notebook's cell is left out, unless the `whole` is asked for: what the
    cell raised is said already, and the traceback stands in the partial notebook.
    """
    head = line(Text("Error: ", style="bold red"), Text(plain(error.what), style="bold"))
    details = {
        f"  {name}": cell(value)
        for name, value in error.details().items()
        if whole or not TRACEBACK.match(value)
    }
    if "  remedy" in details:
        details["  remedy"].stylize("cyan")
    return Group(head, facts(details)) if details else Group(head)


def error_json(error: ColdframeError, traceback: str | None = None) -> dict[str, Any]:
    """Return an error as programs read it; with Python's traceback if there is to be one."""
    told: dict[str, Any] = {"type": type(error).__name__, "what": error.what, **error.details()}
    told["exit_code"] = error.exit_code
    return {"error": told if traceback is None else {**told, "traceback": traceback}}


def without_traceback(text: str) -> str:
    """Return what `error_page` would show of a notebook's error that was put into words."""
    return IN_TEXT.sub("", text)


def unforeseen(error: Exception) -> ColdframeError:
    """Return an error that nobody foresaw as one with a remedy."""
    if isinstance(error, OSError) and error.errno in MACHINE:
        return EnvironmentFaultError(
            "The machine does not let this be done.",
            where=str(error.filename) if error.filename else None, found=error.strerror,
            remedy="see who owns it and how much room there is, or name another home folder: "
            "--home; coldframe doctor looks at it",
        )  # fmt: skip
    return ColdframeError(
        "This should not have happened.",
        found=f"{type(error).__name__}: {error}",
        remedy="coldframe doctor; or the same command with --debug for the traceback",
    )


def tell_error(error: ColdframeError, raised: Exception, *, as_json: bool, debug: bool) -> None:
    """Print an error on stderr; with `debug` after the traceback of what was raised."""
    trace = "".join(traceback.format_exception(raised)) if debug else None
    if as_json:
        print(spell_json(error_json(error, trace)), file=sys.stderr)  # noqa: T201
        return
    if trace:
        print(plain(trace), file=sys.stderr)  # noqa: T201
    show(error_page(error, whole=debug), stderr=True)
