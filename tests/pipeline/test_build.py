"""What is due is decided by content, late; and a build goes on behind a failed stage."""

import json

import pytest

from coldframe.errors import ConfigurationError, NotebookError
from coldframe.ledger import Ledger, runs

RAN, SKIPPED, FAILED = "ran", "skipped", "failed"


def recorded(project, **options):
    return runs(Ledger.open(project.settings().ledger_url), "tiny", **options)


def test_what_is_due_runs_once_and_then_nothing_does(project):
    project.say("landed", ["a"])
    first = project.build()
    assert project.outcomes(first) == [RAN, RAN, SKIPPED]
    assert first.stages[2].reasons == ("nothing for it to do",)
    assert first.stages[0].result == {"stage": "first", "dataset": "tiny"}
    project.say("landed", [])  # the run consumed it
    assert project.outcomes(project.build()) == [SKIPPED, SKIPPED, SKIPPED]
    assert len(recorded(project)) == 2

    # early cut-off: a new delivery runs the first stage; the second sees the same snapshot
    project.say("landed", ["b"])
    again = project.build()
    assert project.outcomes(again) == [RAN, SKIPPED, SKIPPED]
    assert again.stages[0].reasons == ("1 new delivery",)

    # work that a run saw and left behind is no news; work beside it is
    assert project.outcomes(project.build()) == [SKIPPED, SKIPPED, SKIPPED]
    project.say("landed", ["b", "c"])
    assert project.build().stages[0].reasons == ("1 new delivery",)


def test_a_stage_sees_what_the_one_before_it_froze_in_the_same_build(project):
    project.build()
    world = project.root / "world" / "snapshot.json"
    project.notebook("first", [
        "from pathlib import Path\nfrom coldframe.notebook import finish",
        f"Path({str(world)!r}).parent.mkdir(exist_ok=True)\n"
        f"_ = Path({str(world)!r}).write_text('{{\"id\": \"7\"}}')",
        "finish(product)",
    ])  # fmt: skip
    report = project.build()
    assert project.outcomes(report) == [RAN, RAN, SKIPPED]
    assert report.stages[1].reasons == ("snapshot changed",)


def test_code_makes_the_stages_that_use_it_due_and_prose_does_not(project):
    project.say("approved", {"proposal": 1})
    assert project.outcomes(project.build()) == [RAN, RAN, RAN]

    path = project.root / "notebooks" / "first.ipynb"
    book = json.loads(path.read_text())
    book["cells"][0]["source"] = "# Another title"
    path.write_text(json.dumps(book))
    assert project.outcomes(project.build()) == [SKIPPED, SKIPPED, SKIPPED]

    # imported by tiny.model, which only the third notebook and the dataset's `model` name
    (project.root / "lib/tiny/deep.py").write_text("x = 2\n")
    report = project.build()
    assert project.outcomes(report) == [SKIPPED, SKIPPED, RAN]
    assert report.stages[2].reasons == ("tiny/deep.py changed",)

    # the dataset's feature function; named in no cell
    (project.root / "lib/tiny/features.py").write_text("def build_features(t):\n    return t\n")
    assert project.outcomes(project.build()) == [SKIPPED, RAN, RAN]


def test_a_receipt_does_not_cover_a_notebook_that_was_changed_or_lost(project):
    project.build()
    latest = project.home / "latest" / "tiny"
    (latest / "first.ipynb").write_text("torn")
    (latest / "second.ipynb").unlink()
    report = project.build()
    assert [stage.reasons[0] for stage in report.ran] == [
        "the notebook of its newest run was changed",
        "the notebook of its newest run is missing",
    ]
    (latest / "first.json").write_text('{"torn')
    assert project.outcomes(project.build()) == [RAN, SKIPPED, SKIPPED]


