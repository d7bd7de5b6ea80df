"""What a notebook file holds: its code, its parameters, and whether it was executed to its end."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from coldframe.errors import NotebookError

Cell = dict[str, Any]


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of the notebook at `path`.

    Read as JSON: nbformat's validation costs a second and is papermill's task.

    Raises
    ------
    NotebookError
        The file is missing or no notebook.
    """
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return [{**cell, "source": "".join(cell["source"])} for cell in cells]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotebookError(
            "This is no notebook that can be read.", where=str(path), found=str(error)
        ) from error


def code_sources(cells: list[Cell]) -> list[str]:
    r"""Return the text of every code cell that holds code, lines of IPython magic left out.

    Examples
    --------
    >>> code_sources([{"cell_type": "code", "source": "%matplotlib inline\nx = 1"},
    ...               {"cell_type": "markdown", "source": "# A title"}])
    ['x = 1']
    """
    sources = []
    for cell in cells:
        if cell["cell_type"] == "code":
            lines = cell["source"].splitlines()
            kept = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
            if text := "\n".join(kept).strip():
                sources.append(text)
    return sources


def declared_parameters(cells: list[Cell]) -> set[str]:
    """Return the names that the cell tagged ``parameters`` assigns; empty if there is none."""
    names: set[str] = set()
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            for node in ast.parse(cell["source"]).body:
                targets = node.targets if isinstance(node, ast.Assign) else [
                    node.target] if isinstance(node, ast.AnnAssign) else []  # fmt: skip
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def find_interruption(cells: list[Cell]) -> str | None:
    """Return why an executed notebook does not count as done, or None if it does.

    What papermill writes into the metadata is not asked: it says "completed" of cells that a
    dead kernel or ``sys.exit`` left unrun.
    """
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code" or not cell["source"].strip():
            continue
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                return f"cell {number} ended in {output.get('ename')}: {output.get('evalue')}"
        if cell.get("execution_count") is None:
            return f"cell {number} and what follows it were not executed: the notebook left early"
    return None
