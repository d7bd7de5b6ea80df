"""The command line's entry: all commands, under four headings."""

from __future__ import annotations

import contextlib
import functools
import sys
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.main import get_command

from coldframe.cli import (
    archives,
    build,
    checks,
    decisions,
    demo,
    differences,
    keeping,
    kernels,
    lineage,
    mapping,
    models,
    own_data,
    pull,
    quality,
    quarantine,
    releasing,
    snapshots,
    status,
    sweep,
)
from coldframe.errors import NotFoundError
from coldframe.settings import find_root

EPILOG = """[bold]Examples[/bold]
  [cyan]$ coldframe demo run[/cyan]
  [cyan]$ coldframe status[/cyan]
  [cyan]$ coldframe approve 2 --reason "it has been three months"[/cyan]

[bold]Exit codes[/bold]
  0 done   1 unforeseen   2 wrong usage   3 configuration   4 not found
  5 data   6 corruption   7 conflict   8 notebook   9 environment
  130 interrupted   141 closed pipe"""

app = typer.Typer(
    name="coldframe",
    help="Keep retraining apart from data ingestion.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def tell_version(wanted: bool) -> None:
    """Say which Coldframe this is, and end."""
    if wanted:
        typer.echo(f"coldframe {metadata.version('coldframe')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=tell_version, is_eager=True, help="Say which Coldframe this is."
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version


for module in (
    status,
    own_data,
    *(
        demo,
        build,
        pull,
        snapshots,
        differences,
        quality,
        quarantine,
        decisions,
        releasing,
        mapping,
    ),
    *(models, lineage, sweep, keeping, archives, checks, kernels),
):
    module.add_commands(app)


@functools.cache
def command() -> Any:
    """Return the command line as one command of click; a fork server has made it before."""
    return get_command(app)


def main() -> None:
    """Run the command line, with the code of the project that it is called in.

    That is where its kernels look for it; this environment may have been made for another project.
    """
    with contextlib.suppress(NotFoundError):  # the command itself will tell
        sys.path.insert(0, str(find_root() / "lib"))
    command()(prog_name="coldframe")
