"""JupyterLab opens a notebook with a warm kernel: the same widgets and figures, at once."""

import json

from selenium.webdriver.common.by import By

from coldframe.kernels import ask, describe_servers

CELLS = [
    "import os\nprint(f'the parent is {os.getppid()}.')",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()",
    "import ipywidgets\nipywidgets.Button(description='warm')",
]


def write_book(path):
    def code(number, source):
        return {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": source,
                "outputs": [], "execution_count": None}  # fmt: skip

    path.write_text(json.dumps({
        "cells": [code(n, source) for n, source in enumerate(CELLS)],
        "metadata": {"kernelspec": {"name": "coldframe", "display_name": "Python 3 (warm)",
                                    "language": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
    }))  # fmt: skip


def test_a_notebook_with_the_warm_kernel(desk):
    write_book(desk.root / "notebooks/warm.ipynb")
    with desk.notebook("notebooks/warm.ipynb") as page:
        page.run_all(until=".jp-OutputArea-output img")
        page.until(lambda b: b.find_element(By.CSS_SELECTOR, ".jupyter-button").text == "warm")
        text = page.browser.find_element(By.TAG_NAME, "body").text
        servers = {ask(address, "status")["pid"] for address, _ in describe_servers()}
        assert [pid for pid in servers if f"the parent is {pid}." in text]
        assert "Python 3 (warm)" in text
