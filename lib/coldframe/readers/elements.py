"""Elements of the XML of which workbooks are made: walked through, and with nothing in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree as ET

from coldframe.faults import shorten

MOST_PARTS = 1 << 20
"""Elements within a row or a shared text, and around any: 64 for each cell of the widest row."""
BLANKS = " \t\r\n"
"""Those of XML: what else is blank to Python may be a cell's content."""


def walk(stream: IO[bytes], kept: str) -> Iterator[tuple[str, ET.Element, list[ET.Element]]]:
    """Yield start and end of each element of an XML file with those around it.

    An element named `kept` is whole at its end; then it is let go, and all else at once, so that
    memory does not grow with the file.

    Raises
    ------
    xml.etree.ElementTree.ParseError
        It is no XML, or has entities that expand without bound.
    ValueError
        An element that is kept has more parts than any should, or stands within as many others.

    Examples
    --------
    >>> import io
    >>> stream = io.BytesIO(b"<all><row><cell/></row></all>")
    >>> [(one.tag, len(one), len(around)) for event, one, around in walk(stream, "row")
    ...  if event == "end"]
    [('cell', 0, 2), ('row', 1, 1), ('all', 0, 0)]
    """
    around: list[ET.Element] = []
    within = parts = 0
    # expat refuses entities that expand without bound, and ElementTree fetches none
    for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314  # see above
        is_kept = element.tag == kept
        if event == "end":
            around.pop()
            within -= is_kept
        yield event, element, around
        if event == "start":
            around.append(element)
            parts = parts + 1 if within else len(around)
            if parts > MOST_PARTS:
                raise ValueError(f"an element has more than {MOST_PARTS:,} parts")
            within += is_kept
        elif around and not within:
            around[-1].remove(element)


def name_of(element: ET.Element) -> str:
    """Return the name of an element without its namespace.

    Examples
    --------
    >>> name_of(ET.Element('{urn:foo}si'))
    'si'
    """
    return element.tag.rpartition("}")[2]


def check_loose(element: ET.Element, parts: str = "its parts") -> None:
    """Raise if letters stand in an element beside its parts, where no reader looks for any.

    Raises
    ------
    ValueError
        They do; blanks may.

    Examples
    --------
    >>> check_loose(ET.Element("row"))
    """
    if element.text:
        check_blank(element.text, parts)
    for one in element:
        if one.tail:
            check_blank(one.tail, parts)


def check_blank(text: str | None, what: str) -> None:
    """Raise if the text between the parts of an element is more than blanks.

    Raises
    ------
    ValueError
        It is.

    Examples
    --------
    >>> check_blank(None, "rows"), check_blank(" ", "rows")
    (None, None)
    """
    if text and text.strip(BLANKS):
        raise ValueError(f"{shorten(text)!r} between {what}")