def test_a_failed_stage_does_not_stop_those_behind_it(project):
    project.notebook("first", ["x = 1", "raise ValueError('a <spoiled> file')", "y = 2"])
    report = project.build()
    assert project.outcomes(report) == [FAILED, RAN, SKIPPED]
    failed = report.stages[0]
    assert "ValueError: a <spoiled> file" in failed.error
    assert failed.notebook.is_relative_to(project.home / "failed" / "first")
    assert "spoiled" in failed.notebook.read_text()  # with the traceback in its cell
    assert "Traceback" in (failed.notebook.parent / "error.txt").read_text()
    assert not project.receipt("first").exists()
    with pytest.raises(NotebookError, match="first"):
        report.raise_for_failure()
    (entry,) = recorded(project, outcome="failed")
    assert (entry.stage, entry.error) == (
        "first", "A cell of the notebook failed: ValueError: a <spoiled> file",
    )  # fmt: skip
    assert (project.home / entry.notebook) == failed.notebook

    # the last good run stays what is shown, and mending the notebook runs it again
    project.notebook("first")
    assert project.outcomes(project.build()) == [RAN, SKIPPED, SKIPPED]
    good = project.receipt("first").read_bytes()
    project.notebook("first", ["raise SystemError"])
    assert project.outcomes(project.build()) == [FAILED, SKIPPED, SKIPPED]
    assert project.receipt("first").read_bytes() == good


def test_an_inputs_function_that_raises_fails_its_stage_only(project):
    (project.root / "world").mkdir()
    (project.root / "world/snapshot.json").write_text("no json")
    report = project.build()
    assert project.outcomes(report) == [RAN, FAILED, SKIPPED]
    assert "JSONDecodeError" in report.stages[1].error


def test_a_forced_build_runs_what_has_something_to_do(project):
    project.build()
    report = project.build(force=True)
    assert project.outcomes(report) == [RAN, RAN, SKIPPED]
    assert report.stages[0].reasons == ("it was forced",)


def test_open_parameters_are_filled_from_the_inputs_of_the_same_name(project):
    """The notebook works on exactly what made it due, and says so in its parameters."""
    text = (project.root / "pipeline.yaml").read_text()
    head, _, tail = text.rpartition('home: "{{home}}"}')
    (project.root / "pipeline.yaml").write_text(
        f'{head}home: "{{{{home}}}}", proposal: null}}{tail}'
    )
    names = ("upstream", "product", "dataset", "home", "proposal")
    project.notebook(
        "third",
        ["from coldframe.notebook import finish", "finish(product, proposal=proposal)"],
        parameters=names,
    )
    project.say("approved", {"proposal": 3, "champion": "abc"})
    assert project.build().stages[2].result == {"proposal": 3}


def test_a_notebook_that_does_not_know_a_parameter_is_refused_before_anything_runs(project):
    project.notebook("third", parameters=("upstream", "product", "dataset"))
    with pytest.raises(ConfigurationError, match="home"):
        project.build()
    assert not (project.home / "runs").exists()


def test_a_dataset_by_name_is_another_ground(project):
    other = project.root / "datasets" / "other.yaml"
    other.write_text((project.root / "datasets/tiny.yaml").read_text())
    project.build()
    report = project.build(dataset="other")
    assert project.outcomes(report) == [RAN, RAN, SKIPPED]
    assert report.stages[0].result["dataset"] == "other"
    # neither takes the other's receipts: nothing is due for either, and each has its own page
    for dataset in ("tiny", "other"):
        report = project.build(dataset=dataset)
        assert project.outcomes(report) == [SKIPPED, SKIPPED, SKIPPED]
        assert report.stages[0].result["dataset"] == dataset
        assert report.stages[0].page == project.latest("first.html", dataset=dataset)


def test_status_links_the_report_of_its_own_dataset(project):
    from coldframe.datasets import load_dataset
    from coldframe.status import read_status
    from coldframe.workbench import Workbench

    other = project.root / "datasets" / "other.yaml"
    other.write_text((project.root / "datasets/tiny.yaml").read_text())
    page = project.latest("monitor.html")
    page.parent.mkdir(parents=True)
    page.write_text("<p>of tiny</p>")
    settings = project.settings()
    reports = {
        name: read_status(Workbench(settings=settings, dataset=load_dataset(settings, name))).report
        for name in ("tiny", "other")
    }
    assert reports == {"tiny": page, "other": None}
