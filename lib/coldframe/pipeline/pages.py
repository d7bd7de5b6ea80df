"""An executed notebook as a page that opens in any browser, without a network."""

from __future__ import annotations

import ast
import html
import re
import warnings
from pathlib import Path
from typing import Any

from coldframe.files import write_atomically
from coldframe.pipeline.cells import Cell, read_cells

HANDED_OVER = ("product", "upstream")
UNDESCRIBED = "No description has been provided for this image"
_PICTURE = "<img src="  # none comes from data: no such tag is left in it
# what the keyboard shall reach: whoever has no mouse could not scroll a wide table
_REACHED = re.compile(r'class="[^"]*\bjp-(?:Cell-inputWrapper|OutputArea-output)\b[^"]*"')


def write_page(notebook: Path, page: Path) -> None:
    """Write `notebook` as HTML to `page`: text, tables, figures and parameters, no other code.

    What a cell shows may quote data, and data may hold markup: the page is sanitised, so that
    no script of a delivery runs in the reader's browser.

    Parameters
    ----------
    notebook : Path
        Executed.
    page : Path
        Replaced whole.
    """
    import nbformat

    from coldframe.pipeline.exporter import make_exporter  # a second to import

    exporter = make_exporter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its deprecations are not ours
        shown: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
        _leave_parameters(shown.cells)
        body, _ = exporter.from_notebook_node(shown, {"metadata": {"name": notebook.stem}})
    write_atomically(page, _describe(body, read_cells(notebook)).encode())


def _leave_parameters(cells: list[Any]) -> None:
    """Hide the code of every cell but the one with the run's parameters.

    Of that one the paths that stages hand over are left out: they lead into folders of the run.
    """
    for cell in cells:
        if cell.cell_type != "code":
            continue
        chosen = []
        if "injected-parameters" in cell.metadata.get("tags", []):
            assigned = [n for n in ast.parse(cell.source).body if isinstance(n, ast.Assign)]
            lines = [ast.unparse(node) for node in assigned]
            chosen = [text for text in lines if text.split(" ", 1)[0] not in HANDED_OVER]
        cell.source = "\n".join(chosen)
        if not chosen:
            cell.metadata["transient"] = {"remove_source": True}


def _describe(body: str, cells: list[Cell]) -> str:
    """Return the page with a description of each picture, and all that is shown within reach."""
    head, start, body = body.partition("<body")
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    pictures = [o.get("metadata", {}) for o in outputs if "image/png" in o.get("data", {})]
    first, *rest = body.split(_PICTURE)
    if len(rest) != len(pictures):  # one of some other kind among them: it is not known whose
        pictures = [{}] * len(rest)
    told = [p.get("image/png", {}).get("alt", UNDESCRIBED) for p in pictures]
    described = zip(told, rest, strict=True)
    body = first + "".join(
        f'<img alt="{html.escape(alt, quote=True)}"{_PICTURE.removeprefix("<img")}{part}'
        for alt, part in described
    )
    return head + start + _REACHED.sub(r'\g<0> tabindex="0"', body)
