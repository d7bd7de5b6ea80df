"""The approval notebook runs while monitoring is broken: its form is there, and works."""

import ast
import json

import pytest
import samples

from coldframe.ingest import ingest_batches
from coldframe.ledger import champion_model, proposals, propose


def run_all(path):
    """Run the code cells in this process; return what each shows, by the first name it calls."""
    values, names = {}, {}
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        body = ast.parse("".join(cell["source"])).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), str(path), "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
            values[ast.unparse(last.value).split("(")[0]] = shown
    return values


def parts(form):
    found = dict.fromkeys(form._dom_classes, form)
    for child in getattr(form, "children", ()):
        found |= parts(child)
    return found


def propose_on_unscored_rows(bench):
    """A month comes, and a person proposes before monitoring has scored it."""
    samples.land_sample(bench, samples.MONTHS[6:7])
    ingest_batches(bench)
    head = bench.store.head("flights")
    return propose(
        bench.ledger, dataset="flights", snapshot=head.name, snapshot_id=head.id,
        champion=bench.ledger.champion("flights"), origin="person", reasons=["a person asks"],
        who="Grace",
    )  # fmt: skip


@pytest.mark.parametrize("broken", [False, True])
def test_the_form_appears_and_works_although_monitoring_is_broken(project, monkeypatch, broken):
    monkeypatch.setenv("COLDFRAME_ROOT", str(project))
    monkeypatch.setenv("COLDFRAME_USER", "Ada")
    bench = samples.open_bench(project)
    proposal = propose_on_unscored_rows(bench)
    if broken:
        bench.models.path(champion_model(bench.ledger, "flights").estimator).unlink()
    shown = run_all(project / "notebooks/monitor/approve.ipynb")
    told = str(shown["approval.show_performance"])
    assert ("cannot be monitored now" in told) == broken
    assert ("form below works" in str(shown["approval.tell_performance"])) == broken

    form = parts(shown["approval.approval_form"])
    form["cf-reason"].value = "it is time"
    form["cf-approve"].click()
    assert "Recorded" in form["cf-result"].value
    (said,) = [s for s in proposals(bench.ledger, "flights") if s.proposal == proposal]
    assert (said.standing, said.decision.who) == ("approved", "Ada")
