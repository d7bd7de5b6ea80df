"""How a notebook begins: its parameters are those that it declares, and its workbench is open."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from coldframe.errors import ConfigurationError
from coldframe.workbench import Workbench

INJECTED = "# Parameters\n"
"""How the cell begins that Papermill writes below the notebook's own parameters."""


def open_bench(dataset: str | None, home: str | None) -> Workbench:
    """Open the workbench that a notebook's parameters name.

    Parameters
    ----------
    dataset, home : str or None
        The notebook's parameters of these names.

    Raises
    ------
    ConfigurationError
        Papermill was given a parameter that the notebook does not declare. It would only warn,
        and the notebook would go on with the default: a mistyped ``snapshot`` would carry out
        the approved proposal.
    """
    for declared, unknown in find_undeclared(_cells_so_far()):
        raise ConfigurationError(
            "The notebook has no such parameter.",
            expected="some of " + ", ".join(declared),
            found=", ".join(unknown),
            remedy="see the cell tagged 'parameters'",
        )
    return Workbench.open(dataset, home)


def find_undeclared(cells: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    r"""Yield what a notebook declares and what Papermill set beyond it.

    Papermill writes its cell directly below the one that declares.

    Parameters
    ----------
    cells : sequence of str
        The Python of the cells that ran, in order.

    Examples
    --------
    >>> list(find_undeclared(["snapshot = None", "# Parameters\nsnapoot = 'flights@7'"]))
    [(['snapshot'], ['snapoot'])]
    """
    for before, cell in pairwise(cells):
        if cell.startswith(INJECTED):
            declared = list(_assigned(before))
            unknown = [name for name in _assigned(cell) if name not in declared]
            if unknown:
                yield declared, unknown


def _assigned(cell: str) -> Iterator[str]:
    """Yield the names that a cell assigns at its top level."""
    try:
        body = ast.parse(cell).body
    except SyntaxError:  # it did not run either
        return
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _cells_so_far() -> list[str]:
    """Return the Python of the cells that ran in this kernel; none outside a notebook."""
    from IPython.core.getipython import get_ipython  # in every kernel, in no command

    shell = get_ipython()
    history = shell.history_manager if shell else None
    return list(history.input_hist_parsed) if history else []
