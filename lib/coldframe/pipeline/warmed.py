"""Imported by the fork server alone: compiles once what every build would compile for itself.

A page's templates, its sanitiser's selectors, the notebook format's schemas and the grammar by which
ploomber reads parameters take half a second; a process that is forked afterwards finds them ready.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
import parso

from coldframe.pipeline.pages import write_page


def warm_up() -> None:
    """Make a page of a small notebook, in a folder that is gone afterwards."""
    book: Any = nbformat.v4  # has no types
    shown = {"text/plain": "1", "text/html": "<table><tr><td>1</td></tr></table>"}
    cells = [
        book.new_markdown_cell("# A page"),
        book.new_code_cell(
            "seed = 1  # shown",
            metadata={"tags": ["injected-parameters"]},
            outputs=[
                book.new_output("stream", text="said"),
                book.new_output("execute_result", data=shown, execution_count=1),
                book.new_output("display_data", data={"image/png": "iVBORw0KGgo="}),
            ],
        ),
    ]
    parso.parse("seed = 1")  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="coldframe-warm-") as folder:
        path = Path(folder) / "small.ipynb"
        path.write_text(book.writes(book.new_notebook(cells=cells)))
        write_page(path, path.with_suffix(".html"))


warm_up()
