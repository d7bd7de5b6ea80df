"""The approval form, clicked without a browser."""

import ipywidgets
import pytest
import samples

from coldframe.ledger import decide, pending, proposals, propose
from coldframe.notebook.approval import (
    answer_click,
    approval_form,
    table_cost,
    table_evidence,
)
from coldframe.notebook.monitored import tell_proposal

EVIL = "<script>evil()</script>"


@pytest.fixture
def bench(tmp_path):
    return samples.open_bench(samples.write_project(tmp_path / "project"))


@pytest.fixture
def proposal(bench):
    return propose(
        bench.ledger, dataset=bench.dataset.name, snapshot="flights@3", snapshot_id="ab" * 32,
        champion=None, origin="policy", reasons=[f"because {EVIL}"],
        evidence={"labelled_rows": 12, "realised": {"value": 0.6, "alert": None},
                  "drift": {"top": [{"column": EVIL, "value": 0.1}]}},
    )  # fmt: skip


def parts(form):
    """Return the form's parts by CSS class."""
    found = {}

    def collect(widget):
        for name in widget._dom_classes:
            found[name] = widget
        for child in getattr(widget, "children", ()):
            collect(child)

    collect(form)
    return found


def standing(bench, number):
    return next(
        s for s in proposals(bench.ledger, bench.dataset.name) if s.proposal.number == number
    )


def test_approval_needs_a_reason_and_a_name(bench, proposal):
    form = parts(approval_form(bench))
    form["cf-who"].value = "Ada"
    form["cf-approve"].click()
    assert "give a reason" in form["cf-result"].value
    form["cf-reason"].value, form["cf-who"].value = "it is time", "  "
    form["cf-approve"].click()
    assert "give your name" in form["cf-result"].value
    assert pending(bench.ledger, bench.dataset.name) == proposal

    form["cf-who"].value = "Ada"
    form["cf-approve"].click()
    assert "approved by Ada" in form["cf-result"].value
    assert form["cf-approve"].disabled
    assert form["cf-reject"].disabled
    decision = standing(bench, proposal.number).decision
    assert (decision.verdict, decision.who, decision.how, decision.reason) == (
        "approved", "Ada", "widget", "it is time",
    )  # fmt: skip


def test_reject(bench, proposal):
    form = parts(approval_form(bench))
    form["cf-reason"].value, form["cf-who"].value = "not now", "Ada"
    form["cf-reject"].click()
    assert standing(bench, proposal.number).standing == "rejected"


def test_somebody_else_was_faster(bench, proposal):
    form = parts(approval_form(bench))
    decide(
        bench.ledger, bench.dataset.name, proposal.number, approved=False, reason="no",
        who=f"Grace {EVIL}", how="cli",
    )  # fmt: skip
    form["cf-reason"].value, form["cf-who"].value = "yes", "Ada"
    form["cf-approve"].click()
    said = form["cf-result"].value
    assert "decided meanwhile" in said
    assert "Grace" in said
    assert EVIL not in said
    assert form["cf-approve"].disabled
    assert standing(bench, proposal.number).standing == "rejected"


@pytest.mark.usefixtures("proposal")
def test_the_form_decides_on_the_proposal_that_was_seen(bench):
    form = parts(approval_form(bench))
    newer = propose(
        bench.ledger, dataset=bench.dataset.name, snapshot="flights@4", snapshot_id="cd" * 32,
        champion=None, origin="policy",
    )  # fmt: skip
    form["cf-reason"].value, form["cf-who"].value = "yes", "Ada"
    form["cf-approve"].click()
    assert "Not recorded" in form["cf-result"].value
    assert pending(bench.ledger, bench.dataset.name) == newer


def test_nothing_pending(bench):
    form = approval_form(bench)
    assert "No proposal waits" in parts(form)["cf-result"].value
    assert not any(isinstance(child, ipywidgets.Button) for child in form.children)
    assert table_evidence(None).rows == ()
    assert repr(table_evidence(None)).startswith("Nothing is proposed: evidence comes with")
    assert table_cost(bench, None).rows == ()


def test_evidence_is_flat_and_escaped(bench, proposal):
    table = table_evidence(proposal)
    assert table.rows[0] == ("labelled rows", "12")  # plain figures first
    # of a group only what is known, and a line for each column
    assert set(table.rows[1:]) == {
        ("realised", "value 0.6"), ("drift", ""), (f"drift, {EVIL}", "value 0.1"),
    }  # fmt: skip
    assert EVIL not in table._repr_html_()
    assert table_cost(bench, proposal).rows[0][:2] == (proposal.number, "flights@3")


def test_after_the_decision_the_form_says_what_to_type(bench, proposal):
    answer = answer_click(bench, proposal.number, approved=True, reason="x", who="Ada")
    assert answer.text.endswith("Next: coldframe build")


def test_on_its_own_page_a_proposal_points_to_the_form_and_elsewhere_to_the_page(proposal):
    here, elsewhere = tell_proposal(proposal, here=True), tell_proposal(proposal)
    assert "approve.ipynb" not in here.text
    assert "use the form below" in here.text
    assert "open `notebooks/monitor/approve.ipynb`" in elsewhere.text


def test_a_decision_on_nothing_is_told(bench):
    answer = answer_click(bench, 99, approved=True, reason="x", who="Ada")
    assert "No such proposal" in answer.text
    assert not answer.final
