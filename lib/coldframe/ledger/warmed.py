"""Imported by the fork server alone: prepares what checks records, and opens a ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable
from pathlib import Path
from typing import cast

import coldframe.ledger  # noqa: F401 - the kinds of records come with it
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.records import Record, checker


def warm_up() -> None:
    """Prepare every kind of record; write and read in a folder that is gone afterwards."""
    for kind in Record.__subclasses__():
        checker(cast("Hashable", kind))
    with tempfile.TemporaryDirectory(prefix="coldframe-warm-") as folder:
        ledger = Ledger.open(f"sqlite:///{Path(folder) / 'ledger.db'}")
        ledger.append(dataset="warm", kind="warm", key="1", body={})
        ledger.entries()


warm_up()
