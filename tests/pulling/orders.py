"""A small project of one dataset whose source `orders` is pulled from wherever a test says.

The dataset is called flights, as that is what the tests' own programs open.
"""

from pathlib import Path
from typing import Any

import samples
import yaml

from coldframe.workbench import Workbench

COLUMNS = {
    "id": {"type": "integer"},
    "amount": {"type": "number", "nullable": True},
    "note": {"type": "string", "nullable": True},
}


def dataset(**sources: dict[str, Any]) -> dict[str, Any]:
    """Return a dataset file with these sources, each added to a common contract."""
    batch = {"rows": [0.0, 1000.0], "quarantined": 0.5, "keys_known": True}
    common = {"files": "*.csv", "key": ["id"], "columns": COLUMNS, "batch": batch}
    return {
        "title": "Orders", "question": "Which orders come back?",
        "sources": {name: {**common, **said} for name, said in sources.items()},
        "features": {
            "function": "flights.features.build_features", "rows": next(iter(sources)),
            "time": "at", "key": ["id"], "target": "back",
        },
        "model": {"builder": "flights.model.build_model"},
    }  # fmt: skip


def write_project(root: Path, **sources: dict[str, Any]) -> Workbench:
    """Write a project with these sources, and open it."""
    samples.write_project(root)
    text = yaml.safe_dump(dataset(**sources), sort_keys=False)
    (root / "datasets" / "flights.yaml").write_text(text)
    return samples.open_bench(root)


def landed(bench: Workbench, source: str = "orders") -> dict[str, bytes]:
    """Return what lies in the landing folder of a source, hidden files too."""
    folder = bench.settings.landing / "flights" / source
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def csv(*rows: tuple[object, ...]) -> bytes:
    return b"id,amount,note\n" + b"".join(",".join(map(str, row)).encode() + b"\n" for row in rows)
