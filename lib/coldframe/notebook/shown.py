"""What a cell shows: notes, tables and figures, in which data can never become markup.

`ipywidgets.HTML`, pandas' Styler and Markdown cells print what they are given; a delivery that
holds a script would run it in the reader's browser. All text goes through `escape` here.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.display import Image
    from matplotlib.figure import Figure

_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$])")
BIG = 1e9
"""From here on a number is said by its power of ten."""
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]#|~$])")


def escape(value: object) -> str:
    r"""Return `value` as text that neither HTML nor Markdown takes for markup.

    Examples
    --------
    >>> escape("<b>EWR</b> | $1$")
    '&lt;b&gt;EWR&lt;/b&gt; \\| \\$1\\$'
    """
    return _MARKDOWN.sub(r"\\\1", html.escape(str(value)))


def spell(value: object) -> str:
    """Return a table cell's text: numbers short, nothing as a dash, several values in words.

    Examples
    --------
    >>> [spell(v) for v in (None, 26483, 0.712345, "EWR")]
    ['-', '26,483', '0.7123', 'EWR']
    >>> spell({"value": 0.712345, "error": None, "of": {"depth": 3, "rates": [0.1, 0.25]}})
    'value: 0.7123, of: (depth: 3, rates: 0.1, 0.25)'
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        # a power of ten is no way to say 45,123
        return f"{value:,.0f}" if 1000 <= abs(value) < BIG else f"{value:.4g}"
    if isinstance(value, Mapping):
        known = {name: inner for name, inner in value.items() if inner is not None}
        return ", ".join(f"{name}: {_spell_inner(inner)}" for name, inner in known.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(_spell_inner, value)) if any(v is not None for v in value) else "-"
    return str(value)


def _spell_inner(value: object) -> str:
    return f"({spell(value)})" if isinstance(value, Mapping) else spell(value)


@dataclass(frozen=True)
class Note:
    """Sentences about data, shown as Markdown.

    Parameters
    ----------
    text : str
        Markdown; what comes from data was escaped.

    Examples
    --------
    >>> Note(f"**Held:** {escape('2013_01.csv')}.")
    Held: 2013_01.csv.
    """

    text: str

    def __repr__(self) -> str:
        """Return the sentences for a terminal, without the marks of Markdown."""
        bare = re.sub(r"(?<!\\)(\*\*|`)", "", self.text)
        return html.unescape(_ESCAPED.sub(r"\1", bare))

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True)
class Table:
    """Rows under headings, shown as an HTML table; everything in it is escaped.

    A column in which no row has a value is not shown, but for the first, which names the rows.

    Parameters
    ----------
    columns : tuple of str
        Headings.
    rows : tuple of tuple
        Values, as many as there are columns.
    caption : str
        What is to be known of the rows, say that there are more.
    empty : str or None
        What is shown in place of a table without rows: why there are none, or with an empty text
        nothing, where a sentence beside it says so. With None the headings.

    Examples
    --------
    >>> Table.of([{"airport": "EWR", "rows": 9893}])
    airport | rows
    EWR     | 9,893
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    caption: str = ""
    empty: str | None = None

    @classmethod
    def of(
        cls, records: Iterable[Mapping[str, Any]], columns: Sequence[str] = (), caption: str = "",
        empty: str | None = None,
    ) -> Table:  # fmt: skip
        """Return a table of records; the first one's keys are the headings, if none are given."""
        found = list(records)
        names = tuple(columns or (found[0] if found else ()))
        rows = tuple(tuple(record.get(name) for name in names) for record in found)
        return cls(names, rows, caption, empty)

    def _spell_lines(self) -> list[tuple[str, ...]]:
        """Return the cells of the headings and of each row; columns of no value are left out."""
        filled = {n for row in self.rows for n, value in enumerate(row) if value is not None}
        kept = [n for n in range(len(self.columns)) if not self.rows or n == 0 or n in filled]
        heads = tuple(self.columns[n] for n in kept)
        return [heads, *(tuple(spell(row[n]) for n in kept) for row in self.rows)]

    def __repr__(self) -> str:
        if not self.rows and self.empty is not None:
            return self.empty
        lines = self._spell_lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        told = [
            " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *told] if self.caption else told)

    def _repr_html_(self) -> str:
        def row(tag: str, cells: Iterable[str]) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        if not self.rows and self.empty is not None:
            return f"<p>{html.escape(self.empty)}</p>" if self.empty else ""
        heads, *lines = self._spell_lines()
        body = "".join(row("td", cells) for cells in lines)
        told = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{told}<thead>{row('th', heads)}</thead><tbody>{body}</tbody></table>"


def show_figure(figure: Figure, *, alt: str) -> Image:
    """Return a figure as the picture that a cell shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From one of `coldframe.figures`.
    alt : str
        What there is to be seen, for those who cannot see it.
    """
    from IPython.display import Image  # only in notebooks

    buffer = io.BytesIO()
    # no date and no version in the picture: the same data give the same bytes
    figure.savefig(buffer, format="png", dpi=100, bbox_inches="tight", metadata={"Software": None})
    return Image(  # type: ignore[no-untyped-call]
        data=buffer.getvalue(), format="png", alt=alt
    )
