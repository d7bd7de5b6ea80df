"""What only notebooks use: results, notes, tables, pictures and widgets.

Import from its modules: `coldframe.notebook.ingested` knows nothing of training, so that the ingest
notebook starts without scikit-learn.
"""

from coldframe.notebook.results import finish
from coldframe.notebook.shown import Note, Table, show_figure
from coldframe.notebook.started import open_bench

__all__ = ["Note", "Table", "finish", "open_bench", "show_figure"]
