"""How a notebook ends: its last cell hands over what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldframe.errors import DataError
from coldframe.files import write_atomically
from coldframe.notebook.shown import Table, spell
from coldframe.provenance import canonical_json


class Result(dict[str, Any]):
    """A notebook's result: a dict that is shown as a table."""

    def _repr_html_(self) -> str:
        rows = [{"result": name, "value": spell(value)} for name, value in self.items()]
        return Table.of(rows, columns=("result", "value"))._repr_html_()


def finish(product: Mapping[str, str] | None, **result: Any) -> Result:
    """Hand over a notebook's result; the last thing that a stage's notebook does.

    A run counts as successful only with this. Without a graph around (in JupyterLab, or under
    plain Papermill) there is nobody to hand it to, and it is only shown.

    Parameters
    ----------
    product : mapping or None
        The notebook's parameter of that name.
    **result : JSON values
        Snapshot ids and figures. Data travels in snapshots only. A text named ``summary`` is what
        the build says of the stage.

    Returns
    -------
    Result
        A dict, for the notebook to show.

    Raises
    ------
    DataError
        A value is not plain JSON.

    Examples
    --------
    >>> finish(None, snapshot="flights@7", rows=26483)
    {'snapshot': 'flights@7', 'rows': 26483}
    """
    try:
        text = canonical_json({"result": result})
    except (TypeError, ValueError) as error:
        raise DataError(
            "A notebook's result is plain JSON.", found=str(error),
            remedy="turn it into text or a number first",
        ) from error  # fmt: skip
    if product:
        write_atomically(Path(product["receipt"]), text)
    plain: dict[str, Any] = json.loads(text)["result"]
    return Result((name, plain[name]) for name in result)
