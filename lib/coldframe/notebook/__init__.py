"""What only notebooks use: results, displays, widgets."""

from coldframe.notebook.results import finish

__all__ = ["finish"]
