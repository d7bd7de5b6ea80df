"""A person approves in JupyterLab; the decision is found in the ledger."""

import os
import shutil
from pathlib import Path

import pytest
import samples
from notebooks.cycle import copy_project, environment, proposed_project
from selenium.webdriver.common.by import By

from coldframe.ledger import approved, pending, proposals

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="needs Debian's chromium and chromium-driver (apt-get install chromium chromium-driver)",
)


def test_approval_by_widget(tmp_path):
    from browser.lab import Page, open_browser, serve_lab

    root = copy_project(proposed_project(), tmp_path / "project")
    (root / "notebooks").unlink()  # JupyterLab saves what it runs; not into the repository
    shutil.copytree(samples.ROOT / "notebooks", root / "notebooks")
    bench = samples.open_bench(root)
    name = bench.dataset.name
    proposal = pending(bench.ledger, name)
    variables = environment(root, COLDFRAME_USER="Ada Lovelace")
    with (
        serve_lab(root, tmp_path, variables) as address,
        open_browser(CHROMIUM, DRIVER, tmp_path) as browser,
    ):
        page = Page(browser)
        page.open(address("notebooks/monitor/approve.ipynb"))
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
        assert "ploomber build" in said
        page.until(lambda _: page.find(".cf-approve").get_attribute("disabled") is not None)
        keep_picture(browser)

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
