"""What every command has in common: its options, its answer, its errors and its way out."""

from __future__ import annotations

import contextlib
import inspect
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from coldframe.cli.error_pages import tell_error, unforeseen
from coldframe.cli.interrupt import checkpoint, noted
from coldframe.cli.terminal import commands, make_console, plain, show, spell_json
from coldframe.errors import ColdframeError, EnvironmentFaultError
from coldframe.files import spell_path
from coldframe.settings import declared_settings, load_settings
from coldframe.steps import Step
from coldframe.workbench import Workbench

INTERRUPTED = 130
BROKEN_PIPE = 141


ACTIVATE = Path(sys.prefix, "bin", "activate")
"""What puts `coldframe`, `ploomber` and `jupyter` on the path of a terminal."""


@dataclass(frozen=True)
class Answer:
    """What a command has to say, for programs and for people.

    Parameters
    ----------
    data : Any
        Records, mappings and lists; printed as JSON with ``--json``.
    page : RenderableType
        The same for a person.
    exit_code : int, default=0
        How the command ends.
    """

    data: Any
    page: RenderableType
    exit_code: int = 0


@dataclass(frozen=True)
class Work:
    """Something that takes time, with a spinner while a person looks on; call it with news."""

    live: Live | None
    as_json: bool

    def __call__(self, text: str) -> None:
        """Say beside the spinner what is being done now."""
        checkpoint()
        if self.live:
            self.live.update(Spinner("dots", Text(plain(text))))

    def say(self, page: RenderableType) -> None:
        """Print a part of the answer at once; with ``--json`` it goes to stderr."""
        checkpoint()
        if self.live:
            self.live.stop()
        show(page, stderr=self.as_json)
        if self.live:
            self.live.start(refresh=True)


