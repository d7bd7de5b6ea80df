"""What makes a page of a notebook; a second to import."""

from __future__ import annotations

import functools
import logging
import warnings
from typing import Any

from bleach.sanitizer import Cleaner
from nbconvert import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from traitlets.config import Config

# What results are made of. Whatever else comes in data is left out: scripts, styles, frames.
TAGS = (
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span"),
    *("strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
)
ATTRIBUTES = {"*": ["class", "id"], "a": ["href", "title"], "td": ["colspan"], "th": ["colspan"]}


class BriefExporter(HTMLExporter):
    """Leaves out that the whole page, styles and all, is parsed to add a few attributes.

    Whoever makes a page adds them: descriptions of pictures, and what the keyboard reaches.
    """

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        """Return the page of `nb`, and the resources."""
        own, richest = _untyped(self), _untyped(WidgetsDataTypeFilter)
        coloured = _untyped(Highlight2HTML)
        resources = own._init_resources(resources)
        own.register_filter("highlight_code", coloured(parent=self))
        own.register_filter("filter_data_type", richest(own._nb_metadata, resources, parent=self))
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **options)


def _untyped(thing: Any) -> Any:
    """Return `thing` as what it is to a type checker: nbconvert's methods have no types."""
    return thing


@functools.cache
def make_exporter() -> Any:
    """Return the one exporter of this process; compiling its templates takes a while."""
    options = Config()
    options.HTMLExporter.update(
        exclude_input_prompt=True, exclude_output_prompt=True, sanitize_html=True,
        optimistic_validation=True,  # once, after all preprocessors
        # what these would fetch from the network is not needed to show a figure
        mathjax_url="", require_js_url="", jquery_url="", jupyter_widgets_base_url="",
    )  # fmt: skip
    quiet = logging.getLogger(f"{__name__}.nbconvert")
    quiet.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its deprecations are not ours
        exporter = _untyped(BriefExporter)(config=options, log=quiet)
        exporter.mermaid_js_url = exporter.mermaid_layout_elk_js_url = ""
        # its own filter knows neither headings nor the parts of a table
        cleaner = Cleaner(tags=TAGS, attributes=ATTRIBUTES, strip=True)
        exporter.register_filter("clean_html", lambda text: cleaner.clean(str(text)))
        # the styles of a page are the same each time
        loader = exporter.environment.loader
        loader.get_source = functools.cache(loader.get_source)
    return exporter
