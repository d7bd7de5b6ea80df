"""A person approves in JupyterLab; the decision is found in the ledger."""

import os
from pathlib import Path

from selenium.webdriver.common.by import By

from coldframe.ledger import approved, pending, proposals


def test_approval_by_widget(desk):
    bench = desk.bench
    name = bench.dataset.name
    proposal = pending(bench.ledger, name)
    notebook = "notebooks/monitor/approve.ipynb"
    with desk.notebook(notebook, COLDFRAME_USER="Ada Lovelace") as page:
        page.run_all(until=".cf-approve")

        # without a reason nothing is decided
        page.click(By.CSS_SELECTOR, ".cf-approve")
        page.wait_for_text(".cf-result", "please give a reason")
        assert pending(bench.ledger, name) == proposal

        reason = page.find(".cf-reason textarea")
        reason.send_keys("labels of spring are known, and it costs seconds")
        page.until(lambda _: reason.get_attribute("value").endswith("seconds"))
        page.click(By.CSS_SELECTOR, ".cf-approve")
        said = page.wait_for_text(".cf-result", "Recorded")
        assert f"proposal {proposal.number} approved by Ada Lovelace" in said
        assert "coldframe build" in said
        page.until(lambda _: page.find(".cf-approve").get_attribute("disabled") is not None)
        keep_picture(page.browser)

    assert approved(bench.ledger, name) == proposal
    (standing,) = [s for s in proposals(bench.ledger, name) if s.proposal == proposal]
    decision = standing.decision
    assert (decision.verdict, decision.how, decision.who) == ("approved", "widget", "Ada Lovelace")
    assert decision.reason == "labels of spring are known, and it costs seconds"


def keep_picture(browser):
    """Save what the person sees, if COLDFRAME_PICTURE names a file: docs/images/approve.png."""
    if target := os.environ.get("COLDFRAME_PICTURE"):
        browser.execute_script("document.querySelector('.cf-result').scrollIntoView(false)")
        browser.save_screenshot(str(Path(target).resolve()))
