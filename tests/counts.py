"""How often crash, fuzz and load tests repeat: little in `make test`, fully in `make torture`."""

import os


def count(small: int, full: int) -> int:
    """Return `full` under ``make torture``, else `small`."""
    return full if os.environ.get("COLDFRAME_TORTURE") == "1" else small
