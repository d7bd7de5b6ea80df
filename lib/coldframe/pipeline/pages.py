"""An executed notebook as a page that opens in any browser, without a network."""

from __future__ import annotations

import ast
import functools
import html
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.files import write_atomically
from coldframe.pipeline.cells import Cell, read_cells

if TYPE_CHECKING:
    from nbconvert import HTMLExporter

# What results are made of. Whatever else comes in data is left out: scripts, styles, frames.
TAGS = (
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span"),
    *("strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
)
ATTRIBUTES = {"*": ["class", "id"], "a": ["href", "title"], "td": ["colspan"], "th": ["colspan"]}
HANDED_OVER = ("product", "upstream")
_UNDESCRIBED = 'alt="No description has been provided for this image"'


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

    exporter = _exporter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its deprecations are not ours
        shown: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
        _leave_parameters(shown.cells)
        body, _ = exporter.from_notebook_node(shown, {"metadata": {"name": notebook.stem}})
    write_atomically(page, _describe(body, read_cells(notebook)).encode())


@functools.cache
def _exporter() -> HTMLExporter:
    """Return what makes the pages; its templates take a tenth of a second to compile."""
    from nbconvert import HTMLExporter  # a second to import
    from nbconvert.preprocessors.sanitize import SanitizeHTML
    from traitlets.config import Config

    options = Config()
    options.SanitizeHTML.tags = list(TAGS)
    options.SanitizeHTML.attributes = ATTRIBUTES
    options.SanitizeHTML.strip = True
    options.HTMLExporter.update(
        exclude_input_prompt=True, exclude_output_prompt=True, sanitize_html=True,
        # what these would fetch from the network is not needed to show a figure
        mathjax_url="", require_js_url="", jquery_url="", jupyter_widgets_base_url="",
    )  # fmt: skip
    quiet = logging.getLogger(f"{__name__}.nbconvert")
    quiet.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its deprecations are not ours
        exporter = HTMLExporter(config=options, log=quiet)  # type: ignore[no-untyped-call]
        exporter.mermaid_js_url = exporter.mermaid_layout_elk_js_url = ""
        clean: Any = SanitizeHTML(config=options)  # type: ignore[no-untyped-call]
        # its own filter knows neither headings nor the parts of a table
        exporter.register_filter(  # type: ignore[no-untyped-call]
            "clean_html", lambda text: clean.sanitize_html_tags(str(text))
        )
    return exporter


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
    """Return the page with the description of each picture, which the template leaves out."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    pictures = [o.get("metadata", {}) for o in outputs if "image/png" in o.get("data", {})]
    first, *rest = body.split(_UNDESCRIBED)
    if len(rest) != len(pictures):  # a picture of some other kind: then it is not known whose
        return body
    known = [html.escape(p.get("image/png", {}).get("alt", ""), quote=True) for p in pictures]
    return first + "".join(f'alt="{alt}"{part}' for alt, part in zip(known, rest, strict=True))
