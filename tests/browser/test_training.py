"""A data scientist changes snapshot and parameter in train.ipynb; Papermill gets the same."""

import ast
import re
import subprocess
import sys

import samples
from notebooks.cycle import environment
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from coldframe.ledger import champion_model, promotions
from coldframe.pipeline.cells import read_cells

NOTEBOOK = "notebooks/train/train.ipynb"
CHOSEN = {"snapshot": "flights@1", "model_parameters": '{"max_iter": 20, "learning_rate": 0.2}'}
PARAMETERS = "upstream = product = dataset = home = proposal = None\n" + "\n".join(
    f"{name} = {value!r}" for name, value in CHOSEN.items()
)


def result(path):
    """Return what the last cell of the executed notebook at `path` shows."""
    (output,) = read_cells(path)[-1]["outputs"]
    return ast.literal_eval("".join(output["data"]["text/plain"]))


def test_a_changed_snapshot_and_parameter_give_the_figures_of_papermill(desk):
    bench = desk.bench
    champion, moves = champion_model(bench.ledger, "flights"), promotions(bench.ledger, "flights")
    with desk.notebook(NOTEBOOK) as page:
        cell = "//div[contains(@class, 'cm-content') and contains(., 'model_parameters = ')]"
        page.click(By.XPATH, cell)
        keys = page.browser.switch_to.active_element
        keys.send_keys(Keys.CONTROL, "a")
        keys.send_keys(Keys.DELETE)
        keys.send_keys(PARAMETERS)
        page.run_all(until=".jp-OutputArea-output img")
        page.until(
            lambda b: re.search(r"promoted\s+no\b", b.find_element(By.TAG_NAME, "body").text)
        )
        page.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.CONTROL, "s")
        saved = desk.root / NOTEBOOK
        page.until(lambda _: read_cells(saved)[-1]["outputs"])

    words = [word for name, value in CHOSEN.items() for word in ("-p", name, value)]
    batch = desk.folder / "batch.ipynb"
    command = [sys.executable, "-m", "papermill", samples.ROOT / NOTEBOOK, batch, *words]
    variables = environment(desk.root)
    subprocess.run(command, env=variables, cwd=desk.root, check=True, capture_output=True)
    tried = result(saved)
    assert tried == result(batch)
    assert tried["snapshot"] == "flights@1"
    assert tried["parameters"]["max_iter"] == 20
    assert champion_model(bench.ledger, "flights") == champion
    assert promotions(bench.ledger, "flights") == moves