@dataclass(frozen=True)
class Session:
    """One call of the command line: which home folder and dataset, and how to answer."""

    home: Path | None = None
    dataset: str | None = None
    as_json: bool = False
    debug: bool = False
    makes_home: bool = False

    @cached_property
    def bench(self) -> Workbench:
        """The workbench that the options mean; most commands make no home folder."""
        return Workbench.open(self.dataset, self.home, existing=not self.makes_home)

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.bench.dataset.name

    @contextlib.contextmanager
    def working(self, text: str) -> Iterator[Work]:
        """Show on stderr what is being done, if a person is looking; yield how to update it."""
        console = make_console(stderr=True)
        if self.as_json or not console.is_terminal:
            yield Work(None, self.as_json)
            return
        # left to itself, Live sends what is printed on stdout to the spinner's stream
        live = Live(
            Spinner("dots", text),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with live:
            yield Work(live, self.as_json)

    def complete(self, steps: Iterable[Step]) -> list[Step]:
        """Return commands that go on in this home folder and dataset, wherever they are typed.

        They name what was named here, and what env.yaml alone would not choose.
        """
        settings = load_settings(home=self.home)
        declared = declared_settings(settings.root)
        chosen = self.dataset or settings.dataset
        own = [
            ("--home", self.home or settings.home, settings.home != declared.home),
            ("--dataset", chosen, chosen != declared.dataset),
        ]
        flags = "".join(
            f" {option} {shlex.quote(str(value))}"
            for option, value, other in own
            if other or getattr(self, option.removeprefix("--"))
        )
        return [
            replace(step, command=_with_flags(step.command, flags))
            if step.command.partition(" ")[0] == "coldframe"
            else step
            for step in steps
        ]

    def steps(self, steps: Iterable[Step]) -> RenderableType:
        """Return commands to type next, as `complete` spells them."""
        told = [(step.command, step.why) for step in self.complete(steps)]
        if told and shutil.which("coldframe") is None and ACTIVATE.is_file():
            told.insert(0, (f". {spell_path(ACTIVATE)}", "once in this terminal, for what follows"))
        return commands(told)


def _with_flags(command: str, flags: str) -> str:
    """Return `command` with `flags`; what follows a ``--`` would be taken for arguments."""
    if "--" not in shlex.split(command):
        return command + flags
    before, dashes, names = command.partition(" -- ")
    return before + flags + dashes + names


ELSE = "(by default COLDFRAME_{}'s, else env.yaml's)."
COMMON: dict[str, tuple[Any, Any]] = {
    "home": (
        Annotated[
            Path | None,
            typer.Option("--home", metavar="FOLDER", help="Home folder " + ELSE.format("HOME")),
        ],
        None,
    ),
    "dataset": (
        Annotated[
            str | None,
            typer.Option("--dataset", metavar="NAME", help="Dataset " + ELSE.format("DATASET")),
        ],
        None,
    ),
    "as_json": (
        Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")],
        False,
    ),
    "debug": (
        Annotated[bool, typer.Option("--debug", help="Show Python's traceback of an error.")],
        False,
    ),
}


def command(
    app: typer.Typer,
    name: str,
    *,
    examples: Sequence[str],
    panel: str | None = None,
    makes_home: bool = False,
    about_home: bool = True,
    about_dataset: bool = True,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Make a function that takes a `Session` and returns an `Answer` a command of `app`.

    Parameters
    ----------
    app : typer.Typer
        Where it is added.
    name : str
        What people type.
    examples : sequence of str
        Commands that work, shown by ``--help``.
    panel : str, optional
        Heading under which the list of commands has it.
    makes_home : bool, default=False
        Whether a home folder that is named and does not exist is made, or is an error.
    about_home : bool, default=True
        Whether it matters which home folder and dataset are meant.
    about_dataset : bool, default=True
        Whether an option names the dataset; else the command has an argument for it.
    """
    own_business = {"home": about_home, "dataset": about_home and about_dataset}
    shared = {key: COMMON[key] for key in COMMON if own_business.get(key, True)}

    def add(function: Callable[..., Answer]) -> Callable[..., Answer]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        common = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in shared.items()
        ]

        def run(**options: Any) -> None:
            session = Session(**{key: options.pop(key) for key in shared}, makes_home=makes_home)
            raise typer.Exit(_finish(function, session, options))

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + common
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__doc__, run.__name__ = function.__doc__, function.__name__
        lines = ["[bold]Examples[/bold]", *[f"  [cyan]$ {text}[/cyan]" for text in examples]]
        app.command(name, epilog="\n".join(lines), rich_help_panel=panel)(run)
        return function

    return add


def _finish(function: Callable[..., Answer], session: Session, options: dict[str, Any]) -> int:
    """Run a command, print its answer or its error, return the exit code."""
    try:
        with noted():
            answer = function(session, **options)
        _write(answer, session)
    except ColdframeError as error:
        tell_error(error, error, as_json=session.as_json, debug=session.debug)
        return error.exit_code
    except KeyboardInterrupt:
        make_console(stderr=True).print(
            "\nInterrupted; what was done is kept. Run it again to go on."
        )
        return INTERRUPTED
    except BrokenPipeError:
        # the reader (head, a closed pager) has what it wanted; keep Python quiet about it
        _drop_output()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - nothing is above it but Python's own traceback
        told = unforeseen(error)
        tell_error(told, error, as_json=session.as_json, debug=session.debug)
        return told.exit_code
    return answer.exit_code


def _write(answer: Answer, session: Session) -> None:
    """Print the answer on stdout.

    Raises
    ------
    EnvironmentFaultError
        It cannot be written there: a disk is full.
    """
    try:
        if session.as_json:
            print(spell_json(answer.data))  # noqa: T201 - this is what a command is for
        else:
            show(answer.page)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise EnvironmentFaultError(
            "The answer cannot be written.", where="standard output", found=error.strerror,
            remedy="make room, or send it elsewhere; what the command did is done",
        ) from error  # fmt: skip


def _drop_output() -> None:
    """Send what is left for stdout nowhere; Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
