"""`coldframe build` and `coldframe run`: the whole graph, or one notebook with one's parameters."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.error_pages import without_traceback
from coldframe.cli.following import next_section
from coldframe.cli.terminal import cell, duration, facts, line, outline, section
from coldframe.errors import ConfigurationError, NotebookError, NotFoundError
from coldframe.ledger import runs
from coldframe.pipeline import BuildReport, StageReport, build, run_notebook
from coldframe.settings import Settings
from coldframe.status import read_status
from coldframe.steps import Step
from coldframe.wording import count

STYLE = {"ran": "green", "skipped": "dim", "failed": "bold red"}


def add_commands(app: typer.Typer) -> None:
    """Add `build` and `run` to `app`."""

    @command(
        app,
        "build",
        panel="Work",
        examples=["coldframe build", "coldframe build --force"],
        makes_home=True,
    )
    def build_graph(
        session: Session,
        force: Annotated[
            bool, typer.Option("--force", help="Run what has something to do, new or not.")
        ] = False,
    ) -> Answer:
        """Run the stages that are due, as `ploomber build` does, in kernels that start at once."""
        bench = session.bench
        with session.working("looking for what is due") as progress:
            report = build(
                bench.settings, dataset=bench.dataset.name, progress=progress, force=force
            )
        code = NotebookError.exit_code if report.failed else 0
        return Answer(report, _build_page(session, report), code)

    @command(
        app,
        "run",
        panel="Work",
        examples=[
            "coldframe run notebooks/train/train.ipynb -p snapshot=flights@4",
            "coldframe run notebooks/train/sweep.ipynb -p snapshot=flights@3 -p trials=10",
        ],
        makes_home=True,
    )
    def run_one(
        session: Session,
        notebook: Annotated[Path, typer.Argument(help="The notebook.")],
        parameters: Annotated[
            list[str] | None,
            typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Of the notebook."),
        ] = None,
    ) -> Answer:
        """Run one notebook by itself, with the care and the records of a build."""
        bench = session.bench
        given, chosen = read_parameters(parameters or []), find_notebook(bench.settings, notebook)
        try:
            with session.working(f"running {notebook.name}"):
                report = run_notebook(
                    bench.settings, notebook=chosen, stage=f"run-{notebook.stem}",
                    dataset=bench.dataset.name, parameters=given,
                )  # fmt: skip
        except NotebookError as error:
            last = runs(bench.ledger, bench.dataset.name)[-1:]
            if last and last[0].outcome == "failed" and last[0].notebook:
                partial = bench.settings.home / last[0].notebook
                error.remedy = f"look at the partial notebook {partial}, at last"
            raise
        return Answer(report, _run_page(report))


def find_notebook(settings: Settings, named: Path) -> Path:
    """Return the notebook that is meant, as an absolute path.

    Raises
    ------
    NotFoundError
        There is no such file; names those that are called alike.
    """
    if named.is_file():
        return named.resolve()
    here = Path.cwd()
    known = {path.name: path for path in sorted((settings.root / "notebooks").rglob("*.ipynb"))}
    known |= {path.name: path for path in sorted(named.parent.glob("*.ipynb"))}
    names = [f"{named.name.removesuffix('.ipynb')}.ipynb", named.name]
    near = dict.fromkeys(one for name in names for one in get_close_matches(name, known))
    paths = [known[name] for name in near or known]
    told = [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths]
    raise NotFoundError(
        "There is no such notebook.",
        where=str(named),
        expected=("one of " if near else "a notebook; there are ") + (", ".join(told) or "none"),
        remedy=f"coldframe run {shlex.quote(told[0])}" if near else "name one that is there",
    )


def read_parameters(texts: list[str]) -> dict[str, Any]:
    """Return the parameters that texts such as ``trials=10`` mean, values read as YAML.

    Raises
    ------
    ConfigurationError
        A text has no name, a name stands there twice, or a value is no YAML.

    Examples
    --------
    >>> read_parameters(["snapshot=flights@4", "trials=10", "propose=false", "proposal=null"])
    {'snapshot': 'flights@4', 'trials': 10, 'propose': False, 'proposal': None}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name.isidentifier() and equals):
            raise ConfigurationError(
                "A parameter needs a name and a value.", where="-p", expected="NAME=VALUE",
                found=text, remedy="for instance: -p snapshot=flights@4",
            )  # fmt: skip
        if name in found:
            raise ConfigurationError(
                "A parameter is given more than once; only one of them would count.",
                where=f"-p {name}", expected="each name once",
                found=" and ".join(one for one in texts if one.partition("=")[0] == name),
                remedy="leave one of them",
            )  # fmt: skip
        if value[:1] in ("{", "["):
            found[name] = value  # JSON text, which a notebook reads itself
            continue
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigurationError(
                "The value of a parameter cannot be read.", where=f"-p {name}", found=str(error),
                expected="a value as in YAML", remedy=f"quotes around it: -p '{name}=\"...\"'",
            ) from error  # fmt: skip
    return found


def _build_page(session: Session, report: BuildReport) -> Group:
    lines: list[RenderableType] = []
    for stage in report.stages:
        took = f"  {duration(stage.seconds)}" if stage.outcome == "ran" else ""
        why = "; ".join(stage.reasons)
        if stage.outcome == "failed":
            why = (stage.error or "") if session.debug else without_traceback(stage.error or "")
        lines.append(
            line(cell(f"{stage.stage} {stage.outcome}", STYLE[stage.outcome]), took, f"  {why}")
        )
        if stage.summary:
            lines.append(line(f"  {stage.summary}"))
        if aside := _rows_aside(stage):
            lines.append(line(f"  {count(aside, 'row')} set aside: coldframe quarantine"))
        if stage.outcome == "failed" and stage.notebook:
            lines.append(line(f"  see {stage.notebook}"))
    if not report.ran and not report.failed:
        lines.append(cell("Nothing new: no notebook was executed.", "bold"))
    total = sum(map(_rows_aside, report.stages))
    why = f"see why {count(total, 'row')} {'was' if total == 1 else 'were'} set aside"
    look = [Step("coldframe quarantine", why)] if total else []
    return Group(*lines, Text(), next_section(read_status(session.bench), session, look))


def _rows_aside(stage: StageReport) -> int:
    """Return how many rows a run of ingest has set aside, if its notebook says so."""
    said = stage.result.get("rows_set_aside") if stage.outcome == "ran" else None
    return said if isinstance(said, int) else 0  # a notebook of one's own may say something else


def _run_page(report: StageReport) -> Group:
    told = {"took": duration(report.seconds), "notebook": report.notebook, "page": report.page}
    return Group(facts(told), section("Result", outline(report.result)))
