"""Every file operation and ledger entry of a run fails: it has its receipt, or it runs again."""

import contextlib
import errno
import io
import itertools
import json
import os
import shutil

import pytest

from coldframe.datasets import load_dataset
from coldframe.ledger import Ledger, runs
from coldframe.pipeline import running
from coldframe.pipeline.execution import LOG, Execution
from coldframe.pipeline.receipts import Receipt
from coldframe.pipeline.runs import keep_interrupted
from coldframe.pipeline.stages import Stage
from coldframe.pipeline.turns import take_turn
from coldframe.provenance import file_digest
from coldframe.workbench import Workbench

OPERATIONS = ("fsync", "replace", "rename", "mkdir", "unlink", "open")
NEEDS_ROOM = ("fsync", "mkdir", "writing", "stream")


class Disk:
    """Operation number `fails_at` fails with `code`; `how` tells in which way.

    ``early`` fails before the deed, ``late`` after it, ``lasting`` is a disk that stays full:
    whatever needs room fails from then on.
    """

    def __init__(self, fails_at, code, how):
        self.fails_at, self.code, self.how, self.seen = fails_at, code, how, 0

    def due(self, name):
        self.seen += 1
        if self.how == "lasting":
            return name in NEEDS_ROOM and self.seen >= self.fails_at
        return self.seen == self.fails_at

    def fault(self, name):
        return OSError(self.code, os.strerror(self.code), name)

    def wrap(self, name, real):
        def operation(*arguments, **options):
            if not self.due(name):
                return real(*arguments, **options)
            if self.how == "late" and name != "open":
                real(*arguments, **options)
            raise self.fault(name)

        return operation

    def opening(self, real):
        """A file opened for writing: the bytes find no room."""

        def operation(file, mode="r", *arguments, **options):
            if set("wxa+") & set(mode) and self.due("stream"):
                raise self.fault("stream")
            return real(file, mode, *arguments, **options)

        return operation

    def ledger(self, real):
        @contextlib.contextmanager
        def writing(ledger, *arguments, **options):
            due = self.due("writing")
            if due and self.how != "late":
                raise self.fault("writing")
            with real(ledger, *arguments, **options) as transaction:
                yield transaction
            if due:
                raise self.fault("writing")

        return writing

    @contextlib.contextmanager
    def installed(self, monkeypatch):
        with monkeypatch.context() as patch:
            for name in OPERATIONS:
                patch.setattr(os, name, self.wrap(name, getattr(os, name)))
            patch.setattr(io, "open", self.opening(io.open))
            patch.setattr(Ledger, "writing", self.ledger(Ledger.writing))
            yield


@pytest.fixture
def stage(project, monkeypatch):
    """A stage whose run uses up what made it due; its kernel is left out, its files are not."""

    def execute(settings, *, notebook, output, result, parameters, dataset):
        del settings, parameters
        output.write_text(notebook.read_text())
        result.write_text("{}")
        output.with_name(LOG).write_text("")
        (project.root / "world" / "approved.json").write_text("{}")
        return Execution(result={"dataset": dataset}, seconds=0.1, cpu_seconds=0.1)

    def page(notebook, target):
        target.write_text(notebook.name)

    monkeypatch.setattr(running, "execute_notebook", execute)
    monkeypatch.setattr(running, "write_page", page)
    return Stage(
        name="third", notebook=project.root / "notebooks/third.ipynb",
        inputs="tiny.inputs.third_inputs", uses=(), parameters={"dataset": "tiny"},
    )  # fmt: skip


def turn(stage, bench):
    return take_turn(stage, bench, forced=False, upstream=None, progress=lambda _: None)


def is_sound(project, bench):
    """One receipt, one published run, one success in the ledger, and they agree."""
    receipt = Receipt.read(project.receipt("third"))
    told = runs(bench.ledger, "tiny", stage="third")
    succeeded = [run.run for run in told if run.outcome == "succeeded"]
    assert succeeded == [receipt.run] == [p.name for p in (project.home / "runs/third").iterdir()]
    assert file_digest(project.latest("third.ipynb")) == receipt.notebook
    assert project.latest("third.html").is_file()
    assert not list(project.home.rglob("*.begun"))
    assert not list(project.home.glob("runs/*/.*"))
    assert len({run.run for run in told}) == len(told)
    return receipt


@pytest.mark.parametrize(
    ("code", "how"),
    [(errno.EIO, "early"), (errno.ENOSPC, "early"), (errno.EIO, "late"), (errno.ENOSPC, "lasting")],
)
def test_wherever_a_run_fails_it_is_done_or_runs_again(project, stage, monkeypatch, code, how):
    settings = project.settings()
    outcomes = set()
    for number in itertools.count(1):
        shutil.rmtree(project.home, ignore_errors=True)
        project.say("approved", {"proposal": 1})
        bench = Workbench(settings=settings, dataset=load_dataset(settings))
        bench.ledger.head()  # made before anything fails
        disk = Disk(number, code, how)
        with disk.installed(monkeypatch):
            report = turn(stage, bench)
        if disk.seen < number:
            break
        outcomes.add(report.outcome)
        receipt = Receipt.read(project.receipt("third"))
        assert (receipt is not None) == (report.outcome == "ran"), (number, report)
        keep_interrupted(settings)  # as the next build does before any turn
        again = turn(stage, bench)
        if report.outcome == "ran":
            assert again.outcome == "skipped", (number, again)
            assert is_sound(project, bench) == receipt
        else:
            assert report.error
            assert again.outcome == "ran", (number, again)
            is_sound(project, bench)
            if how != "lasting":
                kept = list((project.home / "failed/third").iterdir())
                assert [path.name for path in kept] != []
                assert (kept[0] / "error.txt").is_file(), (number, kept)
        assert bench.ledger.verify() == []
    assert outcomes == {"ran", "failed"}


def test_a_success_of_which_the_ledger_was_not_told_is_told_by_the_next_build(
    project, stage, monkeypatch
):
    project.say("approved", {"proposal": 1})
    bench = Workbench(settings=project.settings(), dataset=load_dataset(project.settings()))
    with monkeypatch.context() as patch:

        def busy(_):
            raise OSError(errno.EBUSY, "busy")

        patch.setattr(Ledger, "writing", busy)
        report = turn(stage, bench)
    assert report.outcome == "ran"
    assert "the next build tells the ledger" in report.reasons[-1]
    assert runs(bench.ledger, "tiny") == []
    assert turn(stage, bench).outcome == "skipped"
    is_sound(project, bench)


def test_a_run_that_failed_after_it_used_up_its_inputs_runs_again(project):
    """Otherwise it would stay the last word of status: nothing else is due."""
    used = str(project.root / "world" / "approved.json")
    cells = [
        "from pathlib import Path\nfrom coldframe.notebook import finish",
        f"_ = Path({used!r}).write_text('{{}}')",
    ]
    project.notebook("third", [*cells, "1 / 0", "finish(product)"])
    project.say("approved", {"proposal": 1})
    assert project.build().stages[2].outcome == "failed"
    assert json.loads((project.root / "world" / "approved.json").read_text()) == {}
    project.notebook("third", [*cells, "finish(product)"])
    assert project.build().stages[2].outcome == "ran"
    assert project.outcomes(project.build()) == ["skipped"] * 3
