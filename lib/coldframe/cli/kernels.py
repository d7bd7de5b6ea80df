"""`coldframe kernels`: the fork servers that let notebooks start at once."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import cell, duration, line, make_table
from coldframe.errors import EnvironmentFaultError
from coldframe.kernels import Address, UnavailableError, ask, describe_servers
from coldframe.kernels.wire import Message
from coldframe.wording import count


def add_commands(app: typer.Typer) -> None:
    """Add `kernels status` and `kernels stop` to `app`."""
    kernels = typer.Typer(
        help="Look at the fork servers that let notebooks start at once, or stop them.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )

    @command(
        kernels,
        "status",
        examples=["coldframe kernels status", "coldframe kernels status --json"],
        about_home=False,
    )
    def status(session: Session) -> Answer:
        """List the fork servers of this user, with their environments and what they have forked."""
        del session
        found = _servers()
        return Answer([told for _, told in found], _status_page(found))

    @command(
        kernels,
        "stop",
        examples=["coldframe kernels stop", "coldframe kernels stop --now"],
        about_home=False,
    )
    def stop(
        session: Session,
        everywhere: Annotated[
            bool, typer.Option("--all", help="Those of other environments of this user, too.")
        ] = False,
        now: Annotated[
            bool, typer.Option("--now", help="Kill what they have forked, too.")
        ] = False,
    ) -> Answer:
        """Stop this environment's fork servers; what they forked may end first.

        The next notebook starts one.
        """
        del session
        found = _servers()
        meant = [address for address, told in found if everywhere or told["own"]]
        stopped = [ask(address, "stop", now=now) for address in meant]
        children = sum(len(told["children"]) for told in stopped)
        text = f"{count(len(stopped), 'server')} stopped"
        if children:
            text += f"; {count(children, 'kernel')} {'killed' if now else 'may end first'}"
        page = line(text if stopped else "No fork server of this environment runs.")
        if others := len(found) - len(meant):
            page = line(page, f"\n{count(others, 'server')} of other environments left alone; ")
            page = line(page, "coldframe kernels stop --all stops them, too.")
        return Answer(stopped, page)

    app.add_typer(kernels, name="kernels", rich_help_panel="Check")


def _servers() -> list[tuple[Address, Message]]:
    try:
        return describe_servers()
    except UnavailableError as error:
        raise EnvironmentFaultError(
            "Fork servers cannot be had here.", found=str(error),
            remedy="nothing is lost: notebooks start in ordinary kernels",
        ) from error  # fmt: skip


def _status_page(found: list[tuple[Address, Message]]) -> Group:
    if not found:
        return Group(line("No fork server runs; the next notebook starts one."))
    parts: list[RenderableType] = []
    for _, told in found:
        parts.append(
            line(
                cell(f"server {told['pid']}", "bold"),
                f" of {'this environment' if told['own'] else told['python']}:"
                f"  up {duration(told['seconds'])}, {told['served']:,} processes forked, "
                f"{told['modules']:,} modules imported",
            )
        )
        parts += [line(f"  could not import {n}: {why}") for n, why in told["failed"].items()]
        rows = [
            [str(c["pid"]), c["kind"], duration(c["seconds"]), c["where"]] for c in told["children"]
        ]
        parts.append(
            make_table(["#pid", "kind", "#for", "in"], rows) if rows else line("  nothing at work")
        )
    return Group(*parts, Text())
