"""Imported by the fork server alone: compiles once what every build would compile for itself.

A page's templates, its sanitiser's selectors, the notebook format's schemas, the grammar by which
ploomber reads parameters and what each module of ours imports take more than half a second; a
process that is forked afterwards finds them ready.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from ploomber.static_analysis.pyflakes import ParamsCell

import coldframe
from coldframe.pipeline.pages import write_page
from coldframe.provenance import code_files

# all that a notebook's prose is made of, for whose parsing patterns are compiled
PROSE = "# A page\n\n1. one **bold** *word*\n- `two`\n- [three](x)\n\n> said\n\n|a|\n|-|\n|1|\n"


def warm_up() -> None:
    """Read what we import; make a page of a small notebook, in a folder that is gone afterwards."""
    root = Path(coldframe.__file__).parents[1]
    own = [p.relative_to(root).with_suffix("").parts for p in root.rglob("coldframe/**/*.py")]
    code_files([f"import {'.'.join(parts)}" for parts in own], root)
    book: Any = nbformat.v4  # has no types
    shown = {"text/plain": "1", "text/html": "<table><tr><td>1</td></tr></table>"}
    cells = [
        book.new_markdown_cell(PROSE),
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
    # zmq asks its sockets at each option; a class that has none changes by that
    for kind in sys.modules["zmq"].Socket.mro():  # loaded by jupyter_client
        getattr(kind, "__annotations__", None)
    KernelProvisionerFactory.instance()  # asks every installed package, once
    for minor in (4, 5):
        nbformat.validator.get_validator(4, minor)  # type: ignore[no-untyped-call]
    ParamsCell("seed = 1")
    with tempfile.TemporaryDirectory(prefix="coldframe-warm-") as folder:
        path = Path(folder) / "small.ipynb"
        path.write_text(book.writes(book.new_notebook(cells=cells)))
        write_page(path, path.with_suffix(".html"))


warm_up()
