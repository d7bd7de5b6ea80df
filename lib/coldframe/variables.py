"""Environment variables that libraries set when they are imported, and that change what others do.

pandera and FLAML (which NannyML brings) set ``PYARROW_IGNORE_TIMEZONE`` for a Spark that may not be
there. From then on ``pyarrow.array`` takes a moment's wall time for UTC: 19:00 in New York becomes
19:00Z, in silence, in everything that the process does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

IGNORE_ZONES = "PYARROW_IGNORE_TIMEZONE"
"""If it holds any text, pyarrow passes over the zones of Python's moments."""


@contextmanager
def variables_kept(*names: str) -> Iterator[None]:
    """Give the environment variables `names` back the values that they have now.

    Examples
    --------
    >>> with variables_kept("COLOUR_OF_THE_SKY"):
    ...     os.environ["COLOUR_OF_THE_SKY"] = "1"  # as an import does
    >>> "COLOUR_OF_THE_SKY" in os.environ
    False
    """
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is not None:
                os.environ[name] = value
            elif name in os.environ:
                del os.environ[name]
