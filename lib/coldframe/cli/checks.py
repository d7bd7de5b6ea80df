"""`coldframe verify`, `check`, `doctor`: whether what is kept is whole, and what is said can be."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from coldframe.cli.command import Answer, Session, command
from coldframe.cli.terminal import cell, facts, line, make_table
from coldframe.doctor import Finding, check_dataset, examine
from coldframe.errors import ConfigurationError, CorruptionError, EnvironmentFaultError
from coldframe.settings import load_settings
from coldframe.verification import Verification, verify_home
from coldframe.wording import count

STYLE = {"fine": "green", "note": "dim", "warning": "yellow", "problem": "bold red"}


def add_commands(app: typer.Typer) -> None:
    """Add `verify`, `check` and `doctor` to `app`."""

    @command(app, "verify", panel="Check", examples=["coldframe verify", "coldframe verify --json"])
    def verify(session: Session) -> Answer:
        """Hash every byte of store, ledger and models again (exit code 6 if one is wrong)."""
        with session.working("reading") as progress:
            found = verify_home(session.bench, progress=progress)
        code = CorruptionError.exit_code if found.faults else 0
        return Answer(found, _verification_page(found), code)

    @command(
        app,
        "check",
        panel="Check",
        examples=["coldframe check loans", "coldframe check loans --json"],
    )
    def check(
        session: Session,
        name: Annotated[
            str | None,
            typer.Argument(
                metavar="NAME",
                help="The dataset; else that of --dataset, of COLDFRAME_DATASET or of env.yaml.",
            ),
        ] = None,
    ) -> Answer:
        """Say what cannot be in a dataset's file and code, run on its rows (exit code 3)."""
        found = []
        chosen = name or session.dataset
        with session.working("checking") as progress:
            for finding in check_dataset(load_settings(home=session.home), chosen):
                progress(f"checked {finding.check}")
                found.append(finding)
        bad = any(finding.level == "problem" for finding in found)
        data = {"fit": not bad, "findings": found}
        return Answer(data, _doctor_page(found), ConfigurationError.exit_code if bad else 0)

    @command(app, "doctor", panel="Check", examples=["coldframe doctor", "coldframe doctor --json"])
    def doctor(session: Session) -> Answer:
        """Say what is wrong with environment or home folder, and the remedy (exit code 9)."""
        found = []
        with session.working("examining") as progress:
            for finding in examine(dataset=session.dataset, folder=session.home):
                progress(f"examined {finding.check}")
                found.append(finding)
        bad = any(finding.level == "problem" for finding in found)
        data = {"healthy": not bad, "findings": found}
        return Answer(data, _doctor_page(found), EnvironmentFaultError.exit_code if bad else 0)


def _verification_page(found: Verification) -> Group:
    looked = (
        f"{count(len(found.snapshots), 'snapshot')}, {found.entries:,} ledger entries, "
        f"{count(len(found.models), 'model')}"
    )
    if not found.faults:
        return Group(line(Text("All is as it was recorded: ", style="bold green"), looked))
    parts: list[RenderableType] = [
        line(Text(f"{count(len(found.faults), 'fault')} ", style="bold red"), f"in {looked}"),
        Text(),
    ]
    for fault in found.faults:
        parts.append(line(Text(f"{fault.part}: {fault.what}", style="bold")))
        said = {"where": fault.where, "expected": fault.expected, "found": fault.found}
        said["remedy"] = fault.remedy
        parts += [facts({f"  {key}": value for key, value in said.items() if value}), Text()]
    return Group(*parts)


def _doctor_page(found: list[Finding]) -> Group:
    rows = []
    for finding in found:
        what = cell(finding.what)
        if finding.remedy:
            what = line(what, "\n", Text(f"remedy: {finding.remedy}", style="cyan"))
        rows.append([finding.check, cell(finding.level, STYLE[finding.level]), what])
    number = {level: sum(f.level == level for f in found) for level in STYLE}
    if number["problem"]:
        last = cell(f"{count(number['problem'], 'problem')}: something will not work.", "bold red")
    elif number["warning"]:
        last = cell("It works; see the warnings.", "yellow")
    else:
        last = cell("All is well.", "bold green")
    return Group(make_table(["=check", "=", "finding"], rows), last)
