"""The stage notebooks through the graph, and alone, on a sample of the real flights."""

import json
import subprocess
import sys

import pytest
import samples
from notebooks.cycle import build_sample, environment

from coldframe.errors import NotebookError
from coldframe.ledger import approved, champion_model, decide, pending, promotions, runs
from coldframe.pipeline import build, run_notebook

SEVENTH = samples.MONTHS[6:7]


def outcomes(report):
    return {stage.stage: stage.outcome for stage in report.stages}


def test_the_cycle_through_the_graph(project):
    bench = samples.open_bench(project)
    name = bench.dataset.name
    proposal = pending(bench.ledger, name)
    assert proposal.snapshot == bench.store.head(name).name
    assert champion_model(bench.ledger, name).name == "v1"

    # nothing new: no notebook runs; a month more: ingest and monitor, never train
    report = build(bench.settings)
    assert set(outcomes(report).values()) == {"skipped"}, str(report)
    report = build_sample(project, SEVENTH)
    assert outcomes(report) == {"ingest": "ran", "monitor": "ran", "train": "skipped"}, str(report)

    # after an approval training runs, on exactly the approved snapshot
    waiting = pending(bench.ledger, name)
    decide(bench.ledger, name, waiting.number, approved=True, reason="it is time", who="Ada",
           how="cli")  # fmt: skip
    report = build(bench.settings)
    report.raise_for_failure()
    expected = {"ingest": "skipped", "monitor": "skipped", "train": "ran"}
    assert outcomes(report) == expected, str(report)
    result = report.stages[2].result
    assert result["summary"].startswith(f"v2 trained on {waiting.snapshot}")
    assert report.stages[2].summary == result["summary"]
    assert report.stages[1].summary is None  # it did not run
    assert (result["snapshot"], result["snapshot_id"]) == (waiting.snapshot, waiting.snapshot_id)
    assert result["proposal"] == waiting.number
    assert approved(bench.ledger, name) is None
    pages = bench.settings.home / "latest" / name
    for stage in ("ingest", "monitor", "train"):
        page = (pages / f"{stage}.html").read_text()
        assert "data:image/png;base64" in page
        assert "Traceback" not in page
    assert [run.outcome for run in runs(bench.ledger, name)].count("failed") == 0


def papermill(project, notebook, output, *words, cwd, succeeds=True):
    """Run a notebook as a batch job would: plain papermill, no graph, from anywhere."""
    done = subprocess.run(
        [sys.executable, "-m", "papermill", project / "notebooks" / notebook, output, *words],
        env=environment(project), cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is succeeds, done.stderr[-3000:]
    return json.loads(output.read_text())


def test_plain_papermill_gives_the_figures_of_the_graph(project, tmp_path):
    """The same snapshot and parameters as an experiment, which promotes nothing."""
    bench = samples.open_bench(project)
    before = promotions(bench.ledger, bench.dataset.name)
    snapshot = bench.store.head(bench.dataset.name).name
    chosen = '{"max_iter": 20}'
    book = papermill(
        project, "train/train.ipynb", tmp_path / "out.ipynb", "-p", "snapshot", snapshot,
        "-p", "model_parameters", chosen, cwd=tmp_path,
    )  # fmt: skip
    alone = book["cells"][-1]["outputs"][0]["data"]["text/plain"]
    within = run_notebook(
        bench.settings, notebook=project / "notebooks/train/train.ipynb", stage="try",
        parameters={"snapshot": snapshot, "model_parameters": chosen},
    ).result  # fmt: skip
    assert f"'{within['model_digest']}'" in "".join(alone)
    assert within["parameters"]["max_iter"] == 20
    assert not within["promoted"]
    assert promotions(bench.ledger, bench.dataset.name) == before


def test_a_mistyped_parameter_of_plain_papermill_carries_out_no_approval(project, tmp_path):
    """Papermill only warns; with no snapshot named the notebook would train what was approved."""
    bench = samples.open_bench(project)
    name = bench.dataset.name
    number = pending(bench.ledger, name).number
    decide(bench.ledger, name, number, approved=True, reason="later", who="Ada", how="cli")
    before = bench.ledger.head()
    book = papermill(
        project, "train/train.ipynb", tmp_path / "out.ipynb", "-p", "snapoot", "flights@1",
        cwd=tmp_path, succeeds=False,
    )  # fmt: skip
    (error,) = (o for c in book["cells"] for o in c.get("outputs", ()) if "ename" in o)
    assert "found:    snapoot" in error["evalue"]
    assert "snapshot, proposal, model_parameters" in error["evalue"]
    assert bench.ledger.head() == before
    assert approved(bench.ledger, name).number == number


def test_a_sweep_on_an_older_snapshot_beside_production(project, tmp_path):
    papermill(
        project, "train/sweep.ipynb", tmp_path / "out.ipynb", "-p", "snapshot", "flights@1",
        "-p", "trials", "2", "-p", "study", "spring", cwd=tmp_path,
    )  # fmt: skip
    from coldframe.train import studies

    bench = samples.open_bench(project)
    (study,) = studies(bench)
    assert (study.name, study.snapshot, len(study.complete)) == ("spring", "flights@1", 2)
    assert pending(bench.ledger, bench.dataset.name) is not None  # untouched


def test_a_sweep_where_nothing_was_ingested_says_what_is_missing(tmp_path):
    bench = samples.open_bench(samples.write_project(tmp_path / "project"))
    notebook = bench.settings.root / "notebooks/train/sweep.ipynb"
    with pytest.raises(NotebookError, match="There is no snapshot 'flights'"):
        run_notebook(bench.settings, notebook=notebook, stage="try")


def test_the_approval_notebook_runs_without_a_person(project):
    """With a proposal it shows the form and decides nothing; without one it says so."""
    bench = samples.open_bench(project)
    name = bench.dataset.name
    notebook = project / "notebooks/monitor/approve.ipynb"
    proposal = pending(bench.ledger, name)
    assert run_notebook(bench.settings, notebook=notebook, stage="approve").result == {
        "proposal": proposal.number
    }
    assert pending(bench.ledger, name) == proposal
    decide(bench.ledger, name, proposal.number, approved=False, reason="not now", who="Ada",
           how="cli")  # fmt: skip
    assert run_notebook(bench.settings, notebook=notebook, stage="approve").result == {
        "proposal": None
    }
