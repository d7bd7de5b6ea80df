"""An executed notebook as a page that opens in any browser, without a network."""

from __future__ import annotations

import warnings
from pathlib import Path

from coldframe.files import write_atomically

# nbconvert's own list is bleach's: it shows the tags of headings, paragraphs and tables as text
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TABLES = ("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td")
TEXT = (
    "a", "abbr", "b", "blockquote", "br", "code", "div", "em", "hr", "i", "img", "li", "ol", "p",
    "pre", "span", "strong", "sub", "sup", "ul",
)  # fmt: skip
ATTRIBUTES = {
    "*": ["class", "id", "title"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "th": ["colspan", "rowspan", "scope"],
    "td": ["colspan", "rowspan"],
}


def write_page(notebook: Path, page: Path) -> None:
    """Write `notebook` as HTML to `page`: text, tables and figures, no code.

    What a cell shows may quote data, and data may hold markup: the page is sanitised, so that
    no script of a delivery runs in the reader's browser.

    Parameters
    ----------
    notebook : Path
        Executed.
    page : Path
        Replaced whole.
    """
    from nbconvert import HTMLExporter  # a second to import
    from nbconvert.preprocessors.sanitize import SanitizeHTML
    from traitlets.config import Config

    settings = Config()
    settings.HTMLExporter.exclude_input = True
    settings.HTMLExporter.exclude_input_prompt = True
    settings.HTMLExporter.exclude_output_prompt = True
    settings.HTMLExporter.sanitize_html = True
    # what these would fetch from the network is not needed to show a figure
    settings.HTMLExporter.mathjax_url = ""
    settings.HTMLExporter.require_js_url = ""
    settings.HTMLExporter.jquery_url = ""
    settings.HTMLExporter.mermaid_js_url = ""
    settings.HTMLExporter.jupyter_widgets_base_url = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing alternative texts and the like are not ours
        exporter = HTMLExporter(config=settings)  # type: ignore[no-untyped-call]
        sanitizer = SanitizeHTML(tags=[*HEADINGS, *TABLES, *TEXT], attributes=ATTRIBUTES)  # type: ignore[no-untyped-call]
        exporter.register_filter("clean_html", sanitizer.sanitize_html_tags)  # type: ignore[no-untyped-call]
        body, _ = exporter.from_filename(str(notebook))
    write_atomically(page, body.encode())
